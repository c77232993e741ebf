package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg/pgtest"
)

// uncertain stores two taps of a device whose clock nobody set, and computes.
// The device's own clock showed when they were made.
func uncertain(t *testing.T) (c, api *client, tenant int64, made [2]time.Time) {
	h, api, c, tenant := office(t)
	employee := api.make("/api/v1/employees", object{"number": "10458", "surname": "Bakker", "first_name": "Joris", "employed_from": "2026-01-01"})
	fob := api.make("/api/v1/fobs", object{"label": "F17", "number": object{"technology": "em4100", "value": "62E3086CED"}})
	api.want(http.StatusOK, api.do("POST", "/api/v1/fobs/"+itoa(fob)+"/issue", object{"employee_id": employee, "from": "2026-01-01T08:00:00Z"}))
	site := pgtest.Exec(t, h.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Noord') RETURNING site_id", tenant)
	reader := pgtest.Exec(t, h.url, "INSERT INTO reader (tenant_id, site_id, origin, key, name) VALUES ($1, $2, 7, 'a', 'Poort') RETURNING reader_id", tenant, site)
	begun := time.Now().Add(-30 * time.Hour).Truncate(time.Minute)
	made = [2]time.Time{begun, begun.Add(4 * time.Hour)}
	for n := range 2 {
		pgtest.Exec(t, h.url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
			SELECT $1, 7, 77, $2, $3, $4, $5, key_version, token, $6 FROM fob_token WHERE tenant_id = $1`,
			tenant, n+1, made[n].Sub(begun).Milliseconds(), made[n].UnixMilli(), reader, made[1].Add(time.Hour))
	}
	deadline := time.Now().Add(30 * time.Second) // other databases of the same server may hold transactions open
	for behind := true; behind && time.Now().Before(deadline); {
		changes, err := hours.Recompute(context.Background(), h.db, tenant, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		behind = changes.Behind
	}
	return c, api, tenant, made
}

func TestUncertainTapsAreDecidedOnTheDevicesPage(t *testing.T) { // I4
	c, api, _, made := uncertain(t)
	body := c.see("/devices", "Taps whose time is uncertain", "Poort", "Noord", "Bakker, Joris", "Its clock is not set yet", "by its own clock")
	local := func(at time.Time) string { return at.In(zoneOf("Europe/Amsterdam")).Format(fieldTime) }
	for _, at := range made {
		if !strings.Contains(body, `value="`+local(at)+`"`) {
			t.Errorf("%s is not proposed", local(at))
		}
	}
	line := func(n, tap, at, chosen string) []string {
		return []string{"tap." + n, tap, "employee." + n, "1", "at." + n, at, "was." + n, made[0].Format(time.RFC3339Nano), "chosen." + n, chosen}
	}
	first, second := "7/000000000000004d/1", "7/000000000000004d/2"
	group := "7/000000000000004d/unset/1"
	c.refused("/devices/uncertain", "Give a reason", append(line("0", first, local(made[0]), "yes"), "group", group, "reason", "")...)
	c.refused("/devices/uncertain", "Choose at least one tap", append(line("0", first, local(made[0]), ""), "group", group, "reason", "seen")...)
	c.refused("/devices/uncertain", "Give a date and a time", append(line("0", first, "yesterday", "yes"), "group", group, "reason", "seen")...)
	given := made[1].Add(-time.Hour)
	form := append(line("0", first, local(made[0]), "yes"), line("1", second, local(given), "yes")...)
	c.want(http.StatusSeeOther, c.post("/devices/uncertain", append(form, "group", group, "reason", "asked the foreman")...))
	if body := c.see("/devices"); strings.Contains(body, "Bakker, Joris") {
		t.Error("what was decided is still listed")
	}
	var sheets openapi.Timesheets
	at := made[0].In(zoneOf("Europe/Amsterdam")) // the shift is of the day it began on
	api.want(http.StatusOK, api.do("GET", "/api/v1/timesheets?week="+calendar.DateOf(at).Week().String(), nil)).into(t, &sheets)
	if len(sheets.Items) != 1 || sheets.Items[0].Minutes != 180 {
		t.Errorf("timesheets %+v, want 180 minutes", sheets.Items)
	}
}

func TestUncertainTapsAreListedAndDecidedByTheAPI(t *testing.T) { // I4
	c, api, _, made := uncertain(t)
	var list openapi.UncertainGroups
	api.want(http.StatusOK, api.do("GET", "/api/v1/uncertain-taps", nil)).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Why != "unset" || list.Items[0].Reader != "Poort" || len(list.Items[0].Taps) != 2 || list.More {
		t.Fatalf("%+v", list)
	}
	tap := list.Items[0].Taps[0]
	if tap.Estimate == nil || !tap.Estimate.Equal(made[0]) || tap.UncertaintyMs != nil || tap.Known != "arrival" {
		t.Errorf("%+v", tap)
	}
	one := object{"employee_id": tap.EmployeeId, "tap": tap.Tap, "at": tap.Estimate, "proposed": true}
	stranger := object{"employee_id": tap.EmployeeId, "tap": "7/000000000000004d/99", "at": tap.Estimate}
	decide := func(status int, items ...object) {
		t.Helper()
		c.want(status, c.do("POST", "/api/v1/uncertain-taps", object{"reason": "asked", "items": items}))
	}
	decide(http.StatusNotFound, one, stranger)
	api.want(http.StatusOK, api.do("GET", "/api/v1/uncertain-taps", nil)).into(t, &list)
	if len(list.Items[0].Taps) != 2 {
		t.Error("one of a refused pair was decided")
	}
	decide(http.StatusCreated, one)
}
