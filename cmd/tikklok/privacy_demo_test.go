package main

import (
	"os"
	"path/filepath"
	"testing"

	"tikklok/ingest/pg/pgtest"
)

func TestThePromisesAboutPeopleHoldOnADemoMonth(t *testing.T) { // OB-P3, OB-P6, OB-P7
	dir := t.TempDir()
	p := place{State: filepath.Join(t.TempDir(), "var"), DatabaseURL: pgtest.URL(t)}
	if err := (privacyDemo{To: dir}).Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"access.json", "access.pdf", "tenant.zip", "certificate-1-erasure.json", "certificate-4-destruction.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
