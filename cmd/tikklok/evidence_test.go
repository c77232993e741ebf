package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/ingest/pg/pgtest"
)

func TestTheDemosProofsAreThoseOfItsOwnRun(t *testing.T) { // OB-C14
	p := place{State: t.TempDir(), DatabaseURL: pgtest.URL(t)}
	file := filepath.Join(p.State, "pack.json")
	began := time.Now().Add(-time.Second)
	if err := (evidenceMake{Demo: true, Format: "json", Language: "nl", Output: file}).Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pack, _, err := evidence.Verify(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(pack.Obligations) != 60 || !pack.Demo {
		t.Errorf("%d obligations, demo %v", len(pack.Obligations), pack.Demo)
	}
	var shown []string
	for _, o := range pack.Obligations {
		for _, c := range o.Controls {
			if c.Proof == nil {
				continue
			}
			shown = append(shown, c.Proof.Name)
			if c.Proof.At.Before(began.Truncate(time.Second)) || c.Proof.Kind == evidence.Test {
				t.Errorf("%s is proved by %+v, which the demo didn't make", o.ID, *c.Proof)
			}
		}
	}
	for _, name := range []string{"audit", "payroll-run", "purge", "export", "measures", "contract", "fields", "tenancy"} {
		if !slices.Contains(shown, name) {
			t.Errorf("the demo left no proof %q", name)
		}
	}
	for _, o := range pack.Obligations {
		if slices.Contains([]string{"OB-S1", "OB-S4", "OB-C8", "OB-C10"}, o.ID) && o.State == evidence.Met {
			t.Errorf("%s is met, and the demo runs no probe, no backup and no second site", o.ID)
		}
	}
}

func TestADemoOfAMonthThatIsNotOverIsRefused(t *testing.T) {
	c := evidenceMake{Demo: true, Format: "json", Language: "en", Month: time.Now().Format("2006-01")}
	if err := c.Run(t.Context(), place{State: t.TempDir()}); err == nil {
		t.Error("it was made")
	}
}
