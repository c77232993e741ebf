package pg_test

import (
	"net/url"
	"strings"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestATemporaryDatabaseStandsBesideTheOtherAndGoes(t *testing.T) {
	other := pgtest.URL(t)
	own, drop, err := pg.Temporary(t.Context(), other, "demo")
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(own)
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Tenant(t, own, "Vries")
	if n := pgtest.Exec(t, other, "SELECT count(*) FROM tenant"); n != 0 {
		t.Errorf("%d tenants in the database beside it", n)
	}
	if err := drop(); err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(at.Path, "/")
	if n := pgtest.Exec(t, other, "SELECT count(*) FROM pg_database WHERE datname = $1", name); n != 0 || !strings.HasPrefix(name, "tikklok_demo_") {
		t.Errorf("%s is still there", name)
	}
}

func TestATemporaryDatabaseNeedsAnAddressOfTheFormURL(t *testing.T) {
	if _, _, err := pg.Temporary(t.Context(), "host=/tmp user=postgres", "demo"); err == nil || !strings.Contains(err.Error(), "postgres://") {
		t.Error(err)
	}
	if _, _, err := pg.Temporary(t.Context(), "postgres://nobody@127.0.0.1:1/x", "demo"); err == nil || !strings.Contains(err.Error(), "CREATEDB") {
		t.Error(err)
	}
}
