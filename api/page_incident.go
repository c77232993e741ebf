package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/window"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// incidentRoutes are the pages of what disturbed the service, with their grants.
func (s *Server) incidentRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathServiceIncidents, pageIncidents, s.incidentsPage)
	get(page.PathServiceAttained, pageIncidents, s.attainedFile)
	post(page.PathServiceIncidents, pageIncident, s.postIncident)
	get(page.PathServiceIncidents+"/:id", pageIncidents, s.incidentPage)
	post(page.PathServiceIncidents+"/:id"+page.IncidentStep, pageIncident, s.postIncidentStep)
	post(page.PathServiceIncidents+"/:id"+page.IncidentCall, pageIncident, s.postIncidentCall)
}

// incidentFields are those of the form.
func incidentFields() []string {
	return []string{"kind", "channel", "arose", "reported", "disturbance", "cut_off", "workaround", "hit", "users", "priority", "why", "message", "steps", "computer", "screenshot"}
}

// rosterAhead is how far ahead the roster is looked at for gaps.
const rosterAhead = 14 * 24 * time.Hour

func (s *Server) incidentsPage(w http.ResponseWriter, r *http.Request) error {
	now := s.now(r).Format(localMoment)
	return s.showIncidents(w, r, http.StatusOK, page.Form{Values: map[string]string{"arose": now, "reported": now, "channel": string(incident.ByPage), "hit": "1", "workaround": "no"}})
}

func (s *Server) showIncidents(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Incidents{Frame: s.frame(r), Form: form, May: s.mayReport(r.Context())}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error { return fillIncidents(r.Context(), tx, v) })
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// mayReport says whether the caller writes incidents down: while the service is
// suspended that is closed, and they are only read (W-2.14).
func (s *Server) mayReport(ctx context.Context) bool {
	return s.may(ctx, pageIncident) && !callerOf(ctx).suspended
}

func fillIncidents(ctx context.Context, tx pg.Tx, v *page.Incidents) error {
	terms, err := incident.TermsNow(ctx, tx)
	if err != nil {
		return err
	}
	all, err := incident.List(ctx, tx)
	if err != nil {
		return err
	}
	calls, err := callsOf(ctx, tx)
	if err != nil {
		return err
	}
	roster, err := incident.Roster(ctx, tx, v.Now)
	if err != nil {
		return err
	}
	if err := presetIncident(ctx, tx, v); err != nil {
		return err
	}
	service := window.Service(v.Now.Location())
	v.Profile, v.Confirm, v.Aim, v.Support = string(terms.Profile), terms.Confirm, terms.Aim, supportHours(terms)
	v.Promises = each(terms.Promises, incidentPromise)
	v.Choices = incidentChoices(v.Form, terms)
	for _, i := range incident.Sorted(all, service, v.Now) {
		line := incidentLine(i, service, calls[i.ID], roster, v.Now)
		if i.IsOpen() {
			v.Open = append(v.Open, line)
		} else {
			v.Past = append(v.Past, line)
		}
	}
	first := time.Date(v.Now.Year(), v.Now.Month(), 1, 0, 0, 0, 0, v.Now.Location())
	for back := range 3 {
		v.Months = append(v.Months, incidentMonth(all, first.AddDate(0, -back, 0), service, v.Now))
	}
	fillRoster(v, roster)
	return nil
}

// supportHours are those that stand in place of the service window; nil: none.
func supportHours(t incident.Terms) *page.SupportHours {
	if t.Hours == nil {
		return nil
	}
	out := &page.SupportHours{Opens: t.Hours.Opens, Closes: t.Hours.Closes}
	monday := calendar.Week{Year: 2026, Week: 1}.Monday()
	for n := range 7 {
		if day := monday.AddDays(n); t.Hours.Days.Has(day.Weekday()) {
			out.Days = append(out.Days, day.In(time.UTC))
		}
	}
	return out
}

// callsOf gives the last calls, by incident.
func callsOf(ctx context.Context, tx pg.Tx) (map[int64][]incident.Call, error) {
	all, err := incident.Calls(ctx, tx, 0, 500)
	out := map[int64][]incident.Call{}
	for _, c := range all {
		out[c.Incident] = append(out[c.Incident], c)
	}
	return out, err
}

func fillRoster(v *page.Incidents, roster []incident.Duty) {
	zone := v.Now.Location()
	v.Duty = onDuty(roster, v.Now)
	if len(roster) > 0 { // else the page says that nobody is
		v.Gaps = each(incident.Gaps(roster, v.Now, v.Now.Add(rosterAhead)), func(g incident.Gap) page.IncidentGap {
			return page.IncidentGap{From: g.From.In(zone), Until: g.Until.In(zone)}
		})
	}
}

func onDuty(roster []incident.Duty, now time.Time) []page.IncidentDuty {
	return each(incident.OnDuty(roster, now), func(d incident.Duty) page.IncidentDuty {
		return page.IncidentDuty{Step: d.Step, Name: d.Name, Telephone: d.Telephone, Until: d.Until.In(now.Location())}
	})
}

// presetIncident fills in what is known, where nothing was typed yet: how many
// can sign in, and whether payroll closes now (OB-S6).
func presetIncident(ctx context.Context, tx pg.Tx, v *page.Incidents) error {
	if !v.May {
		return nil
	}
	closing, err := closingOn(ctx, tx, calendar.DateOf(v.Now))
	if err != nil {
		return err
	}
	preset := func(field, value string) {
		if _, typed := v.Form.Values[field]; !typed {
			v.Form.Values[field] = value
		}
	}
	if closing != nil {
		zone := v.Now.Location()
		v.Closing = &page.IncidentGap{From: closing.From.In(zone), Until: closing.To.In(zone)}
	}
	preset("cut_off", map[bool]string{true: "yes", false: "no"}[closing != nil])
	accounts, err := people.Accounts(ctx, tx)
	open := slices.DeleteFunc(accounts, func(a people.Account) bool { return a.Closed != nil })
	preset("users", strconv.Itoa(max(1, len(open))))
	return err
}

// closingOn gives the days on which a pay period is closed, where a day is one
// of them; nil: none closes then.
func closingOn(ctx context.Context, tx pg.Tx, day calendar.Date) (*calendar.Period, error) {
	book, err := rulesBook(ctx, tx)
	if err != nil {
		return nil, err
	}
	policies, err := approval.AllPolicies(ctx, tx)
	if err != nil {
		return nil, err
	}
	running := book.Period(day)
	for _, p := range []calendar.Period{running, book.Period(running.From.AddDays(-1))} {
		cutOff := calendar.Date{}
		if d := policies.Of(p.To.Week(), nil).Deadline; d != nil {
			cutOff = calendar.DateOf(d.Of(p.To.Week(), time.UTC))
		}
		if closing := incident.Closing(p, cutOff); closing.Holds(day) {
			return &closing, nil
		}
	}
	return nil, nil
}

func incidentPromise(p incident.Promise) page.IncidentPromise {
	return page.IncidentPromise{Priority: string(p.Priority), Answer: minutesOf(p.Answer), Solve: minutesOf(p.Solve), Days: p.Days, AllHours: p.AllHours, Share: p.Share}
}

func minutesOf(d time.Duration) int { return int(d / time.Minute) }

func incidentChoices(form page.Form, terms incident.Terms) page.IncidentChoices {
	of := func(field, family string, values ...string) []page.Option {
		return each(values, func(value string) page.Option {
			return page.Option{Value: value, Label: family + value, Chosen: form.Values[field] == value}
		})
	}
	priorities := append([]page.Option{{Label: "incident.priority.proposed"}}, of("priority", "incident.priority.", texts(terms.Priorities())...)...)
	return page.IncidentChoices{
		Kinds: of("kind", "incident.kind.", texts(incident.Kinds())...), Channels: of("channel", "incident.channel.", texts(incident.Channels())...),
		Disturbances: of("disturbance", "incident.disturbance.", texts(incident.Disturbances())...),
		CutOff:       of("cut_off", "incident.", "no", "yes"), Workaround: of("workaround", "incident.", "no", "yes"), Priorities: priorities,
	}
}

func texts[T ~string](all []T) []string { return each(all, func(v T) string { return string(v) }) }

func incidentLine(i incident.Incident, service window.Window, calls []incident.Call, roster []incident.Duty, now time.Time) page.IncidentLine {
	c := i.Clock(service)
	out := page.IncidentLine{ID: i.ID, Message: i.Report.Message, Kind: string(i.Kind), Category: string(i.Category), Priority: string(i.Now()), State: string(i.State()), Arose: i.Arose().In(now.Location())}
	if i.Channel == incident.ByProbe {
		out.Message = "" // the page's own words
	}
	for _, one := range []struct {
		what string
		due  incident.Due
		all  bool
	}{{"confirm", c.Confirm, false}, {"answer", c.Answer, c.AllHours}, {"solve", c.Solve, c.AllHours}} {
		if !one.due.By.IsZero() && i.Counts() { // no clock runs for what is none of the service, or stands elsewhere
			out.Clocks = append(out.Clocks, incidentClock(one.what, one.due, one.all, now))
		}
	}
	if i.IsOpen() {
		contact := incidentClock("contact", c.Contact, c.AllHours, now)
		out.Contact = &contact
	}
	out.Call = incident.Escalate(calls, i.Waiting(), incident.OnDuty(roster, now), now)
	return out
}

func incidentClock(what string, d incident.Due, allHours bool, now time.Time) page.IncidentClock {
	left := d.Left(now)
	out := page.IncidentClock{What: what, By: d.By.In(now.Location()), Left: minutesOf(max(left, -left)), Late: d.Late(now), AllHours: allHours, Aim: d.Aim}
	if !d.Was.IsZero() {
		out.Was = d.Was.In(now.Location())
	}
	return out
}

func incidentMonth(all []incident.Incident, first time.Time, service window.Window, now time.Time) page.IncidentMonth {
	tally := func(t incident.Tally) page.IncidentTally {
		return page.IncidentTally{InTime: t.InTime, Judged: t.Judged(), Waiting: t.Waiting}
	}
	return page.IncidentMonth{Month: first, Lines: each(incident.Month(all, first.Year(), first.Month(), service, now), func(a incident.Attainment) page.IncidentAttained {
		return page.IncidentAttained{Priorities: texts(a.Priorities), Share: a.Share, Met: a.Met(), Solved: tally(a.Solved), Answered: tally(a.Answered)}
	})}
}

// postIncident writes one down.
func (s *Server) postIncident(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, incidentFields()...)
	v, zone := form.Values, s.now(r).Location()
	i := incident.Incident{Kind: incident.Kind(v["kind"]), Channel: incident.Channel(v["channel"]), AroseAt: momentOf(form, "arose", zone), Reported: momentOf(form, "reported", zone),
		Report:   incident.Report{Message: v["message"], Steps: v["steps"], Computer: v["computer"], Screenshot: v["screenshot"]},
		Impact:   incident.Impact{Disturbance: incident.Disturbance(v["disturbance"]), CutOff: v["cut_off"] == "yes", Workaround: v["workaround"] == "yes", Hit: incidentNumber(form, "hit"), Users: incidentNumber(form, "users")},
		Priority: tenant.Priority(v["priority"]), Why: v["why"], At: s.cfg.Now(), By: callerOf(r.Context()).actor()}
	var number int64
	var err error
	if !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) { number, err = incident.Add(r.Context(), tx, i); return err })
	}
	if besidesRefused(form, err, "incident", "message") || form.Problem() {
		return s.showIncidents(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("%s/%d", page.PathServiceIncidents, number), notice{Key: "notice.incident"})
}

func incidentNumber(form page.Form, field string) int {
	n, err := strconv.Atoi(cmp.Or(form.Values[field], "0"))
	if err != nil {
		form.Problems[field] = page.Say("incident.refused.number")
	}
	return n
}
