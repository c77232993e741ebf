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

// planned plans an end by days from today: last day, access and data.
func (h *house) planned(of int64, last, access, data int) {
	h.t.Helper()
	table, err := ending.NewTimetable(time.Now().AddDate(0, 0, last), ending.Terms{Profile: "planning", Access: ending.Span{Days: access}, Data: ending.Span{Days: data}}, time.UTC)
	if err != nil {
		h.t.Fatal(err)
	}
	h.in(of, func(ctx context.Context, tx pg.Tx) error { return ending.Plan(ctx, tx, table, operator()) })
}

func TestAccessClosesOnItsOwnDayWhetherOrNotTheDataHasGone(t *testing.T) { // OB-P4, OB-P5
	h, api, c, of := office(t)
	h.planned(of, -10, 20, 60)
	c.see("/privacy/ending", "Nobody gets in any more, from")
	c.post("/language", "language", "en")
	h.planned(of, -10, 5, 60) // four days ago
	if a := c.do("GET", "/people", nil); a.status != http.StatusForbidden || !strings.Contains(string(a.body), "nobody can sign in any more") {
		t.Errorf("a session goes on: %d %s", a.status, a.body)
	}
	a := api.want(http.StatusForbidden, api.do("GET", "/api/v1/employees", nil))
	if !strings.Contains(string(a.body), "the contract has ended") {
		t.Errorf("it is refused without the reason: %s", a.body)
	}
	a = c.want(http.StatusUnprocessableEntity, c.post("/sign-in", "email", "boss@example.org", "password", password))
	if !strings.Contains(string(a.body), "nobody can sign in any more") {
		t.Errorf("the door does not say why: %s", a.body)
	}
	h.in(of, func(ctx context.Context, tx pg.Tx) error { return ending.Cancel(ctx, tx, operator()) })
	c.see("/people", "People")
}

func TestAnEndThatWouldLockOutWhoPlansItIsRefused(t *testing.T) { // OB-P5
	h, _, c, of := office(t)
	boss := h.account(of, "trained@example.org", people.Administrator)
	today := time.Now().UTC().Truncate(24 * time.Hour)
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := tenant.Agree(ctx, tx, operator(), tenant.Agreement{Profile: tenant.WinBase, Reference: "2026/17", Signed: today, Starts: today,
			Contact: tenant.Contact{Administrator: boss, Telephone: "+31 10 1234567", Fallback: "info@example.org"}}, time.Now())
		return err
	})
	c.refused("/privacy/ending", "nor would you", "last_day", today.AddDate(0, -4, 0).Format(time.DateOnly))
	c.see("/people", "People")
}

func TestTheDoorSaysThatACustomerIsGone(t *testing.T) { // OB-P6
	h, _, _, of := office(t)
	door := h.stranger()
	door.post("/language", "language", "en")
	destroy := func(id int64) {
		pgtest.Exec(t, h.url, "INSERT INTO tenant_ending (tenant_id, destroying_at, destroyed_at) VALUES ($1, '2026-10-01 12:00+02', '2026-10-02 12:00+02')", id)
	}
	other := pgtest.Tenant(t, h.url, "another one")
	destroy(other)
	if page := door.see("/sign-in", "Sign in"); strings.Contains(page, "destroyed") {
		t.Error("whoever comes is told of other customers")
	}
	a := door.post("/sign-in", "email", "jan@example.org", "password", "not this one")
	if !strings.Contains(string(a.body), "may have been destroyed") {
		t.Errorf("whoever finds no account is not told what may be: %s", a.body)
	}
	destroy(of)
	page := door.see("/sign-in", "was destroyed on", "tikklok tenant certificate")
	if n := strings.Count(page, "The data of customer"); n != 2 {
		t.Errorf("%d customers are told", n)
	}
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
