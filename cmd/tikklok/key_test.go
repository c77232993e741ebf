package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

// kept is a server's place with a database of its own.
type kept struct {
	*testing.T
	place
}

func keep(t *testing.T) kept {
	return kept{t, place{State: t.TempDir(), DatabaseURL: pgtest.URL(t), BackupDays: 14}}
}

// start prepares the database as every command does.
func (k kept) start() (*database, error) {
	d, err := k.openDatabase(k.Context())
	if err != nil {
		k.Fatal(err)
	}
	return d, d.prepare(k.Context(), k.place, false)
}

func (k kept) started() *database {
	k.Helper()
	d, err := k.start()
	if err != nil {
		k.Fatal(err)
	}
	return d
}

func (k kept) pool(d *database, role pg.Role) *pg.DB {
	k.Helper()
	db, err := d.open(k.Context(), role)
	if err != nil {
		k.Fatal(err)
	}
	k.Cleanup(db.Close)
	return db
}

func (k kept) under() pg.Masters {
	k.Helper()
	m, err := pg.ReadMasters(k.Context(), k.DatabaseURL)
	if err != nil {
		k.Fatal(err)
	}
	return m
}

// tenant adds one with a token key.
func (k kept) tenant(d *database, name string) (id int64) {
	k.Helper()
	err := k.pool(d, pg.RoleOwner).Look(k.Context(), func(tx pg.Tx) error {
		t, err := tenant.Create(k.Context(), tx, operator, name, "Europe/Amsterdam", "nl")
		id = t.ID
		return err
	})
	if err != nil {
		k.Fatal(err)
	}
	return id
}

// read gives a tenant's employees and the secret of its token key.
func (k kept) read(db *pg.DB, tenantID int64) (all []people.Employee, secret string) {
	k.Helper()
	err := db.InTenant(k.Context(), tenantID, func(tx pg.Tx) error {
		key, err := tenant.Key(k.Context(), tx)
		secret = string(key.Secret)
		if err == nil {
			all, err = people.Employees(k.Context(), tx)
		}
		return err
	})
	if err != nil {
		k.Fatal(err)
	}
	return all, secret
}

func TestTheFirstStartMakesAMasterKeyAndTheNextOnesUseIt(t *testing.T) { // OB-P14
	k := keep(t)
	first := k.started().keys.Current()
	if at, err := os.Stat(k.folder("master.key")); err != nil || at.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", at, err)
	}
	if under := k.under(); under.Current != first || !under.Swept {
		t.Errorf("the database says %+v, the key is %s", under, first)
	}
	if again := k.started().keys.Current(); again != first {
		t.Errorf("then %s, not %s", again, first)
	}
}

func TestALostOrOtherOrOpenMasterKeyIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	k := keep(t)
	right := k.started().keys.Current()
	file := k.folder("master.key")
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	schema := "SELECT count(*) FROM goose_db_version"
	before := pgtest.Exec(t, k.DatabaseURL, schema)
	// as a database of an older version would, which is backed up and migrated
	pgtest.Exec(t, k.DatabaseURL, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
	refused := func(what string, words ...string) {
		t.Helper()
		_, err := k.start()
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v lacks %q", what, err, w)
			}
		}
		if !errors.Is(err, errLostKey) || pgtest.Exec(t, k.DatabaseURL, schema) != before-1 || k.under().Current != right {
			t.Errorf("%s: something was written, %v", what, err)
		}
		if _, err := os.Stat(k.folder("backups")); err == nil {
			t.Errorf("%s: a dump was made", what)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	refused("lost", file, string(right), "TIKKLOK_MASTER_KEY")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Error("another key was made in its place")
	}
	if err := (vault.Place{File: file}).Make(); err != nil {
		t.Fatal(err)
	}
	refused("another", file, string(right))
	for what, content := range map[string]string{"cut": string(kept[:len(kept)-9]), "empty": ""} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(what, file, "backup")
	}
	if err := errors.Join(os.WriteFile(file, kept, 0o600), os.Chmod(file, 0o644)); err != nil {
		t.Fatal(err)
	}
	refused("open to others", "chmod 600 "+file)
	t.Setenv("TIKKLOK_MASTER_KEY", strings.Repeat("ab", 32))
	refused("another in the environment", "TIKKLOK_MASTER_KEY", string(right))
}

func TestAServerThatWasTheSecondAtAFirstStartDoesNotGoOnWithAKeyOfItsOwn(t *testing.T) { // OB-P14
	k := keep(t)
	second := &database{url: k.DatabaseURL, keys: vault.Passing()} // made before the first one's stood in the database
	k.started()
	if err := second.seal(t.Context()); !errors.Is(err, errLostKey) {
		t.Errorf("got %v", err)
	}
}

// marked is in every value that has to be sealed.
const marked = "Mrkd"

// older gives a database what an older version left in it: values as they are.
func (k kept) older(people int) (tenantID int64) {
	k.Helper()
	tenantID = pgtest.Tenant(k, k.DatabaseURL, "Bakkerij")
	pgtest.Exec(k, k.DatabaseURL, `INSERT INTO token_key (tenant_id, version, secret, state) VALUES ($1, 1, $2, 'current')`,
		tenantID, []byte(strings.Repeat(marked, 8)))
	pgtest.Exec(k, k.DatabaseURL, `INSERT INTO employee (tenant_id, number, surname, first_name, birth_date, employed_from)
		SELECT $1, lpad(n::text, 4, '0'), 'Bakker', CASE n % 4 WHEN 0 THEN '' ELSE $3 || n END, CASE n % 2 WHEN 0 THEN date '1990-01-01' + n END, '2026-01-01' FROM generate_series(1, $2) n`,
		tenantID, people, marked)
	return tenantID
}

func TestADatabaseOfAnOlderVersionIsSealedAlsoWhereThatIsKilledHalfway(t *testing.T) { // OB-P14
	k := keep(t)
	const count = sealAtOnce + 200
	tenantID := k.older(count)
	keys, err := k.unlock(t.Context(), k.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	half := k.pool(&database{url: k.DatabaseURL, keys: keys}, pg.RoleApp)
	var more bool
	err = half.InTenant(t.Context(), tenantID, func(tx pg.Tx) (err error) { more, err = sealPlain(t.Context(), tx); return err })
	if err != nil || !more {
		t.Fatalf("%v, %v", more, err)
	}
	check := func(when string, db *pg.DB) {
		t.Helper()
		all, secret := k.read(db, tenantID)
		if secret != strings.Repeat(marked, 8) || len(all) != count {
			t.Fatalf("%s: secret %q of %d people", when, secret, len(all))
		}
		for _, e := range all {
			n, err := strconv.Atoi(e.Number)
			if err != nil {
				t.Fatal(err)
			}
			name, born := fmt.Sprint(marked, n), time.Date(1990, 1, 1+n, 0, 0, 0, 0, time.UTC)
			if n%4 == 0 {
				name = ""
			}
			if e.FirstName != name || (e.Born != nil) != (n%2 == 0) || e.Born != nil && !e.Born.Equal(born) {
				t.Fatalf("%s: number %s is %q, born %v", when, e.Number, e.FirstName, e.Born)
			}
		}
	}
	check("half-way", half)
	d := k.started()
	check("afterwards", k.pool(d, pg.RoleApp))
	if n := pgtest.Exec(t, k.DatabaseURL, "SELECT count(*) FROM employee WHERE first_name <> '' OR birth_date IS NOT NULL"); n != 0 {
		t.Errorf("%d people are not sealed", n)
	}
	for _, table := range []string{"employee", "token_key"} { // nor in what PostgreSQL keeps of changed rows
		pgtest.Exec(t, k.DatabaseURL, "CHECKPOINT")
		if n := pgtest.Exec(t, k.DatabaseURL, "SELECT position($1::bytea IN pg_read_binary_file(pg_relation_filepath($2::regclass)))", []byte(marked), table); n != 0 {
			t.Errorf("the file of %s still holds a value at %d", table, n)
		}
	}
}

func TestWhatAnImportPutsInIsSealedAlsoWhereItIsKilledAfterIt(t *testing.T) {
	k := keep(t)
	k.started()
	if err := pg.Unsweep(t.Context(), k.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	k.older(10) // an import, and then it is killed
	k.started()
	if n := pgtest.Exec(t, k.DatabaseURL, "SELECT count(*) FROM employee WHERE first_name <> '' OR birth_date IS NOT NULL"); n != 0 {
		t.Errorf("%d people are not sealed", n)
	}
}

func TestTheMasterKeyIsReplacedWhileAServerRunsAndAfterBeingKilled(t *testing.T) {
	k := keep(t)
	d := k.started()
	tenants := []int64{k.tenant(d, "a"), k.tenant(d, "b"), k.tenant(d, "c")}
	running := k.pool(d, pg.RoleApp)
	former := d.keys.Current()
	_, secret := k.read(running, tenants[2])

	if err := (masterRotate{Prepare: true}).Run(t.Context(), k.place); err != nil { // killed after the first step
		t.Fatal(err)
	}
	half := k.started()
	next := half.keys.Fingerprints()[1]
	if next == former || !half.keys.Has(former) {
		t.Fatalf("the keys are %v", half.keys.Fingerprints())
	}
	if err := pg.BeginRotation(t.Context(), k.DatabaseURL, next); err != nil {
		t.Fatal(err)
	}
	err := k.pool(half, pg.RolePrivacy).InTenant(t.Context(), tenants[0], func(tx pg.Tx) error {
		_, err := pg.RenewBox(t.Context(), tx)
		return err
	})
	if err != nil { // killed after the first tenant
		t.Fatal(err)
	}
	if under := k.under(); under.Current != former || under.Next != next {
		t.Errorf("half-way the database says %+v", under)
	}
	for _, id := range tenants {
		k.read(running, id)
	}

	if err := (masterRotate{}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	if under := k.under(); under.Current != next || under.Next != "" || !under.Swept {
		t.Errorf("in the end the database says %+v", under)
	}
	if _, same := k.read(running, tenants[2]); same != secret {
		t.Error("the server that runs reads another key")
	}
	after := k.started()
	k.BackupDays = 0 // what dumps of other servers may need is another test's
	if err := after.tend(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	if after.keys.Current() != next || after.keys.Has(former) {
		t.Errorf("in the end the keys are %v", after.keys.Fingerprints())
	}
	for _, id := range tenants {
		k.read(k.pool(after, pg.RoleApp), id)
	}
}

func TestAFormerMasterKeyStaysAsLongAsADumpNeedsIt(t *testing.T) {
	k := keep(t)
	d := k.started()
	former := d.keys.Current()
	path, err := d.backUp(t.Context(), k.backups(d.keys))
	if err != nil {
		t.Fatal(err)
	}
	if err := (masterRotate{}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "opened.dump")
	if err := (backupOpen{File: path, To: out}).Run(k.place); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(out); err != nil || !strings.HasPrefix(string(raw), "PGDMP") {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
	k.BackupDays = 0
	if err := os.Remove(path); err != nil { // as when it expires
		t.Fatal(err)
	}
	d = k.started()
	if err := d.tend(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	if d.keys.Has(former) {
		t.Error("the former key is there still")
	}
}

func TestADumpWithoutItsMasterKeySaysWhatBringsItBack(t *testing.T) {
	k := keep(t)
	d := k.started()
	path, err := d.backUp(t.Context(), k.backups(d.keys))
	if err == nil {
		err = os.Remove(k.masterKey().File)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := (backupOpen{File: path}).Run(k.place); !errors.Is(err, vault.ErrNoMaster) {
		t.Errorf("got %v", err)
	}
}

func TestADamagedDumpIsNotLeftBehindOpened(t *testing.T) {
	k := keep(t)
	d := k.started()
	path, err := d.backUp(t.Context(), k.backups(d.keys))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw[:len(raw)-100], 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "opened.dump")
	if err := (backupOpen{File: path, To: out}).Run(k.place); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("half of it was left")
	}
}
