package pg

import (
	"context"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// lowly is the niceness of what may take its time.
const lowly = 10

// giveWay has a process of this machine run when others don't need the
// processor. One of somebody else's stays as it is.
func giveWay(pid int) { _ = syscall.Setpriority(syscall.PRIO_PROCESS, pid, lowly) }

// GivingWay has what reads for long give way to all others, in the cluster's own
// server: its processes run on this machine.
func (c *Cluster) GivingWay(o Option) Option {
	return func(all *options) {
		o(all)
		all.givesWay = true
	}
}

// readerGivesWay waits for the server's process that reads for a program of that
// name, for a moment: without it the base is made all the same.
func (c *Cluster) readerGivesWay(ctx context.Context, name string) {
	_ = asOwner(ctx, c.url, func(conn *pgx.Conn) error {
		for range 20 {
			var pid int
			if conn.QueryRow(ctx, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walsender' AND application_name = $1", name).Scan(&pid) == nil {
				giveWay(pid)
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
		return nil
	})
}
