package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

const (
	ranWell   = `{"Time":"2026-11-22T08:00:00Z","Action":"pass","Package":"tikklok/ingest/fleet","Test":"TestFobsAreCountedByDesign"}`
	ofVersion = `{"Version":"v1.4"}` + "\n"
)

func runsKept(t *testing.T, p place) (all string) {
	t.Helper()
	err := pgtest.Open(t, p.DatabaseURL, pg.RoleApp).Look(t.Context(), func(tx pg.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT COALESCE(string_agg(name || ' ' || version, ', '), '') FROM test_run").Scan(&all)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAServerKeepsTheRunsThatItsReleaseBrought(t *testing.T) { // OB-C14
	_, p := command(t)
	folder := t.TempDir()
	for _, c := range []struct{ file, kept string }{
		{"", ""},
		{"no tests", ""},
		{ranWell, ""}, // of which version?
		{ofVersion + ranWell, "ingest/fleet.TestFobsAreCountedByDesign v1.4"},
		{ofVersion + ranWell, "ingest/fleet.TestFobsAreCountedByDesign v1.4"}, // the next start
	} {
		if c.file != "" {
			if err := os.WriteFile(filepath.Join(folder, testsBeside), []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := p.withDatabase(t.Context(), func(d *database) error { d.ownTests(t.Context(), folder); return nil })
		if err != nil {
			t.Fatal(err)
		}
		if kept := runsKept(t, p); kept != c.kept {
			t.Errorf("of %q was kept %q", c.file, kept)
		}
	}
}

func TestRunsAreReadOfTheVersionThatTheFileSays(t *testing.T) {
	_, p := command(t)
	file := filepath.Join(t.TempDir(), "tests.json")
	if err := os.WriteFile(file, []byte(ofVersion+ranWell), 0o600); err != nil {
		t.Fatal(err)
	}
	err := evidenceTests{File: file, Version: "v1.5"}.Run(t.Context(), p)
	if err == nil || !strings.Contains(err.Error(), "v1.4") {
		t.Errorf("runs of another version were taken for those of v1.5: %v", err)
	}
	if err := (evidenceTests{File: file}).Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if kept := runsKept(t, p); kept != "ingest/fleet.TestFobsAreCountedByDesign v1.4" {
		t.Errorf("kept was %q", kept)
	}
}
