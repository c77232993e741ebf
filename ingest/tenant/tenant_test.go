package tenant_test

import (
	"errors"
	"testing"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

var operator = audit.Actor{Kind: audit.Operator}

func create(t *testing.T, url, name, zone string) (tenant.Tenant, error) {
	t.Helper()
	var made tenant.Tenant
	err := pgtest.Open(t, url, pg.RoleOwner).Look(t.Context(), func(tx pg.Tx) (err error) {
		made, err = tenant.Create(t.Context(), tx, operator, name, zone, "nl")
		return err
	})
	return made, err
}

func TestANewTenantHasAKeyAndAnAuditLog(t *testing.T) {
	url := pgtest.URL(t)
	made, err := create(t, url, "Bakkerij Smit", "Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	err = pgtest.Open(t, url, pg.RoleApp).InTenant(t.Context(), made.ID, func(tx pg.Tx) error {
		got, err := tenant.Get(t.Context(), tx)
		if err != nil || got != made {
			t.Errorf("got %+v, %v", got, err)
		}
		first, err := tenant.Key(t.Context(), tx)
		if err != nil || first.Version != 1 || len(first.Secret) != 32 {
			t.Errorf("key version %d, %v", first.Version, err)
		}
		lines, err := audit.List(t.Context(), tx, 0, 10)
		if err != nil || len(lines) != 2 {
			t.Errorf("%d audit lines, %v", len(lines), err)
		}
		return audit.Verify(t.Context(), tx)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAnUnknownZoneIsRefused(t *testing.T) {
	url := pgtest.URL(t)
	for _, zone := range []string{"", "Local", "Europe/Atlantis", "../etc/passwd"} {
		if _, err := create(t, url, "a", zone); err == nil {
			t.Errorf("zone %q was taken", zone)
		}
	}
}

func TestOnlyTheOwnerMakesTenants(t *testing.T) { // I6
	url := pgtest.URL(t)
	err := pgtest.Open(t, url, pg.RoleApp).Look(t.Context(), func(tx pg.Tx) error {
		_, err := tenant.Create(t.Context(), tx, operator, "a", "Europe/Amsterdam", "nl")
		return err
	})
	if err == nil {
		t.Error("the application made a tenant")
	}
}

func TestOutsideATenantThereIsNone(t *testing.T) { // I6
	url := pgtest.URL(t)
	a, b := pgtest.Tenant(t, url, "a"), pgtest.Tenant(t, url, "b")
	err := pgtest.Open(t, url, pg.RoleApp).Look(t.Context(), func(tx pg.Tx) error {
		if _, err := tenant.Get(t.Context(), tx); !errors.Is(err, tenant.ErrNotFound) {
			t.Errorf("Get gives %v", err)
		}
		ids, err := tenant.All(t.Context(), tx)
		if len(ids) != 2 || ids[0] != a || ids[1] != b {
			t.Errorf("All gives %v", ids)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestATenantWithoutAKeySaysSo(t *testing.T) {
	url := pgtest.URL(t)
	a := pgtest.Tenant(t, url, "a")
	_ = pgtest.Open(t, url, pg.RoleApp).InTenant(t.Context(), a, func(tx pg.Tx) error {
		if _, err := tenant.Key(t.Context(), tx); !errors.Is(err, tenant.ErrNoKey) {
			t.Errorf("Key gives %v", err)
		}
		return nil
	})
}
