package pg_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/pg/vault"
)

func TestMigratingTwiceChangesNothing(t *testing.T) {
	url := pgtest.URL(t)
	if err := pg.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	now, then, err := pg.SchemaVersions(t.Context(), url)
	if err != nil || now != then || now == 0 {
		t.Errorf("version %d of %d, %v", now, then, err)
	}
}

func TestAnOwnerWhoIsNoSuperuserIsEnough(t *testing.T) { // OB-C7
	url := pgtest.URL(t)
	owner := "tikklok_test_owner_" + strings.ToLower(rand.Text()[:8])
	empty := "tikklok_test_" + strings.ToLower(rand.Text()[:12])
	pgtest.Exec(t, url, "CREATE ROLE "+owner+" LOGIN CREATEROLE PASSWORD 'x'")
	pgtest.Exec(t, url, "GRANT tikklok_app, tikklok_ingest, tikklok_lookup TO "+owner)
	pgtest.Exec(t, url, "CREATE DATABASE "+empty+" OWNER "+owner)
	t.Cleanup(func() {
		pgtest.Exec(t, url, "DROP DATABASE "+empty+" WITH (FORCE)")
		pgtest.Exec(t, url, "DROP ROLE "+owner)
	})
	u, err := neturl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.Path = neturl.UserPassword(owner, "x"), "/"+empty
	if err := pg.Migrate(t.Context(), u.String()); err != nil {
		t.Fatal(err)
	}
	id := pgtest.Exec(t, u.String(), "SELECT create_tenant('a', 'Europe/Amsterdam', 'nl')")
	var seen int64
	err = pgtest.Open(t, u.String(), pg.RoleApp).InTenant(t.Context(), id, func(tx pg.Tx) error {
		return tx.QueryRow(t.Context(), "INSERT INTO site (tenant_id, name) VALUES (current_tenant(), 'x') RETURNING tenant_id").Scan(&seen)
	})
	if err != nil || seen != id {
		t.Errorf("tenant %d sees %d, %v", id, seen, err)
	}
	if err := pgtest.Open(t, u.String(), pg.RoleIngest).MakeMonths(t.Context(), time.Now().AddDate(1, 0, 0)); err != nil {
		t.Error(err)
	}
}

func TestADatabaseOfANewerProgramIsRefused(t *testing.T) {
	url := pgtest.URL(t)
	pgtest.Exec(t, url, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	if _, _, err := pg.SchemaVersions(t.Context(), url); !errors.Is(err, pg.ErrNewerSchema) {
		t.Errorf("got %v", err)
	}
}

func TestABackupHoldsTheDatabase(t *testing.T) {
	url := pgtest.URL(t)
	if _, err := exec.LookPath("pg_restore"); err != nil {
		t.Skip("PostgreSQL: no pg_restore on this machine")
	}
	pgtest.Tenant(t, url, "Bakkerij")
	keys := pgtest.Keys(t)
	dir := filepath.Join(t.TempDir(), "backups")
	path, err := pg.BackUp(t.Context(), url, vault.Folder{Dir: dir, Keys: keys}, time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(path) != "20260302T080000Z.dump.age" {
		t.Errorf("it is called %s", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("Bakkerij")) || bytes.Contains(raw, []byte("PGDMP")) {
		t.Errorf("it is not sealed: %v", err)
	}
	var opened bytes.Buffer
	if err := keys.Open(path, &opened); err != nil {
		t.Fatal(err)
	}
	restore := exec.Command("pg_restore", "--data-only", "--table=tenant", "--file=-")
	restore.Stdin = &opened
	out, err := restore.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Bakkerij") {
		t.Errorf("%s, %v", out, err)
	}
}

func TestAPrivateClusterIsBackedUpByEitherOfItsUsers(t *testing.T) {
	dir := folder(t)
	first, second := start(t, dir), start(t, dir)
	for i, c := range []*pg.Cluster{first, second} {
		path, err := c.BackUp(t.Context(), vault.Folder{Dir: t.TempDir(), Keys: pgtest.Keys(t)}, time.Now())
		if err != nil {
			t.Errorf("user %d: %v", i, err)
			continue
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("user %d: %+v, %v", i, info, err)
		}
	}
}

func TestAFailedBackupLeavesNoFile(t *testing.T) {
	url := pgtest.URL(t)
	dir := t.TempDir()
	if _, err := pg.BackUp(t.Context(), strings.Replace(url, "tikklok_test", "no_such", 1), vault.Folder{Dir: dir, Keys: pgtest.Keys(t)}, time.Now()); err == nil {
		t.Error("a database that isn't was backed up")
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*.dump*"))
	if m, err := vault.ReadManifest(dir); err != nil || len(left)+len(m.Dumps) != 0 {
		t.Errorf("left behind %v, %+v, %v", left, m, err)
	}
}
