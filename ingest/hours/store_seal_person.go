package hours

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Unsettled is why not all days of an employee can be sealed.
type Unsettled struct {
	Unapproved []UnapprovedWeek
	Held       []HeldBack
	Until      calendar.Date // the first day on which all can be; zero: no day is too recent
}

// Settled says whether all days can be sealed.
func (u Unsettled) Settled() bool {
	return len(u.Unapproved) == 0 && len(u.Held) == 0 && u.Until == calendar.Date{}
}

// PersonSeal is how one employee's days are sealed.
type PersonSeal int

// The ways of sealing one employee's days.
const (
	SealNothing  PersonSeal = iota // only say what hinders it
	SealApproved                   // where every week is approved
	SealAll                        // also what nobody approved, as it stands
)

// SealPerson seals all days of one employee, or none: then it says why (I5).
func SealPerson(ctx context.Context, tx pg.Tx, employee int64, how PersonSeal, by audit.Actor, now time.Time) (Unsettled, error) {
	var out Unsettled
	if err := lock(ctx, tx); err != nil {
		return out, err
	}
	limit := calendar.DateOf(now.AddDate(0, 0, -14)).AddDays(-1) // as Seal
	last, err := lastDay(ctx, tx, employee)
	if err != nil || last == (calendar.Date{}) {
		return out, err
	}
	if !last.Before(limit) {
		out.Until = last.AddDays(16)
	}
	who, err := sealable(ctx, tx, last.AddDays(1), employee-1)
	if err != nil || len(who) == 0 || who[0].Who.ID != employee {
		return out, err
	}
	book, err := bookOf(ctx, tx)
	if err != nil {
		return out, err
	}
	var s Sealing
	list, err := s.plan(ctx, tx, book, who[:1], last.AddDays(1), how == SealAll)
	if err != nil {
		return out, err
	}
	out.Held = s.Held
	if how != SealAll {
		out.Unapproved = s.Unapproved
	}
	if how == SealNothing || !out.Settled() {
		return out, nil
	}
	for _, e := range list {
		if err := e.write(ctx, tx, by, now); err != nil {
			return out, err
		}
	}
	return out, nil
}

// lastDay gives an employee's last computed day that is not sealed; zero: none.
func lastDay(ctx context.Context, tx pg.Tx, employee int64) (calendar.Date, error) {
	var last *calendar.Date
	err := tx.QueryRow(ctx, `SELECT max(w.day) FROM worked_day w WHERE w.tenant_id = current_tenant() AND w.employee_id = $1
		AND w.day >= COALESCE((SELECT max(before_day) FROM seal s WHERE s.tenant_id = w.tenant_id AND s.employee_id = w.employee_id), '-infinity')`, employee).Scan(&last)
	if err != nil && err != pgx.ErrNoRows {
		return calendar.Date{}, fmt.Errorf("looking up an employee's last day: %w", err)
	}
	if last == nil {
		return calendar.Date{}, nil
	}
	return *last, nil
}
