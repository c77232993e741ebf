package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
)

// mostSheets is how many timesheets one form may name.
const mostSheets = 1000

// postApprove gives the level that is the caller's to give, of each chosen
// timesheet as it was drawn. One that changed since comes back with the
// difference, one that lacks a reason asks for it; the others are done.
func (s *Server) postApprove(w http.ResponseWriter, r *http.Request) error {
	return s.postSheets(w, r, "approve", func(ctx context.Context, week calendar.Week, employees []int64, reason string) []acted {
		asks := each(employees, func(id int64) approval.Ask {
			return approval.Ask{Employee: id, Seen: approval.Seen(r.FormValue("seen." + strconv.FormatInt(id, 10)))}
		})
		return s.give(ctx, week, asks, reason)
	})
}

func (s *Server) postReject(w http.ResponseWriter, r *http.Request) error {
	return s.postSheets(w, r, "reject", s.acting(approval.Reject))
}

func (s *Server) postReopen(w http.ResponseWriter, r *http.Request) error {
	return s.postSheets(w, r, "reopen", s.acting(approval.Reopen))
}

func (s *Server) acting(do sheetAction) func(context.Context, calendar.Week, []int64, string) []acted {
	return func(ctx context.Context, week calendar.Week, employees []int64, reason string) []acted {
		return s.act(ctx, week, employees, reason, do)
	}
}

// postSheets does something to the chosen timesheets.
func (s *Server) postSheets(w http.ResponseWriter, r *http.Request, what string, do func(context.Context, calendar.Week, []int64, string) []acted) error {
	form := formOf(r, "reason", "week")
	week, err := parseWeek(form.Values["week"])
	if err != nil {
		return err
	}
	var employees []int64
	for _, text := range r.Form["employee"] {
		n, err := id(text)
		if err != nil {
			return err
		}
		employees = append(employees, n)
	}
	if len(employees) == 0 || len(employees) > mostSheets {
		return s.done(w, r, page.PathTimesheets, notice{Bad: true, Key: "notice.nothing"})
	}
	results := do(r.Context(), week, employees, form.Values["reason"])
	n := s.sheetsNotice(r, what, form.Values["week"], results)
	if slices.ContainsFunc(results, func(a acted) bool { return a.needsReason() || a.conflict() != nil }) {
		return s.askAgain(w, r, what, form, results, n)
	}
	return s.done(w, r, page.PathTimesheets+"?week="+week.String(), n)
}

// sheetsNotice tells how many were done, or why the first one wasn't.
func (s *Server) sheetsNotice(r *http.Request, what, week string, results []acted) notice {
	undo := []page.Hidden{{Name: "week", Value: week}, {Name: "back", Value: r.FormValue("back")},
		{Name: "reason", Value: words(callerOf(r.Context()).account.Language, "ongedaan gemaakt", "undone")}}
	doneCount, frozen := 0, false
	for _, one := range results {
		if one.err == nil {
			doneCount++
			frozen = frozen || one.outcome.Frozen
			undo = append(undo, page.Hidden{Name: "employee", Value: strconv.FormatInt(one.employee, 10)})
		} else if !one.needsReason() && one.conflict() == nil {
			return notice{Bad: true, Key: "notice.failed", Why: told(one.err)}
		}
	}
	key := map[string]string{"approve": "notice.approved", "reject": "notice.rejected", "reopen": "notice.reopened"}[what]
	if what == "approve" && !frozen {
		key = "notice.level"
	}
	n := notice{Key: key, Values: []string{strconv.Itoa(doneCount)}, Undo: page.PathReopen, Hidden: undo}
	switch {
	case doneCount == 0:
		return notice{}
	case what == "reopen":
		n.Undo, n.Hidden = "", nil
	}
	return n
}

// askAgain draws the page with what changed meanwhile, and asks for the reason
// where one is missing.
func (s *Server) askAgain(w http.ResponseWriter, r *http.Request, what string, form page.Form, results []acted, n notice) error {
	if n.Key != "" {
		s.leave(r.Context(), n)
	}
	v, err := s.timesheets(r, backValues(r, form.Values["week"]))
	if err != nil {
		return err
	}
	if v.Approving.Conflicts = conflictLines(results, v, form.Values["reason"]); len(v.Approving.Conflicts) > 0 {
		v.Panel = nil // on a phone it would lie over them
	}
	status := http.StatusConflict
	if slices.ContainsFunc(results, acted.needsReason) {
		status = http.StatusUnprocessableEntity
		form.Problems["reason"] = page.Say("problem.reason-needed")
		v.Form, v.Asked = form, what
	}
	for i := range v.Rows {
		v.Rows[i].Chosen = slices.ContainsFunc(results, func(a acted) bool { return a.employee == v.Rows[i].Employee && a.needsReason() })
	}
	return s.render(w, status, v)
}

// conflictLines are what changed since it was drawn, by name.
func conflictLines(results []acted, v *page.Timesheets, reason string) (all []page.SheetConflict) {
	zone := v.Now.Location()
	for _, a := range results {
		c := a.conflict()
		if c == nil {
			continue
		}
		line := page.SheetConflict{Employee: a.employee, Seen: string(c.Now), Reason: reason}
		if i := slices.IndexFunc(v.Rows, func(row page.Sheet) bool { return row.Employee == a.employee }); i >= 0 {
			line.Name = v.Rows[i].Name
		} else if v.Panel != nil && v.Panel.Employee == a.employee {
			line.Name = v.Panel.Name
		}
		for _, x := range c.Changes {
			change := page.SeenChange{Day: x.Day.In(zone), Kind: "minutes", Code: x.Code, LineKind: string(x.Kind), Seen: x.Seen, Now: x.Now}
			switch {
			case x.Gaps:
				change.Kind = "gaps"
			case x.Code == "":
				change.Kind = "exceptions"
			}
			line.Changes = append(line.Changes, change)
		}
		all = append(all, line)
	}
	return all
}

// backValues are the values of the address that a form stood on.
func backValues(r *http.Request, week string) func(string) string {
	values := url.Values{}
	if at, err := url.Parse(r.FormValue("back")); err == nil {
		values = at.Query()
	}
	if values.Get("week") == "" && week != "" {
		values.Set("week", week)
	}
	return values.Get
}

// fillApproval adds to the panel what was done with the sheet, and what is
// drawn of it.
func (w weekData) fillApproval(p *page.DayPanel, t hours.Timesheet, zone *time.Location) {
	summary := t.Summary()
	p.Seen = string(approval.SeenOf(summary))
	p.Steps = each(w.office.Of(summary).Steps, func(s approval.Step) page.ApprovalStep {
		return page.ApprovalStep{At: s.At.In(zone), Act: string(s.Act), Level: string(s.Level), By: s.ByName, For: s.ForName, Reason: s.Reason}
	})
}
