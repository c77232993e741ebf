package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

var codeShown = regexp.MustCompile(`(?:[0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}`)

// withAuthority writes down what a server that takes gateways does.
func withAuthority(t *testing.T, h *house) {
	t.Helper()
	a, err := fleet.OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	err = pgtest.Open(t, h.url, pg.RoleApp).Look(t.Context(), func(tx pg.Tx) error {
		return fleet.RecordService(context.Background(), tx, fleet.CertificateAuthority, a.Certificate())
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestACodeIsShownOnceAndOnlyItsHashIsKept(t *testing.T) {
	h, _, c, _ := office(t)
	withAuthority(t, h)
	c.want(http.StatusSeeOther, c.post("/devices/sites", "name", "Utrecht"))
	a := c.want(http.StatusOK, c.post("/devices/gateways", "name", "Receptie", "site", "1"))
	shown := codeShown.FindString(string(a.body))
	code, err := wire.ParseCode(shown)
	if err != nil {
		t.Fatalf("code %q: %v", shown, err)
	}
	if body := c.see("/devices", "Receptie", "A code is out until"); codeShown.MatchString(body) {
		t.Error("it is shown twice")
	}
	hash := code.Hash()
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM enrolment_code WHERE hash = $1", hash[:]); n != 1 {
		t.Errorf("%d codes of that hash", n)
	}
	c.refused("/devices/gateways", "This name is in use", "name", "Receptie", "site", "1")
	c.refused("/devices/gateways", "Fill this in", "name", "", "site", "1")
	again := codeShown.FindString(string(c.want(http.StatusOK, c.post("/devices/gateways/1/code")).body))
	if again == "" || again == shown {
		t.Errorf("another code: %q", again)
	}
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM enrolment_code WHERE revoked_at IS NOT NULL AND hash = $1", hash[:]); n != 1 {
		t.Error("the first code is good still")
	}
	c.see("/log", "code made for gateway")
}

func TestACodeIsMadeByAPersonWhoIsAdministrator(t *testing.T) {
	h, _, c, tenant := office(t)
	withAuthority(t, h)
	c.want(http.StatusSeeOther, c.post("/devices/sites", "name", "Utrecht"))
	h.account(tenant, "see@example.org", people.Auditor, people.Approver)
	other := h.visit("see@example.org")
	for _, path := range []string{"/devices/gateways", "/devices/gateways/1/code"} {
		if a := other.post(path, "name", "y", "site", "1"); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	a := c.do("POST", "/api/v1/gateways", map[string]any{"site_id": 1, "name": "Kantine", "valid_hours": 2})
	var made struct {
		Code  string    `json:"code"`
		Until time.Time `json:"valid_until"`
		ID    int64     `json:"gateway_id"`
	}
	if err := json.Unmarshal(a.body, &made); err != nil || a.status != http.StatusCreated || !codeShown.MatchString(made.Code) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	pgtest.Exec(t, h.url, "UPDATE gateway SET revoked_at = now() WHERE gateway_id = $1 RETURNING 1", made.ID)
	if a := c.do("POST", fmt.Sprintf("/api/v1/gateways/%d/code", made.ID), nil); a.status != http.StatusConflict || !strings.Contains(string(a.body), "was revoked") {
		t.Errorf("a code for a revoked gateway: %d %s", a.status, a.body)
	}
	for name, body := range map[string]map[string]any{
		"too long":      {"site_id": 1, "name": "z", "valid_hours": 9999},
		"no such site":  {"site_id": 99, "name": "z"},
		"another field": {"site_id": 1, "name": "z", "code": "q"},
	} {
		if a := c.do("POST", "/api/v1/gateways", body); a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest && a.status != http.StatusNotFound {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}

func TestWithoutAServerThatTakesGatewaysThereIsNoCode(t *testing.T) {
	_, _, c, _ := office(t)
	c.want(http.StatusSeeOther, c.post("/devices/sites", "name", "Utrecht"))
	a := c.do("POST", "/api/v1/gateways", map[string]any{"site_id": 1, "name": "Kantine"})
	if a.status != http.StatusConflict || !strings.Contains(string(a.body), "start one first") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestACertificateThatEndsIsAnAlarm(t *testing.T) {
	h, api, c, tenant := office(t)
	withAuthority(t, h)
	c.want(http.StatusSeeOther, c.post("/devices/sites", "name", "Utrecht"))
	c.want(http.StatusOK, c.post("/devices/gateways", "name", "Receptie", "site", "1"))
	if body := string(api.want(http.StatusOK, api.do("GET", "/api/v1/alarms", nil)).body); !strings.Contains(body, `"items":[]`) {
		t.Errorf("no alarm is %s", body)
	}
	pgtest.Exec(t, h.url, "INSERT INTO gateway_certificate (tenant_id, gateway_id, fingerprint, not_after) VALUES ($1, 1, sha256('a'), now() + interval '29 days')", tenant)
	pgtest.Exec(t, h.url, "INSERT INTO service_certificate VALUES ('broker', sha256('b'), now() - interval '1 day')")
	c.see("/devices", "Certificate of Receptie", "Certificate of the server")
	if body := string(api.want(http.StatusOK, api.do("GET", "/api/v1/alarms", nil)).body); strings.Count(body, `"certificate"`) != 2 {
		t.Errorf("alarms %s", body)
	}
}
