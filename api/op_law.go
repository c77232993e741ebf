package api

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/law"
	"tikklok/ingest/pg"
)

// notSeen is what no finding can take into account.
const notSeen = "Hours at other employers are not seen, nor the sector's exceptions of the Arbeidstijdenbesluit."

// ListLawFindings gives what the Working Hours Act limits.
func (o operations) ListLawFindings(ctx context.Context, r openapi.ListLawFindingsRequestObject) (openapi.ListLawFindingsResponseObject, error) {
	days := calendar.Period{From: calendar.DateOf(r.Params.From.Time), To: calendar.DateOf(r.Params.To.Time)}
	if days.To.Before(days.From) || days.Days() > 2*366 {
		return nil, wrongField("to", "it lies before from, or more than two years after it")
	}
	var all []hours.LawFinding
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = hours.LawFindings(ctx, tx, days, or(r.Params.Employee))
		return err
	})
	return openapi.ListLawFindings200JSONResponse{Items: each(all, findingView), Note: notSeen}, err
}

func findingView(f hours.LawFinding) openapi.LawFinding {
	return openapi.LawFinding{
		EmployeeId: f.Employee, Day: openapi_types.Date{Time: f.Day.In(time.UTC)}, Rule: string(f.Row), Severity: openapi.LawFindingSeverity(f.Severity),
		Unit: openapi.LawFindingUnit(law.UnitOf(f.Row, f.Allowed)), Allowed: f.Allowed, Found: f.Found,
		At: minuteTime(f.At), From: minuteTime(f.Over.From), To: minuteTime(f.Over.To), Shifts: each(f.Shifts, lawShift),
	}
}

func minuteTime(minute int64) time.Time { return time.Unix(minute*60, 0).UTC() }

func lawShift(s law.Span) openapi.LawShift {
	return openapi.LawShift{From: minuteTime(s.From), To: minuteTime(s.To)}
}

// ListLawNotices gives what can still be prevented.
func (o operations) ListLawNotices(ctx context.Context, _ openapi.ListLawNoticesRequestObject) (openapi.ListLawNoticesResponseObject, error) {
	var all []hours.LawNotice
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = hours.LawNotices(ctx, tx, o.cfg.Now())
		return err
	})
	return openapi.ListLawNotices200JSONResponse{Items: each(all, func(n hours.LawNotice) openapi.LawNotice {
		v := openapi.LawNotice{
			EmployeeId: n.Who.ID, Number: n.Who.Number, Name: nameOf(n.Who.Surname, n.Who.FirstName), Rule: string(n.Row), Severity: openapi.LawNoticeSeverity(n.Severity),
			Unit: openapi.LawNoticeUnit(law.UnitOf(n.Row, n.Allowed)), Allowed: n.Allowed, Found: n.Found, Last: minuteTime(n.Last), Over: n.Over,
		}
		if n.Planned.From != 0 {
			shift := lawShift(n.Planned)
			v.Planned = &shift
		}
		return v
	})}, err
}

// ListLawFigures gives the Act and the versions that stand in its place.
func (o operations) ListLawFigures(ctx context.Context, _ openapi.ListLawFiguresRequestObject) (openapi.ListLawFiguresResponseObject, error) {
	act := hours.TheAct()
	act.Name = "Arbeidstijdenwet"
	all := []hours.Agreement{act}
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		stored, err := hours.Agreements(ctx, tx)
		all = append(all, stored...)
		return err
	})
	return openapi.ListLawFigures200JSONResponse{Items: each(all, figuresView)}, err
}

// PutLawFigures adds a version; what it does not name is the Act's.
func (o operations) PutLawFigures(ctx context.Context, r openapi.PutLawFiguresRequestObject) (openapi.PutLawFiguresResponseObject, error) {
	a := hours.TheAct()
	a.Name, a.From, a.Contract, a.By = r.Body.Name, calendar.DateOf(r.Body.From.Time), or(r.Body.ContractId), callerOf(ctx).actor()
	for prefix, given := range map[string]*openapi.Figures{"adults": r.Body.Adults, "minors": r.Body.Minors} {
		to := &a.Adults
		if prefix == "minors" {
			to = &a.Minors
		}
		for name, n := range or(given) {
			if !setFigure(to, name, n) {
				return nil, wrongField(prefix+"."+name, "there is no such figure; GET the list to see their names")
			}
		}
	}
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		a.Version, err = hours.PutAgreement(ctx, tx, a, o.cfg.Now())
		return err
	})
	return openapi.PutLawFigures200JSONResponse(figuresView(a)), err
}

func setFigure(f *law.Figures, name string, n int) bool {
	for _, g := range law.List() {
		if g.Name == name {
			*g.Of(f) = n
			return true
		}
	}
	return false
}

func figuresView(a hours.Agreement) openapi.LawFigures {
	v := openapi.LawFigures{Version: a.Version, Name: a.Name, ContractId: some(a.Contract), Adults: openapi.Figures{}, Minors: openapi.Figures{}}
	if a.Version > 0 {
		v.From = &openapi_types.Date{Time: a.From.In(time.UTC)}
	}
	for _, g := range law.List() {
		v.Adults[g.Name], v.Minors[g.Name] = *g.Of(&a.Adults), *g.Of(&a.Minors)
	}
	return v
}
