package sla

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
// that is there already stays as it was first said, but for one that is down
// now (measuredAgain); so a delivery that is repeated counts once. It belongs to
// the whole installation, whichever tenant's transaction it stands in. A minute
// that is not whole, in no known state, not measured at all or more than five
// minutes ahead of now, and a probe without a name of 1…60 bytes, are ErrInvalid:
// nothing of the call is kept.
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
	return int(tag.RowsAffected()), measuredAgain(ctx, tx, probe, minutes)
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
// An hour comes as a row of bits for each thing said of it, not as its minutes.
func Minutes(ctx context.Context, tx pg.Tx, from, to time.Time) ([]Minute, error) {
	rows, err := tx.Query(ctx, `SELECT s.minute / 60, s.state, s.tap, bit_or(1::bigint << (s.minute % 60))
		FROM (SELECT (date_part('epoch', at) / 60)::int AS minute, state, tap FROM service_minute WHERE at >= $1 AND at < $2) s
		GROUP BY 1, 2, 3`, from, to)
	if err != nil {
		return nil, fmt.Errorf("reading what probes saw: %w", err)
	}
	hours := map[int64]*hourBits{}
	var hour, bits int64
	var state, tap State
	if _, err = pgx.ForEachRow(rows, []any{&hour, &state, &tap, &bits}, func() error {
		if hours[hour] == nil {
			hours[hour] = &hourBits{}
		}
		hours[hour].state[state] |= bits
		hours[hour].tap[tap] |= bits
		return nil
	}); err != nil {
		return nil, fmt.Errorf("reading what probes saw: %w", err)
	}
	if err := setDownAgain(ctx, tx, hours, from, to); err != nil {
		return nil, err
	}
	all := make([]Minute, 0, 60*len(hours))
	for _, hour := range slices.Sorted(maps.Keys(hours)) {
		all = hours[hour].minutes(all, time.Unix(hour*3600, 0).UTC())
	}
	return all, nil
}

// hourBits are the minutes of an hour in which some probe said a State, the
// first minute in the lowest bit.
type hourBits struct{ state, tap [3]int64 }

// minutes adds those that somebody measured.
func (h *hourBits) minutes(to []Minute, begin time.Time) []Minute {
	for i := range 60 {
		m := Minute{At: begin.Add(time.Duration(i) * time.Minute), State: said(h.state, i), Tap: said(h.tap, i)}
		if m.State != Unmeasured || m.Tap != Unmeasured {
			to = append(to, m)
		}
	}
	return to
}

// said joins what probes said of a minute: Up before Down before Unmeasured.
func said(bits [3]int64, i int) State {
	switch {
	case bits[Up]>>i&1 == 1:
		return Up
	case bits[Down]>>i&1 == 1:
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
