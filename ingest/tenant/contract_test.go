package tenant_test

import (
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

func TestWithoutAContractTheStrictestHolds(t *testing.T) {
	url := pgtest.URL(t)
	made, err := create(t, url, "Bakkerij Smit", "Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	err = pgtest.Open(t, url, pg.RoleApp).InTenant(t.Context(), made.ID, func(tx pg.Tx) error {
		got, err := tenant.Contract(t.Context(), tx)
		if err != nil {
			return err
		}
		if got.Version != 0 || got.Terms.Breach.Within.Hours() != 24 || got.Terms.Keep.Months != 3 || got.Terms.End.Chosen() || !got.Terms.SubProcessors.Consent || got.Terms.Covers(tenant.EU) {
			t.Errorf("got %+v", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
