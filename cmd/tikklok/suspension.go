package main

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type tenantRemind struct {
	Reference string  `arg:"" optional:"" help:"Of the letter or message that told the customer of the arrears."`
	Told      dayFlag `placeholder:"DATE" help:"When it was told, as in 2026-10-05; today by default."`
	Unsay     int64   `placeholder:"NUMBER" help:"The reminder of this number doesn't count: it was paid, or never told."`
	Tenant    string  `help:"Name or number; needed where there are several."`
}

// Run records a reminder of arrears, or that one doesn't count (OB-H10).
func (c tenantRemind) Run(ctx context.Context, p place) error {
	if c.Unsay != 0 {
		return p.suspensionStep(ctx, c.Tenant, tenant.SuspensionStep{Kind: tenant.Unsaid, TakesBack: c.Unsay, Reference: c.Reference})
	}
	return p.suspensionStep(ctx, c.Tenant, tenant.SuspensionStep{Kind: tenant.Reminded, Told: c.Told.Time, Reference: c.Reference})
}

type tenantSuspend struct {
	Reference string        `arg:"" optional:"" help:"Of the letter or message by which it is told. Without it nothing happens, and what is recorded is shown."`
	Ground    tenant.Ground `default:"arrears" help:"arrears: after the reminders that the contract asks for; misuse: at once."`
	Tenant    string        `help:"Name or number; needed where there are several."`
}

// Help says what is closed and what isn't.
func (tenantSuspend) Help() string {
	return `Sign-in and new exports are closed from the next request on, with a page that
says so. Taps are stored and hours computed all the same; administrators still
take all data along and answer requests of data subjects, employees still ask
for their own, and runs made before are still delivered.

  tikklok tenant remind "letter 2026-114" --told 2026-10-05
  tikklok tenant remind "letter 2026-131" --told 2026-10-26
  tikklok tenant suspend "letter 2026-150"
  tikklok tenant lift "paid on 2026-11-20"`
}

// Run suspends a tenant's service, or shows where it stands (OB-H10).
func (c tenantSuspend) Run(ctx context.Context, p place) error {
	if c.Reference == "" {
		return p.inTenant(ctx, c.Tenant, printSuspension(ctx))
	}
	return p.suspensionStep(ctx, c.Tenant, tenant.SuspensionStep{Kind: tenant.Suspended, Ground: c.Ground, Reference: c.Reference})
}

type tenantLift struct {
	Reference string `arg:"" help:"Of the payment or message that ends the suspension."`
	Tenant    string `help:"Name or number; needed where there are several."`
}

// Run lifts a suspension.
func (c tenantLift) Run(ctx context.Context, p place) error {
	return p.suspensionStep(ctx, c.Tenant, tenant.SuspensionStep{Kind: tenant.Lifted, Reference: c.Reference})
}

func (p place) suspensionStep(ctx context.Context, name string, e tenant.SuspensionStep) error {
	return p.inTenant(ctx, name, func(tx pg.Tx, t tenant.Tenant) error {
		if _, err := tenant.TakeStep(ctx, tx, operator, e, time.Now()); err != nil {
			return err
		}
		return printSuspension(ctx)(tx, t)
	})
}

// printSuspension shows where a tenant stands.
func printSuspension(ctx context.Context) func(pg.Tx, tenant.Tenant) error {
	return func(tx pg.Tx, t tenant.Tenant) error {
		agreed, err := tenant.Contract(ctx, tx)
		if err != nil {
			return err
		}
		steps, err := tenant.SuspensionSteps(ctx, tx)
		if err != nil {
			return err
		}
		s := tenant.SuspensionOf(steps)
		zone, err := time.LoadLocation(t.Zone)
		if err != nil {
			return fmt.Errorf("the zone of %s: %w", t.Name, err)
		}
		if s.Since == nil {
			fmt.Printf("%s: not suspended\n", t.Name)
		} else {
			fmt.Printf("%s: suspended since %s (%s): %s\n", t.Name, s.Since.In(zone).Format(time.RFC3339), s.Ground, s.Reference)
		}
		fmt.Printf("reminders: %d of the %d that contract %q asks for\n", len(s.Reminders), agreed.Terms.Reminders, agreed.Profile)
		for _, r := range s.Reminders {
			fmt.Printf("  %d  %s  %s\n", r.ID, r.Told.Format(time.DateOnly), r.Reference)
		}
		return nil
	}
}
