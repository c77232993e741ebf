package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
)

// row is a registration as the database has it.
type row struct {
	name  wire.Name
	token wire.Token
	wall  int64  // Unix ms; 0: a reader with memory
	key   string // the reader's name at the gateway

	arrived time.Time
	timed   bool  // hours have worked out its instant
	at      int64 // Unix ms
	bound   int64 // ms
}

// database is the server's own, looked into from beside: past isolation and
// past every room, so that nothing can hide a row.
type database struct {
	cluster *pg.Cluster
	conn    *pgx.Conn
}

func openDatabase(ctx context.Context, dir string) (*database, error) {
	cluster, err := pg.StartCluster(ctx, dir, pg.ClusterOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("looking into the database: %w", err)
	}
	conn, err := pgx.Connect(ctx, cluster.URL())
	if err != nil {
		_ = cluster.Stop() // the first error tells more
		return nil, fmt.Errorf("looking into the database: %w", err)
	}
	return &database{cluster, conn}, nil
}

func (d *database) close(ctx context.Context) {
	_ = d.conn.Close(ctx) // it was only read
	_ = d.cluster.Stop()
}

func (d *database) registrations(ctx context.Context) ([]row, error) {
	rows, err := d.conn.Query(ctx, `SELECT g.origin, g.epoch, g.seq, g.token, g.wall, r.key,
			g.arrived, COALESCE(NOT p.pending, false), COALESCE(p.at, 0), COALESCE(p.uncertainty, 0)
		FROM registration g JOIN reader r USING (tenant_id, reader_id) LEFT JOIN punch p ON (p.tenant_id, p.origin, p.epoch, p.seq) = (g.tenant_id, g.origin, g.epoch, g.seq) ORDER BY g.origin, g.epoch, g.seq`)
	if err != nil {
		return nil, fmt.Errorf("reading registrations: %w", err)
	}
	return pgx.CollectRows(rows, func(c pgx.CollectableRow) (row, error) {
		var r row
		var origin, epoch, seq int64
		var token []byte
		err := c.Scan(&origin, &epoch, &seq, &token, &r.wall, &r.key, &r.arrived, &r.timed, &r.at, &r.bound)
		r.name = wire.Name{Stream: wire.Stream{Origin: uint64(origin), Epoch: uint64(epoch)}, Seq: uint64(seq)}
		copy(r.token[:], token)
		return r, err
	})
}
