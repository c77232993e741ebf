package report

import (
	"context"
	"time"

	"tikklok/api/sla/notice"
	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/pg"
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
	c, err := notice.CustomerOf(ctx, tx)
	if err != nil || c.Probe {
		return err
	}
	all, err := letters(n, addressees(c, n.by), c.Zone)
	if err != nil {
		return err
	}
	if _, err := mail.Spool(ctx, tx, all, now); err != nil {
		return err
	}
	return notice.Tell(ctx, tx, n.event, n.about, n.data, now.Add(mail.LongestWait), now)
}
