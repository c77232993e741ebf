package port

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Record keeps a comparison.
func Record(ctx context.Context, tx pg.Tx, c Check) error {
	_, err := tx.Exec(ctx, `INSERT INTO port_check (at, seen, host, open, unexpected, missing) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.At, c.Seen, c.Host, wide(c.Open), wide(c.Unexpected), wide(c.Missing))
	if err != nil {
		return fmt.Errorf("recording which ports are open: %w", err)
	}
	return nil
}

// Last gives the last comparison of each place and host, the newest first.
func Last(ctx context.Context, tx pg.Tx) ([]Check, error) {
	rows, err := tx.Query(ctx, `SELECT at, seen, host, open, unexpected, missing FROM (
		SELECT DISTINCT ON (seen, host) * FROM port_check ORDER BY seen, host, at DESC) last ORDER BY at DESC`)
	if err != nil {
		return nil, fmt.Errorf("reading which ports were open: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c Check, err error) {
		var open, unexpected, missing []int32
		err = r.Scan(&c.At, &c.Seen, &c.Host, &open, &unexpected, &missing)
		c.Open, c.Unexpected, c.Missing = narrow(open), narrow(unexpected), narrow(missing)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading which ports were open: %w", err)
	}
	return all, nil
}

// LastOf says when a host was last compared from a place; zero: never.
func LastOf(ctx context.Context, tx pg.Tx, seen Seen, host string) (at time.Time, err error) {
	err = tx.QueryRow(ctx, "SELECT at FROM port_check WHERE seen = $1 AND host = $2 ORDER BY at DESC LIMIT 1", seen, host).Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("reading when ports were compared: %w", err)
	}
	return at, nil
}

func wide(ports []uint16) []int32 {
	out := make([]int32, len(ports))
	for i, p := range ports {
		out[i] = int32(p)
	}
	return out
}

func narrow(ports []int32) []uint16 {
	out := make([]uint16, len(ports))
	for i, p := range ports {
		out[i] = uint16(p) // the table holds no other
	}
	return out
}
