package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// yard is a tenant with one site, a gateway that is away and two readers.
type yard struct {
	*house
	tenant, site, gateway, wired, memory int64
}

func newYard(t *testing.T) yard {
	y := yard{house: newHouse(t)}
	y.tenant = y.house.tenant("Acme")
	y.account(y.tenant, "boss@example.org", people.Administrator, people.Approver)
	y.account(y.tenant, "auditor@example.org", people.Auditor)
	y.in(y.tenant, func(ctx context.Context, tx pg.Tx) error {
		s, err := fleet.AddSite(ctx, tx, operator(), "Hal 1")
		if err != nil {
			return err
		}
		g, err := fleet.AddGateway(ctx, tx, operator(), s.ID, "Gateway Hal")
		y.site, y.gateway = s.ID, g.ID
		return err
	})
	y.wired = y.reader(y.gateway, "gate", "Gate")
	y.memory = y.reader(1<<32+1, "", "Canteen")
	pgtest.Exec(t, y.url, `UPDATE gateway SET last_heard = now() - interval '1 hour' RETURNING 1`)
	pgtest.Exec(t, y.url, `INSERT INTO gateway_certificate (tenant_id, gateway_id, fingerprint, not_after) VALUES ($1, $2, sha256('x'), now() + interval '1 year') RETURNING 1`, y.tenant, y.gateway)
	pgtest.Exec(t, y.url, `INSERT INTO gateway_told (tenant_id, gateway_id, told_at, signal, offline_since, offline_how) VALUES ($1, $2, now() - interval '1 hour', -109, now() - interval '1 hour', 'will') RETURNING 1`, y.tenant, y.gateway)
	pgtest.Exec(t, y.url, `INSERT INTO server_heartbeat VALUES ('a', now(), now(), '', true) RETURNING 1`)
	return y
}

func (y yard) reader(origin int64, key, name string) int64 {
	if key == "" {
		pgtest.Exec(y.t, y.url, "INSERT INTO origin (tenant_id, origin, site_id) VALUES ($1, $2, $3) RETURNING 1", y.tenant, origin, y.site)
	}
	return pgtest.Exec(y.t, y.url, `INSERT INTO reader (tenant_id, site_id, origin, key, name, protocol, health, battery_percent, listed_at, last_contact)
		VALUES ($1, $2, $3, $4, $5, 'link', 'ok', 12, now() - interval '3 days', now() - interval '3 days') RETURNING reader_id`, y.tenant, y.site, origin, key, name)
}

func TestTheFailingLinkIsNamedByAPIAndPage(t *testing.T) { // OB-H11
	y := newYard(t)
	c := y.visit("boss@example.org")
	var found struct {
		Verdict  string
		Culprits []string
		Cause    struct{ Code, NL, EN string }
		Remedy   struct{ NL string }
		Chain    []struct{ Link, Verdict string }
	}
	c.want(http.StatusOK, c.do("GET", "/api/v1/gateways/"+itoa(y.gateway)+"/diagnosis", nil)).into(t, &found)
	if found.Verdict != "failing" || strings.Join(found.Culprits, " ") != "network" || found.Cause.Code != "signal-weak" || len(found.Chain) != 10 ||
		!strings.Contains(found.Cause.NL, "−109 dBm") || found.Remedy.NL == "" {
		t.Errorf("found %+v", found)
	}
	c.see("/devices", "Weak signal: −109 dBm", "link-suspect", "Mobile network")
	c.see("/devices/gateways/"+itoa(y.gateway), "Weak signal: −109 dBm", "No measurements yet", "tikklok")
	c.see("/devices/readers/"+itoa(y.memory), "12 %", "No measurements yet")
	for _, path := range []string{"/devices/gateways/999", "/devices/readers/999", "/devices/gateways/x", "/api/v1/gateways/999/diagnosis", "/api/v1/gateways/999/history", "/api/v1/readers/999/history"} {
		c.want(http.StatusNotFound, c.do("GET", path, nil))
	}
}

func TestAReaderGoesOutOfUseOnItsPage(t *testing.T) { // OB-H7
	y := newYard(t)
	c := y.visit("boss@example.org")
	path := "/devices/readers/" + itoa(y.memory)
	a := c.want(http.StatusUnprocessableEntity, c.post(path+"/retire", "reason", " ", "place", "lost"))
	if !strings.Contains(string(a.body), "f-problem") && !strings.Contains(string(a.body), "retire-reason-problem") {
		t.Errorf("the reason's problem is not beside it: %.300s", a.body)
	}
	c.want(http.StatusSeeOther, c.post(path+"/retire", "reason", "fell off the wall", "place", "lost"))
	c.see(path, "fell off the wall", "Take into use again")
	if body := c.see("/devices", "fell off the wall"); strings.Contains(body, `id="mode-`+itoa(y.memory)) {
		t.Error("it is still among the readers in use")
	}
	c.want(http.StatusSeeOther, c.post(path+"/restore"))
	c.see("/devices", `id="mode-`+itoa(y.memory))
}

func TestDevicesAreSwappedMovedAndCountedByTheAPI(t *testing.T) { // OB-H6, OB-H7
	y := newYard(t)
	c := y.visit("boss@example.org")
	other := y.reader(1<<32+2, "", "100000002")
	spare := c.make("/api/v1/hardware", object{"kind": "gateway", "label": "GW-42"})
	site := c.make("/api/v1/sites", object{"name": "Hal 2"})
	gateway, wired, memory := "/api/v1/gateways/"+itoa(y.gateway), "/api/v1/readers/"+itoa(y.wired), "/api/v1/readers/"+itoa(y.memory)
	fob := c.make("/api/v1/fobs", object{"label": "F1", "number": object{"technology": "em4100", "value": "62E3086CED"}})
	for _, step := range []struct {
		method, path string
		body         object
		status       int
	}{
		{"PATCH", "/api/v1/sites/" + itoa(site), object{"name": "Hal twee"}, 200},
		{"PATCH", "/api/v1/sites/" + itoa(site), object{"name": "Hal 1"}, 409},
		{"PATCH", wired, object{"site_id": site}, 409},
		{"PATCH", memory, object{"site_id": site, "mode": "in"}, 200},
		{"PATCH", memory, object{"site_id": 999}, 404},
		{"PATCH", gateway, object{"name": "Gateway Hal 1", "site_id": site}, 200},
		{"PATCH", gateway, object{}, 400},
		{"POST", gateway + "/swap", object{"reason": "broken", "place": "eaten"}, 400},
		{"POST", gateway + "/swap", object{"reason": "", "place": "lost"}, 400},
		{"POST", gateway + "/swap", object{"reason": "broken", "place": "defective", "spare": 999}, 404},
		{"POST", gateway + "/swap", object{"reason": "broken", "place": "defective", "spare": spare}, 204},
		{"POST", memory + "/swap", object{"reason": "broken", "place": "defective"}, 409},
		{"POST", memory + "/swap", object{"reason": "broken", "place": "defective", "with": other}, 204},
		{"POST", memory + "/retire", object{"reason": "again"}, 409},
		{"POST", wired + "/swap", object{"reason": "worn", "place": "returned"}, 204},
		{"POST", wired + "/retire", object{"reason": "port removed"}, 204},
		{"POST", "/api/v1/readers/" + itoa(other) + "/retire", object{"reason": "where is it?"}, 422},
		{"POST", wired + "/restore", nil, 204},
		{"PATCH", "/api/v1/hardware/" + itoa(spare), object{"place": "in_use"}, 400},
		{"PATCH", "/api/v1/fobs/" + itoa(fob), object{"design": 2}, 200},
		{"PATCH", "/api/v1/fobs/" + itoa(fob), object{"design": 0}, 400},
		{"PATCH", "/api/v1/fobs/999", object{"design": 2}, 404},
		{"GET", "/api/v1/fleet/use", nil, 200},
		{"GET", gateway + "/history?days=400", nil, 200},
		{"GET", gateway + "/history?days=401", nil, 400},
		{"POST", gateway + "/retire", object{"reason": "closing down"}, 422},
		{"POST", gateway + "/retire", object{"reason": "closing down", "place": "returned"}, 204},
		{"GET", gateway + "/diagnosis", nil, 404},
	} {
		var body any
		if step.body != nil {
			body = step.body
		}
		if a := c.do(step.method, step.path, body); a.status != step.status {
			t.Errorf("%s %s %v: %d, want %d: %.200s", step.method, step.path, step.body, a.status, step.status, a.body)
		}
	}
	c.see("/devices/readers/"+itoa(y.memory), "Its place was taken by")
	c.see("/devices/readers/"+itoa(other), "Took the place of", "Canteen")
	c.see("/devices/gateways/"+itoa(y.gateway), "closing down", "In this place before")
	c.see("/devices", "GW-42", "Design 2")
}

func TestOnlyAnAdministratorInPersonTakesDevicesAway(t *testing.T) {
	y := newYard(t)
	auditor, program := y.visit("auditor@example.org"), y.stranger()
	program.key = y.key(y.tenant, people.ScopeManage)
	for _, path := range []string{"/api/v1/readers/" + itoa(y.memory) + "/retire", "/api/v1/gateways/" + itoa(y.gateway) + "/swap", "/api/v1/gateways/" + itoa(y.gateway) + "/retire"} {
		for who, c := range map[string]*client{"auditor": auditor, "program": program} {
			if a := c.do("POST", path, object{"reason": "x", "place": "lost"}); a.status != http.StatusForbidden {
				t.Errorf("%s at %s: %d", who, path, a.status)
			}
		}
	}
	if body := auditor.see("/devices/gateways/" + itoa(y.gateway)); strings.Contains(body, "/retire") {
		t.Error("an auditor is offered what is refused")
	}
}

func TestAnotherTenantsDevicesAreNotThere(t *testing.T) { // I6
	y := newYard(t)
	y.account(y.house.tenant("Bravo"), "b@example.org", people.Administrator)
	c := y.visit("b@example.org")
	for _, path := range []string{"/devices/gateways/" + itoa(y.gateway), "/devices/readers/" + itoa(y.memory), "/api/v1/gateways/" + itoa(y.gateway) + "/diagnosis"} {
		c.want(http.StatusNotFound, c.do("GET", path, nil))
	}
	c.want(http.StatusNotFound, c.do("POST", "/api/v1/readers/"+itoa(y.memory)+"/retire", object{"reason": "x"}))
}
