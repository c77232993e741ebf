package api

import (
	"context"

	"tikklok/api/openapi"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

// GetRun gives one run with its steps and what it pays of earlier periods.
func (o operations) GetRun(ctx context.Context, r openapi.GetRunRequestObject) (openapi.GetRunResponseObject, error) {
	var v openapi.Run
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		run, err := reachedRun(ctx, tx, r.Id)
		if err != nil {
			return err
		}
		steps, err := payroll.Steps(ctx, tx, r.Id)
		if err != nil {
			return err
		}
		earlier, err := payroll.EarlierOf(ctx, tx, r.Id)
		taken, paid := each(steps, runStepView), each(earlier, earlierView)
		v = runView(run)
		v.Steps, v.Earlier = &taken, &paid
		return err
	})
	return openapi.GetRun200JSONResponse(v), err
}

// MarkRun writes down what became of a run at the package.
func (o operations) MarkRun(ctx context.Context, r openapi.MarkRunRequestObject) (openapi.MarkRunResponseObject, error) {
	run, err := o.mark(ctx, r.Id, payroll.RunState(r.Body.State), or(r.Body.Reason))
	return openapi.MarkRun200JSONResponse(runView(run)), err
}

func runStepView(s payroll.Step) openapi.RunStep {
	return openapi.RunStep{State: openapi.RunState(s.State), At: s.At, By: actorView(s.By), Reason: some(s.Reason)}
}

func previewView(p payroll.Preview) openapi.RunPreview {
	findings, earlier := each(p.Findings, runFindingView), each(p.Earlier, earlierView)
	return openapi.RunPreview{
		Totals: totalsView(p.Totals), Unmapped: append([]string{}, p.Unmapped...), Refused: some(p.Refused),
		Waiting: each(p.Waiting, waitingView), EarlierLines: p.EarlierLines(), Findings: &findings, Earlier: &earlier, Difference: runDifferenceView(p.Difference),
	}
}

func runFindingView(f payroll.Finding) openapi.RunFinding {
	v := openapi.RunFinding{Kind: openapi.RunFindingKind(f.Kind), Stops: f.Kind.Stops(), Code: some(f.Code), Lines: some(f.Lines), Minutes: some(f.Minutes),
		Text: some(f.Text), EmployeeId: some(f.Employee), Number: some(f.Number)}
	if f.Week != nil {
		week := f.Week.String()
		v.Week = &week
	}
	return v
}

func earlierView(e payroll.Earlier) openapi.EarlierPeriod {
	return openapi.EarlierPeriod{From: dateView(e.Period.From), To: dateView(e.Period.To), Lines: e.Lines, Corrections: e.Corrections, People: e.People,
		Minutes: e.Minutes, Beside: each(e.Beside, kindTotalView)}
}

// runDifferenceView gives nothing where no period was sent before.
func runDifferenceView(d payroll.Difference) *openapi.RunDifference {
	if d.None() {
		return nil
	}
	return &openapi.RunDifference{
		From: dateView(d.Last.From), To: dateView(d.Last.To), More: d.More, Same: d.Same,
		Codes: each(d.Codes, func(c payroll.CodeChange) openapi.CodeDifference {
			return openapi.CodeDifference{Code: c.Code, Kind: kindView(c.Kind), Before: c.Before, Now: c.Now}
		}),
		Employees: each(d.Employees, func(c payroll.PersonChange) openapi.EmployeeDifference {
			return openapi.EmployeeDifference{EmployeeId: c.Employee, Number: c.Number, Before: c.Before, Now: c.Now}
		}),
	}
}

func kindTotalView(k payroll.KindTotal) openapi.KindTotal {
	return openapi.KindTotal{Kind: openapi.LineKind(k.Kind), Minutes: k.Minutes}
}
