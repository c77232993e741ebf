package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tikklok/api"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/tenant"
)

// retentionEvery is how often the server looks whether a night's purge is due.
const retentionEvery = 10 * time.Minute

// keepRetention purges each tenant once a night, by its last success, at one
// replica (OB-P3). A tenant that fails holds up no other, and giveWay lets
// gateways go first.
func keepRetention(ctx context.Context, app, private *pg.DB, giveWay func(context.Context)) error {
	p, said := api.Purger(private, app, catalogue()), sayings{}
	p.GiveWay = giveWay
	for {
		all, err := tenants(ctx, app)
		if ctx.Err() == nil {
			warn(err, "tenants can't be gone through for what is past its term")
		}
		for _, t := range all {
			purgeWhenDue(ctx, p, t, said, time.Now())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retentionEvery):
		}
	}
}

// sayings are what was last said of each tenant: what stays as it is for months
// is told once, and when it changes.
type sayings map[int64]string

// new says whether a text was not said last of a tenant, and keeps it.
func (s sayings) new(tenant int64, text string) bool {
	last := s[tenant]
	s[tenant] = text
	return text != "" && text != last
}

// purgeWhenDue purges a tenant whose last purge is of an earlier night.
func purgeWhenDue(ctx context.Context, p retention.Purger, t tenant.Tenant, said sayings, now time.Time) {
	var last time.Time
	err := p.DB.InTenant(ctx, t.ID, func(tx pg.Tx) (err error) { last, err = retention.Last(ctx, tx); return err })
	if err != nil {
		if ctx.Err() == nil {
			slog.Warn("whether a purge is due can't be told", "tenant", t.ID, "error", err)
		}
		return
	}
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		zone = time.UTC
	}
	if !retention.Due(last, now, zone) {
		return
	}
	_, err = p.Run(ctx, t.ID, audit.Actor{Kind: audit.System}, now)
	switch {
	case err == nil:
		said.new(t.ID, "")
	case errors.Is(err, retention.ErrBusy), ctx.Err() != nil:
	case errors.Is(err, retention.ErrTurnLost):
		slog.Warn("a purge was broken off; it goes on when the next one comes by", "tenant", t.ID, "reason", err)
	case retention.Waits(err):
		if said.new(t.ID, err.Error()) {
			slog.Info("nothing past its term is removed for now", "tenant", t.ID, "reason", err)
		}
	default:
		slog.Error("what is past its term was not removed; it is tried again", "tenant", t.ID, "error", err)
	}
}
