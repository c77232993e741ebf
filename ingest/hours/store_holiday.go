package hours

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// spreadHolidays has the paid holidays that began since the last time computed
// for everybody, so that those who do not work on them have them too. It goes
// by the tenant's calendar and looks at the day before again: an employee's
// zone may be behind. New rules may name earlier days.
func spreadHolidays(ctx context.Context, tx pg.Tx, now time.Time) error {
	var zone string
	var until *time.Time
	var known, sets int
	err := tx.QueryRow(ctx, `SELECT t.zone, c.holidays_until, c.holiday_sets, (SELECT count(*) FROM rule_set WHERE tenant_id = current_tenant())
		FROM hours_cursor c JOIN tenant t ON t.tenant_id = c.tenant_id WHERE c.tenant_id = current_tenant()`).Scan(&zone, &until, &known, &sets)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // nothing was taken up yet
	}
	if err != nil {
		return fmt.Errorf("reading how far holidays are: %w", err)
	}
	at, err := time.LoadLocation(zone)
	if err != nil {
		return fmt.Errorf("zone %q of the tenant: %w", zone, err)
	}
	today := calendar.DateOf(now.In(at))
	from := today.AddDays(-1)
	if until != nil {
		if sets == known && calendar.DateOf(*until) == today {
			return nil
		}
		from = calendar.DateOf(*until).AddDays(-1)
	}
	if sets != known {
		if from, err = newRulesFrom(ctx, tx, known, from); err != nil {
			return err
		}
	}
	return dueHolidays(ctx, tx, from, today, sets)
}

// newRulesFrom gives the first day that rule sets beyond those known hold for,
// or from when that is earlier.
func newRulesFrom(ctx context.Context, tx pg.Tx, known int, from calendar.Date) (calendar.Date, error) {
	var first calendar.Date
	err := tx.QueryRow(ctx, `SELECT LEAST($2::text::date, (SELECT min(from_day) FROM (
		SELECT from_day FROM rule_set WHERE tenant_id = current_tenant() ORDER BY version OFFSET $1) s))`, known, from.String()).Scan(&first)
	if err != nil {
		return from, fmt.Errorf("reading from when rules hold: %w", err)
	}
	return first, nil
}

// dueHolidays notes the paid holidays of some days for who is employed then.
func dueHolidays(ctx context.Context, tx pg.Tx, from, today calendar.Date, sets int) error {
	book, err := bookOf(ctx, tx)
	if err != nil {
		return err
	}
	var days []string
	for _, d := range book.PaidHolidays(from, today) {
		days = append(days, d.String())
	}
	_, err = tx.Exec(ctx, `WITH days AS (SELECT d::date AS day FROM unnest($1::text[]) d),
		noted AS (UPDATE hours_cursor SET holidays_until = $2::text::date, holiday_sets = $3 WHERE tenant_id = current_tenant())
		INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
		SELECT current_tenant(), e.employee_id, (extract(epoch FROM day::timestamp) * 1000)::bigint + 43200000, (extract(epoch FROM day::timestamp) * 1000)::bigint + 43200000
		FROM days JOIN employee e ON e.tenant_id = current_tenant() AND e.employed_from <= day AND (e.employed_until IS NULL OR e.employed_until >= day)`,
		days, today.String(), sets)
	if err != nil {
		return fmt.Errorf("noting paid holidays: %w", err)
	}
	return nil
}
