package main

import (
	"context"
	"log/slog"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
)

// checksEvery is how often it is looked whether a check is due.
const checksEvery = time.Minute

// checkKeeper checks the backups of each place every morning, by the last check
// that was noted: a machine that slept catches up (OB-C8).
type checkKeeper struct {
	maker   continuity.Maker
	app     *pg.DB
	scratch string // folder; what a killed check left in it is removed
}

// run checks until ctx ends.
func (k checkKeeper) run(ctx context.Context) error {
	warn(continuity.ClearScratch(k.scratch), "what a killed check of backups left is still there")
	for {
		for _, t := range k.maker.Targets {
			err := k.checkDue(ctx, t)
			if ctx.Err() == nil {
				warn(err, "a backup was not checked")
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(checksEvery):
		}
	}
}

func (k checkKeeper) checkDue(ctx context.Context, t target.Target) error {
	now := time.Now()
	var due bool
	err := k.app.Look(ctx, func(tx pg.Tx) (err error) {
		due, err = continuity.CheckDue(ctx, tx, t.Name, now, time.Local)
		return err
	})
	if err != nil || !due {
		return err
	}
	warn(continuity.ClearScratch(k.scratch), "what a killed check of backups left is still there")
	r, err := k.check(ctx, t, now)
	if err != nil || ctx.Err() != nil {
		return err
	}
	if !r.Good() {
		slog.ErrorContext(ctx, "a backup did not stand its check", "place", t.Name, "set", r.Set, "findings", r.Findings)
	}
	return k.app.Look(ctx, func(tx pg.Tx) error { _, err := continuity.Note(ctx, tx, r); return err })
}

// check checks one place; what is wrong with it stands in the result.
func (k checkKeeper) check(ctx context.Context, t target.Target, now time.Time) (continuity.Result, error) {
	keys, _, err := k.maker.Keys(ctx)
	if err != nil {
		return continuity.Result{}, err
	}
	why, err := k.maker.Refusal(ctx, t)
	if err != nil {
		return continuity.Result{}, err
	}
	system, err := pg.SystemOf(ctx, k.maker.URL)
	if err != nil {
		return continuity.Result{}, err
	}
	store, err := t.Open(ctx)
	if err != nil {
		return continuity.Result{At: now, Target: t.Name, Findings: []continuity.Finding{{Fault: continuity.NoAnswer, Text: err.Error()}}}, nil
	}
	defer store.Close()
	return continuity.Check{Archive: continuity.Archive{Store: store, System: system.ID, Keys: keys}, Target: t.Name, Refused: why,
		Scratch: k.scratch, Keys: pg.With(keys), Catalogue: k.maker.Catalogue}.Run(ctx, now), nil
}
