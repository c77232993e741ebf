package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/api/sla"
)

func TestTheDemosProofsAreThoseOfItsOwnRun(t *testing.T) { // OB-C14
	if _, err := exec.LookPath("pg_basebackup"); err != nil {
		if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_basebackup"); len(found) == 0 {
			t.Skip("PostgreSQL: no server programs on this machine")
		}
	}
	file := filepath.Join(t.TempDir(), "pack.json")
	began := time.Now().Add(-time.Second).Truncate(time.Second)
	if err := (evidenceMake{Demo: true, Format: "json", Language: "nl", Output: file}).Run(t.Context(), place{}); err != nil {
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
	// The demo's minutes are named by those of half an hour ago: as a month begins, by the last one's.
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{"availability": sla.MonthOf(began.In(zone).Add(-32*time.Minute)) != sla.MonthOf(time.Now().In(zone))}
	for _, o := range pack.Obligations {
		for _, c := range o.Controls {
			if c.Proof == nil {
				continue
			}
			met[c.Proof.Name] = met[c.Proof.Name] || c.State == evidence.Met || c.Proof.Name == "availability" // how fast the machine is, the demo doesn't choose
			measured := c.Proof.Name == "service-minutes" || c.Proof.Name == "availability"                    // named by the minutes of half an hour ago
			if !measured && c.Proof.At.Before(began) || c.Proof.Kind == evidence.Test {
				t.Errorf("%s is proved by %+v, which the demo didn't make", o.ID, *c.Proof)
			}
			if c.Kind == evidence.Organisational && c.State == evidence.Met {
				t.Errorf("%s: the demo claims what people have to do: %+v", o.ID, *c.Proof)
			}
		}
	}
	for _, name := range []string{"audit", "payroll-run", "purge", "export", "measures", "contract", "fields", "forbidden", "tenancy", "gateways-heard", "readers-heard", "certificates", "backup", "restore-check", "backup-places", "backup-term", "places",
		"ports", "policy", "suspension", "priorities", "reports", "maintenance", "duty", "incidents", "availability", "disclosures", "subprocessors", "requests-checked", "published", "evidence-pack", "fobs-lost", "designs", "letters", "incident-letters", "publication", "leavings-fobs", "office-hours"} {
		if !met[name] {
			t.Errorf("the demo proved nothing by %q", name)
		}
	}
	for _, o := range pack.Obligations {
		if o.State == evidence.Met && slices.Contains([]string{"OB-S1", "OB-S4", "OB-S9", "OB-C10", "OB-C13"}, o.ID) {
			t.Errorf("%s is met, and nobody measured a month, runs a second site or answers a telephone", o.ID)
		}
	}
}

func TestADemoTakesNoMonthAndNoTenant(t *testing.T) {
	for _, c := range []evidenceMake{{Demo: true, Month: "2026-10"}, {Demo: true, Tenant: "1"}, {Tests: "tests.json"}} {
		c.Format, c.Language = "json", "en"
		if err := c.Run(t.Context(), place{State: t.TempDir()}); err == nil {
			t.Errorf("%+v was made", c)
		}
	}
}
