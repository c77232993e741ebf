package api

import (
	"context"
	"fmt"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

// ofSomeHirers says whether the caller approves for some hirers, and does
// nothing else in the office.
func ofSomeHirers(ctx context.Context) bool {
	a := callerOf(ctx).account
	return a != nil && a.SomeHirers && !a.Has(people.Administrator)
}

// reaches refuses an employee's day to an approver of some hirers for whom the
// employee did not work in that week, as if there were none.
func (s *Server) reaches(ctx context.Context, tx pg.Tx, employee int64, day calendar.Date) error {
	if !ofSomeHirers(ctx) {
		return nil
	}
	sheet, err := hours.TimesheetOf(ctx, tx, employee, day.Week())
	if err != nil {
		return err
	}
	office, err := approval.Open(ctx, tx, day.Week(), s.cfg.Now(), employee)
	if err != nil {
		return err
	}
	if !office.Sees(callerOf(ctx).account.ID, sheet.Summary()) {
		return fmt.Errorf("employee %d on %s: %w", employee, day, hours.ErrNotFound)
	}
	return nil
}

// hirersOf gives the hirers whose people the caller may see, with those of whom
// they stand in for; none: everybody's.
func (s *Server) hirersOf(ctx context.Context, tx pg.Tx) ([]int64, error) {
	if !ofSomeHirers(ctx) {
		return nil, nil
	}
	now := s.cfg.Now()
	office, err := approval.Open(ctx, tx, calendar.DateOf(now).Week(), now, 0)
	if err != nil {
		return nil, err
	}
	p := office.Person(callerOf(ctx).account.ID)
	hirers := p.Hirers
	for _, as := range p.For {
		if len(as.Hirers) == 0 {
			return nil, nil
		}
		hirers = append(hirers, as.Hirers...)
	}
	return hirers, nil
}

// reachesDecision is reaches of all days that a decision is about. Whose a tap
// is concerns others too: that takes an approver of all.
func (s *Server) reachesDecision(ctx context.Context, tx pg.Tx, d hours.Decision) error {
	if !ofSomeHirers(ctx) {
		return nil
	}
	if d.Employee == 0 || d.Kind == hours.AssignTap {
		return errForbidden
	}
	days, err := hours.DaysOf(ctx, tx, d)
	if err != nil {
		return err
	}
	for _, day := range days {
		if err := s.reaches(ctx, tx, d.Employee, day); err != nil {
			return err
		}
	}
	return nil
}

// pullsOf says whether the caller may see a destination: a key of some
// destinations sees no other.
func pullsOf(ctx context.Context, destination int64) bool {
	k := callerOf(ctx).key
	return k == nil || k.Reaches(destination)
}

// reachedRun gives a run, one of another destination than a key's as if there
// were none.
func reachedRun(ctx context.Context, tx pg.Tx, id int64) (payroll.Run, error) {
	run, err := payroll.RunByID(ctx, tx, id)
	if err == nil && !pullsOf(ctx, run.Destination) {
		return payroll.Run{}, fmt.Errorf("run %d: %w", id, payroll.ErrNotFound)
	}
	return run, err
}
