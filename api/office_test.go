package api

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg/pgtest"
)

// office gives an administrator of everything, as a program and on the pages.
func office(t *testing.T) (h *house, api, c *client, tenant int64) {
	h = newHouse(t)
	api, tenant = h.administrator("Acme")
	h.account(tenant, "boss@example.org", people.Administrator, people.Approver, people.Payroll, people.Auditor)
	return h, api, h.visit("boss@example.org"), tenant
}

func (c *client) refused(path, text string, pairs ...string) {
	c.h.t.Helper()
	if a := c.want(http.StatusUnprocessableEntity, c.post(path, pairs...)); !strings.Contains(string(a.body), text) {
		c.h.t.Errorf("%s is refused without %q", path, text)
	}
}

func TestAFobIsAddedByItsNumber(t *testing.T) {
	_, api, c, _ := office(t)
	c.refused("/people/fobs", "This is no chip number", "label", "F1", "number", "12345")
	c.refused("/people/fobs", "Fill this in", "label", "", "number", "62E3086CED")
	c.want(http.StatusSeeOther, c.post("/people/fobs", "label", "F1", "number", "62 E3 08 6C ED"))
	c.see("/people/fobs", "Fob F1 added", "In stock")
	c.refused("/people/fobs", "listed under another label", "label", "F2", "number", "62E3086CED")
	c.refused("/people/fobs", "This name is in use", "label", "F1", "number", "62E3086CEE")
	c.want(http.StatusSeeOther, c.post("/people/fobs", "label", "F3", "number", "424748526829")) // decimal, more than ten digits
	if body := string(api.want(http.StatusOK, api.do("GET", "/api/v1/fobs", nil)).body); strings.Contains(strings.ToUpper(body), "62E3086CED") {
		t.Error("the number is kept (I7)")
	}
}

func TestALostFobComesBackToStock(t *testing.T) {
	_, _, c, _ := office(t)
	c.want(http.StatusSeeOther, c.post("/people/fobs", "label", "F1", "number", "62E3086CED"))
	c.want(http.StatusSeeOther, c.post("/people/fobs/return", "fob", "1", "status", "lost"))
	c.see("/people/fobs", "Back in stock")
	c.want(http.StatusSeeOther, c.post("/people/fobs/return", "fob", "1", "status", "in_stock"))
	c.see("/people/fobs?status=in_stock", "F1")
}

func TestWhatLeftInARunIsShownAsSent(t *testing.T) {
	_, api, c, _ := office(t)
	payday(api)
	c.see("/timesheets?week="+week, "Sent")
}

func TestTimesheetsAreFilteredBySite(t *testing.T) {
	_, api, c, _ := office(t)
	worked(api, "10458")
	if body := c.see("/timesheets?week=" + week); strings.Contains(body, "site=") {
		t.Error("a choice of sites where there are none")
	}
	north := api.make("/api/v1/sites", object{"name": "North"})
	api.make("/api/v1/sites", object{"name": "South"})
	if body := c.see("/timesheets?week="+week, "South", "10458"); !strings.Contains(body, "site="+itoa(north)) {
		t.Error("no choice of sites")
	}
	if body := c.see("/timesheets?week=" + week + "&site=" + itoa(north)); strings.Contains(body, "10458") {
		t.Error("somebody who worked elsewhere is listed")
	}
	c.want(http.StatusNotFound, c.do("GET", "/timesheets?site=x", nil))
}

func TestTheLogIsVerifiedWhenThatIsAskedAndSaysWhereItWasAltered(t *testing.T) {
	h, api, c, tenant := office(t)
	keeper := audit.Keeper{DB: h.db, Log: slog.New(slog.DiscardHandler), Kept: func() ([]audit.Anchor, error) { return nil, nil }, Keep: func(audit.Anchor) error { return nil }}
	verify := func() {
		t.Helper()
		c.want(http.StatusSeeOther, c.post("/log/check"))
		c.see("/log", "will be verified in a moment")
		if err := keeper.Verify(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
	}
	c.see("/log", "Verify the chain", "account made", "not verified yet")
	verify()
	c.see("/log", "unaltered")
	pgtest.Exec(t, h.url, "UPDATE audit_payload SET payload = '{}' WHERE tenant_id = $1 AND entry_id = (SELECT entry_id FROM audit_link WHERE tenant_id = $1 AND seq = 2)", tenant)
	verify()
	c.see("/log", "was altered", "entry 2: says something else than was recorded. Last sound: entry 1 of", "first sound after: entry 3 of")
	c.see("/log?of=reads", "ListAudit", "a list of all")
	if got := api.do("GET", "/api/v1/alarms", nil); !strings.Contains(string(got.body), `"kind":"audit"`) || !strings.Contains(string(got.body), "rewritten: entry 2, the last sound one before is 1 of") {
		t.Errorf("alarms: %s", got.body)
	}
}

func TestARegistrationByHandIsListed(t *testing.T) {
	_, api, c, _ := office(t)
	id := api.make("/api/v1/employees", object{"number": "1", "surname": "Çelik", "employed_from": "2026-01-01"})
	c.want(http.StatusSeeOther, c.post("/people/registration", "employee", itoa(id), "day", "2026-11-10", "in", "08:00", "out", "16:30", "reason", "left the fob at home"))
	c.see("/people/registration", "Çelik", "08:00", "16:30", "left the fob at home")
	c.see("/people?q=celik", "Çelik")
}
