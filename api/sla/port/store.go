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
	_, err := tx.Exec(ctx, `INSERT INTO port_check (at, seen, host, open, unexpected, missing, probe) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		c.At, c.Seen, c.Host, wide(c.Open), wide(c.Unexpected), wide(c.Missing), c.Probe)
	if err != nil {
		return fmt.Errorf("recording which ports are open: %w", err)
	}
	return nil
}

// Of how many hosts a probe may tell, how long one counts after it was told, and
// how often in an hour a probe may tell: it does so of each once a day, and again
// when it is started.
const (
	HostsMost = 16
	HostsFor  = 30 * 24 * time.Hour
	HourMost  = 4 * HostsMost
)

// ErrTooManyHosts refuses a host beyond HostsMost.
var ErrTooManyHosts = errors.New("a probe tells of 16 hosts at most; one that it did not tell of for 30 days counts no more")

// ErrTooOften refuses a comparison beyond HourMost.
var ErrTooOften = errors.New("a probe tells of ports 64 times in an hour at most; wait an hour")

// Tell keeps a comparison that a probe told, unless it is of a host too many or
// one too often: a key in wrong hands fills no list. Errors: ErrTooManyHosts,
// ErrTooOften.
func Tell(ctx context.Context, tx pg.Tx, c Check) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('port_check ' || $1::text, 0))", c.Probe); err != nil { // one after another
		return fmt.Errorf("waiting for another comparison of probe %q: %w", c.Probe, err)
	}
	var others, lately int
	err := tx.QueryRow(ctx, `SELECT count(DISTINCT host) FILTER (WHERE host <> $3), count(*) FILTER (WHERE at > $4)
		FROM port_check WHERE probe = $1 AND probe <> '' AND at > $2`, c.Probe, c.At.Add(-HostsFor), c.Host, c.At.Add(-time.Hour)).Scan(&others, &lately)
	switch {
	case err != nil:
		return fmt.Errorf("counting what probe %q told: %w", c.Probe, err)
	case others >= HostsMost:
		return fmt.Errorf("host %s: %w", c.Host, ErrTooManyHosts)
	case lately >= HourMost:
		return fmt.Errorf("host %s: %w", c.Host, ErrTooOften)
	}
	return Record(ctx, tx, c)
}

// Last gives the last comparison of each place and host, the newest first.
func Last(ctx context.Context, tx pg.Tx) ([]Check, error) {
	rows, err := tx.Query(ctx, `SELECT at, seen, host, probe, open, unexpected, missing FROM (
		SELECT DISTINCT ON (seen, host) * FROM port_check ORDER BY seen, host, at DESC) last ORDER BY at DESC`)
	if err != nil {
		return nil, fmt.Errorf("reading which ports were open: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c Check, err error) {
		var open, unexpected, missing []int32
		err = r.Scan(&c.At, &c.Seen, &c.Host, &c.Probe, &open, &unexpected, &missing)
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
