package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/ending"
)

func TestAServerWhoseTenantsWereDestroyedMakesNoneUnasked(t *testing.T) { // OB-P6
	k := keep(t)
	s := &server{serveCommand: serveCommand{Tenant: "Demo", AdminEmail: "admin@localhost"}, place: k.place, db: k.started()}
	if err := s.firstStart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"destroying_at", "destroyed_at"} {
		pgtest.Exec(t, k.DatabaseURL, "INSERT INTO tenant_ending (tenant_id, destroying_at) SELECT tenant_id, now() FROM tenant ON CONFLICT (tenant_id) DO UPDATE SET "+step+" = now()")
		if err := s.firstStart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := pgtest.Exec(t, k.DatabaseURL, "SELECT count(*) FROM tenant"); n != 1 {
			t.Errorf("%s: there are %d tenants", step, n)
		}
	}
}

func TestWhatStaysAsItIsIsSaidOnceAndWhenItChanges(t *testing.T) {
	said := sayings{}
	for i, c := range []struct {
		tenant int64
		text   string
		want   bool
	}{{1, "no contract", true}, {1, "no contract", false}, {2, "no contract", true}, {1, "announced", true}, {1, "", false}, {1, "announced", true}} {
		if got := said.new(c.tenant, c.text); got != c.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
}

func TestHoursVerifyAsSoonAsAnExportWasTakenIn(t *testing.T) { // OB-P6
	withLeft(t, func(l *left) {
		k := keep(t)
		file := filepath.Join(t.TempDir(), "export.zip")
		if err := os.WriteFile(file, l.file, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := (importTenant{File: file, Fingerprint: l.manifest.Fingerprint}).Run(t.Context(), k.place); err != nil {
			t.Fatal(err)
		}
		db := k.pool(k.started(), pg.RoleApp)
		all, err := tenants(t.Context(), db)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		v, err := hours.Verify(t.Context(), db, all[0].ID, l.month.days, nil, l.month.now, nil)
		if err != nil || v.Days == 0 || len(v.Differences) > 0 {
			t.Errorf("%d of %d days differ, %v", len(v.Differences), v.Days, err)
		}
	})
}

func TestAnExportThatBreaksOffHasNoNameOfAWholeOne(t *testing.T) { // OB-P6
	c := tenantExport{File: filepath.Join(t.TempDir(), "export.zip")}
	if err := os.WriteFile(c.File+".part", []byte("of one that was killed, and longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := c.write(func(to io.Writer) (ending.Manifest, error) {
		_, err := to.Write([]byte("half"))
		return ending.Manifest{}, errors.Join(err, errors.New("broken off"))
	})
	if left, _ := filepath.Glob(c.File + "*"); err == nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	whole := func(to io.Writer) (ending.Manifest, error) {
		_, err := to.Write([]byte("whole"))
		return ending.Manifest{}, err
	}
	if _, err := c.write(whole); err != nil {
		t.Fatal(err)
	}
	if body, err := os.ReadFile(c.File); err != nil || string(body) != "whole" {
		t.Errorf("%q, %v", body, err)
	}
	if _, err := c.write(whole); err == nil {
		t.Error("an export is written over")
	}
}
