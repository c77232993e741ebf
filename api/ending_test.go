package api

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

// ended plans an end so that nothing changes since yesterday.
func (h *house) ended(of int64) {
	h.t.Helper()
	table, err := ending.NewTimetable(time.Now().AddDate(0, 0, -2), ending.Terms{Profile: "planning", Data: ending.Span{Months: 1}, BackupDays: 14}, time.UTC)
	if err != nil {
		h.t.Fatal(err)
	}
	h.in(of, func(ctx context.Context, tx pg.Tx) error { return ending.Plan(ctx, tx, table, operator()) })
}

func TestAfterTheContractsEndNothingChangesAndAllCanBeRead(t *testing.T) { // OB-P5
	h, api, c, of := office(t)
	api.make("/api/v1/employees", object{"number": "10458", "surname": "Visser", "employed_from": "2026-01-01"})
	h.ended(of)
	a := api.want(http.StatusConflict, api.do("POST", "/api/v1/employees", object{"number": "2", "surname": "Bos", "employed_from": "2026-01-01"}))
	if !strings.Contains(string(a.body), "the contract has ended") {
		t.Errorf("it is refused without the reason: %s", a.body)
	}
	c.want(http.StatusSeeOther, c.post("/people/fobs", "label", "F1", "number", "62E3086CED"))
	if strings.Contains(c.see("/people/fobs", "The contract has ended"), "F1") {
		t.Error("a fob was added all the same")
	}
	api.want(http.StatusOK, api.do("GET", "/api/v1/employees", nil))
	c.see("/people", "Visser")
	c.see("/privacy/ending", "nothing changes any more", "Planning.nl")
	c.want(http.StatusSeeOther, c.post("/privacy/ending/cancel"))
	c.want(http.StatusSeeOther, c.post("/people/fobs", "label", "F1", "number", "62E3086CED"))
}

func TestTheEndIsPlannedByTheContractsOwnTerms(t *testing.T) { // OB-P4
	h, _, c, of := office(t)
	boss := h.account(of, "trained@example.org", people.Administrator)
	c.see("/privacy/ending", "Until that is chosen nothing is destroyed")
	c.refused("/privacy/ending", "Until that is chosen", "last_day", "2026-12-31")
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := tenant.Agree(ctx, tx, operator(), tenant.Agreement{Profile: tenant.WinBase, Reference: "2026/17", Signed: time.Now().UTC().Truncate(24 * time.Hour),
			Starts: time.Now().UTC().Truncate(24 * time.Hour), Contact: tenant.Contact{Administrator: boss, Telephone: "+31 10 1234567", Fallback: "info@example.org"}}, time.Now())
		return err
	})
	c.refused("/privacy/ending", "Choose the last day", "last_day", "soon")
	c.want(http.StatusSeeOther, c.post("/privacy/ending", "last_day", "2027-10-31"))
	c.see("/privacy/ending", "WinBase", "31 Oct 2027", "1 Nov 2027", "1 Feb 2028", "15 Feb 2028")
}

func TestAnEndThatIsNearAndNotPlannedIsAnAlarm(t *testing.T) { // OB-P4
	h, api, c, of := office(t)
	boss := h.account(of, "trained@example.org", people.Administrator)
	today := time.Now().UTC().Truncate(24 * time.Hour)
	last := today.AddDate(0, 0, 20)
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := tenant.Agree(ctx, tx, operator(), tenant.Agreement{Profile: tenant.WinBase, Reference: "2026/17", Signed: today, Starts: today, Ends: &last,
			Contact: tenant.Contact{Administrator: boss, Telephone: "+31 10 1234567", Fallback: "info@example.org"}}, time.Now())
		return err
	})
	alarms := func() string { return string(api.want(http.StatusOK, api.do("GET", "/api/v1/alarms", nil)).body) }
	if a := alarms(); !strings.Contains(a, `"kind":"contract"`) || !strings.Contains(a, "not planned") {
		t.Errorf("no alarm: %s", a)
	}
	c.see("/privacy/ending", "that end is not planned yet")
	c.want(http.StatusSeeOther, c.post("/privacy/ending", "last_day", last.Format(time.DateOnly)))
	if a := alarms(); strings.Contains(a, `"kind":"contract"`) {
		t.Errorf("an alarm of what was planned: %s", a)
	}
}

func TestAllDataIsTakenAlongOnThePage(t *testing.T) { // OB-P6
	h, api, c, of := office(t)
	h.server.cfg.Privacy = pgtest.Open(t, h.url, pg.RolePrivacy)
	h.server.cfg.Catalogue = slices.Concat(privacy.Tables(), tenant.Tables(), people.Tables(), fleet.Tables(), hours.Tables(), approval.Tables(), payroll.Tables(), Tables())
	api.make("/api/v1/employees", object{"number": "10458", "surname": "Visser", "employed_from": "2026-01-01"})
	h.ended(of)
	a := c.want(http.StatusOK, c.post("/privacy/ending/export"))
	z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("tables/employee.csv")
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(f); err != nil || !strings.Contains(string(body), "Visser") {
		t.Errorf("nobody in %q, %v", body, err)
	}
	if a := c.post("/privacy/ending/accept", "fingerprint", strings.Repeat("0", 64)); a.status != http.StatusSeeOther {
		t.Errorf("status %d", a.status)
	}
	page := c.see("/privacy/ending", "That export", "not confirmed yet")
	_, rest, _ := strings.Cut(page, `name="fingerprint" value="`)
	c.want(http.StatusSeeOther, c.post("/privacy/ending/accept", "fingerprint", rest[:64]))
	c.see("/privacy/ending", "confirmed as received")
}

func TestOnlyAnAdministratorEndsAContract(t *testing.T) {
	h := newHouse(t)
	_, of := h.administrator("Acme")
	h.account(of, "auditor@example.org", people.Auditor)
	h.account(of, "pay@example.org", people.Payroll)
	auditor, pay := h.visit("auditor@example.org"), h.visit("pay@example.org")
	auditor.see("/privacy/ending", "Return of all data")
	auditor.want(http.StatusForbidden, auditor.post("/privacy/ending/export"))
	auditor.want(http.StatusForbidden, auditor.post("/privacy/ending", "last_day", "2026-12-31"))
	pay.want(http.StatusForbidden, pay.do("GET", "/privacy/ending", nil))
}
