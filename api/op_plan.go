package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// ListPlan gives the shifts planned in a week of the tenant's zone.
func (o operations) ListPlan(ctx context.Context, r openapi.ListPlanRequestObject) (openapi.ListPlanResponseObject, error) {
	week, err := parseWeek(r.Params.Week)
	if err != nil {
		return nil, err
	}
	var all []plan.Shift
	err = o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = plan.Standing(ctx, tx, minuteOf(week.Monday(), o.zone(ctx)), minuteOf(week.Add(1).Monday(), o.zone(ctx)))
		return err
	})
	items := []openapi.PlannedShift{}
	for _, s := range all {
		if only := or(r.Params.Employee); only == 0 || only == s.Employee {
			items = append(items, plannedView(s))
		}
	}
	return openapi.ListPlan200JSONResponse{Week: week.String(), Items: items}, err
}

// zone gives that of the caller's tenant.
func (s *Server) zone(ctx context.Context) *time.Location { return zoneOf(callerOf(ctx).tenant.Zone) }

// minuteOf gives the UTC minute in which a day begins.
func minuteOf(d calendar.Date, zone *time.Location) int64 { return d.In(zone).Unix() / 60 }

// PutPlannedShift plans a shift, or gives one other times.
func (o operations) PutPlannedShift(ctx context.Context, r openapi.PutPlannedShiftRequestObject) (openapi.PutPlannedShiftResponseObject, error) {
	b := r.Body
	change := shiftChange{
		shift: plan.Shift{ID: or(b.Id), Employee: b.EmployeeId, Site: or(b.SiteId), Kind: plan.Work, Break: or(b.BreakMinutes)},
		date:  calendar.DateOf(b.Date.Time), from: b.From, to: b.To,
	}
	if b.Kind != nil {
		change.shift.Kind = plan.Kind(*b.Kind)
	}
	var made plan.Shift
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		made, err = o.putShift(ctx, tx, change)
		return err
	})
	return openapi.PutPlannedShift200JSONResponse(plannedView(made)), err
}

// shiftChange is a shift as a person gives it: on a date, by the clock.
type shiftChange struct {
	shift    plan.Shift
	date     calendar.Date
	from, to string
}

// putShift stores a shift that was given in the employee's zone.
func (s *Server) putShift(ctx context.Context, tx pg.Tx, c shiftChange) (made plan.Shift, err error) {
	e, err := people.EmployeeByID(ctx, tx, c.shift.Employee)
	if err != nil {
		return made, err
	}
	zone := s.zone(ctx)
	if e.Zone != "" {
		zone = zoneOf(e.Zone)
	}
	if c.shift.From, c.shift.To, err = plan.Between(c.date, c.from, c.to, zone); err != nil {
		return made, err
	}
	return plan.Put(ctx, tx, callerOf(ctx).actor(), c.shift, s.cfg.Now())
}

// WithdrawPlannedShift takes a shift back.
func (o operations) WithdrawPlannedShift(ctx context.Context, r openapi.WithdrawPlannedShiftRequestObject) (openapi.WithdrawPlannedShiftResponseObject, error) {
	err := o.inTenant(ctx, func(tx pg.Tx) error { return plan.Withdraw(ctx, tx, callerOf(ctx).actor(), r.Id, o.cfg.Now()) })
	return openapi.WithdrawPlannedShift204Response{}, err
}

// ImportPlan says what a file would change, or changes it.
func (o operations) ImportPlan(ctx context.Context, r openapi.ImportPlanRequestObject) (openapi.ImportPlanResponseObject, error) {
	apply := or(r.Params.Apply)
	file, problems := plan.Parse(strings.NewReader(string(*r.Body)), o.cfg.Now())
	var p plan.Preview
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		p, err = o.planImport(ctx, tx, file, problems, apply)
		return err
	})
	if errors.Is(err, plan.ErrProblems) {
		return nil, &problem{status: 422, detail: err.Error(), fields: each(p.Problems, planProblem)}
	}
	view := openapi.PlanImport{
		Applied: apply, Added: p.Count(plan.Added), Moved: p.Count(plan.Moved), Withdrawn: p.Count(plan.Withdrawn), Same: p.Count(plan.Same),
		Outside: file.Left, Changes: []openapi.PlanImportChange{}, Problems: each(p.Problems, planProblem),
	}
	for _, c := range p.Changes {
		if c.Kind != plan.Same {
			view.Changes = append(view.Changes, planChangeView(c))
		}
	}
	return openapi.ImportPlan200JSONResponse(view), err
}

// planImport checks a file that was read, or takes it up.
func (s *Server) planImport(ctx context.Context, tx pg.Tx, file plan.File, problems []plan.Problem, apply bool) (plan.Preview, error) {
	switch {
	case len(problems) > 0 && apply:
		return plan.Preview{Problems: problems}, plan.ErrProblems
	case len(problems) > 0:
		return plan.Preview{Problems: problems}, nil
	case apply:
		return plan.Import(ctx, tx, callerOf(ctx).actor(), file, s.cfg.Now())
	}
	return plan.CheckImport(ctx, tx, file)
}

func plannedView(s plan.Shift) openapi.PlannedShift {
	return openapi.PlannedShift{
		Id: s.ID, EmployeeId: s.Employee, SiteId: some(s.Site), Kind: openapi.PlanKind(s.Kind), BreakMinutes: s.Break,
		From: time.Unix(s.From*60, 0).UTC(), To: time.Unix(s.To*60, 0).UTC(),
	}
}

func planChangeView(c plan.Change) openapi.PlanImportChange {
	v := openapi.PlanImportChange{Kind: openapi.PlanImportChangeKind(c.Kind), Line: some(c.Line)}
	if c.Old.Employee != 0 {
		old := plannedView(c.Old)
		v.Old = &old
	}
	if c.New.Employee != 0 {
		made := plannedView(c.New)
		v.New = &made
	}
	return v
}

func planProblem(p plan.Problem) openapi.FieldProblem {
	return openapi.FieldProblem{Field: p.Column, Message: p.Reason, Line: some(p.Line)}
}
