package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type accountCommand struct {
	Add           accountAdd   `cmd:"" help:"Add somebody who signs in; prints a password."`
	ResetPassword accountReset `cmd:"" help:"Give somebody a new password, and print it."`
}

type accountAdd struct {
	Email    string        `arg:"" help:"To sign in with."`
	Name     string        `help:"Of the person; by default the address."`
	Role     []people.Role `default:"administrator" help:"administrator, approver, payroll or auditor, several parted by commas; or employee, for own hours only; or supplier, who looks while somebody allows it."`
	Employee string        `help:"Personnel number of who it is: needed for the role employee; an approver's own hours are approved by others."`
	Tenant   string        `help:"Name or number; needed where there are several."`
}

// Run adds an account.
func (c accountAdd) Run(ctx context.Context, p place) error {
	password := people.GeneratePassword()
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		a := people.Account{Email: c.Email, Name: cmp.Or(c.Name, c.Email), Language: t.Language, Roles: c.Role}
		if c.Employee != "" {
			e, err := people.EmployeeByNumber(ctx, tx, c.Employee)
			if err != nil {
				return err
			}
			a.Employee = e.ID
		}
		_, err := people.CreateAccount(ctx, tx, operator, a, password)
		return err
	})
	return printPassword(c.Email, password, err)
}

type accountReset struct {
	Email  string `arg:"" help:"Of the account."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run resets a password.
func (c accountReset) Run(ctx context.Context, p place) error {
	password := people.GeneratePassword()
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		all, err := people.Accounts(ctx, tx)
		if err != nil {
			return err
		}
		for _, a := range all {
			if strings.EqualFold(a.Email, c.Email) && a.Closed == nil {
				return people.SetPassword(ctx, tx, operator, a.ID, password)
			}
		}
		return fmt.Errorf("%s has no account with the address %s; add one with `tikklok account add`", t.Name, c.Email)
	})
	return printPassword(c.Email, password, err)
}

// printPassword shows a password this once, when it holds: only its hash is
// kept.
func printPassword(email, password string, err error) error {
	if err == nil {
		fmt.Printf("account: %s  password: %s\n", email, password)
	}
	return err
}
