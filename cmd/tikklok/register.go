package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"tikklok/api"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/tenant"
)

type registerCommand struct {
	List registerListCommand `cmd:"" help:"Show a register with what is due."`
	Add  registerAddCommand  `cmd:"" help:"Write an entry into a register."`
	Step registerStepCommand `cmd:"" help:"Write down what was done about an entry."`
}

// Help names the registers and their fields.
func (registerCommand) Help() string {
	var b strings.Builder
	fmt.Fprint(&b, `What was agreed, announced and told about people's data, as the pages under
Privacy have it. The registers with their fields, and the steps of an entry:

`)
	for _, book := range register.Books() {
		f, err := register.FormOf(book)
		if err != nil {
			continue
		}
		var fields, steps []string
		for _, field := range f.Fields {
			fields = append(fields, field.Name)
		}
		for _, s := range f.Steps {
			steps = append(steps, s.What)
		}
		fmt.Fprintf(&b, "  %s: %s\n    steps: %s\n", book, strings.Join(fields, ", "), strings.Join(steps, ", "))
	}
	fmt.Fprint(&b, `
  tikklok register add measure version=4 day=2026-12-01 text="Second factor for all."
  tikklok register step measure 3 told --note "letter 12"`)
	return b.String()
}

type registerListCommand struct {
	Book   string `arg:"" optional:"" help:"Without: all."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run prints entries with their state and what is due.
func (c registerListCommand) Run(ctx context.Context, p place) error {
	if _, err := register.FormOf(register.Book(c.Book)); c.Book != "" && err != nil {
		return err
	}
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		rules, err := api.RegisterRules(ctx, tx)
		if err != nil {
			return err
		}
		for _, book := range register.Books() {
			if c.Book != "" && c.Book != string(book) {
				continue
			}
			all, err := register.List(ctx, tx, book)
			if err != nil {
				return err
			}
			if len(all) == 0 {
				fmt.Printf("%s: no entry\n", book)
			}
			switch book {
			case register.Audits:
				rules.Audits = all
			case register.Restores:
				rules.Restores = all
			}
			for _, e := range all {
				fmt.Println(registerLine(e, rules.Status(e, dayIn(t))))
			}
		}
		return nil
	})
}

func registerLine(e register.Entry, s register.Status) string {
	line := fmt.Sprintf("%s %d, %s: %s", e.Book, e.ID, e.Title(), s.Word)
	if s.Due.IsZero() {
		return line
	}
	line += fmt.Sprintf(", %s by %s", cmp.Or(s.What, "free"), s.Due.Format(time.DateOnly))
	if s.Late {
		line += " (late)"
	}
	return line
}

// dayIn is today where the tenant is, midnight UTC.
func dayIn(t tenant.Tenant) time.Time {
	at := tenantTime(t)
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
}

// tenantTime is now in the tenant's zone.
func tenantTime(t tenant.Tenant) time.Time {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		zone = time.UTC
	}
	return time.Now().In(zone)
}

type registerAddCommand struct {
	Book   string            `arg:"" help:"As register --help lists them."`
	Values map[string]string `arg:"" help:"Fields: name=value."`
	Tenant string            `help:"Name or number; needed where there are several."`
}

// Run writes an entry down.
func (c registerAddCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		id, err := register.Add(ctx, tx, register.Entry{Book: register.Book(c.Book), Values: c.Values, At: tenantTime(t), By: operator})
		if err == nil {
			fmt.Printf("written down as %s %d\n", c.Book, id)
		}
		return err
	})
}

type registerStepCommand struct {
	Book   string `arg:"" help:"As register --help lists them."`
	Entry  int64  `arg:"" help:"Number of the entry, as list shows it."`
	What   string `arg:"" help:"The step, as register --help lists them."`
	Day    string `help:"On which it was done, as 2026-07-01; without: today."`
	Note   string `help:"What there is to say of it; some steps need it."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run writes a step down, where the contract's rules allow it.
func (c registerStepCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		day := dayIn(t)
		if c.Day != "" {
			var err error
			if day, err = time.Parse(time.DateOnly, c.Day); err != nil {
				return fmt.Errorf("--day %q is not a day, such as 2026-07-01", c.Day)
			}
		}
		rules, err := api.RegisterRules(ctx, tx)
		if err != nil {
			return err
		}
		return register.Take(ctx, tx, register.Book(c.Book), c.Entry, register.Step{What: c.What, Day: day, Note: c.Note, At: tenantTime(t), By: operator}, rules)
	})
}
