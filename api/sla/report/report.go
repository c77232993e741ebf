// Package report promises that whoever administers a customer hears of what is
// said of its availability: that a party gave its word on whose failing an
// outage was, and that a month's report was handed out (OB-S1, OB-S2). Letters
// and the webhook's call are spooled in the transaction that keeps what they
// tell, once each, and hold nothing that somebody typed (OB-P14).
package report

import (
	"context"
	"fmt"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/notice"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// The events, as webhooks have them.
const (
	Decided  notice.Event = "availability.decided"
	Reported notice.Event = "availability.reported"
)

// decided is what a webhook is told of a party's word.
type decided struct {
	Decision int64        `json:"decision"`
	Party    tenant.Party `json:"party"`
	From     time.Time    `json:"from"`
	Until    time.Time    `json:"until"` // not in it
	Cause    sla.Cause    `json:"cause"`
}

// reported is what it is told of a report.
type reported struct {
	Month  sla.Month         `json:"month"`
	Number int               `json:"number"`
	Hash   string            `json:"sha256"` // of the figures
	Parts  []sla.FiguresPart `json:"parts"`
}

// Decide keeps a party's word on whose failing an outage was, and tells of it.
// Errors: sla.ErrInvalid.
func Decide(ctx context.Context, tx pg.Tx, d sla.Decision, now time.Time) (sla.Decision, error) {
	d, err := sla.Decide(ctx, tx, d, now)
	if err != nil {
		return d, err
	}
	return d, tell(ctx, tx, news{event: Decided, about: fmt.Sprintf("outage %d", d.ID), by: d.By,
		data: decided{d.ID, d.Party(), d.From.UTC(), d.To.UTC(), d.Cause}, say: decisionText(d)}, now)
}

// HandOut keeps a month's report as it is now, with what was announced of work,
// and tells of it where it is another one. Errors: sla.ErrInvalid, for a month
// that isn't over.
func HandOut(ctx context.Context, tx pg.Tx, m sla.Month, zone *time.Location, by audit.Actor, now time.Time) (i sla.Issue, anew bool, err error) {
	if err := sla.LockReports(ctx, tx); err != nil {
		return i, false, fmt.Errorf("handing out the report of %s: %w", m, err)
	}
	work, err := notice.Work(ctx, tx, m.In(zone))
	if err != nil {
		return i, false, err
	}
	i, anew, err = sla.HandOut(ctx, tx, m, zone, work, by, now)
	if err != nil || !anew {
		return i, false, err
	}
	return i, true, tell(ctx, tx, news{event: Reported, about: fmt.Sprintf("report %s %d", m, i.Number), by: by,
		data: reported{m, i.Number, fmt.Sprintf("%x", i.Hash), i.Figures.Parts}, say: issueText(i)}, now)
}
