package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/notice"
	"tikklok/api/sla/report"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type outageCommand struct {
	List   outageListCommand   `cmd:"" help:"Show a month's availability and its outages, with what both parties decided of them."`
	Decide outageDecideCommand `cmd:"" help:"Say as the supplier whose failing a time was."`
	Report outageReportCommand `cmd:"" help:"Hand out a month's report: it stays as it is then."`
}

// Help says what a decision does.
func (outageCommand) Help() string {
	return `For the supplier. Only its clear and demonstrable failing counts against the
99 % (N-B9); customers decide on their page, under Service. What one party says
holds until the other says otherwise; while they differ the time counts, as it
does while nobody said anything. To give in, decide what the other decided.
Nothing that was decided is removed: a later word goes before an earlier one.

  tikklok outage list --month 2026-10
  tikklok outage decide --from 2026-10-06T12:00 --until 2026-10-06T13:30 --cause force_majeure \
    --reason "power failure in the whole district" --tenant "Van Dam"
  tikklok outage report --month 2026-10
  tikklok outage report --month 2026-10 --tenant "Van Dam" --json`
}

type outageListCommand struct {
	Month  string `placeholder:"2026-10" help:"Without: the one that runs, in the zone of each customer."`
	Tenant string `help:"Name or number of the only customer; without: all."`
}

// Run prints a month of each customer.
func (c outageListCommand) Run(ctx context.Context, p place) error {
	return p.eachTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		r, err := outageMonth(ctx, tx, t, c.Month)
		if err != nil {
			return err
		}
		issues, err := sla.Issues(ctx, tx, r.Month)
		if err != nil {
			return err
		}
		fmt.Print(monthText(t.Name, r, issues))
		return nil
	})
}

// outageMonth reckons the month that is asked for, else the one that runs.
func outageMonth(ctx context.Context, tx pg.Tx, t tenant.Tenant, asked string) (sla.Report, error) {
	now := tenantTime(t)
	month := sla.MonthOf(now)
	if asked != "" {
		var err error
		if month, err = sla.ParseMonth(asked); err != nil {
			return sla.Report{}, fmt.Errorf("--month: %w", err)
		}
	}
	work, err := notice.Work(ctx, tx, month.In(now.Location()))
	if err != nil {
		return sla.Report{}, err
	}
	return sla.ReportOf(ctx, tx, month, now.Location(), work, now)
}

// monthText writes a month for a terminal.
func monthText(name string, r sla.Report, issues []sla.Issue) string {
	var b strings.Builder
	for _, p := range r.Parts {
		fmt.Fprintf(&b, "%s: %s", name, r.Month)
		if len(r.Parts) > 1 {
			fmt.Fprintf(&b, ", %s to %s", p.From.Format(time.DateOnly), p.To.AddDate(0, 0, -1).Format(time.DateOnly))
		}
		if !p.Ratio.Known() {
			b.WriteString(": nothing measured\n")
			continue
		}
		c := p.Count
		fmt.Fprintf(&b, ": %s %%, credit %d %% of %s; minutes up %d, down %d, not the supplier's %d, unmeasured %d\n",
			p.Ratio, p.Credit(p.Ratio).Percent, map[sla.Table]string{sla.Restitution: "the month's subscription", sla.Discount: "the next month's invoice"}[p.Terms.Table], c.Up, c.Down, c.Other, c.Unmeasured)
	}
	for _, o := range r.Outages {
		fmt.Fprintf(&b, "  %s – %s  %d minutes, %s%s\n", outageStamp(o.From), outageStamp(o.To), o.Down, causeText(o.Cause()), map[bool]string{true: ", goes on"}[o.GoesOn])
		for _, d := range []sla.Decision{o.Ruling.Supplier, o.Ruling.Customer} {
			if d.Cause != sla.Undecided {
				fmt.Fprintf(&b, "      %s says %s (%s, %s): %s\n", d.Party(), causeText(d.Cause), whoText(d.By), d.At.In(r.From.Location()).Format(moment), d.Reason)
			}
		}
	}
	for _, i := range issues {
		fmt.Fprintf(&b, "  report %d handed out %s, sha256 %x%s\n", i.Number, i.At.In(r.From.Location()).Format(moment), i.Hash, sinceText(r, i))
	}
	return b.String()
}

// outageStamp writes a moment as outageMoment reads it.
func outageStamp(t time.Time) string {
	if window.Twice(t) {
		return t.Format(moment + "Z07:00")
	}
	return t.Format(moment)
}

// sinceText says what changed since a report was handed out.
func sinceText(r sla.Report, i sla.Issue) string {
	changes, outcome := r.Figures().Since(i.Figures)
	if len(changes) == 0 && !outcome {
		return ", still so"
	}
	return fmt.Sprintf("; changed since: %v, another outcome: %t", changes, outcome)
}

func causeText(c sla.Cause) string {
	if c == sla.Undecided {
		return "undecided"
	}
	return strings.ReplaceAll(string(c), "_", " ")
}

func whoText(a audit.Actor) string {
	if a.ID == 0 {
		return string(a.Kind)
	}
	return fmt.Sprintf("%s %d", a.Kind, a.ID)
}

type outageDecideCommand struct {
	From   string    `required:"" placeholder:"2026-10-06T12:00" help:"In the zone of each customer; in an hour that comes twice with its offset: 2026-10-25T02:30+01:00."`
	Until  string    `required:"" placeholder:"2026-10-06T13:30" help:"Not included."`
	Cause  sla.Cause `required:"" enum:"supplier,customer,force_majeure" help:"Whose failing it was: supplier, customer or force_majeure."`
	Reason string    `required:"" help:"Why, in up to 200 characters, about no person. The customer reads it."`
	Tenant string    `help:"Name or number of the only customer it is decided for; without: all."`
}

// Run records the supplier's word at each customer, about time in which users
// could not get in.
func (c outageDecideCommand) Run(ctx context.Context, p place) error {
	return p.eachTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		d := sla.Decision{Cause: c.Cause, Reason: c.Reason, By: operator}
		for _, m := range []struct {
			name, text string
			into       *time.Time
		}{{"from", c.From, &d.From}, {"until", c.Until, &d.To}} {
			at, err := outageMoment(t, m.name, m.text)
			if err != nil {
				return err
			}
			*m.into = at
		}
		down, unmeasured, err := sla.DownIn(ctx, tx, d.From, d.To)
		if err != nil {
			return err
		}
		if down == 0 {
			return fmt.Errorf("no minute from %s to %s was down; `tikklok outage list` shows which were", c.From, c.Until)
		}
		if d, err = report.Decide(ctx, tx, d, tenantTime(t)); err != nil {
			return err
		}
		fmt.Printf("%s: decision %d, %s, over %d minutes down and %d that nobody measured\n", t.Name, d.ID, causeText(d.Cause), down, unmeasured)
		return nil
	})
}

// outageMoment reads a moment in the tenant's zone, or with an offset, as one
// that comes twice needs.
func outageMoment(t tenant.Tenant, name, text string) (time.Time, error) {
	if at, err := time.Parse(moment+"Z07:00", text); err == nil {
		return at, nil
	}
	if text == "" {
		return time.Time{}, fmt.Errorf("--%s is empty; give a moment, such as 2026-07-01T14:30", name)
	}
	return momentIn(t, name, text)
}

type outageReportCommand struct {
	Month  string `required:"" placeholder:"2026-10" help:"One that is over."`
	Tenant string `help:"Name or number of the only customer; without: all."`
	JSON   bool   `name:"json" help:"Print the figures as they were kept; of one customer."`
}

// Run hands a month out at each customer; one that says what the last said is
// not handed out again.
func (c outageReportCommand) Run(ctx context.Context, p place) error {
	if c.JSON && c.Tenant == "" {
		return errors.New("--json prints the figures of one customer; name it with --tenant")
	}
	month, err := sla.ParseMonth(c.Month)
	if err != nil {
		return fmt.Errorf("--month: %w", err)
	}
	return p.eachTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		now := tenantTime(t)
		i, anew, err := report.HandOut(ctx, tx, month, now.Location(), operator, now)
		if err != nil {
			return err
		}
		if c.JSON {
			_, err = os.Stdout.Write(i.Body)
			return err
		}
		fmt.Printf("%s: report %d of %s, handed out %s%s, sha256 %x\n", t.Name, i.Number, i.Month, i.At.In(now.Location()).Format(moment), map[bool]string{false: " (nothing changed since)"}[anew], i.Hash)
		return nil
	})
}
