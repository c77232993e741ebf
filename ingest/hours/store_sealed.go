package hours

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// readSealed adds from when on the employees' days are computed, and the
// sealed days from…to (Unix ms, of each employee).
func readSealed(ctx context.Context, tx pg.Tx, employees, from, to []int64, out map[int64]Facts) error {
	rows, err := tx.Query(ctx, `SELECT s.employee_id, s.before_day, (s.sealed_at AT TIME ZONE 'UTC')::date,
			ARRAY(SELECT d.detail FROM sealed_day d WHERE d.tenant_id = current_tenant() AND d.employee_id = n.employee
				AND d.day BETWEEN (to_timestamp(n.a / 1000) AT TIME ZONE 'UTC')::date - 1 AND (to_timestamp(n.b / 1000) AT TIME ZONE 'UTC')::date + 1 ORDER BY d.day)
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(employee, a, b)
		JOIN LATERAL (SELECT * FROM seal s WHERE s.tenant_id = current_tenant() AND s.employee_id = n.employee ORDER BY s.before_day DESC LIMIT 1) s ON true`,
		employees, from, to)
	if err != nil {
		return fmt.Errorf("reading sealed days: %w", err)
	}
	var id int64
	var before, on time.Time
	var details [][]byte
	_, err = pgx.ForEachRow(rows, []any{&id, &before, &on, &details}, func() error {
		f, ok := out[id]
		if !ok {
			return nil
		}
		f.Sealed = Sealed{Before: calendar.DateOf(before), On: calendar.DateOf(on)}
		for _, text := range details {
			var d Day
			if err := json.Unmarshal(text, &d); err != nil {
				return err
			}
			f.Sealed.Days = append(f.Sealed.Days, d)
		}
		out[id] = f
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading sealed days: %w", err)
	}
	return nil
}

// refuseSealed gives ErrSealed where a decision, or the undo of one, would
// change a sealed day by other means than minutes by hand (I5). A tap that came
// after its day was sealed can be left out, or be given a time on a day that is
// not sealed.
func refuseSealed(ctx context.Context, tx pg.Tx, d Decision, p Person) error {
	if d.Kind == AddMinutes {
		return nil
	}
	var before time.Time
	err := tx.QueryRow(ctx, `SELECT before_day FROM seal WHERE tenant_id = current_tenant() AND employee_id = $1 ORDER BY before_day DESC LIMIT 1`,
		p.ID).Scan(&before)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking up sealed days: %w", err)
	}
	s := Sealed{Before: calendar.DateOf(before)}
	day := d.Day
	if (day == calendar.Date{}) && !d.At.IsZero() && d.Kind != IgnoreTap {
		day = calendar.DateOf(d.At.In(p.Zone))
	}
	if (day != calendar.Date{}) && s.Holds(day) {
		return fmt.Errorf("%s: %w", day, ErrSealed)
	}
	if d.Tap == "" {
		return nil
	}
	name, err := d.Tap.Name()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	var sealed bool
	err = tx.QueryRow(ctx, `SELECT sealed FROM punch WHERE tenant_id = current_tenant() AND origin = $1 AND epoch = $2 AND seq = $3`,
		int64(name.Origin), int64(name.Epoch), int64(name.Seq)).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		sealed, err = !d.At.IsZero() && s.Holds(calendar.DateOf(d.At.In(p.Zone))), nil // removed; or there never was one, as findTap says
	}
	if err != nil {
		return fmt.Errorf("looking up a tap: %w", err)
	}
	if sealed {
		return fmt.Errorf("tap %s: %w", d.Tap, ErrSealed)
	}
	return nil
}
