package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tikklok/api/sla/notice"
	"tikklok/ingest/mail"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type maintenanceCommand struct {
	Announce maintenanceAnnounce `cmd:"" help:"Announce work to all customers, or to one: on their pages, by e-mail and webhook."`
	Cancel   maintenanceCancel   `cmd:"" help:"Take an announcement back, and tell so in the same ways."`
	List     maintenanceList     `cmd:"" help:"Show what was announced, how far ahead, and how many letters were sent."`
}

// Help says what whoever runs the server has to know.
func (maintenanceCommand) Help() string {
	return `For whoever runs the server: customers can't announce its work. Contracts ask for
48 hours ahead (OB-S3); exactly 48 is in time, and what is later is announced
all the same and shown as late. What was announced can't be changed: cancel it,
and announce it again under another reference.

  tikklok maintenance announce db-16 --from 2026-12-05T22:00 --until 2026-12-05T23:00 \
    --title-nl "Nieuwe database" --title-en "New database" \
    --changes-nl "Overzichten zijn sneller." --changes-en "Overviews are faster."

The same command again tells nobody twice: it goes on where it broke off.`
}

type maintenanceAnnounce struct {
	Reference string `arg:"" help:"A name of your own, up to 60 characters."`
	From      string `required:"" placeholder:"2026-12-05T22:00" help:"When it begins, in --zone, or with an offset: 2026-10-25T02:30+01:00."`
	Until     string `required:"" placeholder:"2026-12-05T23:00" help:"When it ends, likewise."`
	Zone      string `default:"Europe/Amsterdam" help:"Time zone of --from and --until."`
	TitleNL   string `name:"title-nl" required:"" help:"What it is, in Dutch, on one line."`
	TitleEN   string `name:"title-en" required:"" help:"What it is, in English, on one line."`
	ChangesNL string `name:"changes-nl" help:"What changes for users, in Dutch."`
	ChangesEN string `name:"changes-en" help:"What changes for users, in English."`
	Tenant    string `help:"Name or number of the only customer that is told; without: all."`
}

// Run announces to each customer in a transaction of its own; what all are told
// stands on the probes' status page too.
func (c maintenanceAnnounce) Run(ctx context.Context, p place) error {
	m, err := c.maintenance()
	if err != nil {
		return err
	}
	return p.everyTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		told, err := notice.Announce(ctx, tx, operator, m, time.Now())
		if err != nil || t.Probe {
			return err
		}
		letters, err := mail.Count(ctx, tx, told.About(notice.Announced))
		if err != nil {
			return err
		}
		office, err := officeOf(ctx, tx, told, t)
		if err == nil {
			fmt.Printf("%s: announced %s, %s; %s; letters: %d\n", t.Name, told.Announced.In(m.From.Location()).Format(moment), aheadOf(told), office, letters.Sent+letters.Waiting+letters.Refused+letters.Expired)
		}
		return err
	})
}

func (c maintenanceAnnounce) maintenance() (m notice.Maintenance, err error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return m, fmt.Errorf("--zone %q is not a time zone, such as Europe/Amsterdam", c.Zone)
	}
	m = notice.Maintenance{Reference: c.Reference, NL: notice.Words{Title: c.TitleNL, Changes: c.ChangesNL}, EN: notice.Words{Title: c.TitleEN, Changes: c.ChangesEN}}
	if m.From, err = wallMoment(c.From, zone); err != nil {
		return m, fmt.Errorf("--from %w", err)
	}
	if m.Until, err = wallMoment(c.Until, zone); err != nil {
		return m, fmt.Errorf("--until %w", err)
	}
	return m, nil
}

// wallMoment reads a moment by the clock on the wall, which must have shown it
// once: where it is skipped or repeated, as the clock changes, an offset says
// which is meant.
func wallMoment(text string, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse("2006-01-02T15:04Z07:00", text); err == nil {
		return at.In(zone), nil
	}
	at, err := time.ParseInLocation(moment, text, zone)
	if err != nil {
		return at, fmt.Errorf("%q is not a moment, such as 2026-12-05T22:00 or 2026-12-05T22:00+01:00", text)
	}
	if at.Format(moment) != text {
		return at, fmt.Errorf("%q is skipped by the clock in %s; give another moment", text, zone)
	}
	for _, other := range []time.Time{at.Add(-time.Hour), at.Add(time.Hour)} {
		if other.Format(moment) == text {
			return at, fmt.Errorf("%q comes twice by the clock in %s; say which, as in %s or %s", text, zone, at.Format("2006-01-02T15:04Z07:00"), other.Format("2006-01-02T15:04Z07:00"))
		}
	}
	return at, nil
}

// aheadOf says how far ahead something was announced, and what was promised.
func aheadOf(m notice.Maintenance) string {
	text := "after it began"
	if m.Ahead() >= 0 {
		text = inHours(m.Ahead()) + " ahead"
	}
	switch {
	case m.Promised == 0:
		return text + " (nothing promised)"
	case m.Late() > 0:
		return fmt.Sprintf("%s, LATE: %s promised", text, inHours(m.Promised))
	}
	return fmt.Sprintf("%s, in time: %s promised", text, inHours(m.Promised))
}

// officeOf says how much of it falls within a customer's office hours (W-3.3).
func officeOf(ctx context.Context, tx pg.Tx, m notice.Maintenance, t tenant.Tenant) (string, error) {
	within, err := notice.InOffice(ctx, tx, m, tenantTime(t).Location())
	if within == 0 {
		return "outside office hours", err
	}
	return "WITHIN OFFICE HOURS: " + inHours(within), err
}

// inHours is 330:28 hours.
func inHours(d time.Duration) string {
	return fmt.Sprintf("%d:%02d hours", int(d.Hours()), int(d.Minutes())%60)
}

type maintenanceCancel struct {
	Reference string `arg:"" help:"As it was announced."`
	Tenant    string `help:"Name or number of the only customer for whom it is cancelled; without: all that it was announced to."`
}

// Run cancels at each customer that the reference was announced to.
func (c maintenanceCancel) Run(ctx context.Context, p place) error {
	found := false
	err := p.everyTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		m, err := notice.Cancel(ctx, tx, operator, c.Reference, time.Now())
		if errors.Is(err, notice.ErrNotFound) {
			return nil
		}
		found = true
		if err == nil && !t.Probe {
			fmt.Printf("%s: cancelled %s\n", t.Name, m.Cancelled.Format(time.RFC3339))
		}
		return err
	})
	if err == nil && !found {
		return fmt.Errorf("nothing was announced as %q; tikklok maintenance list shows what was", c.Reference)
	}
	return err
}

type maintenanceList struct {
	Tenant string `help:"Name or number; without: all."`
}

// Run prints the announcements of the last year.
func (c maintenanceList) Run(ctx context.Context, p place) error {
	return p.eachTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		all, err := notice.List(ctx, tx, time.Now().AddDate(-1, 0, 0))
		if err != nil {
			return err
		}
		if len(all) == 0 {
			fmt.Printf("%s: nothing was announced in the last year\n", t.Name)
		}
		zone := tenantTime(t).Location()
		for _, m := range all {
			letters, err := mail.Count(ctx, tx, m.About(notice.Announced))
			if err != nil {
				return err
			}
			office, err := officeOf(ctx, tx, m, t)
			if err != nil {
				return err
			}
			state := map[bool]string{true: " cancelled"}[m.Cancelled != nil]
			fmt.Printf("%s: %s, %s until %s, announced %s%s; %s; letters sent %d, waiting %d, refused %d, expired %d, sent twice perhaps %d\n", t.Name, m.Reference, m.From.In(zone).Format(moment), m.Until.In(zone).Format(moment), aheadOf(m), state, office,
				letters.Sent, letters.Waiting, letters.Refused, letters.Expired, letters.Unclear)
		}
		return nil
	})
}

// eachTenant runs fn for the named tenant, or for all customers; one that fails
// keeps no other from it.
func (p place) eachTenant(ctx context.Context, name string, fn func(tx pg.Tx, t tenant.Tenant) error) error {
	return p.everyTenant(ctx, name, func(tx pg.Tx, t tenant.Tenant) error {
		if t.Probe { // nobody works there
			return nil
		}
		return fn(tx, t)
	})
}

// everyTenant is eachTenant, with the probes' own among them.
func (p place) everyTenant(ctx context.Context, name string, fn func(tx pg.Tx, t tenant.Tenant) error) error {
	if name != "" {
		return p.inTenant(ctx, name, fn)
	}
	return p.withDatabase(ctx, func(d *database) error {
		db, err := d.open(ctx, pg.RoleApp)
		if err != nil {
			return err
		}
		defer db.Close()
		all, err := tenants(ctx, db)
		for _, t := range all {
			if failed := db.InTenant(ctx, t.ID, func(tx pg.Tx) error { return fn(tx, t) }); failed != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", t.Name, failed))
			}
		}
		return err
	})
}
