package hours

import (
	"context"
	"fmt"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Balances gives an employee's hours in the week and in the pay period that
// hold a day. ErrNotFound: there is no such employee.
func Balances(ctx context.Context, tx pg.Tx, employee int64, day calendar.Date) (week, period Balance, err error) {
	read := map[int64]Facts{}
	if err := readPeople(ctx, tx, []int64{employee}, read); err != nil {
		return week, period, err
	}
	facts, ok := read[employee]
	if !ok {
		return week, period, fmt.Errorf("employee %d: %w", employee, ErrNotFound)
	}
	book, err := bookOf(ctx, tx)
	if err != nil {
		return week, period, err
	}
	week.Days = calendar.Period{From: day.Week().Monday(), To: day.Week().Sunday()}
	period.Days = book.Period(day)
	for _, b := range []*Balance{&week, &period} {
		b.Agreed = facts.Person.agreed(b.Days)
		err := tx.QueryRow(ctx, `SELECT COALESCE(sum(minutes), 0) FROM hour_line
			WHERE tenant_id = current_tenant() AND employee_id = $1 AND day BETWEEN $2::text::date AND $3::text::date AND kind <> $4`,
			employee, b.Days.From.String(), b.Days.To.String(), LineSupplement).Scan(&b.Counted)
		if err != nil {
			return week, period, fmt.Errorf("adding up hours: %w", err)
		}
	}
	return week, period, nil
}
