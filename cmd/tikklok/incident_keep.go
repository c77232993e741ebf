package main

import (
	"context"
	"log/slog"
	"time"

	"tikklok/api/sla/incident"
	"tikklok/ingest/pg"
)

// incidentsEvery is how often downtimes are looked for: as often as the probe
// looks.
const incidentsEvery = time.Minute

// keepIncidents opens an incident at every tenant for what the probe found
// (OB-S5); one tenant that fails does not hold up the others.
func keepIncidents(ctx context.Context, db *pg.DB) error {
	for {
		all, err := tenants(ctx, db)
		if ctx.Err() == nil {
			warn(err, "downtimes can't be looked for")
		}
		for _, t := range all {
			var opened []int64
			err := db.InTenant(ctx, t.ID, func(tx pg.Tx) (err error) {
				opened, err = incident.Find(ctx, tx, time.Now())
				return err
			})
			if ctx.Err() == nil {
				warn(err, "whether the probe found a downtime can't be told")
			}
			for _, id := range opened {
				slog.Warn("the probe found that nobody could sign in: an incident is open", "tenant", t.ID, "incident", id)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(incidentsEvery):
		}
	}
}
