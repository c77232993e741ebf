package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// GetToday gives who is in.
func (o operations) GetToday(ctx context.Context, _ openapi.GetTodayRequestObject) (openapi.GetTodayResponseObject, error) {
	now := o.cfg.Now()
	var in []hours.Presence
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		in, err = hours.Today(ctx, tx, now)
		return err
	})
	return openapi.GetToday200JSONResponse{At: now, Items: each(in, presenceView)}, err
}

// ListTimesheets gives everybody's week.
func (o operations) ListTimesheets(ctx context.Context, r openapi.ListTimesheetsRequestObject) (openapi.ListTimesheetsResponseObject, error) {
	week, err := parseWeek(r.Params.Week)
	if err != nil {
		return nil, err
	}
	var sheets []hours.Timesheet
	err = o.inTenant(ctx, func(tx pg.Tx) (err error) {
		sheets, err = hours.Timesheets(ctx, tx, week)
		return err
	})
	return openapi.ListTimesheets200JSONResponse{Week: week.String(), Items: each(sheets, timesheetView)}, err
}

// GetTimesheet gives one employee's week.
func (o operations) GetTimesheet(ctx context.Context, r openapi.GetTimesheetRequestObject) (openapi.GetTimesheetResponseObject, error) {
	week, err := parseWeek(r.Week)
	if err != nil {
		return nil, err
	}
	var sheet hours.Timesheet
	err = o.inTenant(ctx, func(tx pg.Tx) (err error) {
		sheet, err = hours.TimesheetOf(ctx, tx, r.Employee, week)
		return err
	})
	return openapi.GetTimesheet200JSONResponse(timesheetView(sheet)), err
}

func parseWeek(text string) (calendar.Week, error) {
	week, err := calendar.ParseWeek(text)
	if err != nil {
		return week, wrongField("week", err.Error())
	}
	return week, nil
}

// ApproveTimesheets approves each, as far as it can be.
func (o operations) ApproveTimesheets(ctx context.Context, r openapi.ApproveTimesheetsRequestObject) (openapi.ApproveTimesheetsResponseObject, error) {
	results, err := o.toEach(ctx, r.Body, hours.Approve)
	return openapi.ApproveTimesheets200JSONResponse{Items: results}, err
}

// RejectTimesheets sends each back, with a reason.
func (o operations) RejectTimesheets(ctx context.Context, r openapi.RejectTimesheetsRequestObject) (openapi.RejectTimesheetsResponseObject, error) {
	results, err := o.toEach(ctx, r.Body, hours.Reject)
	return openapi.RejectTimesheets200JSONResponse{Items: results}, err
}

// ReopenTimesheets opens each again, with a reason.
func (o operations) ReopenTimesheets(ctx context.Context, r openapi.ReopenTimesheetsRequestObject) (openapi.ReopenTimesheetsResponseObject, error) {
	results, err := o.toEach(ctx, r.Body, hours.Reopen)
	return openapi.ReopenTimesheets200JSONResponse{Items: results}, err
}

// sheetAction is hours.Approve, Reject or Reopen.
type sheetAction func(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week calendar.Week, reason string, now time.Time) error

func (o operations) toEach(ctx context.Context, body *openapi.TimesheetAction, do sheetAction) ([]openapi.ActionResult, error) {
	week, err := parseWeek(body.Week)
	if err != nil {
		return nil, err
	}
	return each(o.act(ctx, week, body.EmployeeIds, or(body.Reason), do), acted.view), nil
}

// acted is what came of one timesheet.
type acted struct {
	employee int64
	err      error // nil: it was done
}

// needsReason says whether it takes a reason to do it all the same.
func (a acted) needsReason() bool {
	var needs *hours.NeedsReason
	return errors.As(a.err, &needs) || errors.Is(a.err, hours.ErrNoReason)
}

func (a acted) view() openapi.ActionResult {
	if a.err == nil {
		return openapi.ActionResult{EmployeeId: a.employee, Done: true}
	}
	return openapi.ActionResult{EmployeeId: a.employee, Problem: &problemOf(a.err).detail, NeedsReason: some(a.needsReason())}
}

// act does something to each timesheet in a transaction of its own, so that
// one that is refused holds up no other.
func (s *Server) act(ctx context.Context, week calendar.Week, employees []int64, reason string, do sheetAction) []acted {
	who, now := callerOf(ctx).actor(), s.cfg.Now()
	return each(employees, func(id int64) acted {
		err := s.inTenant(ctx, func(tx pg.Tx) error { return do(ctx, tx, who, id, week, reason, now) })
		if err != nil && problemOf(err).status == http.StatusInternalServerError {
			s.log.ErrorContext(ctx, "a timesheet was not changed", "request", noteOf(ctx).id, "employee", id, "err", err)
		}
		return acted{id, err}
	})
}

func presenceView(p hours.Presence) openapi.Presence {
	return openapi.Presence{
		EmployeeId: p.Who.ID, Number: p.Who.Number, Name: nameOf(p.Who.Surname, p.Who.FirstName), Since: p.Since, OnBreak: p.OnBreak,
		Reader: some(p.ReaderName), SiteId: some(p.Site),
	}
}

// nameOf gives "Bakker, Joris".
func nameOf(surname, first string) string {
	if first == "" {
		return surname
	}
	return surname + ", " + first
}

func timesheetView(t hours.Timesheet) openapi.Timesheet {
	v := openapi.Timesheet{
		EmployeeId: t.Who.ID, Number: t.Who.Number, Name: nameOf(t.Who.Surname, t.Who.FirstName), Week: t.Week.String(),
		State: openapi.TimesheetState(t.State), Minutes: t.Minutes, ContractMinutes: t.Who.ContractMinutes,
		Codes: each(t.Codes, codeView), Days: each(t.Days[:], func(d hours.WeekDay) openapi.Day { return dayView(t.Who.ID, d) }),
		Exceptions: t.Exceptions, Pending: each(t.Pending, differenceView), Missing: each(t.Missing, missingView),
		Reason: some(t.Reason), DecidedBy: some(t.ByName),
	}
	if !t.At.IsZero() {
		v.DecidedAt = &t.At
	}
	return v
}

func codeView(l hours.HourLine) openapi.CodeMinutes {
	return openapi.CodeMinutes{Code: l.Code, Minutes: l.Minutes}
}

func dayView(employee int64, d hours.WeekDay) openapi.Day {
	return openapi.Day{
		Date: dateView(d.Date), Minutes: d.Minutes, Running: d.Running, Worked: d.Worked, Employed: d.Employed,
		Strip: each(d.Strip, func(s hours.Segment) openapi.Segment {
			return openapi.Segment{From: s.From, To: s.To, Kind: string(s.Kind), Code: some(s.Code)}
		}),
		Exceptions: each(d.Exceptions, func(e hours.Exception) openapi.Exception { return exceptionView(employee, e) }),
	}
}

func differenceView(d hours.Difference) openapi.Difference {
	return openapi.Difference{Date: dateView(d.Date), SiteId: some(d.Site), Code: d.Code, Minutes: d.Minutes}
}

func missingView(m hours.MissingData) openapi.Missing {
	return openapi.Missing{Kind: string(m.Kind), Device: m.Device, Site: some(m.SiteName), From: some(m.From), To: some(m.To), Since: m.Since}
}

func dateView(d calendar.Date) openapi_types.Date { return openapi_types.Date{Time: d.In(time.UTC)} }
