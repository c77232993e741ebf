package hours

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// mostUncertain is how many uncertain taps are listed: those of the newest
// days. Deciding about them brings the others up.
const mostUncertain = 500

// ListUncertain gives the taps of timesheets not approved that wait for a person
// because of their time, by device and cause. more says that there are more
// than are listed.
func ListUncertain(ctx context.Context, tx pg.Tx) (groups []UncertainTaps, more bool, err error) {
	asked, err := uncertainExceptions(ctx, tx)
	if err != nil || len(asked) == 0 {
		return nil, false, err
	}
	if more = len(asked) > mostUncertain; more {
		asked = asked[:mostUncertain]
	}
	causes, err := fillUncertain(ctx, tx, asked)
	if err != nil {
		return nil, false, err
	}
	devices, err := readDevices(ctx, tx)
	if err != nil {
		return nil, false, err
	}
	var known []UncertainTap
	for _, t := range asked {
		if _, ok := causes[t.Tap]; !ok {
			continue // purged since its day was computed
		}
		_, t.Site = devices.of(t.Punch)
		devices.name(&t.Punch)
		t.Estimate, t.Basis, _ = estimate(t.Punch)
		known = append(known, t)
	}
	return groupUncertain(known, func(t UncertainTap) Why { return causes[t.Tap] }), more, nil
}

// uncertainExceptions gives the taps that days ask about, the newest first.
func uncertainExceptions(ctx context.Context, tx pg.Tx) ([]UncertainTap, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT x->>'tap', w.day, e.employee_id, e.number, e.surname, `+pg.OfPerson("e", "first_name")+`
		FROM worked_day w JOIN employee e ON e.tenant_id = w.tenant_id AND e.employee_id = w.employee_id,
			jsonb_array_elements(w.detail->'exceptions') x
		WHERE w.tenant_id = current_tenant() AND w.detail ? 'exceptions' AND x->>'kind' IN ('uncertain_time', 'impossible_time') AND x->>'tap' <> ''
			AND NOT EXISTS (SELECT FROM timesheet s WHERE s.tenant_id = w.tenant_id AND s.employee_id = w.employee_id
				AND s.monday = date_trunc('week', w.day)::date AND s.state = 'approved')
		ORDER BY w.day DESC, x->>'tap' LIMIT $1`, mostUncertain+1)
	if err != nil {
		return nil, fmt.Errorf("reading uncertain taps: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (t UncertainTap, err error) {
		err = r.Scan(&t.Tap, &t.Day, &t.Who.ID, &t.Who.Number, &t.Who.Surname, box.Text(&t.Who.FirstName))
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading uncertain taps: %w", err)
	}
	return all, nil
}

// fillUncertain completes the punches of taps and gives what made them uncertain.
func fillUncertain(ctx context.Context, tx pg.Tx, taps []UncertainTap) (map[TapID]Why, error) {
	index := map[TapID]int{}
	var origins, epochs, seqs []int64
	for i, t := range taps {
		name, err := t.Tap.Name()
		if err != nil {
			return nil, fmt.Errorf("reading uncertain taps: %w", err)
		}
		index[t.Tap] = i
		origins, epochs, seqs = append(origins, int64(name.Origin)), append(epochs, int64(name.Epoch)), append(seqs, int64(name.Seq))
	}
	rows, err := tx.Query(ctx, `SELECT p.origin, p.epoch, p.seq, p.at, p.uncertainty, p.known, p.wall, p.arrived, p.reader_id, p.gap,
			EXISTS (SELECT FROM time_pair_doubt d WHERE d.tenant_id = p.tenant_id AND d.origin = p.origin AND d.epoch = p.epoch)
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(origin, epoch, seq)
		JOIN punch p ON p.tenant_id = current_tenant() AND p.origin = n.origin AND p.epoch = n.epoch AND p.seq = n.seq`, origins, epochs, seqs)
	if err != nil {
		return nil, fmt.Errorf("reading uncertain taps: %w", err)
	}
	causes := map[TapID]Why{}
	var origin, epoch, seq, gap int64
	var p Punch
	var doubted bool
	_, err = pgx.ForEachRow(rows, []any{&origin, &epoch, &seq, &p.At, &p.Uncertainty, &p.Known, &p.Device, &p.Arrived, &p.Reader, &gap, &doubted}, func() error {
		p.Tap = tapID(origin, epoch, seq)
		taps[index[p.Tap]].Punch = p
		causes[p.Tap] = whyUncertain(p, gap, doubted)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading uncertain taps: %w", err)
	}
	return causes, nil
}

// DoubtfulClock is a device whose clock contradicted itself or others: its
// pairs are kept and not believed, or believed less.
type DoubtfulClock struct {
	Origin int64
	Doubt  Doubt
	Pairs  int
	Found  int64 // Unix ms, the newest
}

// DoubtfulClocks gives the devices whose clocks were found in doubt since an
// instant (Unix ms), the newest first.
func DoubtfulClocks(ctx context.Context, tx pg.Tx, since int64) ([]DoubtfulClock, error) {
	rows, err := tx.Query(ctx, `SELECT origin, doubt, count(*), floor(extract(epoch FROM max(found_at)) * 1000)::bigint AS found FROM time_pair_doubt
		WHERE tenant_id = current_tenant() AND found_at >= to_timestamp($1::bigint / 1000.0) GROUP BY origin, doubt ORDER BY found DESC LIMIT 100`, since)
	if err != nil {
		return nil, fmt.Errorf("reading doubtful clocks: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c DoubtfulClock, err error) {
		return c, r.Scan(&c.Origin, &c.Doubt, &c.Pairs, &c.Found)
	})
	if err != nil {
		return nil, fmt.Errorf("reading doubtful clocks: %w", err)
	}
	return all, nil
}
