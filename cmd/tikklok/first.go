package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/tenant"
)

// firstStart makes a tenant and its administrator in an empty database, both
// or neither, and prints the password. One whose tenants were all destroyed is
// not empty: nobody is made there without being asked (OB-P6).
func (s *server) firstStart(ctx context.Context) error {
	db, err := s.db.open(ctx, pg.RoleOwner)
	if err != nil {
		return err
	}
	defer db.Close()
	password, made := people.GeneratePassword(), false
	err = db.Look(ctx, func(tx pg.Tx) error {
		ids, err := tenant.All(ctx, tx)
		if err != nil || len(ids) > 0 {
			return err
		}
		if gone, err := ending.Destructions(ctx, tx); err != nil || len(gone) > 0 {
			slog.Warn("all tenants of this database were destroyed, or are being: nobody can sign in; see `tikklok tenant certificate NUMBER`, go on with one that was cut off by `tikklok tenant destroy NUMBER --confirm NUMBER`, and add a new one with `tikklok tenant add NAME` and `tikklok account add EMAIL`", "tenants", slices.Sorted(maps.Keys(gone)))
			return err
		}
		made = true
		t, err := tenant.Create(ctx, tx, operator, s.Tenant, "Europe/Amsterdam", "nl")
		if err != nil {
			return err
		}
		_, err = people.CreateAccount(ctx, tx, operator, people.Account{Email: s.AdminEmail, Name: s.AdminEmail, Language: t.Language,
			Roles: []people.Role{people.Administrator, people.Approver, people.Payroll}}, password)
		return err
	})
	if !made {
		return err
	}
	return printPassword(s.AdminEmail, password, err)
}
