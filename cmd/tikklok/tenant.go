package main

import (
	"context"
	"fmt"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type tenantCommand struct {
	Add     tenantAdd     `cmd:"" help:"Add a customer."`
	Key     tenantKey     `cmd:"" help:"Replace the key that turns fob numbers into tokens."`
	Field   tenantField   `cmd:"" help:"Switch an optional field of employees on, with its purpose, or off."`
	End     tenantEnd     `cmd:"" help:"Plan the end of a contract by its own terms, or show it."`
	Export  tenantExport  `cmd:"" help:"Write all that a customer has to one file."`
	Accept  tenantAccept  `cmd:"" help:"Note that the customer has an export and can read it."`
	Destroy tenantDestroy `cmd:"" help:"Destroy all that a customer has, and leave a certificate."`

	Remind  tenantRemind  `cmd:"" help:"Record that a customer was told of arrears."`
	Suspend tenantSuspend `cmd:"" help:"Close sign-in and new exports while taps are still stored, or show where that stands."`
	Lift    tenantLift    `cmd:"" help:"End a suspension."`

	Certificate tenantCertificate `cmd:"" help:"Show the certificate of a destruction."`
}

type tenantField struct {
	Field   people.Optional `arg:"" help:"first_name."`
	Purpose string          `help:"What it is kept for."`
	Off     bool            `help:"Erase what is stored in it, and refuse it from now on."`
	Tenant  string          `help:"Name or number; needed where there are several."`
}

// Run switches a field (OB-P1).
func (c tenantField) Run(ctx context.Context, p place) error {
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		if c.Off {
			return people.SwitchOff(ctx, tx, operator, c.Field)
		}
		return people.SwitchOn(ctx, tx, operator, c.Field, c.Purpose)
	})
	if c.Off {
		return said(err, "%s is off, and erased of everybody", c.Field)
	}
	return said(err, "%s is on; its purpose stands in the register of fields and in the privacy notice", c.Field)
}

type tenantAdd struct {
	Name     string `arg:"" help:"Of the organisation."`
	Zone     string `default:"Europe/Amsterdam" help:"Time zone."`
	Language string `default:"nl" enum:"nl,en" help:"nl or en."`
}

// Run adds a tenant.
func (c tenantAdd) Run(ctx context.Context, p place) error {
	return p.beginWith(ctx, func(d *database) error {
		db, err := d.open(ctx, pg.RoleOwner)
		if err != nil {
			return err
		}
		defer db.Close()
		var t tenant.Tenant
		err = db.Look(ctx, func(tx pg.Tx) (err error) {
			t, err = tenant.Create(ctx, tx, operator, c.Name, c.Zone, c.Language)
			return err
		})
		if err == nil {
			fmt.Printf("tenant %d: %s\n", t.ID, t.Name)
		}
		return err
	})
}

// beginWith runs fn on a database with which an installation may begin. Where
// one was made it says so: --state may have been forgotten.
func (p place) beginWith(ctx context.Context, fn func(d *database) error) error {
	made := p.unserved()
	return p.withNewDatabase(ctx, func(d *database) error {
		if made {
			fmt.Printf("made a new installation in %s, with a master key of its own\n", p.State)
		}
		return fn(d)
	})
}
