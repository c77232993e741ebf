package main

import (
	"context"
	"fmt"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/alarm"
	"tikklok/api/sla/notice"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// burnEvery is how often a month is reckoned to see how fast its budget goes:
// it reads a month of minutes.
const burnEvery = 10 * time.Minute

// reckoned is when a customer's month was last reckoned, and what of it.
type reckoned struct {
	at  time.Time
	all []alarm.Signal
}

// availabilityAlarms is how fast the budget of the month that runs is spent
// (OB-S1, OB-S2).
func (l *lookout) availabilityAlarms(ctx context.Context, tx pg.Tx, t tenant.Tenant, now time.Time) ([]alarm.Signal, error) {
	if last, ok := l.burns[t.ID]; ok && !last.at.After(now) && now.Sub(last.at) < burnEvery {
		return last.all, nil
	}
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return nil, fmt.Errorf("the zone of a customer: %w", err)
	}
	month := sla.MonthOf(now.In(zone))
	work, err := notice.Work(ctx, tx, month.In(zone))
	if err != nil {
		return nil, err
	}
	r, err := sla.ReportOf(ctx, tx, month, zone, work, now)
	if err != nil {
		return nil, err
	}
	var all []alarm.Signal
	if a, holds := r.Alarm(); holds {
		said := func(language string) string { subject, body := a.Text(language); return subject + ". " + body }
		all = append(all, alarm.Signal{Key: fmt.Sprintf("availability %s %s", a.Month, a.Burn), NL: said("nl"), EN: said("en")})
	}
	if l.burns == nil {
		l.burns = map[int64]reckoned{}
	}
	l.burns[t.ID] = reckoned{now, all}
	return all, nil
}
