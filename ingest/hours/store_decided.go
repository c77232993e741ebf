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

// DecisionByID gives a decision, or ErrNotFound.
func DecisionByID(ctx context.Context, tx pg.Tx, id int64) (Decision, error) {
	d, _, err := decisionByID(ctx, tx, id)
	return d, err
}

// DaysOf gives the days that a decision about an employee touches, at least
// one, each in the employee's zone: its own, that of its instant and that of
// its tap. ErrNotFound when there is no such employee, or the tap is not theirs.
func DaysOf(ctx context.Context, tx pg.Tx, d Decision) ([]calendar.Date, error) {
	people := map[int64]Facts{}
	if err := readPeople(ctx, tx, []int64{d.Employee}, people); err != nil {
		return nil, err
	}
	who, known := people[d.Employee]
	if !known {
		return nil, fmt.Errorf("employee %d: %w", d.Employee, ErrNotFound)
	}
	var days []calendar.Date
	if d.hasDay() {
		days = append(days, d.Day)
	}
	if !d.At.IsZero() {
		days = append(days, calendar.DateOf(d.At.In(who.Person.Zone)))
	}
	if d.Tap != "" {
		at, err := placeOf(ctx, tx, d)
		if err != nil {
			return nil, err
		}
		days = append(days, calendar.DateOf(at.In(who.Person.Zone)))
	}
	if len(days) == 0 {
		return nil, fmt.Errorf("%w: %s names no day, time or tap", ErrInvalid, d.Kind)
	}
	return days, nil
}

// placeOf gives when the tap of a decision is, or ErrNotFound when it is not
// the employee's.
func placeOf(ctx context.Context, tx pg.Tx, d Decision) (time.Time, error) {
	name, err := d.Tap.Name()
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	var placed int64
	err = tx.QueryRow(ctx, "SELECT placed FROM punch WHERE tenant_id = current_tenant() AND origin = $1 AND epoch = $2 AND seq = $3 AND employee_id = $4",
		int64(name.Origin), int64(name.Epoch), int64(name.Seq), d.Employee).Scan(&placed)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, fmt.Errorf("tap %s of employee %d: %w", d.Tap, d.Employee, ErrNotFound)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("looking up a tap: %w", err)
	}
	return time.UnixMilli(placed), nil
}
