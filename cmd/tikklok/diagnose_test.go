package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/fleet"
)

func TestADatabaseThatDoesNotAnswerIsTheFinding(t *testing.T) { // OB-H11
	c := diagnoseCommand{Gateway: "Hal", Language: "en"}
	found, err := c.find(t.Context(), place{State: t.TempDir(), DatabaseURL: "postgres://nobody@127.0.0.1:1/none"})
	if err != nil || found.Verdict != fleet.VerdictFailing || len(found.Culprits) != 1 || found.Culprits[0] != fleet.LinkDatabase {
		t.Fatalf("%+v, %v", found, err)
	}
	if err := (diagnoseCommand{Gateway: "Hal", Language: "en"}).Run(t.Context(), place{State: t.TempDir(), DatabaseURL: "postgres://nobody@127.0.0.1:1/none"}); !errors.Is(err, errFails) {
		t.Errorf("ends with %v", err)
	}
}

func TestADiagnosisIsPrintedInBothLanguagesAndAsJSON(t *testing.T) {
	since := time.Date(2026, 11, 21, 10, 42, 0, 0, time.UTC)
	now := since.Add(time.Hour)
	f := fleet.Facts{Gateway: fleet.Gateway{ID: 7, Name: "Hal", Online: true, LastHeard: &now}, Told: fleet.Told{At: &now}, Enrolled: true,
		Readers: []fleet.Reader{{Name: "Poort", Key: "gate", Health: "open port /dev/x: no such file", HealthSince: &since}},
		Servers: []fleet.Heartbeat{{At: now}}}
	found := fleet.Diagnose(f, now)
	for language, wants := range map[string][]string{"nl": {"!! Seriële lijn", "faalt", "Poort: poort weg, sinds 10:42", "Steek de kabel"}, "en": {"!! Serial line", "failing", "Poort: port lost, since 10:42", "Plug the cable"}} {
		var out bytes.Buffer
		if err := (diagnoseCommand{Language: language}).print(&out, found); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s lacks %q:\n%s", language, want, &out)
			}
		}
	}
	var out bytes.Buffer
	if err := (diagnoseCommand{}).printJSON(&out, found); err != nil {
		t.Fatal(err)
	}
	var read struct{ Verdict, GatewayID string }
	if err := json.Unmarshal(bytes.ReplaceAll(out.Bytes(), []byte(`"gateway_id": 7`), []byte(`"gatewayid": "7"`)), &read); err != nil || read.Verdict != "failing" || read.GatewayID != "7" {
		t.Errorf("%+v, %v:\n%s", read, err, &out)
	}
}

func TestAGatewayIsChosenByNameOrNumber(t *testing.T) {
	all := []fleet.Facts{{Gateway: fleet.Gateway{ID: 7, Name: "Hal"}}, {Gateway: fleet.Gateway{ID: 8, Name: "Poort"}}}
	for what, want := range map[string]int64{"Hal": 7, "8": 8} {
		if f, err := (diagnoseCommand{Gateway: what}).choose(all); err != nil || f.ID != want {
			t.Errorf("%s: %d, %v", what, f.ID, err)
		}
	}
	if _, err := (diagnoseCommand{Gateway: "Kantine"}).choose(all); err == nil || !strings.Contains(err.Error(), "Poort") {
		t.Errorf("one that isn't: %v", err)
	}
	if _, err := (diagnoseCommand{Gateway: "Kantine"}).choose(nil); err == nil || !strings.Contains(err.Error(), "gateway add") {
		t.Errorf("where there is none: %v", err)
	}
}

func TestGatewaysAreListedWithTheirVerdict(t *testing.T) {
	now := time.Now()
	heard := now.Add(-3 * time.Hour)
	var out bytes.Buffer
	err := printGateways(&out, []fleet.Facts{
		{Gateway: fleet.Gateway{ID: 7, Name: "Hal", Site: 1}, Enrolled: true},
		{Gateway: fleet.Gateway{ID: 8, Name: "Poort", Site: 1, LastHeard: &heard}, Enrolled: true, Servers: []fleet.Heartbeat{{At: now}}},
	}, map[int64]string{1: "Zuid"}, now)
	if err != nil || !strings.Contains(out.String(), "never") || !strings.Contains(out.String(), "3h0m ago") || !strings.Contains(out.String(), "failing: power, network, gateway (offline-alone)") {
		t.Errorf("%v\n%s", err, &out)
	}
}
