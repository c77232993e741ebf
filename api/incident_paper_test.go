package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

// attainedOf is a paper of September 2026, as it stood in October.
func attainedOf(t *testing.T, language string, all ...incident.Incident) string {
	t.Helper()
	pages, err := page.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	zone := zoneOf("Europe/Amsterdam")
	profile, _ := tenant.ProfileOf(tenant.Nedap)
	p := attainedPaper{month: sla.Month{Year: 2026, Month: time.September}, all: all, terms: incident.TermsOf(profile), service: window.Service(zone),
		now: time.Date(2026, 10, 1, 12, 0, 0, 0, zone), paperWords: paperWords{pages: pages, language: language}}
	d := p.document("Acme")
	if err := d.PDF(&bytes.Buffer{}); err != nil || p.err != nil {
		t.Fatal(err, p.err)
	}
	return d.Text()
}

// arose is one of a priority that arose on a day of September 2026 at ten and
// was solved so many hours later; 0: not yet.
func arose(id int64, priority tenant.Priority, day, hours int) incident.Incident {
	at := time.Date(2026, 9, day, 10, 0, 0, 0, zoneOf("Europe/Amsterdam"))
	profile, _ := tenant.ProfileOf(tenant.Nedap)
	i := incident.Incident{ID: id, Channel: incident.ByTelephone, Kind: incident.Fault, AroseAt: at, Reported: at, At: at, Priority: priority, Category: incident.B,
		Terms: incident.TermsOf(profile), Report: incident.Report{Message: fmt.Sprintf("Trouble %d.", id)}}
	if hours > 0 {
		i.Steps = []incident.Step{{What: incident.Solved, DoneAt: at.Add(time.Duration(hours) * time.Hour), At: at, By: audit.Actor{Kind: audit.Operator}}}
	}
	return i
}

func TestTheAttainmentOfAMonthStandsOnPaper(t *testing.T) { // OB-S5
	far := arose(9, tenant.High, 1, 1)
	far.AroseAt = far.AroseAt.AddDate(0, -1, 0) // of another month
	text := attainedOf(t, "en", arose(4, tenant.High, 10, 9), arose(3, tenant.Low, 3, 4), arose(2, tenant.Medium, 2, 3), arose(5, tenant.Low, 30, 0), far)
	for _, want := range []string{
		"Incidents of September 2026", "Priority: high\nSolved in time: 0 of 1", "Met: not met",
		"Priority: medium, low\nSolved in time: 2 of 2; 1 still running", "Promised: 90%", "Met: met",
		"No.: 4\nMessage: Trouble 4.\nPriority: high; category B\nArose: 10 Sep 10:00\nResponse: 10 Sep 19:00: too late; by 10 Sep 12:00\nSolution: 10 Sep 19:00: too late; by 10 Sep 18:00",
		"Solution: not yet; by 2 Oct 09:00",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "Trouble 9") || strings.Index(text, "Trouble 2") > strings.Index(text, "Trouble 4") {
		t.Errorf("it holds another month's, or isn't in order:\n%s", text)
	}
}

func TestWhatDoesNotCountStandsOnPaperAsThat(t *testing.T) {
	none := arose(1, tenant.High, 10, 0)
	none.Steps = []incident.Step{{What: incident.Dismissed, DoneAt: none.AroseAt, At: none.AroseAt}}
	if text := attainedOf(t, "nl", none); !strings.Contains(text, "ontstond geen storing die telt") || !strings.Contains(text, "Oplossing: geen storing van de dienst") {
		t.Errorf("it says\n%s", text)
	}
}

func TestThePaperOfIncidentsIsForWhoSeesThem(t *testing.T) {
	h, _, c, of := office(t)
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := incident.Add(ctx, tx, incident.Incident{Channel: incident.ByTelephone, Kind: incident.Fault, AroseAt: h.server.cfg.Now(), Reported: h.server.cfg.Now(), At: h.server.cfg.Now(),
			Impact: incident.Impact{Disturbance: incident.Minor, Hit: 1, Users: 100}, Report: incident.Report{Message: "m", Steps: "s", Computer: "c"}, By: audit.Actor{Kind: audit.Operator}})
		return err
	})
	for _, language := range []string{"nl", "en", "xx"} {
		if a := c.want(http.StatusOK, c.do("GET", page.PathServiceAttained+"?language="+language, nil)); !bytes.HasPrefix(a.body, []byte("%PDF-")) {
			t.Errorf("in %s it is no PDF: %.20q", language, a.body)
		}
	}
	c.want(http.StatusOK, c.do("GET", page.PathServiceAttained+"?month=2199-01&language=nl", nil)) // the month that runs
	c.want(http.StatusUnprocessableEntity, c.do("GET", page.PathServiceAttained+"?month=2026-13", nil))
	h.account(of, "approver@example.org", people.Approver)
	approver := h.visit("approver@example.org")
	approver.want(http.StatusForbidden, approver.do("GET", page.PathServiceAttained, nil))
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM incident"); n != 1 {
		t.Errorf("%d incidents stand", n)
	}
}
