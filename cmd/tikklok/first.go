package main

import (
	"context"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// firstStart makes a tenant and its administrator in an empty database, both
// or neither, and prints the password.
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
