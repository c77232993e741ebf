package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tikklok/api/sla/incident"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
)

// Downtimes are looked for as often as the probe looks: in the last hours, and
// each hour so far back as its minutes may come late, from when the server was
// out of its reach.
const (
	incidentsEvery = time.Minute
	incidentsBack  = 3 * time.Hour
	incidentsLate  = 35 * 24 * time.Hour
)

// keepIncidents opens an incident at every tenant for what the probe found
// (OB-S5); one tenant that fails does not hold up the others.
func keepIncidents(ctx context.Context, db *pg.DB) error {
	var whole time.Time // when it was last looked so far back
	for {
		now, back := time.Now(), incidentsBack
		if now.Sub(whole) > time.Hour {
			whole, back = now, incidentsLate
		}
		err := findIncidents(ctx, db, back, now)
		if ctx.Err() == nil {
			warn(err, "downtimes can't be looked for")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(incidentsEvery):
		}
	}
}

func findIncidents(ctx context.Context, db *pg.DB, back time.Duration, now time.Time) error {
	var seen []incident.Downtime
	err := db.Look(ctx, func(tx pg.Tx) (err error) {
		seen, err = incident.Seen(ctx, tx, now.Add(-back), now)
		return err
	})
	if err != nil || len(seen) == 0 {
		return err
	}
	all, err := tenants(ctx, db)
	for _, t := range all {
		if t.Probe { // nobody works there
			continue
		}
		var opened []int64
		failed := db.InTenant(ctx, t.ID, func(tx pg.Tx) error {
			closed, err := ending.Closed(ctx, tx, now)
			if err != nil || closed != nil { // nobody gets in there any more, and nothing new is kept (OB-P4)
				return err
			}
			opened, err = incident.Find(ctx, tx, seen, now)
			return err
		})
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("tenant %d: %w", t.ID, failed))
		}
		for _, id := range opened {
			slog.Warn("the probe found that nobody could sign in: an incident is open", "tenant", t.ID, "incident", id)
		}
	}
	return err
}
