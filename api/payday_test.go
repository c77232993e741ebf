package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/people"
	"tikklok/ingest/pg/pgtest"
)

// week is one that is over.
const week = "2026-W46"

// worked gives an employee with a day of 08:00–16:30 in the week, by decision.
func worked(c *client, number string) int64 {
	c.h.t.Helper()
	id := c.make("/api/v1/employees", object{"number": number, "surname": "Bakker", "employed_from": "2026-01-01"})
	c.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": id, "at": "2026-11-10T08:00:00+01:00", "mode": "in", "reason": "no fob"})
	c.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": id, "at": "2026-11-10T16:30:00+01:00", "mode": "out", "reason": "no fob"})
	return id
}

func (c *client) approve(employees ...int64) []openapi.ActionResult {
	c.h.t.Helper()
	var done openapi.ActionResults
	any := object{}
	for _, id := range employees {
		any[itoa(id)] = "any"
	}
	c.want(http.StatusOK, c.do("POST", "/api/v1/timesheets/approve", object{"week": week, "employee_ids": employees, "seen": any})).into(c.h.t, &done)
	return done.Items
}

// payday makes a run of one approved day and gives its id.
func payday(c *client) int64 {
	c.h.t.Helper()
	id := worked(c, "10458")
	if done := c.approve(id); !done[0].Done {
		c.h.t.Fatalf("not approved: %s", or(done[0].Problem))
	}
	destination := c.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})
	c.want(http.StatusOK, c.do("PUT", "/api/v1/destinations/"+itoa(destination)+"/codes", object{"codes": object{"100": "1"}}))
	return c.make("/api/v1/runs", object{"destination_id": destination, "from": "2026-11-01", "to": "2026-11-30"})
}

func TestADayByDecisionsIsExplained(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	id := worked(c, "10458")
	var x openapi.Explanation
	c.want(http.StatusOK, c.do("GET", "/api/v1/employees/"+itoa(id)+"/days/2026-11-10", nil)).into(t, &x)
	if x.Minutes != 480 || len(x.Punches) != 2 || len(x.Decisions) != 2 || len(x.Steps) == 0 {
		t.Errorf("explanation %+v", x)
	}
	var sheet openapi.Timesheet
	c.want(http.StatusOK, c.do("GET", "/api/v1/timesheets/"+itoa(id)+"/"+week, nil)).into(t, &sheet)
	if sheet.Minutes != 480 || sheet.State != openapi.TimesheetStateOpen || len(sheet.Days) != 7 {
		t.Errorf("timesheet %+v", sheet)
	}
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM audit_entry WHERE action = 'day.open'"); n != 1 {
		t.Errorf("%d lines about who opened the day (OB-C4)", n)
	}
	c.want(http.StatusNoContent, c.do("POST", "/api/v1/decisions/"+itoa(x.Decisions[1].Id)+"/undo", nil))
	c.want(http.StatusConflict, c.do("POST", "/api/v1/decisions/"+itoa(x.Decisions[1].Id)+"/undo", nil))
	c.want(http.StatusOK, c.do("GET", "/api/v1/timesheets/"+itoa(id)+"/"+week, nil)).into(t, &sheet)
	if sheet.Minutes != 0 || sheet.Exceptions != 1 {
		t.Errorf("after the undo: %d minutes, %d exceptions", sheet.Minutes, sheet.Exceptions)
	}
	if done := c.approve(id); done[0].Done || !or(done[0].NeedsReason) {
		t.Errorf("approved with an exception and no reason: %+v", done[0])
	}
}

func TestADecisionThatCannotBeIsRefusedWithItsReason(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	id := c.make("/api/v1/employees", object{"number": "1", "surname": "A", "employed_from": "2026-01-01"})
	for name, body := range map[string]object{
		"a time in 1970":           {"kind": "add_punch", "employee_id": id, "at": "1970-01-01T08:00:00Z", "mode": "in", "reason": "x"},
		"a time in 2042":           {"kind": "add_punch", "employee_id": id, "at": "2042-01-01T08:00:00Z", "mode": "in", "reason": "x"},
		"a punch that has no mode": {"kind": "add_punch", "employee_id": id, "at": "2026-11-10T08:00:00Z", "reason": "x"},
		"a tap that isn't named":   {"kind": "ignore_tap", "employee_id": id, "reason": "x"},
	} {
		if a := c.do("POST", "/api/v1/decisions", body); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestAPullGivesTheSameBytesEveryTime(t *testing.T) {
	h := newHouse(t)
	c, id := h.administrator("Acme")
	file := "/api/v1/runs/" + itoa(payday(c)) + "/file"
	program := &client{h: h, http: h.web.Client(), key: h.key(id, people.ScopePayroll)}
	first := program.want(http.StatusOK, program.do("GET", file, nil))
	again := program.want(http.StatusOK, program.do("GET", file, nil))
	person := c.want(http.StatusOK, c.do("GET", strings.Replace(file, "/api/v1", "/exports", 1), nil))
	sum := sha256.Sum256(first.body)
	if string(first.body) != string(again.body) || string(first.body) != string(person.body) {
		t.Error("two pulls differ (I8)")
	}
	if tag := first.header.Get("ETag"); tag != `"`+hex.EncodeToString(sum[:])+`"` || !strings.Contains(string(first.body), "10458") {
		t.Errorf("ETag %s of %q", tag, first.body)
	}
	same := program.want(http.StatusNotModified, program.do("GET", file, nil, "If-None-Match", first.header.Get("ETag")))
	if len(same.body) > 0 {
		t.Errorf("304 with %q", same.body)
	}
	var run openapi.Run
	c.want(http.StatusOK, c.do("GET", strings.TrimSuffix(file, "/file"), nil)).into(t, &run)
	if run.Sha256 != hex.EncodeToString(sum[:]) || run.Totals.Minutes != 480 || run.FirstPulledAt == nil {
		t.Errorf("run %+v", run)
	}
}

func TestAVoidRunIsNotPulled(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	run := "/api/v1/runs/" + itoa(payday(c))
	c.want(http.StatusBadRequest, c.do("POST", run+"/void", object{}))
	c.want(http.StatusOK, c.do("POST", run+"/void", object{"reason": "wrong period"}))
	c.want(http.StatusGone, c.do("GET", run+"/file", nil))
}

func TestAnUnmappedCodeStopsTheRunByName(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	id := worked(c, "10458")
	c.approve(id)
	destination := c.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})
	order := object{"destination_id": destination, "from": "2026-11-01", "to": "2026-11-30"}
	var p openapi.RunPreview
	c.want(http.StatusOK, c.do("POST", "/api/v1/runs/preview", order)).into(t, &p)
	if len(p.Unmapped) != 1 || p.Unmapped[0] != "100" || p.Totals.Minutes != 480 {
		t.Errorf("preview %+v", p)
	}
	a := c.want(http.StatusConflict, c.do("POST", "/api/v1/runs", order))
	if !strings.Contains(string(a.body), "100") {
		t.Errorf("does not name the code: %s", a.body)
	}
}

func TestAWeekIsApprovedOnItsPage(t *testing.T) {
	h := newHouse(t)
	api, id := h.administrator("Acme")
	h.account(id, "boss@example.org", people.Administrator, people.Approver)
	good, bad := worked(api, "1"), worked(api, "2")
	api.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": bad, "at": "2026-11-11T08:00:00+01:00", "mode": "in", "reason": "no fob"})
	c, back := h.visit("boss@example.org"), "/timesheets?week="+week
	c.want(http.StatusSeeOther, c.post("/timesheets/approve", "week", week, "employee", itoa(good), "seen."+itoa(good), *api.sheet(good).Seen, "back", back))
	c.see(back, "1 timesheet approved", "Undo")
	a := c.want(http.StatusUnprocessableEntity, c.post("/timesheets/approve", "week", week, "employee", itoa(bad), "seen."+itoa(bad), *api.sheet(bad).Seen, "back", back))
	if !strings.Contains(string(a.body), "give a reason") {
		t.Error("does not ask for a reason")
	}
	c.see(back+"&employee="+itoa(bad)+"&day=2026-11-11", "Out-tap missing")
	near := time.Date(2026, 11, 11, 8, 0, 0, 0, zoneOf("Europe/Amsterdam")).Format(time.RFC3339Nano)
	answer := []string{"employee", itoa(bad), "day", "2026-11-11", "about", "missing_out", "near", near, "kind", "add_punch", "mode", "out", "back", back}
	c.want(http.StatusUnprocessableEntity, c.post("/timesheets/decide", append(answer, "at", "nine", "reason", "forgot")...))
	c.want(http.StatusSeeOther, c.post("/timesheets/decide", append(answer, "at", "16:00", "reason", "forgot")...))
	c.see(back, "Decision recorded")
	c.want(http.StatusConflict, c.post("/timesheets/approve", "week", week, "employee", itoa(bad), "back", back)) // who sends nothing saw nothing
	c.want(http.StatusSeeOther, c.post("/timesheets/approve", "week", week, "employee", itoa(bad), "seen."+itoa(bad), *api.sheet(bad).Seen, "back", back))
	c.want(http.StatusSeeOther, c.post("/timesheets/reopen", "week", week, "employee", itoa(good), "reason", "undone", "back", back))
	c.see(back, "reopened")
}

func TestATimeOfTheDayIsPlacedBesideItsTap(t *testing.T) {
	for _, test := range []struct{ near, at, mode, want string }{
		{"2026-11-10T08:00:00+01:00", "16:30", "out", "2026-11-10T16:30:00+01:00"},
		{"2026-11-10T22:00:00+01:00", "06:30", "out", "2026-11-11T06:30:00+01:00"},
		{"2026-11-11T06:30:00+01:00", "22:00", "in", "2026-11-10T22:00:00+01:00"},
		{"2026-11-10T12:00:00+01:00", "12:30", "break", "2026-11-10T12:30:00+01:00"},
	} {
		form := formOfValues("at", test.at)
		at, err := clockNear(form, test.near, modeOf(test.mode))
		if err != nil || at.Format(time.RFC3339) != test.want {
			t.Errorf("%s %s near %s: %s, %v", test.mode, test.at, test.near, at.Format(time.RFC3339), err)
		}
	}
}
