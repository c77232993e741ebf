package api

import (
	"context"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

// preview is what a run would hold, what the check found, and how it differs
// from the last period.
func (s *Server) preview(ctx context.Context, tx pg.Tx, o payroll.Order) (*page.Preview, error) {
	now := s.cfg.Now().In(zoneOf(callerOf(ctx).tenant.Zone))
	p, err := payroll.Prepare(ctx, tx, o, s.cfg.Now())
	if err != nil {
		return nil, err
	}
	rules, err := rulesInForce(ctx, tx, o.Period.To)
	if err != nil {
		return nil, err
	}
	names, err := employeeNames(ctx, tx)
	v := &page.Preview{
		People: p.Totals.People, Lines: p.Totals.Lines, Minutes: p.Totals.Worked(), Beside: beside(p.Totals.Beside()), Empty: p.Totals.Lines == 0,
		Totals: codeTotals(p.Totals, rules), Earlier: earlierPeriods(p.Earlier, now.Location()),
		Difference: difference(p.Difference, rules, names, now.Location()),
	}
	v.Stops, v.Warnings = found(p.Findings, names, calendar.DateOf(now))
	v.Unmapped = slices.ContainsFunc(p.Findings, func(f payroll.Finding) bool { return f.Kind == payroll.Unmapped })
	v.Steps = stepsAhead(v)
	return v, err
}

// stepsAhead are the steps of a run that is not made yet.
func stepsAhead(v *page.Preview) []page.RunStep {
	ready := len(v.Stops) == 0 && !v.Empty
	return []page.RunStep{
		{Name: "prepared", Done: true}, {Name: "checked", Done: ready, Current: !ready, Wrong: len(v.Stops) > 0},
		{Name: "created", Current: ready}, {Name: "delivered"}, {Name: "acknowledged"},
	}
}

// found parts what stops the run from what warns; the weeks of a kind stand
// together. A week that is not over can't have been approved: it is no news.
func found(findings []payroll.Finding, names map[int64]string, today calendar.Date) (stops []page.Message, warnings []page.Warning) {
	for _, f := range findings {
		switch {
		case f.Kind == payroll.Unmapped:
			stops = append(stops, page.Say("problem.unmapped", f.Code, page.Minutes(f.Minutes)))
		case f.Kind == payroll.Refused:
			stops = append(stops, page.Say("problem.refused-format", f.Text))
		case f.Week == nil || !f.Week.Sunday().Before(today):
		default:
			i := slices.IndexFunc(warnings, func(w page.Warning) bool { return w.Kind == string(f.Kind) })
			if i < 0 {
				i, warnings = len(warnings), append(warnings, page.Warning{Kind: string(f.Kind)})
			}
			warnings[i].Add(page.WaitingWeek{Employee: f.Employee, Number: f.Number, Name: names[f.Employee], Week: f.Week.String()})
		}
	}
	return stops, warnings
}

func difference(d payroll.Difference, rules inForce, names map[int64]string, zone *time.Location) *page.Difference {
	if d.None() {
		return nil
	}
	v := &page.Difference{From: d.Last.From.In(zone), To: d.Last.To.In(zone), Same: d.Same, More: d.More}
	for _, c := range d.Codes {
		v.Codes = append(v.Codes, page.Change{Label: c.Code, Kind: string(c.Kind), Name: rules.codeName(c.Code), Before: c.Before, Now: c.Now})
	}
	for _, c := range d.Employees {
		v.People = append(v.People, page.Change{Label: names[c.Employee], Number: c.Number, Before: c.Before, Now: c.Now})
	}
	return v
}

// earlierPeriods are what a run pays of periods before its own: the period of
// origin beside the one of payment.
func earlierPeriods(all []payroll.Earlier, zone *time.Location) []page.EarlierPeriod {
	return each(all, func(e payroll.Earlier) page.EarlierPeriod {
		return page.EarlierPeriod{From: e.Period.From.In(zone), To: e.Period.To.In(zone), Lines: e.Lines, Corrections: e.Corrections,
			People: e.People, Minutes: e.Minutes, Beside: beside(e.Beside)}
	})
}
