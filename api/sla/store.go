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

// Record keeps what a probe saw, and gives how many of the minutes are new. One
// that is there already stays as it was first said, so a delivery that is
// repeated counts once. It belongs to the whole installation, whichever tenant's
// transaction it stands in. A minute that is not whole, in no known state or not
// measured at all, and a probe without a name of 1…60 bytes, are ErrInvalid:
// nothing of the call is kept.
func Record(ctx context.Context, tx pg.Tx, probe string, minutes []Minute) (int, error) {
	if len(probe) < 1 || len(probe) > 60 {
		return 0, fmt.Errorf("%w: a probe named %.60q; give it a name of 1 to 60 bytes", ErrInvalid, probe)
	}
	at, states, taps := make([]time.Time, len(minutes)), make([]int16, len(minutes)), make([]int16, len(minutes))
	for i, m := range minutes {
		if !m.At.Equal(m.At.Truncate(time.Minute)) || m.State > Down || m.Tap > Down || m.State+m.Tap == 0 {
			return 0, fmt.Errorf("%w: minute %s in state %d, tap %d; give whole minutes that were measured", ErrInvalid, m.At.Format(time.RFC3339Nano), m.State, m.Tap)
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

// Minutes gives what all probes saw from an instant until before another,
// joined (Join), the first first.
func Minutes(ctx context.Context, tx pg.Tx, from, to time.Time) ([]Minute, error) {
	rows, err := tx.Query(ctx, "SELECT at, state, tap FROM service_minute WHERE at >= $1 AND at < $2 ORDER BY at", from, to)
	if err != nil {
		return nil, fmt.Errorf("reading what probes saw: %w", err)
	}
	all := make([]Minute, 0, 2*int(to.Sub(from)/time.Minute)) // of two probes
	var at time.Time
	var state, tap int16
	_, err = pgx.ForEachRow(rows, []any{&at, &state, &tap}, func() error {
		all = append(all, Minute{At: at.UTC(), State: State(state), Tap: State(tap)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what probes saw: %w", err)
	}
	return Join(all), nil
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
