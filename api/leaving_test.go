package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tikklok/api/openapi"
	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/leaving"
	"tikklok/ingest/people"
)

// leaver is an employee with an account of their own and one of the office, a
// key that they made, and a fob.
type leaver struct {
	own
	office, key *client
	keyID, fob  int64
	path        string
}

func newLeaver(t *testing.T) leaver {
	t.Helper()
	o := newOwn(t)
	made := o.account(o.tenant, "nowak@example.org", people.Administrator)
	l := leaver{own: o, office: o.visit("nowak@example.org"), path: "/api/v1/employees/" + itoa(o.mine) + "/leaving"}
	o.boss.want(http.StatusSeeOther, o.boss.post(page.PathAccount+itoa(made), "role", "administrator", "person", "1017"))
	var key struct {
		ID  int64
		Key string
	}
	l.office.want(http.StatusCreated, l.office.do("POST", "/api/v1/keys", object{"name": "HR", "scopes": []string{"manage"}})).into(t, &key)
	l.keyID, l.key = key.ID, &client{h: o.house, http: o.web.Client(), key: key.Key}
	l.fob = o.boss.make("/api/v1/fobs", object{"label": "F17", "number": object{"technology": "em4100", "value": "62E3086CED"}})
	o.boss.want(http.StatusOK, o.boss.do("POST", "/api/v1/fobs/"+itoa(l.fob)+"/issue", object{"employee_id": o.mine, "from": "2026-01-01T08:00:00Z"}))
	return l
}

// end ends the employment and gives what stands.
func (l leaver) end(body object) (got openapi.Leaving) {
	l.t.Helper()
	l.boss.want(http.StatusOK, l.boss.do("POST", l.path, body)).into(l.t, &got)
	return got
}

// isOut says that nothing of who left works any more.
func (l leaver) isOut() {
	l.t.Helper()
	for _, c := range []*client{l.me, l.office} {
		c.want(http.StatusUnauthorized, c.do("GET", "/api/v1/session", nil))
	}
	l.key.want(http.StatusUnauthorized, l.key.do("GET", "/api/v1/employees", nil))
}

// isIn says that all of it does.
func (l leaver) isIn() {
	l.t.Helper()
	for _, c := range []*client{l.me, l.office} {
		c.want(http.StatusOK, c.do("GET", "/api/v1/session", nil))
	}
	l.key.want(http.StatusOK, l.key.do("GET", "/api/v1/employees", nil))
}

func TestOneActionShutsWhoLeavesOut(t *testing.T) { // OB-C5
	l := newLeaver(t)
	l.isIn()
	got := l.end(object{"last_day": l.today(), "fobs": "at_once"})
	if got.AccessEnded == nil || got.FobsBlocked == nil || len(got.Held) != 1 || got.Held[0].Status != "blocked" || got.Held[0].Back != nil {
		t.Errorf("ended as %+v", got)
	}
	l.isOut()
	l.boss.want(http.StatusOK, l.boss.do("POST", "/api/v1/fobs/"+itoa(l.fob)+"/end", object{"status": "returned", "at": l.server.cfg.Now()}))
	l.boss.want(http.StatusOK, l.boss.do("GET", l.path, nil)).into(t, &got)
	if got.Held[0].Back == nil {
		t.Errorf("its return is not recorded: %+v", got.Held)
	}
	if other := l.boss.want(http.StatusNotFound, l.boss.do("GET", "/api/v1/employees/"+itoa(l.other)+"/leaving", nil)); other.body == nil {
		t.Error("who stays leaves")
	}
}

func TestWhoLeavesLaterIsShutOutWhenTheLastDayIsOver(t *testing.T) { // OB-C5
	l := newLeaver(t)
	day := l.server.cfg.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3)
	if got := l.end(object{"last_day": day.Format(time.DateOnly)}); got.AccessEnded != nil || got.FobsBlocked != nil {
		t.Errorf("ended as %+v", got)
	}
	settle := func(at time.Time) {
		t.Helper()
		if err := leaving.Settle(t.Context(), l.db, l.tenant, hours.LastShiftOver, at); err != nil {
			t.Fatal(err)
		}
	}
	settle(day)
	l.isIn()
	settle(day.Add(20 * time.Hour)) // the evening of the last day
	l.isIn()
	settle(day.AddDate(0, 0, 1))
	l.isOut()
}

func TestAKeyThatSomebodyElseGoesOnWithStays(t *testing.T) { // OB-C5
	l := newLeaver(t)
	l.end(object{"last_day": "2026-01-31", "keep_keys": []int64{l.keyID}})
	l.key.want(http.StatusOK, l.key.do("GET", "/api/v1/employees", nil))
}

func TestNobodyEndsTheirOwnEmploymentNorThatOfTheOnlyAdministrator(t *testing.T) { // OB-C5
	l := newLeaver(t)
	l.office.want(http.StatusConflict, l.office.do("POST", l.path, object{"last_day": "2026-01-31"}))
	l.me.want(http.StatusForbidden, l.me.do("POST", l.path, object{"last_day": "2026-01-31"}))
	l.office.want(http.StatusSeeOther, l.office.post(page.PathAccount+itoa(1), "closed", "yes")) // the other administrator
	a := l.key.want(http.StatusConflict, l.key.do("POST", l.path, object{"last_day": "2026-01-31"}))
	if !strings.Contains(string(a.body), "another administrator") {
		t.Errorf("says %s", a.body)
	}
	l.office.want(http.StatusOK, l.office.do("GET", "/api/v1/session", nil))
}

func TestALastDayThatCannotBeIsRefused(t *testing.T) {
	l := newLeaver(t)
	for _, day := range []string{"2023-12-31", "2199-01-01"} {
		l.boss.want(http.StatusUnprocessableEntity, l.boss.do("POST", l.path, object{"last_day": day}))
	}
	l.boss.want(http.StatusNotFound, l.boss.do("POST", "/api/v1/employees/999/leaving", object{"last_day": "2026-01-31"}))
	l.isIn()
}

func TestAnEmploymentIsEndedOnItsPage(t *testing.T) { // OB-C5
	l := newLeaver(t)
	where := page.PathEmployee + itoa(l.mine)
	l.boss.see(where, "Leaving", "“HR” goes on with somebody else")
	l.boss.want(http.StatusUnprocessableEntity, l.boss.post(where+page.EmployeeLeaving, "last_day", "soon", "fobs", "last_shift"))
	l.boss.want(http.StatusSeeOther, l.boss.post(where+page.EmployeeLeaving, "last_day", "2026-01-31", "fobs", "last_shift"))
	l.boss.see(where, "F17", "not handed in yet", "The employment ends.")
	l.isOut()
}
