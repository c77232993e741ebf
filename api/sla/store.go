package sla

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// ErrInvalid refuses what can't be recorded.
var ErrInvalid = errors.New("can't be recorded")

// clockSkew is how far a probe's clock may be ahead of the server's, so that what it tells
// is taken.
const clockSkew = 5 * time.Minute

// Record keeps what a probe saw, and gives how many of the minutes are new. One
// that is there already stays as it was first said, so a delivery that is
// repeated counts once. It belongs to the whole installation, whichever tenant's
// transaction it stands in. A minute that is not whole, in no known state, not
// measured at all or more than five minutes ahead of now, and a probe without a
// name of 1…60 bytes, are ErrInvalid: nothing of the call is kept.
func Record(ctx context.Context, tx pg.Tx, probe string, minutes []Minute, now time.Time) (int, error) {
	if len(probe) < 1 || len(probe) > 60 {
		return 0, fmt.Errorf("%w: a probe named %.60q; give it a name of 1 to 60 bytes", ErrInvalid, probe)
	}
	at, states, taps := make([]time.Time, len(minutes)), make([]int16, len(minutes)), make([]int16, len(minutes))
	for i, m := range minutes {
		if err := m.check(now); err != nil {
			return 0, err
		}
		at[i], states[i], taps[i] = m.At, int16(m.State), int16(m.Tap)
	}
	tag, err := tx.Exec(ctx, `INSERT INTO service_minute (probe, at, state, tap)
		SELECT $1, m.* FROM unnest($2::timestamptz[], $3::smallint[], $4::smallint[]) m ORDER BY 2 ON CONFLICT DO NOTHING`, probe, at, states, taps)
	if err != nil {
		return 0, fmt.Errorf("recording what probe %q saw: %w", probe, err)
	}
	return int(tag.RowsAffected()), nil
}

func (m Minute) check(now time.Time) error {
	switch {
	case !m.At.Equal(m.At.Truncate(time.Minute)) || m.State > Down || m.Tap > Down || m.State+m.Tap == 0:
		return fmt.Errorf("%w: minute %s in state %d, tap %d; give whole minutes that were measured", ErrInvalid, m.At.Format(time.RFC3339Nano), m.State, m.Tap)
	case m.At.After(now.Add(clockSkew)):
		return fmt.Errorf("%w: minute %s is yet to come: here it is %s; set the clock of the probe, or this one", ErrInvalid, m.At.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// Minutes gives what all probes saw from an instant until before another, the
// first first: a minute is up when one of them says so, down when all that
// measured it do, and unmeasured, that is absent, when none did; its tap alike.
// The database sends an hour as four rows of bits, not sixty minutes.
func Minutes(ctx context.Context, tx pg.Tx, from, to time.Time) ([]Minute, error) {
	rows, err := tx.Query(ctx, `SELECT m.minute / 60, COALESCE(bit_or(m.bit) FILTER (WHERE m.state = 1), 0), COALESCE(bit_or(m.bit) FILTER (WHERE m.state = 2), 0),
			COALESCE(bit_or(m.bit) FILTER (WHERE m.tap = 1), 0), COALESCE(bit_or(m.bit) FILTER (WHERE m.tap = 2), 0)
		FROM (SELECT s.minute, 1::bigint << (s.minute % 60) AS bit, s.state, s.tap
			FROM (SELECT (extract(epoch FROM at)::int8 / 60)::int AS minute, state, tap FROM service_minute WHERE at >= $1 AND at < $2) s) m
		GROUP BY 1 ORDER BY 1`, from, to)
	if err != nil {
		return nil, fmt.Errorf("reading what probes saw: %w", err)
	}
	all := make([]Minute, 0, max(0, int(to.Sub(from)/time.Minute)))
	var hour int64
	var up, down, arrived, lost int64
	_, err = pgx.ForEachRow(rows, []any{&hour, &up, &down, &arrived, &lost}, func() error {
		for i := range 60 {
			m := Minute{At: time.Unix((hour*60+int64(i))*60, 0).UTC(), State: either(up>>i, down>>i), Tap: either(arrived>>i, lost>>i)}
			if m.State != Unmeasured || m.Tap != Unmeasured {
				all = append(all, m)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what probes saw: %w", err)
	}
	return all, nil
}

// either reads the last bits: Up before Down before Unmeasured.
func either(up, down int64) State {
	switch {
	case up&1 == 1:
		return Up
	case down&1 == 1:
		return Down
	}
	return Unmeasured
}

// Probes gives the names of those that ever told something since an instant.
func Probes(ctx context.Context, tx pg.Tx, since time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, "SELECT DISTINCT probe FROM service_minute WHERE at >= $1", since)
	if err != nil {
		return nil, fmt.Errorf("listing probes: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("listing probes: %w", err)
	}
	slices.Sort(names)
	return names, nil
}
