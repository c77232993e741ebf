package main

import (
	"context"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// historyEvery is how often old history of devices is removed: at the start
// too, so that a machine that slept catches up.
const historyEvery = 24 * time.Hour

// keepHistory removes what is older than it is kept; one tenant that fails
// does not hold up the others.
func keepHistory(ctx context.Context, db *pg.DB) error {
	for {
		all, err := tenants(ctx, db)
		if ctx.Err() == nil {
			warn(err, "the history of devices can't be gone through")
		}
		for _, t := range all {
			err := db.InTenant(ctx, t.ID, func(tx pg.Tx) error { return fleet.Thin(ctx, tx, time.Now()) })
			if ctx.Err() == nil {
				warn(err, "old history of devices was not removed")
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(historyEvery):
		}
	}
}
