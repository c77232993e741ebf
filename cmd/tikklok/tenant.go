package main

import (
	"context"
	"fmt"

	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type tenantCommand struct {
	Add tenantAdd `cmd:"" help:"Add a customer."`
}

type tenantAdd struct {
	Name     string `arg:"" help:"Of the organisation."`
	Zone     string `default:"Europe/Amsterdam" help:"Time zone."`
	Language string `default:"nl" enum:"nl,en" help:"nl or en."`
}

// Run adds a tenant.
func (c tenantAdd) Run(ctx context.Context, p place) error {
	return p.withDatabase(ctx, func(url string) error {
		db, err := pg.Open(ctx, url, pg.RoleOwner)
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
