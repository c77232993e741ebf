package ingest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"tikklok/ingest/pg"
)

// leadKey is the advisory lock of the replica that leads: "tikklok" and 1.
const leadKey = 0x74696b6b6c6f_0001

// lead decides which of several replicas does what is to be done once: hearing
// states, telling gateways what they should know, asking for holes. It is the
// one that holds an advisory lock, which the database lets go of when that
// replica's connection dies, within half a minute also where its machine is
// gone without a word. Behind a pooler that shares sessions it doesn't work.
type lead struct {
	db   *pg.DB
	conn *pgxpool.Conn // nil: not held
}

// newLead gives nil where nobody else can be at the same broker.
func newLead(cfg Config) *lead {
	if cfg.Remote == nil {
		return nil
	}
	return &lead{db: cfg.DB}
}

// hold takes the lock, or sees that it is still held. It doesn't wait.
func (l *lead) hold(ctx context.Context) (bool, error) {
	if l.conn != nil {
		if err := l.conn.Ping(ctx); err == nil {
			return true, nil
		}
		l.release()
	}
	conn, err := l.db.Pool().Acquire(ctx)
	if err != nil {
		return false, fmt.Errorf("choosing the replica that leads: %w", err)
	}
	var held bool
	err = conn.QueryRow(ctx, `
		SELECT pg_try_advisory_lock($1) FROM (SELECT set_config('tcp_keepalives_idle', '10', false),
			set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)) k`, int64(leadKey)).Scan(&held)
	if err != nil || !held {
		conn.Release()
		if err != nil {
			return false, fmt.Errorf("choosing the replica that leads: %w", err)
		}
		return false, nil
	}
	l.conn = conn
	return true, nil
}

// release closes the connection, and with it lets go of the lock.
func (l *lead) release() {
	if l.conn == nil {
		return
	}
	_ = l.conn.Hijack().Close(context.Background()) // gone either way
	l.conn = nil
}
