package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/register"
)

// GetToday gives who is in.
func (o operations) GetToday(ctx context.Context, _ openapi.GetTodayRequestObject) (openapi.GetTodayResponseObject, error) {
	now := o.cfg.Now()
	var in []hours.Presence
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		on, err := register.WallOn(ctx, tx)
		if err == nil && !on {
			err = errWallOff
		}
		if err != nil {
			return err
		}
		in, err = hours.Today(ctx, tx, now)
		return err
	})
	return openapi.GetToday200JSONResponse{At: now, Items: each(in, presenceView)}, err
}

// ListTimesheets gives everybody's week, or a part of the list. Who approves
// for some hirers gets those hirers' people.
func (o operations) ListTimesheets(ctx context.Context, r openapi.ListTimesheetsRequestObject) (openapi.ListTimesheetsResponseObject, error) {
	week, err := parseWeek(r.Params.Week)
	if err != nil {
		return nil, err
	}
	out := openapi.ListTimesheets200JSONResponse{Week: week.String(), Items: []openapi.Timesheet{}}
	err = o.inTenant(ctx, func(tx pg.Tx) error {
		office, err := approval.Open(ctx, tx, week, o.cfg.Now())
		if err != nil {
			return err
		}
		all, err := hours.Summaries(ctx, tx, week)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(s hours.Summary) bool { return !sees(ctx, office, s) })
		total := len(all)
		out.Total = &total
		first := min(or(r.Params.Offset), len(all))
		all = all[first:]
		if limit := or(r.Params.Limit); limit > 0 {
			all = all[:min(limit, len(all))]
		}
		ids := each(all, func(s hours.Summary) int64 { return s.Who.ID })
		readsAbout(ctx, ids...)
		sheets, err := hours.TimesheetsOf(ctx, tx, ids, week)
		out.Items = each(sheets, func(t hours.Timesheet) openapi.Timesheet { return timesheetView(t, office) })
		return err
	})
	return out, err
}

// sees says whether the caller may see a timesheet; a key sees all.
func sees(ctx context.Context, office *approval.Office, s hours.Summary) bool {
	c := callerOf(ctx)
	return c.account == nil || office.Sees(c.account.ID, s)
}

// GetTimesheet gives one employee's week.
func (o operations) GetTimesheet(ctx context.Context, r openapi.GetTimesheetRequestObject) (openapi.GetTimesheetResponseObject, error) {
	week, err := parseWeek(r.Week)
	if err != nil {
		return nil, err
	}
	var out openapi.GetTimesheet200JSONResponse
	err = o.inTenant(ctx, func(tx pg.Tx) error {
		sheet, err := hours.TimesheetOf(ctx, tx, r.Employee, week)
		if err != nil {
			return err
		}
		office, err := approval.Open(ctx, tx, week, o.cfg.Now(), r.Employee)
		if err != nil {
			return err
		}
		if !sees(ctx, office, sheet.Summary()) {
			return hours.ErrNotFound
		}
		out = openapi.GetTimesheet200JSONResponse(timesheetView(sheet, office))
		return nil
	})
	return out, err
}

func parseWeek(text string) (calendar.Week, error) {
	week, err := calendar.ParseWeek(text)
	if err != nil {
		return week, wrongField("week", err.Error())
	}
	return week, nil
}

// ApproveTimesheets gives each the level that is the caller's to give, as far
// as it can be.
func (o operations) ApproveTimesheets(ctx context.Context, r openapi.ApproveTimesheetsRequestObject) (openapi.ApproveTimesheetsResponseObject, error) {
	week, err := parseWeek(r.Body.Week)
	if err != nil {
		return nil, err
	}
	seen := or(r.Body.Seen)
	asks := each(r.Body.EmployeeIds, func(id int64) approval.Ask {
		return approval.Ask{Employee: id, Seen: approval.Seen(seen[strconv.FormatInt(id, 10)])}
	})
	return openapi.ApproveTimesheets200JSONResponse{Items: each(o.give(ctx, week, asks, or(r.Body.Reason)), acted.view)}, nil
}

// RejectTimesheets sends each back, with a reason.
func (o operations) RejectTimesheets(ctx context.Context, r openapi.RejectTimesheetsRequestObject) (openapi.RejectTimesheetsResponseObject, error) {
	results, err := o.toEach(ctx, r.Body, approval.Reject)
	return openapi.RejectTimesheets200JSONResponse{Items: results}, err
}

// ReopenTimesheets opens each again, with a reason.
func (o operations) ReopenTimesheets(ctx context.Context, r openapi.ReopenTimesheetsRequestObject) (openapi.ReopenTimesheetsResponseObject, error) {
	results, err := o.toEach(ctx, r.Body, approval.Reopen)
	return openapi.ReopenTimesheets200JSONResponse{Items: results}, err
}

// sheetAction is approval.Reject or Reopen.
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
	err      error            // nil: it was done
	outcome  approval.Outcome // of an approval
}

// needsReason says whether it takes a reason to do it all the same.
func (a acted) needsReason() bool {
	var needs *hours.NeedsReason
	return errors.As(a.err, &needs) || errors.Is(a.err, hours.ErrNoReason)
}

// conflict gives what changed since it was seen; nil: nothing did.
func (a acted) conflict() *approval.Conflict {
	var c *approval.Conflict
	errors.As(a.err, &c)
	return c
}

func (a acted) view() openapi.ActionResult {
	if a.err == nil {
		v := openapi.ActionResult{EmployeeId: a.employee, Done: true, Frozen: some(a.outcome.Frozen)}
		if len(a.outcome.Given) > 0 {
			given := each(a.outcome.Given, needView)
			v.Levels = &given
		}
		return v
	}
	v := openapi.ActionResult{EmployeeId: a.employee, Problem: &problemOf(a.err).detail, NeedsReason: some(a.needsReason())}
	if c := a.conflict(); c != nil {
		v.Conflict = approvalConflictView(c)
	}
	return v
}

// givenAtOnce is how many timesheets are approved in one transaction.
const givenAtOnce = 100

// give gives levels of approval. What is refused holds up no other; what the
// database refused is of the hundred that it stood in.
func (s *Server) give(ctx context.Context, week calendar.Week, asks []approval.Ask, reason string) (out []acted) {
	who, now := callerOf(ctx).actor(), s.cfg.Now()
	for some := range slices.Chunk(asks, givenAtOnce) {
		var outcomes []approval.Outcome
		err := s.inTenant(ctx, func(tx pg.Tx) (err error) {
			outcomes, err = approval.Give(ctx, tx, who, week, some, reason, now)
			return err
		})
		if err != nil {
			s.log.ErrorContext(ctx, "timesheets were not approved", "request", noteOf(ctx).id, "timesheets", len(some), "err", err)
			outcomes = each(some, func(a approval.Ask) approval.Outcome { return approval.Outcome{Employee: a.Employee, Err: err} })
		}
		out = append(out, each(outcomes, func(o approval.Outcome) acted { return acted{o.Employee, o.Err, o} })...)
	}
	return out
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
		return acted{employee: id, err: err}
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

func timesheetView(t hours.Timesheet, office *approval.Office) openapi.Timesheet {
	summary := t.Summary()
	v := openapi.Timesheet{
		EmployeeId: t.Who.ID, Number: t.Who.Number, Name: nameOf(t.Who.Surname, t.Who.FirstName), Week: t.Week.String(),
		State: openapi.TimesheetState(t.State), Minutes: t.Minutes, ContractMinutes: t.Who.ContractMinutes,
		Codes: each(t.Codes, codeView), Days: each(t.Days[:], func(d hours.WeekDay) openapi.Day { return dayView(t.Who.ID, d) }),
		Exceptions: t.Exceptions, Pending: each(t.Pending, differenceView), Missing: each(t.Missing, missingView),
		Reason: some(t.Reason), DecidedBy: some(t.ByName), Seen: some(string(approval.SeenOf(summary))), Approval: standView(office, office.Of(summary)),
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
	return openapi.Difference{Date: dateView(d.Date), SiteId: some(d.Site), Code: d.Code, Kind: kindView(d.Kind), Minutes: d.Minutes}
}

func missingView(m hours.MissingData) openapi.Missing {
	return openapi.Missing{Kind: string(m.Kind), Device: m.Device, Site: some(m.SiteName), From: some(m.From), To: some(m.To), Since: m.Since}
}

func dateView(d calendar.Date) openapi_types.Date { return openapi_types.Date{Time: d.In(time.UTC)} }
