package main

import (
	"context"
	"fmt"
	"time"

	"tikklok/api/sla/incident"
	"tikklok/api/sla/window"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type incidentCommand struct {
	List  incidentListCommand  `cmd:"" help:"Show what is open with its clocks, or all."`
	Done  incidentDoneCommand  `cmd:"" help:"Write down what was done about an incident; the customer is told."`
	Hours incidentHoursCommand `cmd:"" help:"Show or say when support is open, for contracts that leave it to what is published."`
}

// Help says for whom it is.
func (incidentCommand) Help() string {
	return `For whoever solves incidents. They are reported on the page, under Service, or
open by themselves when the probe finds that nobody can sign in.

  tikklok incident list
  tikklok incident done 7 answered --note "a disk is full; it is being cleared"
  tikklok incident done 7 solved --note "cleared" --at 2026-07-01T14:30`
}

type incidentListCommand struct {
	All    bool   `help:"Closed ones too."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run prints each incident in a line, what has least time left first.
func (c incidentListCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		all, err := incident.List(ctx, tx)
		if err != nil {
			return err
		}
		now, shown := tenantTime(t), 0
		service := window.Service(now.Location())
		for _, i := range incident.Sorted(all, service, now) {
			if i.IsOpen() || c.All {
				fmt.Println(incidentText(i, service, now))
				shown++
			}
		}
		if shown == 0 {
			fmt.Printf("no incident is open, of %d there were\n", len(all))
		}
		return nil
	})
}

func incidentText(i incident.Incident, service window.Window, now time.Time) string {
	clock := i.Clock(service)
	line := fmt.Sprintf("%d  %s %s, %s, arose %s", i.ID, i.Category, i.Now(), i.State(), i.Arose().In(now.Location()).Format(moment))
	for _, d := range []struct {
		what string
		due  incident.Due
	}{{"answer", clock.Answer}, {"solve", clock.Solve}} {
		if d.due.By.IsZero() {
			continue
		}
		late := map[bool]string{true: " (late)"}[d.due.Late(now)]
		line += fmt.Sprintf(", %s by %s%s", d.what, d.due.By.In(now.Location()).Format(moment), late)
	}
	return line + "  " + i.Report.Message
}

type incidentDoneCommand struct {
	Incident int64  `arg:"" help:"Its number, as list shows it."`
	What     string `arg:"" enum:"confirmed,answered,contact,solved,reopened,weighed,earlier,duplicate,dismissed" help:"${enum}."`
	Note     string
	Priority string `help:"Of weighed: the one that was agreed on."`
	Of       int64  `help:"Of duplicate: the number of the one that goes on."`
	At       string `placeholder:"2026-07-01T14:30" help:"In the tenant's zone; without: now."`
	Tenant   string `help:"Name or number; needed where there are several."`
}

// Run writes a step down.
func (c incidentDoneCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		at, err := momentIn(t, "at", c.At)
		if err != nil {
			return err
		}
		return incident.Do(ctx, tx, c.Incident, incident.Step{What: incident.StepKind(c.What), DoneAt: at, Note: c.Note,
			Priority: tenant.Priority(c.Priority), Of: c.Of, At: tenantTime(t), By: operator})
	})
}
