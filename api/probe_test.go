package api

import (
	"context"
	"net/http"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

func TestOnlyAProbesKeyTellsMinutesAndEachCountsOnce(t *testing.T) {
	h := newHouse(t)
	probes, customer := h.tenant("Probes"), h.tenant("Acme")
	err := h.db.InTenant(t.Context(), probes, func(tx pg.Tx) error {
		return tenant.ForProbes(t.Context(), tx, audit.Actor{Kind: audit.Operator})
	})
	if err != nil {
		t.Fatal(err)
	}
	minutes := object{"minutes": []object{
		{"at": "2026-10-31T23:59:00Z", "state": "down", "tap": "waits"},
		{"at": "2026-11-01T00:00:00Z", "state": "up", "tap": "off"},
	}}
	probe := &client{h: h, http: h.web.Client(), key: h.key(probes, people.ScopeManage)}
	for _, test := range []struct {
		who  string
		by   *client
		body object
		want int
	}{
		{"a customer's key", &client{h: h, http: h.web.Client(), key: h.key(customer, people.ScopeManage)}, minutes, http.StatusForbidden},
		{"a probe's key that may only read", &client{h: h, http: h.web.Client(), key: h.key(probes, people.ScopeRead)}, minutes, http.StatusForbidden},
		{"a probe", probe, minutes, http.StatusOK},
		{"a probe again, whose answer got lost", probe, minutes, http.StatusOK},
		{"a probe with half a minute", probe, object{"minutes": []object{{"at": "2026-10-31T23:59:30Z", "state": "up", "tap": "off"}}}, http.StatusUnprocessableEntity},
	} {
		if got := test.by.do("POST", "/api/v1/probe/minutes", test.body).status; got != test.want {
			t.Errorf("%s: %d, want %d", test.who, got, test.want)
		}
	}
	h.in(customer, func(ctx context.Context, tx pg.Tx) error {
		got, err := sla.Minutes(ctx, tx, time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
		if len(got) != 2 || got[0].State != sla.Down || got[1].State != sla.Up {
			t.Errorf("kept: %+v", got)
		}
		return err
	})
}

func TestTheTenantOfProbesHasNoEmployees(t *testing.T) {
	h := newHouse(t)
	probes := h.tenant("Probes")
	err := h.db.InTenant(t.Context(), probes, func(tx pg.Tx) error {
		return tenant.ForProbes(t.Context(), tx, audit.Actor{Kind: audit.Operator})
	})
	if err != nil {
		t.Fatal(err)
	}
	h.account(probes, "admin@example.org", people.Administrator)
	got := h.person("admin@example.org").do("POST", "/api/v1/employees", object{"number": "1", "surname": "Nobody"})
	if got.status < 400 {
		t.Errorf("an employee was added: %d", got.status)
	}
}
