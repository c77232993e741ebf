package main

import (
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestADowntimeOpensAnIncidentAtCustomersWhereSomebodyGetsIn(t *testing.T) { // OB-S5, OB-P4
	url := pgtest.URL(t)
	db, now := pgtest.Open(t, url, pg.RoleApp), time.Now().Truncate(time.Minute)
	customer, gone, probes := pgtest.Tenant(t, url, "Acme"), pgtest.Tenant(t, url, "Gone"), pgtest.Tenant(t, url, "Probes")
	pgtest.Exec(t, url, "UPDATE tenant SET created_at = now() - interval '1 day'")
	pgtest.Exec(t, url, "INSERT INTO tenant_ending (tenant_id, destroying_at) VALUES ($1, now() - interval '1 hour')", gone)
	pgtest.Exec(t, url, "UPDATE tenant SET probe = true WHERE tenant_id = $1", probes)
	err := db.InTenant(t.Context(), customer, func(tx pg.Tx) error {
		_, err := sla.Record(t.Context(), tx, "nl-west", []sla.Minute{{At: now.Add(-2 * time.Minute), State: sla.Down}}, now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := findIncidents(t.Context(), db, incidentsBack, now); err != nil {
			t.Fatal(err)
		}
	}
	if n := pgtest.Exec(t, url, "SELECT count(*) FROM incident"); n != 1 {
		t.Errorf("%d incidents, want that of the customer", n)
	}
	if n := pgtest.Exec(t, url, "SELECT count(*) FROM incident WHERE tenant_id = $1", customer); n != 1 {
		t.Error("it isn't the customer's")
	}
}
