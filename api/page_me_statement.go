package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// statementOf says whether an employee is asked to say that a week's hours are
// right, or said so, and what the statement would be about.
func statementOf(ctx context.Context, tx pg.Tx, who *people.Account, t hours.Timesheet, now time.Time) (state, seen string, err error) {
	if t.Who.ID != who.Employee || calendar.DateOf(now).Before(t.Week.Sunday()) {
		return "", "", nil
	}
	office, err := approval.Open(ctx, tx, t.Week, now, t.Who.ID)
	if err != nil {
		return "", "", err
	}
	summary := t.Summary()
	stand := office.Of(summary)
	switch {
	case slices.ContainsFunc(stand.Given, func(s approval.Step) bool { return s.Level == approval.ByEmployee }):
		return "done", "", nil
	case slices.ContainsFunc(stand.Next, func(n approval.Need) bool { return n.Level == approval.ByEmployee }):
		return "ask", string(approval.SeenOf(summary)), nil
	}
	return "", "", nil
}

// postMeStatement is an employee's word that a week's hours are right: of what
// they saw, or not at all.
func (s *Server) postMeStatement(w http.ResponseWriter, r *http.Request) error {
	week, err := parseWeek(r.FormValue("week"))
	if err != nil {
		return err
	}
	ask := approval.Ask{Employee: ownEmployee(r.Context()), Seen: approval.Seen(r.FormValue("seen"))}
	var outcomes []approval.Outcome
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		outcomes, err = approval.Give(r.Context(), tx, callerOf(r.Context()).actor(), week, []approval.Ask{ask}, "", s.cfg.Now())
		return err
	})
	if err != nil {
		return err
	}
	n := notice{Key: "notice.me-stated"}
	if len(outcomes) != 1 || outcomes[0].Err != nil {
		n = notice{Bad: true, Key: "notice.me-not-stated"}
	}
	s.leave(r.Context(), n)
	http.Redirect(w, r, page.PathMeWeek+week.String(), http.StatusSeeOther)
	return nil
}
