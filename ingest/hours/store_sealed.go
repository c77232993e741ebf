package hours

import (
	"cmp"
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
// after its day was sealed can be left out.
func refuseSealed(ctx context.Context, tx pg.Tx, d Decision, k *tapKey) error {
	if d.Employee == 0 || d.Kind == AddMinutes {
		return nil
	}
	var placed, site int64
	if k != nil {
		var sealed bool
		err := tx.QueryRow(ctx, `SELECT p.placed, p.sealed, COALESCE(r.site_id, 0) FROM punch p LEFT JOIN reader r ON r.tenant_id = p.tenant_id AND r.reader_id = p.reader_id
			WHERE p.tenant_id = current_tenant() AND p.origin = $1 AND p.epoch = $2 AND p.seq = $3`, k.origin, k.epoch, k.seq).Scan(&placed, &sealed, &site)
		switch {
		case errors.Is(err, pgx.ErrNoRows) || err == nil && sealed:
			return fmt.Errorf("tap %s: %w", d.Tap, ErrSealed)
		case err != nil:
			return fmt.Errorf("looking up a tap: %w", err)
		}
	}
	var before *time.Time
	if err := tx.QueryRow(ctx, "SELECT max(before_day) FROM seal WHERE tenant_id = current_tenant() AND employee_id = $1", d.Employee).Scan(&before); err != nil {
		return fmt.Errorf("looking up sealed days: %w", err)
	}
	if before == nil || d.Kind == IgnoreTap {
		return nil
	}
	p, err := personOf(ctx, tx, d.Employee)
	if err != nil {
		return err
	}
	l, err := lookupOf(ctx, tx, p)
	if err != nil {
		return err
	}
	days := []calendar.Date{d.Day}
	if !d.At.IsZero() {
		days = append(days, l.dayAt(d.At.UnixMilli(), cmp.Or(d.Site, site)))
	}
	if k != nil {
		days = append(days, l.dayAt(placed, site))
	}
	for _, day := range days {
		if (day != calendar.Date{}) && day.Before(calendar.DateOf(*before)) {
			return fmt.Errorf("day %s: %w", day, ErrSealed)
		}
	}
	return nil
}
