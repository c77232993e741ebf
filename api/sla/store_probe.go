package sla

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// measuredAgain keeps that minutes which a probe called up before are down by
// what it measured later: its clock was set back, and the same minute came
// again. The worse of both holds: else an outage that lies in the second would
// count for nobody, and by setting a clock back a supplier could undo one.
func measuredAgain(ctx context.Context, tx pg.Tx, probe string, minutes []Minute) error {
	var down []time.Time
	for _, m := range minutes {
		if m.State == Down {
			down = append(down, m.At)
		}
	}
	if len(down) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO service_minute_again (at, probe) SELECT m.at, m.probe FROM service_minute m
		WHERE m.probe = $1 AND m.at = ANY ($2) AND m.state = $3 ON CONFLICT DO NOTHING`, probe, down, int16(Up))
	if err != nil {
		return fmt.Errorf("recording what probe %q saw again: %w", probe, err)
	}
	return nil
}

// setDownAgain takes the word back of each probe that measured a minute again
// and found it down: it is up only when another still says so.
func setDownAgain(ctx context.Context, tx pg.Tx, hours map[int64]*hourBits, from, to time.Time) error {
	rows, err := tx.Query(ctx, `SELECT (date_part('epoch', m.at) / 60)::bigint, bool_or(m.state = 1 AND a.at IS NULL)
		FROM service_minute m LEFT JOIN service_minute_again a USING (at, probe)
		WHERE m.at IN (SELECT at FROM service_minute_again WHERE at >= $1 AND at < $2) GROUP BY 1`, from, to)
	if err != nil {
		return fmt.Errorf("reading what probes saw again: %w", err)
	}
	var minute int64
	var up bool
	_, err = pgx.ForEachRow(rows, []any{&minute, &up}, func() error {
		if h, bit := hours[minute/60], int64(1)<<(minute%60); h != nil && !up {
			h.state[Up], h.state[Down] = h.state[Up]&^bit, h.state[Down]|bit
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading what probes saw again: %w", err)
	}
	return nil
}

// Held is how much of a day of UTC is there of a probe.
type Held struct {
	Date          time.Time
	Minutes, Down int // Down is part of Minutes
}

// HeldOf gives what is there of a probe from a day of UTC on, the first day
// first, so that the probe can tell again what a restore lost.
func HeldOf(ctx context.Context, tx pg.Tx, probe string, since time.Time) ([]Held, error) {
	rows, err := tx.Query(ctx, `SELECT date_trunc('day', m.at, 'UTC'), count(*), count(*) FILTER (WHERE m.state = $3 OR a.at IS NOT NULL)
		FROM service_minute m LEFT JOIN service_minute_again a USING (at, probe) WHERE m.probe = $1 AND m.at >= $2 GROUP BY 1 ORDER BY 1`, probe, since, int16(Down))
	if err != nil {
		return nil, fmt.Errorf("reading what is there of probe %q: %w", probe, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Held])
	if err != nil {
		return nil, fmt.Errorf("reading what is there of probe %q: %w", probe, err)
	}
	return all, nil
}

// LastUp gives the newest minute of which a probe told that it got in; zero:
// none is there.
func LastUp(ctx context.Context, tx pg.Tx, probe string) (at time.Time, err error) {
	err = tx.QueryRow(ctx, "SELECT at FROM service_minute WHERE probe = $1 AND state = $2 ORDER BY at DESC LIMIT 1", probe, int16(Up)).Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("reading when probe %q got in: %w", probe, err)
	}
	return at, nil
}
