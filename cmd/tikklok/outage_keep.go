package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/report"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// reportsEvery is how often months are looked for that wait to be handed out.
const reportsEvery = time.Hour

// keepReports hands out each customer's months that have been over long enough
// (OB-S1); one that fails does not hold up the others.
func keepReports(ctx context.Context, db *pg.DB) error {
	for {
		err := handOutDue(ctx, db)
		if ctx.Err() == nil {
			warn(err, "reports of availability can't be handed out")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(reportsEvery):
		}
	}
}

func handOutDue(ctx context.Context, db *pg.DB) error {
	all, err := tenants(ctx, db)
	for _, t := range all {
		if t.Probe {
			continue
		}
		if failed := handOutOf(ctx, db, t); failed != nil {
			err = errors.Join(err, fmt.Errorf("tenant %d: %w", t.ID, failed))
		}
	}
	return err
}

// handOutOf hands out what is due of one customer, a month a transaction.
func handOutOf(ctx context.Context, db *pg.DB, t tenant.Tenant) error {
	var due []sla.Month
	now := tenantTime(t)
	err := db.InTenant(ctx, t.ID, func(tx pg.Tx) (err error) {
		due, err = sla.Due(ctx, tx, now.Location(), now)
		return err
	})
	for _, m := range due {
		err = errors.Join(err, db.InTenant(ctx, t.ID, func(tx pg.Tx) error {
			i, anew, err := report.HandOut(ctx, tx, m, now.Location(), audit.Actor{Kind: audit.System}, now)
			if err == nil && anew {
				slog.Info("a month's availability was reported", "tenant", t.ID, "month", m.String(), "number", i.Number)
			}
			return err
		}))
	}
	return err
}
