package hours

import (
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestASilentReaderIsAskedAboutUntilSomebodyRetiresIt(t *testing.T) { // I2, OB-H7
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	site := pgtest.Exec(t, url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Hal') RETURNING site_id", tenant)
	pgtest.Exec(t, url, `INSERT INTO reader (tenant_id, site_id, origin, key, name, last_contact)
		VALUES ($1, $2, 4294967297, '', 'Canteen', now() - interval '3 days') RETURNING 1`, tenant, site)
	db := pgtest.Open(t, url, pg.RoleApp)
	asked := func() (n int) {
		t.Helper()
		err := db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
			all, err := silence(t.Context(), tx, time.Now())
			n = len(all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		name, sql string
		want      int
	}{
		{"it is silent", "SELECT 1", 1},
		{"it was retired", "UPDATE reader SET retired_at = now() - interval '2 days' RETURNING 1", 0},
		{"it was heard after that, and is silent again", "UPDATE reader SET last_contact = now() - interval '30 hours' RETURNING 1", 1},
	} {
		pgtest.Exec(t, url, step.sql)
		if got := asked(); got != step.want {
			t.Errorf("%s: %d devices are asked about, want %d", step.name, got, step.want)
		}
	}
}
