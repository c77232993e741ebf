package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	maintenance "tikklok/api/sla/notice"
	"tikklok/api/sla/window"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// serviceRoutes are the pages of availability, with their grants.
func (s *Server) serviceRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathService, pageService, s.servicePage)
	get(page.PathServiceFile, pageService, s.serviceFile)
	post(page.PathServiceDecision, pageServiceSet, s.postServiceDecision)
	post(page.PathServiceHours, pageServiceSet, s.postServiceHours)
}

// What only pages do with availability.
const (
	pageService    = "page.service"
	pageServiceSet = "page.service.set" // decides whose failing an outage was, records office hours
)

// serviceMonth is a month with what is said beside its report.
type serviceMonth struct {
	report   sla.Report
	contract tenant.Agreement
	office   sla.Office
	names    map[int64]string
}

// serviceMonthOf reckons the month that the request asks for, else the one that
// runs; one that lies ahead is the one that runs.
func (s *Server) serviceMonthOf(r *http.Request, now time.Time) (m serviceMonth, err error) {
	month := sla.MonthOf(now)
	if asked := r.FormValue("month"); asked != "" {
		if month, err = sla.ParseMonth(asked); err != nil {
			return m, &problem{status: http.StatusUnprocessableEntity, detail: err.Error()}
		}
	}
	if sla.MonthOf(now).Before(month) {
		month = sla.MonthOf(now)
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
	work, err := workIn(ctx, tx, month.In(now.Location()))
	if err != nil {
		return m, err
	}
	readsUsers(ctx)
	if m.names, err = accountNames(ctx, tx); err != nil {
		return m, err
	}
	m.report, err = sla.ReportOf(ctx, tx, month, now.Location(), work, now)
	return m, err
}

// workIn gives what was announced of work that ends after an instant and was
// not cancelled (W-3.2).
func workIn(ctx context.Context, tx pg.Tx, since time.Time) (all []sla.Work, err error) {
	announced, err := maintenance.List(ctx, tx, since)
	for _, m := range announced {
		if m.Cancelled == nil {
			all = append(all, sla.Work{From: m.From, To: m.Until, Announced: m.Announced})
		}
	}
	return all, err
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

// earliestYear is how far back the page leads.
const earliestYear = 2020

func (m serviceMonth) draw(v *page.Service) {
	r := m.report
	v.Month, v.Running, v.Known = r.From, !r.Over(), r.Ratio.Known()
	if r.Month.Add(-1).Year >= earliestYear {
		v.Before = r.Month.Add(-1).String()
	}
	if r.Month.Before(sla.MonthOf(v.Now)) {
		v.After = r.Month.Add(1).String()
	}
	v.Ratio, v.Worst, v.Credit = page.Share(r.Ratio), page.Share(r.Worst), page.Say("availability.percent", r.Credit.Percent)
	v.Promise, v.Notes, v.Alarm, v.Facts = m.promise(), m.notes(), alarmOf(r), serviceFacts(r)
	v.Outages = each(r.Outages, m.outage)
	v.Map.Days = each(r.Days, func(d sla.Day) page.HeatDay {
		return page.HeatDay{At: d.At, Hours: each(d.Hours, func(h sla.Hour) page.HeatHour {
			return page.HeatHour{At: h.At, Up: h.Up, Down: h.Down, Other: h.Other, Lacking: h.Unmeasured, Beside: h.Outside}
		})}
	})
	v.Office, v.Hours, v.HoursForm = r.Terms.Office, hoursText(m.office.Window), hoursForm(m.office, v.Now)
}

func (m serviceMonth) outage(o sla.Outage) page.ServiceOutage {
	out := page.ServiceOutage{From: o.From, To: o.To, Down: o.Down, Excused: o.Excused, Cause: string(o.Cause), Reason: o.Decision.Reason, At: o.Decision.At.In(o.From.Location()), GoesOn: o.GoesOn, Unsettled: o.Unsettled}
	if o.Decision.By.Kind == "account" {
		out.By = m.names[o.Decision.By.ID]
	}
	return out
}

// shareText writes thousandths of a percent as the contract page does.
func shareText(share int) string { return percent(float64(share) / 1000) }

func (m serviceMonth) promise() page.Message {
	t := m.report.Terms
	key := "availability.promise.always"
	if t.Office {
		key = "availability.promise.office"
	}
	if t.LeaveOut {
		key += "-work"
	}
	return page.Say(key, shareText(t.Least), int(t.Notice/time.Hour))
}

// notes are what a reader has to know beside the figure.
func (m serviceMonth) notes() (out []page.Message) {
	r := m.report
	say := func(key string, values ...any) { out = append(out, page.Say("availability.note."+key, values...)) }
	if m.contract.Version == 0 {
		say("contract")
	}
	if b := r.Credit.Bound; b > 0 {
		say("bound."+either(r.Terms.Gaps, "none", "both"), shareText(b), r.Credit.Percent)
	}
	if n := r.Count.Unmeasured; n > 0 && r.Ratio.Known() {
		say("unmeasured", page.Whole(n), page.Share(r.Worst), r.Worsts.Percent)
	}
	undecided := 0
	for _, o := range r.Outages {
		if o.Cause == sla.Undecided && o.Down > 0 {
			undecided++
		}
	}
	if undecided > 0 {
		say("undecided", undecided)
	}
	if r.Terms.Office && m.office.Version == 0 {
		say("office", hoursText(m.office.Window))
	}
	if n := len(r.Late); n > 0 {
		say("late", n, int(r.Terms.Notice/time.Hour))
	}
	if m.contract.Version > 1 {
		say("not-yet")
	}
	return out
}

func alarmOf(r sla.Report) page.Message {
	switch burn := r.Budget.Burn(); {
	case burn == sla.Overrun, !r.Over() && burn == sla.Slow:
		return page.Say("availability.alarm." + string(burn))
	case !r.Over() && burn == sla.Fast:
		return page.Say("availability.alarm.fast", r.Budget.Hour, r.Budget.SixHours)
	}
	return page.Message{}
}

func serviceFacts(r sla.Report) (out []page.ServiceFact) {
	minutes := func(name string, n int) {
		out = append(out, page.ServiceFact{Label: "availability.fact." + name, Text: page.Say("availability.minutes", page.Whole(n))})
	}
	add := func(name string, text page.Message) {
		out = append(out, page.ServiceFact{Label: "availability.fact." + name, Text: text})
	}
	c, b := r.Count, r.Budget
	minutes("promised", r.Promised)
	minutes("up", c.Up)
	minutes("down", c.Down)
	minutes("other", c.Other)
	minutes("unmeasured", c.Unmeasured)
	if c.Outside > 0 {
		minutes("outside", c.Outside)
	}
	if r.Terms.LeaveOut {
		minutes("left-out", c.LeftOut)
	}
	if r.Ratio.Known() {
		add("ratio", page.Say("availability.ratio", page.Whole(r.Ratio.Up), page.Whole(r.Ratio.Of)))
	}
	if b.Left() < 0 {
		add("budget", page.Say("availability.budget.over", page.Whole(-b.Left()), page.Whole(b.Allowed)))
	} else {
		add("budget", page.Say("availability.budget", page.Whole(b.Left()), page.Whole(b.Allowed)))
	}
	taps := page.Say("availability.taps.none")
	if c.Taps.Arrived+c.Taps.Lost > 0 {
		taps = page.Say("availability.taps", page.Whole(c.Taps.Arrived), page.Whole(c.Taps.Lost))
	}
	add("taps", taps)
	return out
}

func hoursText(w window.Window) page.Message {
	days := "other"
	switch w.Days {
	case window.MondayToFriday:
		days = "week"
	case window.EveryDay:
		days = "all"
	}
	if w.Holidays && days != "other" {
		days += "-all"
	}
	return page.Say("availability.hours.now", page.Say("availability.hours."+days), clockOf(w.From), clockOf(w.To))
}

func clockOf(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

func hoursForm(o sla.Office, now time.Time) page.Form {
	f := page.Form{Values: map[string]string{"month": sla.MonthOf(now).String(), "opens": clockOf(o.Window.From), "closes": clockOf(o.Window.To % (24 * 60)), "days": "week"}}
	if o.Window.Days == window.EveryDay {
		f.Values["days"] = "all"
	}
	if o.Window.Holidays {
		f.Values["holidays"] = "yes"
	}
	return f
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
		_, err := sla.Decide(ctx, tx, d, now)
		return err
	})
	if err != nil {
		return err
	}
	return s.done(w, r, back, notice{Key: "availability.decide.done"})
}

// postServiceHours records what office hours are from a month on.
func (s *Server) postServiceHours(w http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), formOf(r, "month", "opens", "closes", "days", "holidays")
	now := s.frame(r).Now
	o, err := officeOf(form, now.Location())
	if err == nil {
		o.By = callerOf(ctx).actor()
		err = s.inTenant(ctx, func(tx pg.Tx) error { return sla.PutOffice(ctx, tx, o, now) })
	}
	if errors.Is(err, sla.ErrInvalid) {
		form.Problems["month"] = page.Say("availability.problem.hours")
		r.Form.Del("month") // the page shows the month that runs
		return s.showService(w, r, http.StatusUnprocessableEntity, func(v *page.Service) { v.HoursForm = form })
	}
	if err != nil {
		return err
	}
	return s.done(w, r, page.PathService, notice{Key: "availability.hours.done"})
}

// officeOf reads the form of office hours; what can't be read is
// sla.ErrInvalid. Closing at 00:00 is closing at the end of the day.
func officeOf(form page.Form, zone *time.Location) (o sla.Office, err error) {
	if o.Month, err = sla.ParseMonth(form.Values["month"]); err != nil {
		return o, fmt.Errorf("%w: %w", sla.ErrInvalid, err)
	}
	opens, err := time.Parse("15:04", form.Values["opens"])
	if err != nil {
		return o, fmt.Errorf("%w: opens at %.10q", sla.ErrInvalid, form.Values["opens"])
	}
	closes, err := time.Parse("15:04", form.Values["closes"])
	if err != nil {
		return o, fmt.Errorf("%w: closes at %.10q", sla.ErrInvalid, form.Values["closes"])
	}
	o.Window = window.Window{From: opens.Hour()*60 + opens.Minute(), To: closes.Hour()*60 + closes.Minute(), Days: window.MondayToFriday, Holidays: form.Values["holidays"] == "yes", Zone: zone}
	if o.Window.To == 0 {
		o.Window.To = 24 * 60
	}
	if form.Values["days"] == "all" {
		o.Window.Days = window.EveryDay
	}
	return o, nil
}
