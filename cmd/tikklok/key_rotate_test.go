package main

import (
	"os"
	"path/filepath"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

func TestANextMasterKeySealsNothingBeforeTheDatabaseSaysSo(t *testing.T) { // OB-P14
	k := keep(t)
	k.started()
	file := k.masterKey().File
	older, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := (masterRotate{Prepare: true}).Run(t.Context(), k.place); err != nil { // and nobody goes on
		t.Fatal(err)
	}
	d := k.started()
	made := k.tenant(d, "made meanwhile")
	_, secret := k.read(k.pool(d, pg.RoleApp), made)
	dump, err := d.backUp(t.Context(), k.backups(d.keys))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, older, 0o600); err != nil { // from a backup
		t.Fatal(err)
	}
	if _, same := k.read(k.pool(k.started(), pg.RoleApp), made); same != secret {
		t.Error("the tenant has another token key")
	}
	if err := (backupOpen{File: dump, To: filepath.Join(t.TempDir(), "opened.dump")}).Run(k.place); err != nil {
		t.Error(err)
	}
}

func TestAServerThatMissedTheRotationSealsUnderTheNewKey(t *testing.T) { // OB-P14
	k := keep(t)
	running := k.pool(k.started(), pg.RoleApp) // it has met no key but the former one
	if err := (masterRotate{}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	made := pgtest.Tenant(t, k.DatabaseURL, "made afterwards")
	err := running.InTenant(t.Context(), made, func(tx pg.Tx) error {
		_, err := tenant.CreateKey(t.Context(), tx, operator)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	k.read(k.pool(k.started(), pg.RoleApp), made)
}

func TestADumpMadeInTheMiddleOfARotationKeepsBothMasterKeys(t *testing.T) { // OB-P14, OB-C8
	k := keep(t)
	k.tenant(k.started(), "not sealed under the next one yet")
	former := k.under().Current
	if err := (masterRotate{Prepare: true}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	next := k.started().keys.Fingerprints()[1]
	if err := pg.BeginRotation(t.Context(), k.DatabaseURL, next); err != nil { // and it is killed
		t.Fatal(err)
	}
	if err := (backupMake{}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	if err := (masterRotate{}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	if keys := k.started().keys; !keys.Has(former) || keys.Current() != next {
		t.Errorf("the keys are %v", keys.Fingerprints())
	}
}

func TestAFormerMasterKeyStaysForTheDumpsOfAnotherServer(t *testing.T) { // OB-P14, OB-C8
	k := keep(t)
	former := k.started().keys.Current()
	other := k.place // its dumps stand in a folder of its own, its key in the same file
	other.State, other.MasterKeyFile = t.TempDir(), k.masterKey().File
	dump, err := k.started().backUp(t.Context(), other.backups(k.started().keys))
	if err != nil {
		t.Fatal(err)
	}
	if err := (masterRotate{}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	d := k.started()
	if err := d.tend(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	if err := (backupOpen{File: dump, To: filepath.Join(t.TempDir(), "opened.dump")}).Run(other); err != nil {
		t.Error(err)
	}
	pgtest.Exec(t, k.DatabaseURL, "UPDATE former_master_key SET replaced_at = now() - interval '15 days'")
	if err := d.tend(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	if d.keys.Has(former) {
		t.Error("it is there when no dump can need it any more")
	}
}
