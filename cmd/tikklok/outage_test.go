package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// measuredMonth has a probe measure the month before the one that runs: up, but
// for ten hours from noon of its third day.
func measuredMonth(t *testing.T, db *pg.DB, of tenant.Tenant) (m sla.Month, noon time.Time) {
	t.Helper()
	now := tenantTime(of)
	m = sla.MonthOf(now).Add(-1)
	noon = m.In(now.Location()).AddDate(0, 0, 2).Add(12 * time.Hour)
	var minutes []sla.Minute
	for at := m.In(now.Location()); at.Before(m.Add(1).In(now.Location())); at = at.Add(time.Minute) {
		one := sla.Minute{At: at, State: sla.Up}
		if !at.Before(noon) && at.Before(noon.Add(10*time.Hour)) {
			one.State = sla.Down
		}
		minutes = append(minutes, one)
	}
	if err := db.InTenant(t.Context(), of.ID, func(tx pg.Tx) error {
		_, err := sla.Record(t.Context(), tx, "north", minutes, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return m, noon
}

func TestTheSupplierDecidesACauseAndTheCustomerMayContestIt(t *testing.T) { // OB-S1
	k := keep(t)
	if err := (tenantAdd{Name: "Kwekerij", Zone: "Europe/Amsterdam", Language: "nl"}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	db := k.pool(k.started(), pg.RoleApp)
	all, err := tenants(t.Context(), db)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v %v", all, err)
	}
	m, noon := measuredMonth(t, db, all[0])
	text := func() (s string) {
		if err := db.InTenant(t.Context(), all[0].ID, func(tx pg.Tx) error {
			r, err := outageMonth(t.Context(), tx, all[0], m.String())
			if err != nil {
				return err
			}
			issues, err := sla.Issues(t.Context(), tx, m)
			s = monthText("Kwekerij", r, issues)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	says := func(parts ...string) {
		t.Helper()
		for _, part := range parts {
			if got := text(); !strings.Contains(got, part) {
				t.Errorf("%q is not in\n%s", part, got)
			}
		}
	}
	says("credit 25 % of the month's subscription", "600 minutes, undecided")
	decide := outageDecideCommand{From: noon.AddDate(0, 0, 1).Format(moment), Until: noon.AddDate(0, 0, 1).Add(time.Hour).Format(moment), Cause: sla.Customer, Reason: "x"}
	if err := decide.Run(t.Context(), k.place); err == nil || !strings.Contains(err.Error(), "was down") {
		t.Errorf("time in which all was well was decided: %v", err)
	}
	decide = outageDecideCommand{From: noon.Format(moment), Until: noon.Add(10 * time.Hour).Format(moment), Cause: sla.ForceMajeure, Reason: "power failure"}
	if err := decide.Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	says("credit 0 %", "force majeure", "supplier says force majeure (operator,", "power failure")
	if err := handOutDue(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if err := (outageReportCommand{Month: m.String()}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	says("report 1 handed out", ", still so")
	if err := db.InTenant(t.Context(), all[0].ID, func(tx pg.Tx) error {
		_, err := sla.Decide(context.WithoutCancel(t.Context()), tx, sla.Decision{From: noon, To: noon.Add(10 * time.Hour), Cause: sla.Supplier, Reason: "the generator failed", By: audit.Actor{Kind: audit.Account, ID: 1}}, time.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	says("credit 25 %", "contested", "customer says supplier (account 1,", "changed since: [cause], another outcome: true")
}

func TestAMomentThatComesTwiceCanBeNamed(t *testing.T) {
	of := tenant.Tenant{Zone: "Europe/Amsterdam"}
	for text, want := range map[string]string{"2026-10-25T02:30+02:00": "2026-10-25T00:30Z", "2026-10-25T02:30+01:00": "2026-10-25T01:30Z", "2026-10-06T12:00": "2026-10-06T10:00Z"} {
		at, err := outageMoment(of, "from", text)
		if got := at.UTC().Format(moment) + "Z"; err != nil || got != want {
			t.Errorf("%s is %s, not %s (%v)", text, got, want, err)
		}
	}
	for _, text := range []string{"", "yesterday", "2026-10-25"} {
		if at, err := outageMoment(of, "from", text); err == nil {
			t.Errorf("%q was read as %v", text, at)
		}
	}
}
