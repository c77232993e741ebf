package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

const (
	backupTaps   = 2_000_000        // BENCH_BACKUP_TAPS: another number
	backupBefore = 30 * time.Second // how long gateways are measured without a backup, before it and after it
)

// BenchmarkBackup measures how much longer gateways wait for their receipts
// while a night's set is made, sealed and copied to a second place (OB-C8). The
// database's log is brought away all the time, as it is by day. Both places are
// folders on the database's own disk: no set disturbs ingest more than one that
// goes there. Without BENCH_BACKUP_IN this is a folder for temporary files.
func BenchmarkBackup(b *testing.B) {
	taps := backupTaps
	if n, err := strconv.Atoi(os.Getenv("BENCH_BACKUP_TAPS")); err == nil {
		taps = n
	}
	m, w := newBackup(b)
	printServer(w)
	fillSealed(w, taps)
	w.exec("VACUUM ANALYZE")
	following, stop := context.WithCancel(b.Context())
	followed := make(chan error, 1)
	go func() { followed <- m.Follow(following) }() // ends with stop
	live := newLiveGateways(b, w)
	w.exec("CHECKPOINT")
	quiet := live.during(func() { time.Sleep(backupBefore) })
	w.exec("CHECKPOINT")
	var made []continuity.Outcome
	busy := live.during(func() {
		var err error
		if made, err = m.Make(b.Context(), m.Targets, false); err != nil {
			b.Error(err)
		}
	})
	w.exec("CHECKPOINT")
	after := live.during(func() { time.Sleep(backupBefore) })
	stop()
	if err := <-followed; err != nil {
		b.Error(err)
	}
	for _, o := range made {
		if o.Err != nil {
			b.Fatal(o.Target.Name, o.Err)
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	took, set := made[0].Set.Ended.Sub(made[0].Set.Began), made[0].Set
	without := ms(slices.Concat(quiet, after), 0.99)
	fmt.Printf("bench backup value=%.1f unit=s bytes=%d sealed=%d registrations=%d reference=none load=%.4s\n", took.Seconds(), set.Plain, set.Bytes, taps, load)
	fmt.Printf("bench backup_receipt value=%.1f unit=ms p50=%.1f p99=%.1f max=%.1f reference=without_a_backup reference_value=%.1f before=%.1f after=%.1f ratio=%.2f goal=2.00 batches=%d\n",
		ms(busy, 0.99), ms(busy, 0.5), ms(busy, 0.99), ms(busy, 1), without, ms(quiet, 0.99), ms(after, 0.99), ms(busy, 0.99)/without, len(busy))
}

// newBackup gives a private cluster of its own, with fsync, and who makes sets
// of it. The catalogue is that of the rooms whose tables are big: a set's mark
// reads them all.
func newBackup(b *testing.B) (continuity.Maker, *world) {
	b.Helper()
	dir := os.Getenv("BENCH_BACKUP_IN")
	if dir == "" {
		dir = b.TempDir()
	}
	c, err := pg.StartCluster(b.Context(), filepath.Join(dir, "db"), pg.ClusterOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.Stop(); err != nil {
			b.Error(err)
		}
	})
	b.Setenv("TEST_DATABASE_URL", c.URL())
	w := newWorld(b)
	keys := pgtest.Keys(b)
	return continuity.Maker{
		Cluster: c, URL: w.url, Owner: pgtest.Open(b, w.url, pg.RoleOwner), Spool: filepath.Join(dir, "wal"), Program: "bench", Log: slog.New(slog.DiscardHandler),
		Catalogue: slices.Concat(tenant.Tables(), people.Tables(), fleet.Tables(), Tables(), hours.Tables()),
		Listed:    vault.Folder{Dir: filepath.Join(dir, "backups"), Keys: keys, Keep: 14 * 24 * time.Hour},
		Targets:   []target.Target{target.Local("near", filepath.Join(dir, "near"), tenant.Place{}), target.Local("far", filepath.Join(dir, "far"), tenant.Place{})},
		Keys:      func(context.Context) (*vault.Keys, vault.Fingerprint, error) { return keys, "", nil },
		Refusal:   func(context.Context, target.Target) (string, error) { return "", nil },
	}, w
}
