package pg_test

import (
	"context"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestATransactionSeesItsTenantOnly(t *testing.T) { // I6
	url := pgtest.URL(t)
	a, b := pgtest.Tenant(t, url, "a"), pgtest.Tenant(t, url, "b")
	db := pgtest.Open(t, url, pg.RoleApp)
	for _, want := range []int64{a, b} {
		var got []int64
		err := db.InTenant(context.Background(), want, func(tx pg.Tx) error {
			return tx.QueryRow(context.Background(), "SELECT array_agg(tenant_id) FROM tenant").Scan(&got)
		})
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("tenant %d sees %v, %v", want, got, err)
		}
	}
}
