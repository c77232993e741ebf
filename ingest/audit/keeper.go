package audit

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tikklok/ingest/pg"
)

// Keeper verifies every tenant's log once a day, and when somebody asks, and
// has the ends of sound ones kept elsewhere (OB-C4). Several may run.
type Keeper struct {
	DB   *pg.DB                   // under pg.RoleApp
	Kept func() ([]Anchor, error) // anchors that were kept
	Keep func(Anchor) error       // keeps one more
	Log  *slog.Logger
}

// How often a log is verified, and how soon after somebody asked.
const (
	verifyEvery = 24 * time.Hour
	askedWithin = 2 * time.Second
)

// Run verifies until ctx ends. By last success: a machine that slept catches
// up.
func (k Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(askedWithin)
	defer tick.Stop()
	failing := false
	for {
		err := k.round(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "audit logs were not verified; trying again", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (k Keeper) round(ctx context.Context) error {
	due, err := checksDue(ctx, k.DB, time.Now().Add(-verifyEvery))
	for _, tenant := range due {
		err = errors.Join(err, k.Verify(ctx, tenant))
		if ctx.Err() != nil {
			break
		}
	}
	return err
}

// Verify verifies one tenant's log now, unless another does; it notes how far
// it is and what it found.
func (k Keeper) Verify(ctx context.Context, tenant int64) error {
	id, err := claimCheck(ctx, k.DB, tenant)
	if err != nil || id == 0 {
		return err
	}
	kept, err := k.Kept()
	if err != nil {
		return err
	}
	_, unlinked := Link(ctx, k.DB, tenant) // what finds no place hides nothing of the chain
	report, err := CheckAll(ctx, k.DB, tenant, kept, func(done, of int64) error {
		return noteProgress(ctx, k.DB, tenant, id, done, of)
	})
	if err != nil {
		return errors.Join(unlinked, err)
	}
	if err := finishCheck(ctx, k.DB, tenant, id, report); err != nil {
		return err
	}
	if err := report.Err(); err != nil {
		k.Log.ErrorContext(ctx, "the audit log was altered", "tenant", tenant, "where", report.Breaks[0].String(), "breaks", len(report.Breaks))
		return unlinked
	}
	if a, ok := AnchorOf(report, time.Now()); ok {
		return errors.Join(unlinked, k.Keep(a))
	}
	return unlinked
}
