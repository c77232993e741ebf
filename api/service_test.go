package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"testing"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// measured has a probe measure a month: up, but for a time from noon of its
// sixth day on.
func (h *house) measured(of int64, month sla.Month, down time.Duration) (from time.Time) {
	h.t.Helper()
	zone := zoneOf("Europe/Amsterdam")
	from = month.In(zone).AddDate(0, 0, 5).Add(12 * time.Hour)
	var minutes []sla.Minute
	for at := month.In(zone); at.Before(month.Add(1).In(zone)); at = at.Add(time.Minute) {
		m := sla.Minute{At: at.UTC(), State: sla.Up, Tap: sla.Up}
		if !at.Before(from) && at.Before(from.Add(down)) {
			m.State = sla.Down
		}
		minutes = append(minutes, m)
	}
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := sla.Record(ctx, tx, "north", minutes, time.Now())
		return err
	})
	return from
}

func TestAMonthOfAvailabilityIsShownDecidedAndPrinted(t *testing.T) { // OB-S1
	h := newHouse(t)
	_, of := h.administrator("Acme")
	h.account(of, "boss@example.org", people.Administrator)
	h.account(of, "auditor@example.org", people.Auditor)
	c := h.visit("boss@example.org")
	c.see(page.PathService, "Nothing measured", "No contract was recorded")
	september := sla.Month{Year: 2026, Month: time.September} // 43,200 minutes
	from := h.measured(of, september, 1296*time.Minute)
	shown := page.PathService + "?month=2026-09"
	c.see(shown, "97.000%", ">50%<", "stands in two rows of the table", "not decided yet", "43,200 minutes")
	decision := []string{"month", "2026-09", "from", from.UTC().Format(time.RFC3339), "to", from.Add(1296 * time.Minute).UTC().Format(time.RFC3339), "cause", "customer"}
	c.want(http.StatusUnprocessableEntity, c.post(page.PathServiceDecision, append(decision, "reason", " ")...))
	c.want(http.StatusUnprocessableEntity, c.post(page.PathServiceDecision, append(decision[:6:6], "cause", "weather", "reason", "regen")...))
	auditor := h.visit("auditor@example.org")
	auditor.see(shown, "97.000%")
	auditor.want(http.StatusForbidden, auditor.post(page.PathServiceDecision, append(decision, "reason", "netwerk")...))
	c.want(http.StatusSeeOther, c.post(page.PathServiceDecision, append(decision, "reason", "netwerk van de klant")...))
	c.see(shown, "100.000%", "netwerk van de klant")
	for _, language := range []string{"nl", "en"} {
		a := c.want(http.StatusOK, c.do("GET", page.PathServiceFile+"?month=2026-09&language="+language, nil))
		if !bytes.HasPrefix(a.body, []byte("%PDF-")) {
			t.Errorf("the report in %s is no PDF: %.20q", language, a.body)
		}
	}
}

func TestAReportThatWasHandedOutStandsBesideWhatChangedSince(t *testing.T) { // OB-S1, I3
	h := newHouse(t)
	_, of := h.administrator("Acme")
	h.account(of, "boss@example.org", people.Administrator)
	h.account(of, "auditor@example.org", people.Auditor)
	c := h.visit("boss@example.org")
	september := sla.Month{Year: 2026, Month: time.September}
	from := h.measured(of, september, 600*time.Minute)
	shown := page.PathService + "?month=2026-09"
	c.see(shown, "98.611%", "of the subscription for September 2026 back", "was not handed out yet")
	auditor := h.visit("auditor@example.org")
	auditor.want(http.StatusForbidden, auditor.post(page.PathServiceReport, "month", "2026-09"))
	c.want(http.StatusSeeOther, c.post(page.PathServiceReport, "month", "2026-09"))
	c.see(shown, "98.611%, credit 25%", "Nothing has changed since")
	file := auditor.want(http.StatusOK, auditor.do("GET", page.PathServiceReport+"?month=2026-09&number=1", nil))
	c.see(shown, fmt.Sprintf("%x", sha256.Sum256(file.body)))
	c.want(http.StatusSeeOther, c.post(page.PathServiceDecision, "month", "2026-09", "from", from.UTC().Format(time.RFC3339), "to", from.Add(600*time.Minute).UTC().Format(time.RFC3339), "cause", "customer", "reason", "netwerk van de klant"))
	c.see(shown, "98.611%, credit 25%", "Changed since. Now: 100.000%, credit 0%.", "another cause of an outage", "Hand out again")
	for _, wrong := range []string{"?month=2026-09&number=2", "?month=2026-09&number=x", "?month=2026-08&number=1"} {
		c.want(http.StatusNotFound, c.do("GET", page.PathServiceReport+wrong, nil))
	}
	c.want(http.StatusUnprocessableEntity, c.do("GET", page.PathServiceReport+"?month=2026-9&number=1", nil))
	running := h.today()[:len("2026-11")]
	c.want(http.StatusSeeOther, c.post(page.PathServiceReport, "month", running))
	c.see(page.PathService, "This month is not over")
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM service_report"); n != 1 {
		t.Errorf("%d reports stand", n)
	}
}

func TestWhatTheSupplierDecidedIsShownAndMayBeContested(t *testing.T) { // OB-S1
	h := newHouse(t)
	_, of := h.administrator("Acme")
	h.account(of, "boss@example.org", people.Administrator)
	c := h.visit("boss@example.org")
	from := h.measured(of, sla.Month{Year: 2026, Month: time.September}, 600*time.Minute)
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := sla.Decide(ctx, tx, sla.Decision{From: from, To: from.Add(600 * time.Minute), Cause: sla.ForceMajeure, Reason: "stroomstoring", By: audit.Actor{Kind: audit.Operator}}, time.Now())
		return err
	})
	shown := page.PathService + "?month=2026-09"
	c.see(shown, "100.000%", "600 minutes do not count on the supplier&#39;s word", "it is 98.611% and the credit 25%", "Supplier: force majeure", "stroomstoring")
	c.want(http.StatusSeeOther, c.post(page.PathServiceDecision, "month", "2026-09", "from", from.UTC().Format(time.RFC3339), "to", from.Add(600*time.Minute).UTC().Format(time.RFC3339), "cause", "supplier", "reason", "de noodstroom haperde"))
	c.see(shown, "98.611%", "contested: counts", "stroomstoring", "Customer: supplier", "de noodstroom haperde")
}

func TestAnOutageThatIsNotThereLikeThatIsNotDecided(t *testing.T) {
	h := newHouse(t)
	_, of := h.administrator("Acme")
	h.account(of, "boss@example.org", people.Administrator)
	c := h.visit("boss@example.org")
	c.want(http.StatusSeeOther, c.post(page.PathServiceDecision, "month", "2026-09", "from", "2026-09-01T00:00:00Z", "to", "2026-09-02T00:00:00Z", "cause", "customer", "reason", "netwerk"))
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM outage_decision"); n != 0 {
		t.Errorf("%d decisions were recorded", n)
	}
	c.want(http.StatusUnprocessableEntity, c.do("GET", page.PathService+"?month=2026-13", nil))
	c.want(http.StatusUnprocessableEntity, c.do("GET", page.PathServiceFile+"?month=%00", nil))
}

func TestOfficeHoursAreRecordedOnThePage(t *testing.T) { // OB-S2
	h := newHouse(t)
	_, of := h.administrator("Acme")
	h.account(of, "boss@example.org", people.Administrator)
	pgtest.Contract(t, h.url, of, "winbase")
	c := h.visit("boss@example.org")
	c.see(page.PathService, "does not define office hours")
	now := h.today()[:len("2026-11")]
	for name, form := range map[string][]string{
		"no month": {"opens", "09:00", "closes", "17:00"}, "no time": {"month", now, "opens", "", "closes", "17:00"},
		"backwards": {"month", now, "opens", "17:00", "closes", "09:00"},
	} {
		t.Run(name, func(t *testing.T) {
			c.want(http.StatusUnprocessableEntity, c.post(page.PathServiceHours, append(form, "days", "week")...))
		})
	}
	c.want(http.StatusSeeOther, c.post(page.PathServiceHours, "month", now, "opens", "09:00", "closes", "00:00", "days", "all", "holidays", "yes"))
	c.see(page.PathService, "all days, holidays too, from 09:00 to 24:00")
}
