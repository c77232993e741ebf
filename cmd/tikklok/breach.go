package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/wording"
	"tikklok/ingest/tenant"
)

type breachCommand struct {
	List   breachListCommand   `cmd:"" help:"Show breaches with their clocks."`
	Report breachReportCommand `cmd:"" help:"Write a breach down: its clock starts, and nothing is purged."`
	Count  breachCountCommand  `cmd:"" help:"Count whom a breach may affect, at least and at most."`
	Done   breachDoneCommand   `cmd:"" help:"Write down who was told, and what was done."`
	Notice breachNoticeCommand `cmd:"" help:"Write the draft notice to the controller."`
}

// Help says what it never does.
func (breachCommand) Help() string {
	return `For whoever finds a breach at the server. The controller is told, by telephone
and by e-mail; the authority and data subjects hear nothing from here: that is
the controller's to decide. What else is known of a breach is filled in on its
page, under Privacy.

  tikklok breach report "A dump was left on a public server." --known 2026-07-01T14:30
  tikklok breach done 1 telephone --whom "Ilse Verhoeven"
  tikklok breach notice 1 --language nl --as pdf > notice.pdf`
}

// moment is how a time is given, in the tenant's zone.
const moment = "2006-01-02T15:04"

func momentIn(t tenant.Tenant, name, text string) (time.Time, error) {
	now := tenantTime(t)
	if text == "" {
		return now, nil
	}
	at, err := time.ParseInLocation(moment, text, now.Location())
	if err != nil {
		return at, fmt.Errorf("--%s %q is not a moment, such as 2026-07-01T14:30", name, text)
	}
	return at, nil
}

type breachListCommand struct {
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run prints each breach in a line.
func (c breachListCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		all, err := breach.List(ctx, tx)
		now := tenantTime(t)
		for _, b := range all {
			late := map[bool]string{true: " (late)"}[b.Late(now)]
			fmt.Printf("%d  %s, to be told by %s%s  %s\n", b.ID, b.State(), b.Due().In(now.Location()).Format(moment), late, b.Now().Nature)
		}
		return err
	})
}

type breachReportCommand struct {
	Nature string `arg:"" help:"What happened, in a sentence."`
	Known  string `placeholder:"2026-07-01T14:30" help:"When it became known, in the tenant's zone; without: now."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run writes a breach down, under the contract's hours.
func (c breachReportCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		known, err := momentIn(t, "known", c.Known)
		if err != nil {
			return err
		}
		contract, err := tenant.Contract(ctx, tx)
		if err != nil {
			return err
		}
		hours := int(contract.Terms.Breach.Within / time.Hour)
		id, err := breach.Report(ctx, tx, known, hours, breach.Facts{Nature: c.Nature}, operator, tenantTime(t))
		if err == nil {
			fmt.Printf("breach %d: the controller is told by telephone and e-mail by %s\n", id, known.Add(time.Duration(hours)*time.Hour).Format(moment))
		}
		return err
	})
}

type breachCountCommand struct {
	From      string `placeholder:"2026-07-01T14:30" help:"In the tenant's zone; without: from the beginning."`
	Until     string `placeholder:"2026-07-01T14:30" help:"Not included; without: until now."`
	Account   int64  `xor:"by" help:"Number of who read."`
	Key       int64  `xor:"by" help:"Number of the API key that read."`
	Device    int64  `xor:"by" help:"Number of a gateway: whose taps it brought."`
	Operation string `help:"As the access log names it."`
	Table     string `help:"Of the register of fields."`
	Tenant    string `help:"Name or number; needed where there are several."`
}

// Run prints how many people are affected at least and at most.
func (c breachCountCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		f := breach.Filter{Operation: c.Operation, Table: c.Table}
		for kind, id := range map[audit.ActorKind]int64{audit.Account: c.Account, audit.APIKey: c.Key, audit.Gateway: c.Device} {
			if id != 0 {
				f.By = audit.Actor{Kind: kind, ID: id}
			}
		}
		var err error
		if c.From != "" {
			f.From, err = momentIn(t, "from", c.From)
		}
		if c.Until != "" && err == nil {
			f.Until, err = momentIn(t, "until", c.Until)
		}
		if err != nil {
			return err
		}
		n, err := breach.CountPeople(ctx, tx, catalogue(), f)
		if err == nil {
			fmt.Printf("at least %d, at most %d data subjects; %d entries of the access log\n", n.Least, n.Most, n.Looks)
		}
		return err
	})
}

type breachDoneCommand struct {
	Breach int64  `arg:"" help:"Its number, as list shows it."`
	What   string `arg:"" enum:"telephone,email,other,follow-up,closed,dismissed,reopened" help:"${enum}."`
	Whom   string `help:"Who was told."`
	Note   string
	At     string `placeholder:"2026-07-01T14:30" help:"Without: now."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run writes a step down.
func (c breachDoneCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		at, err := momentIn(t, "at", c.At)
		if err != nil {
			return err
		}
		return breach.Do(ctx, tx, c.Breach, breach.Step{What: breach.StepKind(c.What), DoneAt: at, Whom: c.Whom, Note: c.Note, At: tenantTime(t), By: operator})
	})
}

type breachNoticeCommand struct {
	Breach   int64  `arg:"" help:"Its number, as list shows it."`
	Language string `default:"nl" enum:"nl,en" help:"nl or en."`
	As       string `default:"text" enum:"text,pdf" help:"text or pdf."`
	Tenant   string `help:"Name or number; needed where there are several."`
}

// Run writes the draft notice on standard output.
func (c breachNoticeCommand) Run(ctx context.Context, p place) error {
	words, err := wording.In(c.Language)
	if err != nil {
		return err
	}
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		b, err := breach.Get(ctx, tx, c.Breach)
		if err != nil {
			return err
		}
		contract, err := tenant.Contract(ctx, tx)
		if err != nil {
			return err
		}
		to := strings.TrimSpace(contract.Contact.Telephone + " " + contract.Contact.Fallback)
		doc := b.Notice(c.Language, breach.Parties{Controller: t.Name, To: to, Kind: words.Kind}, tenantTime(t))
		if c.As == "pdf" {
			return doc.PDF(os.Stdout)
		}
		_, err = fmt.Print(doc.Text())
		return err
	})
}
