package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/request"
)

func TestALookAtTheCommandLineStandsInTheAccessLog(t *testing.T) { // OB-C4
	k := keep(t)
	if err := (tenantAdd{Name: "Kwekerij", Zone: "Europe/Amsterdam", Language: "nl"}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	db := k.pool(k.started(), pg.RoleApp)
	all, err := tenants(t.Context(), db)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v %v", all, err)
	}
	inside := func(fn func(ctx context.Context, tx pg.Tx) error) {
		t.Helper()
		if err := db.InTenant(t.Context(), all[0].ID, func(tx pg.Tx) error { return fn(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
	}
	var who int64
	inside(func(ctx context.Context, tx pg.Tx) (err error) {
		who, err = people.CreateEmployee(ctx, tx, operator, people.Employee{Number: "1042", Surname: "Zonderling", From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		return err
	})
	values := filepath.Join(t.TempDir(), "values")
	if err := os.WriteFile(values, []byte("Zonderling\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(values)
	if err != nil {
		t.Fatal(err)
	}
	_ = privacySearch{Values: file}.Run(t.Context(), k.place) // it finds some
	if err := (privacyRequests{}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	inside(func(ctx context.Context, tx pg.Tx) error {
		_, err := request.Receive(ctx, tx, request.Request{Employee: who, Kind: request.Access, Requester: request.Self}, operator, time.Now())
		return err
	})
	if err := (privacyRequests{}).Run(t.Context(), k.place); err != nil {
		t.Fatal(err)
	}
	var got []string
	inside(func(ctx context.Context, tx pg.Tx) error {
		return audit.Reads(ctx, tx, audit.ReadFilter{By: operator}, func(r audit.Read) error {
			got = append(got, fmt.Sprint(r.Operation, " ", r.Of))
			return nil
		})
	})
	want := []string{"tikklok privacy search {true []}", fmt.Sprintf("tikklok privacy requests {false [[%d %d]]}", who, who)}
	if !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
}
