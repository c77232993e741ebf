package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	var drilled error
	said := printed(t, func() {
		drilled = drillRestore{Registrations: 1000, In: in}.Run(context.Background(), place{BackupDays: 14})
	})
	if errors.Is(drilled, pg.ErrNoTools) {
		t.Skip("PostgreSQL:", drilled)
	}
	if drilled != nil {
		t.Error(drilled)
	}
	for _, line := range []string{"\nerasure: refused, as it has to be: ", " differences=0 seconds="} {
		if !strings.Contains("\n"+said, line) {
			t.Errorf("it doesn't say %q in\n%s", line, said)
		}
	}
}

// printed gives what something writes to the output.
func printed(t *testing.T, do func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	was := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = was }()
	do()
	said, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(said)
}
