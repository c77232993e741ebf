package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	maintenance "tikklok/api/sla/notice"
	"tikklok/api/sla/report"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// serviceRoutes are the pages of availability, with their grants.
func (s *Server) serviceRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathService, pageService, s.servicePage)
	get(page.PathServiceFile, pageService, s.serviceFile)
	post(page.PathServiceDecision, pageServiceSet, s.postServiceDecision)
	post(page.PathServiceHours, pageServiceSet, s.postServiceHours)
	get(page.PathServiceReport, pageService, s.serviceReport)
	post(page.PathServiceReport, pageServiceSet, s.postServiceReport)
}

// What only pages do with availability.
const (
	pageService    = "page.service"
	pageServiceSet = "page.service.set" // decides whose failing an outage was, records office hours, hands a report out
)

// serviceMonth is a month with what is said beside its report.
type serviceMonth struct {
	report   sla.Report
	contract tenant.Agreement
	office   sla.Office
	issues   []sla.Issue // of its report, the first first
	names    map[int64]string
}

// monthAsked is the month that the request asks for, else the one that runs; one
// that lies ahead is the one that runs.
func monthAsked(r *http.Request, now time.Time) (sla.Month, error) {
	running, asked := sla.MonthOf(now), r.FormValue("month")
	if asked == "" {
		return running, nil
	}
	month, err := sla.ParseMonth(asked)
	if err != nil {
		return month, &problem{status: http.StatusUnprocessableEntity, detail: err.Error()}
	}
	if running.Before(month) {
		return running, nil
	}
	return month, nil
}

// serviceMonthOf reckons the month that the request asks for.
func (s *Server) serviceMonthOf(r *http.Request, now time.Time) (m serviceMonth, err error) {
	month, err := monthAsked(r, now)
	if err != nil {
		return m, err
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		m, err = monthIn(r.Context(), tx, month, now)
		return err
	})
	return m, err
}

func monthIn(ctx context.Context, tx pg.Tx, month sla.Month, now time.Time) (m serviceMonth, err error) {
	if m.contract, err = tenant.Contract(ctx, tx); err != nil {
		return m, err
	}
	if m.office, err = sla.OfficeIn(ctx, tx, month, now.Location()); err != nil {
		return m, err
	}
	work, err := maintenance.Work(ctx, tx, month.In(now.Location()))
	if err != nil {
		return m, err
	}
	readsUsers(ctx)
	if m.names, err = accountNames(ctx, tx); err != nil {
		return m, err
	}
	if m.issues, err = sla.Issues(ctx, tx, month); err != nil {
		return m, err
	}
	m.report, err = sla.ReportOf(ctx, tx, month, now.Location(), work, now)
	return m, err
}

func (s *Server) servicePage(w http.ResponseWriter, r *http.Request) error {
	return s.showService(w, r, http.StatusOK, func(*page.Service) {})
}

// showService draws a month, but for what besides changes: a form as it was
// refused.
func (s *Server) showService(w http.ResponseWriter, r *http.Request, status int, besides func(*page.Service)) error {
	v := &page.Service{Frame: s.frame(r), May: s.may(r.Context(), pageServiceSet), Refused: -1}
	m, err := s.serviceMonthOf(r, v.Now)
	if err != nil {
		return err
	}
	m.draw(v)
	besides(v)
	return s.render(w, status, v)
}

// postServiceDecision records whose failing an outage was: one that stands in
// the month as the form names it.
func (s *Server) postServiceDecision(w http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), formOf(r, "from", "to", "cause", "reason")
	now := s.frame(r).Now
	m, err := s.serviceMonthOf(r, now)
	if err != nil {
		return err
	}
	which := slices.IndexFunc(m.report.Outages, func(o sla.Outage) bool {
		return o.From.UTC().Format(time.RFC3339) == form.Values["from"] && o.To.UTC().Format(time.RFC3339) == form.Values["to"]
	})
	back := page.PathService + "?month=" + m.report.Month.String()
	if which < 0 {
		return s.done(w, r, back, notice{Bad: true, Key: "availability.problem.gone"})
	}
	o := m.report.Outages[which]
	d := sla.Decision{From: o.From, To: o.To, Cause: sla.Cause(form.Values["cause"]), Reason: form.Values["reason"], By: callerOf(ctx).actor()}
	if !slices.Contains(sla.Causes(), d.Cause) {
		form.Problems["cause"] = page.Say("availability.problem.cause")
	}
	if n := len([]rune(strings.TrimSpace(d.Reason))); n < 1 || n > 200 {
		form.Problems["reason"] = page.Say("availability.problem.reason")
	}
	if form.Problem() {
		return s.showService(w, r, http.StatusUnprocessableEntity, func(v *page.Service) { v.Refused, v.Form = which, form })
	}
	err = s.inTenant(ctx, func(tx pg.Tx) error {
		_, err := report.Decide(ctx, tx, d, now)
		return err
	})
	if err != nil {
		return err
	}
	return s.done(w, r, back, notice{Key: "availability.decide.done"})
}
