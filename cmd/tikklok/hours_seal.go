package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type hoursSeal struct {
	Before     string `required:"" placeholder:"DATE" help:"First day that is not sealed, like 2026-05-01; at least two weeks ago."`
	DryRun     bool   `help:"Say what would be sealed, and seal nothing."`
	Unapproved bool   `help:"Seal days that nobody approved too; they are counted."`
	Remove     bool   `help:"Then remove the taps of all sealed days for good."`
	JSON       bool   `name:"json" help:"As JSON."`
	Tenant     string `help:"Name or number; needed where there are several."`
}

// Help says what sealing is.
func (hoursSeal) Help() string {
	return `The explanation of a sealed day is kept, with its times and without the names of
its taps; the taps may then be removed. From there on nothing changes the day but
minutes added or taken by hand (I5). Weeks that nobody approved are listed and
hold their employee's days back.

  tikklok hours seal --before 2026-05-01 --dry-run`
}

// Run seals days (I5).
func (c hoursSeal) Run(ctx context.Context, p place) error {
	before, err := calendar.ParseDate(c.Before)
	if err != nil {
		return fmt.Errorf("--before: %w", err)
	}
	return p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) error {
		if !c.DryRun {
			if _, err := hours.Recompute(ctx, db, t.ID, time.Now()); err != nil {
				return err
			}
		}
		s, err := hours.Seal(ctx, db, t.ID, before, c.Unapproved, c.DryRun, operator, time.Now())
		if err != nil {
			return err
		}
		if err := db.InTenant(ctx, t.ID, func(tx pg.Tx) error { return noteLook(ctx, tx, "hours seal", named(s)...) }); err != nil {
			return err
		}
		var removed int64
		if c.Remove && !c.DryRun {
			if removed, err = hours.RemoveSealed(ctx, db, t.ID, operator); err != nil {
				return err
			}
		}
		if c.JSON {
			e := json.NewEncoder(os.Stdout)
			e.SetIndent("", "  ")
			return e.Encode(struct {
				hours.Sealing
				Removed int64
			}{s, removed})
		}
		c.print(os.Stdout, s, removed)
		return nil
	})
}

// named gives whom what is printed names.
func named(s hours.Sealing) (ids []int64) {
	for _, u := range s.Unapproved {
		ids = append(ids, u.Who.ID)
	}
	for _, h := range s.Held {
		ids = append(ids, h.Who.ID)
	}
	return ids
}

func (c hoursSeal) print(w io.Writer, s hours.Sealing, removed int64) {
	for _, u := range s.Unapproved {
		fmt.Fprintf(w, "not approved: %s %s: %d days, %s\n", u.Who.Number, u.Week, u.Days, hours.Duration(u.Minutes))
	}
	for _, h := range s.Held {
		why := map[hours.Hindrance]string{hours.HeldChain: "taps follow each other without a gap that parts two days", hours.HeldDue: "days wait to be computed"}[h.Why]
		fmt.Fprintf(w, "held back: %s from %s: %s\n", h.Who.Number, h.Since, why)
	}
	verb := "sealed"
	if c.DryRun {
		verb = "would be sealed"
	}
	fmt.Fprintf(w, "%d days of %d employees with %d taps %s; %d weeks are not approved, %d employees are held back\n",
		s.Days, s.Employees, s.Taps, verb, len(s.Unapproved), len(s.Held))
	if c.Remove && !c.DryRun {
		fmt.Fprintf(w, "%d taps of sealed days removed\n", removed)
	}
}
