package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
)

func (s *Server) postApprove(w http.ResponseWriter, r *http.Request) error {
	return s.postSheets(w, r, "approve", hours.Approve)
}

func (s *Server) postReject(w http.ResponseWriter, r *http.Request) error {
	return s.postSheets(w, r, "reject", hours.Reject)
}

func (s *Server) postReopen(w http.ResponseWriter, r *http.Request) error {
	return s.postSheets(w, r, "reopen", hours.Reopen)
}

// mostSheets is how many timesheets one form may name.
const mostSheets = 1000

// postSheets does something to the chosen timesheets. Where a reason is
// missing the page comes back and asks for it; the others are done.
func (s *Server) postSheets(w http.ResponseWriter, r *http.Request, what string, do sheetAction) error {
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
	results := s.act(r.Context(), week, employees, form.Values["reason"], do)
	n := s.sheetsNotice(r, what, form.Values["week"], results)
	if slices.ContainsFunc(results, acted.needsReason) {
		return s.askReason(w, r, what, form, results, n)
	}
	return s.done(w, r, page.PathTimesheets+"?week="+week.String(), n)
}

// sheetsNotice tells how many were done, or why the first one wasn't.
func (s *Server) sheetsNotice(r *http.Request, what, week string, results []acted) notice {
	undo := []page.Hidden{{Name: "week", Value: week}, {Name: "back", Value: r.FormValue("back")},
		{Name: "reason", Value: words(callerOf(r.Context()).account.Language, "ongedaan gemaakt", "undone")}}
	doneCount := 0
	for _, one := range results {
		if one.err == nil {
			doneCount++
			undo = append(undo, page.Hidden{Name: "employee", Value: strconv.FormatInt(one.employee, 10)})
		} else if !one.needsReason() {
			return notice{Bad: true, Key: "notice.failed", Why: told(one.err)}
		}
	}
	switch {
	case doneCount == 0:
		return notice{}
	case what == "reopen":
		return notice{Key: "notice.reopened", Values: []string{strconv.Itoa(doneCount)}}
	}
	return notice{Key: map[string]string{"approve": "notice.approved", "reject": "notice.rejected"}[what],
		Values: []string{strconv.Itoa(doneCount)}, Undo: page.PathReopen, Hidden: undo}
}

func (s *Server) askReason(w http.ResponseWriter, r *http.Request, what string, form page.Form, results []acted, n notice) error {
	if n.Key != "" {
		s.leave(r.Context(), n)
	}
	v, err := s.timesheets(r, backValues(r, form.Values["week"]))
	if err != nil {
		return err
	}
	form.Problems["reason"] = page.Say("problem.reason-needed")
	v.Form, v.Asked = form, what
	for i := range v.Rows {
		v.Rows[i].Chosen = slices.ContainsFunc(results, func(a acted) bool {
			return a.employee == v.Rows[i].Employee && a.err != nil
		})
	}
	return s.render(w, http.StatusUnprocessableEntity, v)
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

// postDecide records the answer to a card: a proposal as it is (moment), or a
// time of the day (at).
func (s *Server) postDecide(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "at", "mode", "reason")
	d, err := decisionOf(r, form)
	if err != nil {
		return err
	}
	if form.Problem() {
		return s.decideAgain(w, r, form)
	}
	made, err := s.decide(r.Context(), d)
	if err != nil {
		return s.refuse(w, r, page.PathTimesheets, err)
	}
	return s.done(w, r, page.PathTimesheets, s.decidedNotice(r, made...))
}

func (s *Server) decidedNotice(r *http.Request, decisions ...int64) notice {
	n := notice{Key: "notice.decided", Undo: page.PathUndo, Hidden: []page.Hidden{{Name: "back", Value: r.FormValue("back")}}}
	for _, made := range decisions {
		n.Hidden = append(n.Hidden, page.Hidden{Name: "decision", Value: strconv.FormatInt(made, 10)})
	}
	return n
}

func decisionOf(r *http.Request, form page.Form) (hours.Decision, error) {
	employee, err := id(r.FormValue("employee"))
	if err != nil {
		return hours.Decision{}, err
	}
	d := hours.Decision{
		Employee: employee, Kind: hours.DecisionKind(r.FormValue("kind")), Tap: hours.TapID(r.FormValue("tap")),
		Mode: hours.Mode(form.Values["mode"]), Proposed: r.FormValue("proposed") == "yes", Reason: form.Values["reason"],
	}
	if site := r.FormValue("site"); site != "" {
		if d.Site, err = id(site); err != nil {
			return d, err
		}
	}
	if len(d.Reason) < 1 || len(d.Reason) > 500 {
		form.Problems["reason"] = page.Say("problem.reason")
	}
	switch moment := r.FormValue("moment"); {
	case moment != "":
		d.At, err = time.Parse(time.RFC3339Nano, moment)
	case d.Kind != hours.IgnoreTap:
		d.At, err = clockNear(form, r.FormValue("near"), d.Mode)
	}
	return d, err
}

// clockNear places a time of the day at the day of the tap it belongs to: an
// out comes after its in, and an in before its out, over midnight if need be.
func clockNear(form page.Form, near string, mode hours.Mode) (time.Time, error) {
	tap, err := time.Parse(time.RFC3339Nano, near)
	if err != nil {
		return tap, badRequest("the form is incomplete; open the day again")
	}
	clock, err := time.Parse("15:04", form.Values["at"])
	if err != nil {
		form.Problems["at"] = page.Say("problem.time")
		return tap, nil
	}
	at := time.Date(tap.Year(), tap.Month(), tap.Day(), clock.Hour(), clock.Minute(), 0, 0, tap.Location())
	switch {
	case mode == hours.Out && at.Before(tap):
		at = at.AddDate(0, 0, 1)
	case mode == hours.In && at.After(tap):
		at = at.AddDate(0, 0, -1)
	}
	return at, nil
}

// decideAgain shows the card with what was wrong.
func (s *Server) decideAgain(w http.ResponseWriter, r *http.Request, form page.Form) error {
	v, err := s.timesheets(r, backValues(r, ""))
	if err != nil {
		return err
	}
	if v.Panel != nil {
		for i, card := range v.Panel.Exceptions {
			if card.Kind == r.FormValue("about") && card.At.Format(time.RFC3339Nano) == r.FormValue("near") {
				v.Panel.Exceptions[i].Form = form
			}
		}
	}
	return s.render(w, http.StatusUnprocessableEntity, v)
}

func (s *Server) postUndo(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badRequest("the form can't be read")
	}
	var decisions []int64
	for _, text := range r.Form["decision"] {
		n, err := id(text)
		if err != nil {
			return err
		}
		decisions = append(decisions, n)
	}
	if err := s.undo(r.Context(), decisions...); err != nil {
		return s.refuse(w, r, page.PathTimesheets, err)
	}
	return s.done(w, r, page.PathTimesheets, notice{Key: "notice.undone"})
}
