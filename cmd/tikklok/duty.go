package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"tikklok/api/sla/incident"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type dutyCommand struct {
	List dutyListCommand `cmd:"" help:"Show who answers the telephone, and when nobody does."`
	Add  dutyAddCommand  `cmd:"" help:"Put a stretch on the roster."`
	Drop dutyDropCommand `cmd:"" help:"Take a stretch off the roster."`
}

// Help says what it is for.
func (dutyCommand) Help() string {
	return `Customers can call day and night in a calamity. The roster is of the whole
installation, and stands on every customer's page, under Service; so give a name
that one asks for, and no private number. What was over for 90 days goes.

Who has an e-mail address, which no customer sees, is told of an incident of high
priority at once, and the next step after ten minutes without an answer; serve
needs --smtp for that.

  tikklok duty add --from 2026-07-01T08:00 --until 2026-07-08T08:00 --name "Duty team" --telephone "+31 88 000 0001" --email duty@example.com
  tikklok duty add --from 2026-07-01T08:00 --until 2026-07-08T08:00 --step 2 --name "Head of operations" --telephone "+31 88 000 0002"`
}

type dutyListCommand struct {
	Days   int    `default:"14" help:"How far ahead to look for gaps."`
	Tenant string `help:"In whose zone times are shown; needed where there are several."`
}

// Run prints the roster, and its gaps.
func (c dutyListCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		now := tenantTime(t)
		roster, err := incident.Roster(ctx, tx, now)
		if err != nil {
			return err
		}
		for _, d := range roster {
			fmt.Printf("%d  %s – %s  step %d  %s  %s  %s\n", d.ID, d.From.In(now.Location()).Format(moment), d.Until.In(now.Location()).Format(moment), d.Step, d.Name, d.Telephone, cmp.Or(d.Email, "by telephone only"))
		}
		for _, g := range incident.Gaps(roster, now, now.AddDate(0, 0, c.Days)) {
			fmt.Printf("nobody is called first from %s to %s\n", g.From.In(now.Location()).Format(moment), g.Until.In(now.Location()).Format(moment))
		}
		return nil
	})
}

type dutyAddCommand struct {
	From      string `required:"" placeholder:"2026-07-01T08:00" help:"In the zone of the tenant."`
	Until     string `required:"" placeholder:"2026-07-08T08:00" help:"Not included."`
	Step      int    `default:"1" help:"1 is called first, 2 when 1 does not answer, then 3."`
	Name      string `required:"" help:"Whom one asks for."`
	Telephone string `required:""`
	Email     string `help:"Where to tell what is grave at once; without: by telephone only."`
	Tenant    string `help:"In whose zone the times are; needed where there are several."`
}

// Run adds a stretch.
func (c dutyAddCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		d := incident.Duty{Step: c.Step, Name: c.Name, Telephone: c.Telephone, Email: c.Email}
		for _, m := range []struct {
			name, text string
			into       *time.Time
		}{{"from", c.From, &d.From}, {"until", c.Until, &d.Until}} {
			at, err := momentIn(t, m.name, m.text)
			if err != nil {
				return err
			}
			*m.into = at
		}
		id, err := incident.PutDuty(ctx, tx, d, tenantTime(t))
		if err == nil {
			fmt.Printf("duty %d\n", id)
		}
		return err
	})
}

type dutyDropCommand struct {
	Duty   int64  `arg:"" help:"Its number, as list shows it."`
	Tenant string `help:"Name or number of any; needed where there are several."`
}

// Run takes a stretch off.
func (c dutyDropCommand) Run(ctx context.Context, p place) error {
	return said(p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error { return incident.DropDuty(ctx, tx, c.Duty) }),
		"duty %d is off the roster", c.Duty)
}
