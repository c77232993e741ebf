package api

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla/incident"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

func TestIncidentsHaveWordsForAllThatTheyHold(t *testing.T) {
	var keys []string
	add := func(family string, names ...string) {
		for _, name := range names {
			keys = append(keys, "incident."+family+"."+name)
		}
	}
	add("kind", texts(incident.Kinds())...)
	add("channel", append(texts(incident.Channels()), "probe")...)
	add("disturbance", texts(incident.Disturbances())...)
	add("step", append(texts(incident.StepKinds()), "up-again")...)
	add("state", texts([]incident.State{incident.Open, incident.Underway, incident.Done, incident.Double, incident.None})...)
	add("extent", texts([]incident.Extent{incident.All, incident.Group, incident.Some})...)
	for _, p := range tenant.Profiles() {
		add("profile", string(p.Name))
		add("priority", texts(incident.TermsOf(p).Priorities())...)
	}
	add("refused", "unknown", "ahead", "old", "order", "empty", "long", "number", "not-now", "later", "before", "same", "closed")
	pages, err := page.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range page.Languages() {
		for _, key := range keys {
			if _, err := pages.Text(lang, page.Say(key)); err != nil {
				t.Errorf("%s: %v", lang, err)
			}
		}
	}
}

const incidents = "/service/incidents"

// reported are the fields of a form about something of an hour ago.
func reported(pairs ...string) []string {
	ago := time.Now().In(zoneOf("Europe/Amsterdam")).Add(-time.Hour).Format(localMoment)
	return append(pairs, "kind", "fault", "channel", "telephone", "arose", ago, "reported", ago, "disturbance", "standstill", "cut_off", "no", "workaround", "no",
		"message", "Nobody gets in.", "steps", "Sign in.", "computer", "Windows 11, Edge 131")
}

func TestAnIncidentIsReportedAnsweredAndSolvedOnItsPage(t *testing.T) { // OB-S5, OB-S6, OB-S7
	h, _, c, of := office(t)
	c.see(incidents, "No open incidents", "Nobody stands on the roster now", "by agreement. Exactly 10% of users counts as a group", "name no people")
	c.refused(incidents, "hit is at most the total", reported("hit", "11", "users", "10")...)
	c.refused(incidents, "hit is at most the total", reported("hit", "many", "users", "10")...)
	c.refused(incidents, "Fill this in", reported("hit", "1", "users", "10", "message", " ")...)
	c.refused(incidents, "Only where it isn’t the one proposed", reported("hit", "1", "users", "10", "priority", "low")...)
	c.refused(incidents, "Choose a day and time", reported("hit", "1", "users", "10", "arose", "yesterday")...)
	h.duty(of)
	c.want(http.StatusSeeOther, c.post(incidents, reported("hit", "10", "users", "10")...))
	body := c.see(incidents, "Nobody gets in.", "high", "category A", "Call step 1 of the roster now")
	for _, left := range []string{`\b0:5\d (h )?left`, `\b6:5\d (h )?left`} { // of 2 and of 8 hours, however slow the machine
		if !regexp.MustCompile(left).MatchString(body) {
			t.Errorf("the page does not show %s", left)
		}
	}
	c.see(incidents+"/1", "10 of 10: all users", "Windows 11, Edge 131", "Nothing written down yet")

	now := time.Now().In(zoneOf("Europe/Amsterdam")).Format(localMoment)
	c.refused(incidents+"/1/step", "Fill this in", "what", "answered", "at", now)
	c.refused(incidents+"/1/step", "This can’t be done now", "what", "reopened", "at", now, "note", "x")
	c.refused(incidents+"/1/step", "Choose from the list, or a number that there is", "what", "duplicate", "at", now, "note", "x", "of", "9")
	c.refused(incidents+"/1/call", "a step is 1, 2 or 3", "step", "4", "called", now)
	c.want(http.StatusSeeOther, c.post(incidents+"/1/call", "step", "1", "called", now, "answered", now))
	c.see(incidents+"/1", "after 0 s")
	c.want(http.StatusSeeOther, c.post(incidents+"/1/step", "what", "answered", "at", now, "note", "a disk is full"))
	c.want(http.StatusSeeOther, c.post(incidents+"/1/step", "what", "solved", "at", now, "note", "cleared"))
	c.see(incidents+"/1", "solved", "a disk is full", "in time")
	c.see(incidents, "1 of 1", "met", "Closed")
	c.want(http.StatusNotFound, c.do("GET", incidents+"/2", nil))
	c.want(http.StatusNotFound, c.do("GET", incidents+"/x", nil))
}

func TestNoClockRunsForWhatIsNoneOfTheService(t *testing.T) { // OB-S5
	h, _, c, of := office(t)
	now := h.server.cfg.Now()
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		arose := now.AddDate(0, 0, -20)
		id, err := incident.Add(ctx, tx, incident.Incident{Channel: incident.ByTelephone, Kind: incident.Fault, AroseAt: arose, Reported: arose, At: now,
			Impact: incident.Impact{Disturbance: incident.Minor, Hit: 1, Users: 100}, Report: incident.Report{Message: "A cable", Steps: "s", Computer: "c"}, By: audit.Actor{Kind: audit.Operator}})
		if err != nil {
			return err
		}
		return incident.Do(ctx, tx, id, incident.Step{What: incident.Dismissed, DoneAt: arose.Add(time.Hour), Note: "of the customer", At: now, By: audit.Actor{Kind: audit.Operator}})
	})
	for _, path := range []string{incidents, incidents + "/1"} {
		if body := c.see(path, "none of the service"); strings.Contains(body, " late<") {
			t.Errorf("%s says that it is late", path)
		}
	}
}

func TestAnAuditorSeesIncidentsAndChangesNone(t *testing.T) {
	h, _, c, tenant := office(t)
	c.want(http.StatusSeeOther, c.post(incidents, reported("hit", "1", "users", "10")...))
	h.account(tenant, "auditor@example.org", people.Auditor)
	auditor := h.visit("auditor@example.org")
	body := string(auditor.want(http.StatusOK, auditor.do("GET", incidents+"/1", nil)).body)
	if !strings.Contains(body, "Nobody gets in.") || strings.Contains(body, incidents+"/1/step") {
		t.Error("the auditor's page lacks the incident, or has a form")
	}
	auditor.want(http.StatusForbidden, auditor.post(incidents, reported("hit", "1", "users", "10")...))
	auditor.want(http.StatusForbidden, auditor.post(incidents+"/1/step", "what", "solved"))
	auditor.want(http.StatusForbidden, auditor.post(incidents+"/1/call", "step", "1"))
	h.account(tenant, "approver@example.org", people.Approver)
	approver := h.visit("approver@example.org")
	approver.want(http.StatusForbidden, approver.do("GET", incidents, nil))
}

func TestAnIncidentOfAnotherTenantIsNotThere(t *testing.T) { // I6
	h, _, c, _ := office(t)
	c.want(http.StatusSeeOther, c.post(incidents, reported("hit", "1", "users", "10")...))
	other := pgtest.Tenant(t, h.url, "Other")
	h.account(other, "other@example.org", people.Administrator)
	stranger := h.visit("other@example.org")
	stranger.want(http.StatusNotFound, stranger.do("GET", incidents+"/1", nil))
	stranger.want(http.StatusNotFound, stranger.post(incidents+"/1/step", "what", "solved", "at", time.Now().Format(localMoment), "note", "x"))
}

// duty puts somebody on the roster from an hour ago until in an hour.
func (h *house) duty(tenant int64) {
	h.t.Helper()
	now := time.Now()
	h.in(tenant, func(ctx context.Context, tx pg.Tx) error {
		d := incident.Duty{From: now.Add(-time.Hour), Until: now.Add(time.Hour), Step: 1, Name: "Duty team", Telephone: "+31 88 000 0001", Email: "duty@example.com"}
		_, err := incident.PutDuty(ctx, tx, d, now)
		return err
	})
}

func TestTheRosterStandsOnThePageWithoutItsAddresses(t *testing.T) { // OB-S9
	h, _, c, tenant := office(t)
	h.duty(tenant)
	body := c.see(incidents, "Duty team", `href="tel:&#43;31880000001"`, "gap in which nobody can be called first")
	if strings.Contains(body, "duty@example.com") {
		t.Error("a customer sees the supplier's own address")
	}
}

func TestTheMenuCountsOpenIncidents(t *testing.T) {
	_, _, c, _ := office(t)
	number := regexp.MustCompile(`(?s)href="/service"[^>]*>.{0,600}?class="count[^"]*"[^>]*>(\d+)`)
	if got := number.FindStringSubmatch(c.see("/people")); got != nil {
		t.Errorf("%s incidents are open where there are none", got[1])
	}
	for range 2 {
		c.want(http.StatusSeeOther, c.post(incidents, reported("hit", "1", "users", "10")...))
	}
	now := time.Now().In(zoneOf("Europe/Amsterdam")).Format(localMoment)
	c.want(http.StatusSeeOther, c.post(incidents+"/2/step", "what", "dismissed", "at", now, "note", "x"))
	if got := number.FindStringSubmatch(c.see("/people")); len(got) != 2 || got[1] != "1" {
		t.Errorf("one incident is open, and the menu says %q", got)
	}
}

func TestWhetherPayrollClosesIsProposedByTheCalendar(t *testing.T) { // OB-S6
	h, _, c, of := office(t)
	h.in(of, func(ctx context.Context, tx pg.Tx) error { // pay is by the month, and nothing says when hours are approved
		for day, want := range map[calendar.Date]bool{calendar.On(2026, 11, 27): false, calendar.On(2026, 11, 30): true, calendar.On(2026, 12, 7): true, calendar.On(2026, 12, 8): false} {
			if closing, err := closingOn(ctx, tx, day); err != nil || (closing != nil) != want {
				t.Errorf("%s closes: %v, want %v: %v", day, closing, want, err)
			}
		}
		return nil
	})
	c.see(incidents, "The contract doesn’t define this: you decide")
}

func TestWhileSuspendedIncidentsAreReadAndNoneIsReported(t *testing.T) { // OB-H10, W-2.14
	h, _, c, of := office(t)
	c.want(http.StatusSeeOther, c.post(incidents, reported("hit", "1", "users", "10")...))
	h.suspend(of, tenant.Suspended)
	body := c.see(incidents+"/1", "Nobody gets in.")
	if strings.Contains(body, incidents+"/1/step") {
		t.Error("a form stands there that is closed")
	}
	c.want(http.StatusForbidden, c.post(incidents, reported("hit", "1", "users", "10")...))
}
