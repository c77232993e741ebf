package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"tikklok/api"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/tenant"
)

// retentionCommand shows and carries out how long data is kept (OB-P3).
type retentionCommand struct {
	Show   retentionShow   `cmd:"" help:"How long each class of data is kept, and which legal holds count."`
	Set    retentionSet    `cmd:"" help:"Change a term by a written instruction of the customer."`
	DryRun retentionDryRun `cmd:"" help:"Count what a purge would remove now; it removes nothing."`
	Purge  retentionPurge  `cmd:"" help:"Remove now what is past its term, as is done each night, and print the certificate."`
	Hold   retentionHold   `cmd:"" help:"Lay a legal hold on a person's data, or everybody's."`
	Lift   retentionLift   `cmd:"" help:"Lift a legal hold."`
}

type retentionShow struct {
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run prints terms and legal holds.
func (c retentionShow) Run(ctx context.Context, p place) error {
	return p.withPurger(ctx, c.Tenant, func(u retention.Purger, t tenant.Tenant) error {
		return u.DB.InTenant(ctx, t.ID, func(tx pg.Tx) error { return printTerms(ctx, tx, u, os.Stdout) })
	})
}

func printTerms(ctx context.Context, tx pg.Tx, u retention.Purger, to io.Writer) error {
	limits, err := u.Limits(ctx, tx)
	if err != nil {
		return err
	}
	terms, err := retention.TermsOf(ctx, tx, limits)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CLASS\tKEPT\tAT LEAST\tAT MOST\tBY")
	for _, t := range terms {
		rule, _ := retention.RuleOf(t.Class)
		keep, by := t.Keep.String(), t.Reference
		if keep == "" {
			keep = "as long as the contract"
		} else if by == "" {
			by = "preset"
		}
		if t.Wanting {
			by += "; longer than the contract's " + limits.Longest.String() + ": have the customer instruct it in writing"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.Class, keep, rule.Least, rule.Longest(limits), by)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("printing terms: %w", err)
	}
	if limits.Since.IsZero() {
		fmt.Fprintln(to, retention.ErrNoContract)
	} else if first := limits.FirstNight(); time.Now().Before(first) {
		fmt.Fprintf(to, "the first night that removes anything is that of %s\n", first.Format(time.DateOnly))
	}
	lines, oldest, err := retention.Unpaid(ctx, tx, terms, time.Now())
	if err != nil {
		return err
	}
	if lines > 0 {
		fmt.Fprintf(to, "%d approved lines from %s on are past their term and left in no run: they stay until one of their period was pulled or delivered\n", lines, oldest.Format(time.DateOnly))
	}
	holds, err := retention.Holds(ctx, tx, time.Now())
	for _, h := range holds {
		if h.Counts(time.Now()) {
			fmt.Fprintf(to, "legal hold %d, employee %d (0: everybody), until %s: %s\n", h.ID, h.Employee, h.Until.Format(time.DateOnly), h.Reason)
		}
	}
	return err
}

type retentionSet struct {
	Class       privacy.Class `arg:"" help:"As show lists them, like taps or exports."`
	Keep        string        `arg:"" help:"Like P3M, P52W or P7Y."`
	Instruction int64         `required:"" help:"The customer's written instruction: its number in the register."`
	Tenant      string        `help:"Name or number; needed where there are several."`
}

// Run changes a term (OB-P16).
func (c retentionSet) Run(ctx context.Context, p place) error {
	keep, err := retention.ParsePeriod(c.Keep)
	if err != nil {
		return err
	}
	return p.withPurger(ctx, c.Tenant, func(u retention.Purger, t tenant.Tenant) error {
		return u.DB.InTenant(ctx, t.ID, func(tx pg.Tx) error {
			limits, err := u.Limits(ctx, tx)
			if err != nil {
				return err
			}
			i := retention.Instruction{Class: c.Class, Keep: keep, Number: c.Instruction}
			return retention.Instruct(ctx, tx, i, limits, operator, time.Now())
		})
	})
}

type retentionDryRun struct {
	JSON   bool   `name:"json" help:"As JSON."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run counts what a purge would remove.
func (c retentionDryRun) Run(ctx context.Context, p place) error {
	return p.withPurger(ctx, c.Tenant, func(u retention.Purger, t tenant.Tenant) error {
		r, err := u.DryRun(ctx, t.ID, time.Now())
		if err != nil {
			return err
		}
		return printReport(os.Stdout, r, c.JSON, "would go")
	})
}

type retentionPurge struct {
	JSON   bool   `name:"json" help:"As JSON."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run purges a tenant.
func (c retentionPurge) Run(ctx context.Context, p place) error {
	return p.withPurger(ctx, c.Tenant, func(u retention.Purger, t tenant.Tenant) error {
		cert, err := u.Run(ctx, t.ID, operator, time.Now())
		if err != nil {
			return err
		}
		var r retention.Report
		if err := json.Unmarshal(cert.Content, &r); err != nil {
			return fmt.Errorf("reading the certificate: %w", err)
		}
		if !c.JSON {
			fmt.Printf("certificate %d, SHA-256 %x\n", cert.ID, cert.Hash)
		}
		return printReport(os.Stdout, r, c.JSON, "gone")
	})
}

func printReport(to io.Writer, r retention.Report, asJSON bool, verb string) error {
	if asJSON {
		e := json.NewEncoder(to)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "WHAT\tCLASS\tKEPT\t%s\tOLDEST LEFT\n", verb)
	for _, i := range r.Items {
		left := ""
		if !i.Left.IsZero() {
			left = i.Left.Format(time.DateOnly)
		}
		if i.Removed > 0 || i.Stays != "" {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s %s\n", i.Step, i.Class, i.Keep, i.Removed, left, i.Stays)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("printing a report: %w", err)
	}
	_, err := fmt.Fprintf(to, "%d rows %s; %d days sealed, %d weeks of them not approved; of %d people taps stay; %d people under a legal hold\n",
		r.Total, verb, r.Sealed.Days, r.Sealed.Unapproved, r.Sealed.Held, r.Holds)
	return err
}

type retentionHold struct {
	Employee int64  `help:"Number of the employee's page; none: everybody."`
	Reason   string `required:"" help:"Why, 1 to 300 characters."`
	Until    string `required:"" placeholder:"DATE" help:"Day from which it no longer counts, within five years."`
	Tenant   string `help:"Name or number; needed where there are several."`
}

// Run lays a legal hold.
func (c retentionHold) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		zone, err := time.LoadLocation(t.Zone)
		if err != nil {
			return fmt.Errorf("time zone of the tenant: %w", err)
		}
		until, err := time.ParseInLocation(time.DateOnly, c.Until, zone)
		if err != nil {
			return errors.New("--until takes a day, like 2027-01-31")
		}
		id, err := retention.PutHold(ctx, tx, retention.Hold{Employee: c.Employee, Reason: c.Reason, Until: until, By: operator}, time.Now())
		if err == nil {
			fmt.Printf("legal hold %d counts until %s\n", id, until.Format(time.DateOnly))
		}
		return err
	})
}

type retentionLift struct {
	Hold   int64  `arg:"" help:"Its number, as show lists it."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run lifts a legal hold.
func (c retentionLift) Run(ctx context.Context, p place) error {
	return said(p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		return retention.LiftHold(ctx, tx, c.Hold, operator, time.Now())
	}), "legal hold %d is lifted", c.Hold)
}

// withPurger finds the tenant, and what removes its data.
func (p place) withPurger(ctx context.Context, name string, fn func(u retention.Purger, t tenant.Tenant) error) error {
	return p.withPools(ctx, name, func(_ *database, app, private *pg.DB, t tenant.Tenant) error {
		return fn(api.Purger(private, app, catalogue()), t)
	})
}
