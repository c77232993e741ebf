package report

import (
	"context"
	"fmt"
	"time"

	"tikklok/api/sla/notice"
	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// news is something that a customer is told.
type news struct {
	event notice.Event
	about string // everybody is told of it once
	by    audit.Actor
	data  any // for the webhook
	say   saying
}

// tell spools letters and the webhook's call. Of the probes' own tenant nobody
// is told.
func tell(ctx context.Context, tx pg.Tx, n news, now time.Time) error {
	t, err := tenant.Get(ctx, tx)
	if err != nil || t.Probe {
		return err
	}
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return fmt.Errorf("telling of availability: %w", err)
	}
	accounts, err := people.Accounts(ctx, tx)
	if err != nil {
		return err
	}
	contract, err := tenant.Contract(ctx, tx)
	if err != nil {
		return err
	}
	to := addressees(accounts, people.Account{Email: contract.Contact.Fallback, Language: t.Language}, n.by)
	all, err := letters(n, to, zone)
	if err != nil {
		return err
	}
	if _, err := mail.Spool(ctx, tx, all, now); err != nil {
		return err
	}
	return notice.Tell(ctx, tx, n.event, n.about, n.data, now.Add(mail.LongestWait), now)
}
