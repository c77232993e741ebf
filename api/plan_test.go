package api

import (
	"net/http"
	"strings"
	"testing"

	"tikklok/ingest/people"
	"tikklok/ingest/pg/pgtest"
)

// planning is an office with two employees, whom a person plans.
func planning(t *testing.T) (h *house, api, c *client, bakker, smit int64) {
	t.Helper()
	h = newHouse(t)
	api, tenant := h.administrator("Acme")
	h.account(tenant, "planner@example.org", people.Approver)
	bakker = api.make("/api/v1/employees", object{"number": "10458", "surname": "Bakker", "email": "bakker@example.org", "employed_from": "2026-01-01"})
	smit = api.make("/api/v1/employees", object{"number": "10459", "surname": "Smit", "employed_from": "2026-01-01", "zone": "Europe/Bucharest"})
	return h, api, h.visit("planner@example.org"), bakker, smit
}

func TestAShiftIsPlannedMovedAndWithdrawnOverTheAPI(t *testing.T) {
	_, api, _, bakker, smit := planning(t)
	var made struct {
		ID       int64
		From, To string
	}
	shift := object{"employee_id": bakker, "date": "2026-10-24", "from": "22:00", "to": "06:00", "kind": "call", "break_minutes": 30}
	api.want(http.StatusOK, api.do("POST", "/api/v1/plan", shift)).into(t, &made)
	if made.From != "2026-10-24T20:00:00Z" || made.To != "2026-10-25T05:00:00Z" { // nine hours: the clock goes back
		t.Errorf("from %s to %s", made.From, made.To)
	}
	if a := api.want(http.StatusConflict, api.do("POST", "/api/v1/plan", shift)); !strings.Contains(string(a.body), "move or withdraw that shift first") {
		t.Errorf("twice at a time: %s", a.body)
	}
	shift["id"], shift["from"] = made.ID, "23:00"
	api.want(http.StatusOK, api.do("POST", "/api/v1/plan", shift)).into(t, &made)
	if made.From != "2026-10-24T21:00:00Z" {
		t.Errorf("moved to %s", made.From)
	}
	elsewhere := object{"employee_id": smit, "date": "2026-10-20", "from": "08:00", "to": "12:00"}
	var there struct{ From string }
	api.want(http.StatusOK, api.do("POST", "/api/v1/plan", elsewhere)).into(t, &there)
	if there.From != "2026-10-20T05:00:00Z" { // Bucharest
		t.Errorf("from %s", there.From)
	}
	var week struct{ Items []object }
	api.want(http.StatusOK, api.do("GET", "/api/v1/plan?week=2026-W43&employee="+itoa(bakker), nil)).into(t, &week)
	if len(week.Items) != 1 {
		t.Errorf("the week has %v", week.Items)
	}
	api.want(http.StatusNoContent, api.do("POST", "/api/v1/plan/"+itoa(made.ID)+"/withdraw", nil))
	api.want(http.StatusConflict, api.do("POST", "/api/v1/plan", shift))
	api.want(http.StatusNotFound, api.do("POST", "/api/v1/plan/99999/withdraw", nil))
	api.want(http.StatusOK, api.do("GET", "/api/v1/plan?week=2026-W43&employee="+itoa(bakker), nil)).into(t, &week)
	if len(week.Items) != 0 {
		t.Errorf("after it was withdrawn: %v", week.Items)
	}
}

func TestATimeThatDoesNotExistIsRefusedWithTheRemedy(t *testing.T) {
	_, api, c, bakker, _ := planning(t)
	shift := object{"employee_id": bakker, "date": "2026-10-25", "from": "02:30", "to": "10:00"}
	a := api.want(http.StatusUnprocessableEntity, api.do("POST", "/api/v1/plan", shift))
	if !strings.Contains(string(a.body), "02:30+02 or 02:30+01") {
		t.Errorf("told %s", a.body)
	}
	shift["from"] = "02:30+01"
	api.want(http.StatusOK, api.do("POST", "/api/v1/plan", shift))
	a = c.want(http.StatusUnprocessableEntity, c.post("/plan", "employee", itoa(bakker), "day", "2027-03-27", "shift", "", "from", "22:00", "to", "2:30", "break", "", "kind", "work", "site", "0"))
	if text := string(a.body); !strings.Contains(text, "2027-03-28 02:30 does not exist in Europe/Amsterdam") || !strings.Contains(text, `id="to-0-problem"`) {
		t.Error("the page does not say so beside the field")
	}
}

func TestAPlanIsShownBeforeItIsTakenUp(t *testing.T) {
	h, api, c, _, _ := planning(t)
	file := "number;date;from;to\n10458;2026-11-16;08:00;16:30\n10459;2026-11-17;22:00;06:00\n"
	a := c.want(http.StatusOK, c.post("/plan/import", "text", file))
	if !strings.Contains(string(a.body), "08:00–16:30") || pgtest.Exec(t, h.url, "SELECT count(*) FROM plan_shift") != 0 {
		t.Errorf("preview %s", a.body)
	}
	a = c.want(http.StatusUnprocessableEntity, c.post("/plan/import", "text", file+"1;2026-11-16;8;9\n", "confirm", "yes"))
	if !strings.Contains(string(a.body), "Line 4, from:") || pgtest.Exec(t, h.url, "SELECT count(*) FROM plan_shift") != 0 {
		t.Errorf("a file with a problem: %s", a.body)
	}
	c.want(http.StatusSeeOther, c.post("/plan/import", "text", file, "confirm", "yes"))
	c.see("/plan?week=2026-W47", "2 changes", "08:00", "22:00")
	var done struct{ Added, Same int }
	for _, kind := range []string{"text/csv", "text/plain", "text/calendar"} { // the first line says which it is
		api.want(http.StatusOK, api.do("POST", "/api/v1/plan/import?apply=true", strings.NewReader(file), "Content-Type", kind)).into(t, &done)
		if done.Added != 0 || done.Same != 2 {
			t.Errorf("%s, again: %+v", kind, done)
		}
	}
	calendar := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\nDTSTART;TZID=Europe/Amsterdam:20261118T080000\nDURATION:PT4H\nATTENDEE:mailto:bakker@example.org\nEND:VEVENT\nEND:VCALENDAR\n"
	api.want(http.StatusOK, api.do("POST", "/api/v1/plan/import?apply=true", strings.NewReader(calendar), "Content-Type", "text/calendar")).into(t, &done)
	if done.Added != 1 {
		t.Errorf("a calendar: %+v", done)
	}
	api.want(http.StatusUnprocessableEntity, api.do("POST", "/api/v1/plan/import?apply=true", strings.NewReader("BEGIN:VCALENDAR\n"), "Content-Type", "text/calendar"))
}

func TestAShiftIsPlannedOnThePage(t *testing.T) {
	_, _, c, bakker, _ := planning(t)
	at := "/plan?week=2026-W47&employee=" + itoa(bakker) + "&day=2026-11-16"
	c.see(at, "Bakker", "Add a shift")
	fields := []string{"employee", itoa(bakker), "day", "2026-11-16", "shift", "", "from", "8:00", "to", "16:30", "break", "0:30", "kind", "call", "site", "0", "back", at}
	c.want(http.StatusSeeOther, c.post("/plan", fields...))
	c.see(at, "08:00–16:30", "Put in the plan")
	a := c.want(http.StatusUnprocessableEntity, c.post("/plan", fields...))
	if !strings.Contains(string(a.body), "planned at that time already") {
		t.Error("the page does not say that it overlaps")
	}
	a = c.want(http.StatusUnprocessableEntity, c.post("/plan", "employee", itoa(bakker), "day", "2026-11-17", "shift", "", "from", "eight", "to", "16:30", "break", "x", "kind", "work", "site", "0"))
	if !strings.Contains(string(a.body), "A time such as 08:00") || !strings.Contains(string(a.body), "Minutes, such as 30") {
		t.Error("the page does not say what is wrong with the fields")
	}
	c.want(http.StatusSeeOther, c.post("/plan/copy", "week", "2026-W48", "back", "/plan?week=2026-W48"))
	c.see("/plan?week=2026-W48", "1 shift was copied", "08:00")
}

func TestWhoMayNotPlanIsShownOnly(t *testing.T) {
	h, _, _, bakker, _ := planning(t)
	h.account(h.tenant("Other"), "nobody@example.org", people.Auditor)
	c := h.visit("nobody@example.org")
	if strings.Contains(c.see("/plan"), "Bakker") {
		t.Error("another tenant's plan is shown (I6)")
	}
	c.want(http.StatusForbidden, c.post("/plan", "employee", itoa(bakker), "day", "2026-11-16", "from", "08:00", "to", "12:00"))
	c.want(http.StatusForbidden, c.do("GET", "/plan/import", nil))
}
