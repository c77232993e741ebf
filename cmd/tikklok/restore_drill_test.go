package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"tikklok/ingest/pg"
)

func TestALostInstallationComesBackFromItsBackup(t *testing.T) { // OB-C8, I8
	if _, err := exec.LookPath("pg_basebackup"); err != nil {
		if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_basebackup"); len(found) == 0 {
			t.Skip("PostgreSQL: no server programs on this machine")
		}
	}
	in, err := os.MkdirTemp("", "tikklok-drill-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(in) })
	if err := os.Chmod(in, 0o755); err != nil { // the database's user passes it
		t.Fatal(err)
	}
	err = drillRestore{Registrations: 1000, In: in}.Run(context.Background(), place{BackupDays: 14})
	if errors.Is(err, pg.ErrNoTools) {
		t.Skip("PostgreSQL:", err)
	}
	if err != nil {
		t.Error(err)
	}
}
