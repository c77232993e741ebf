package continuity

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
)

const (
	lookEvery = time.Minute // whether a set is due
	tendEvery = time.Hour   // what expired, and whether the log is whole
	tryAgain  = 10 * time.Minute
)

// Run makes a set at each place every night, by its last success there, and
// removes what expired, until ctx ends (OB-C8).
func (m Maker) Run(ctx context.Context, zone *time.Location) error {
	began := time.Now()
	var k *keeper
	for {
		now := time.Now()
		var err error
		if k == nil {
			k, err = m.keeper(ctx, began)
		}
		if err == nil {
			err = k.look(ctx, now, zone)
		}
		if err != nil && ctx.Err() == nil {
			m.Log.WarnContext(ctx, "places for backups can't be gone through", "error", err)
		}
		if !pause(ctx, lookEvery) {
			return nil
		}
	}
}

// keeper keeps the places of a server while it runs.
type keeper struct {
	Maker
	began  time.Time
	clock  clock
	tended time.Time
}

// keeper begins with what the register knows of the time.
func (m Maker) keeper(ctx context.Context, began time.Time) (*keeper, error) {
	var known time.Time
	err := m.Owner.Look(ctx, func(tx pg.Tx) (err error) { known, err = lastSeen(ctx, tx); return err })
	if err != nil {
		return nil, err
	}
	k := &keeper{Maker: m, began: began}
	var jumped time.Duration
	k.clock, jumped = newClock(known, began)
	k.clock.recall(k.Spool)
	k.doubt(ctx, jumped)
	return k, nil
}

// doubt says that the clock is not believed.
func (k *keeper) doubt(ctx context.Context, jumped time.Duration) {
	if jumped > 0 {
		k.Log.ErrorContext(ctx, "the clock is far ahead of what was last known: backups that expire by that are kept for a day more; set the clock right if it is wrong", "by", jumped.Round(time.Second))
	}
}

// look does once what is to be done.
func (k *keeper) look(ctx context.Context, now time.Time, zone *time.Location) error {
	believed, jumped := k.clock.at(now.Round(0), now.Sub(k.began))
	k.doubt(ctx, jumped)
	var left map[string]time.Time
	err := k.Owner.Look(ctx, func(tx pg.Tx) (err error) {
		if err := tellPlaces(ctx, tx, k.Targets, now); err != nil {
			return err
		}
		left, err = leavePlaces(ctx, tx, k.Targets, now)
		return err
	})
	if err != nil {
		return err
	}
	for place, until := range left {
		if !until.IsZero() {
			k.Log.WarnContext(ctx, "a place for backups is no longer named, and what stands there is no longer removed: remove it by its day (OB-P4)", "place", place, "until", until.UTC().Format(time.DateOnly))
		}
	}
	if k.tended.IsZero() || now.Sub(k.tended) >= tendEvery {
		k.refuse(ctx, now)
		k.tend(ctx, now, believed)
		k.tended = now
		if err := k.clock.remember(k.Spool); err != nil {
			k.Log.WarnContext(ctx, "a restart doubts the clock anew", "error", err)
		}
	}
	k.makeDue(ctx, now, zone)
	return nil
}

// refuse tells of places that a contract forbids before a night comes by: at the
// start, and within the hour of a contract that is recorded (OB-P9).
func (k *keeper) refuse(ctx context.Context, now time.Time) {
	for _, t := range k.Targets {
		why, err := k.Refusal(ctx, t)
		if why != "" {
			k.Log.ErrorContext(ctx, "a place for backups gets nothing: a contract forbids it", "place", t.Name, "reason", why)
		}
		if err == nil {
			err = k.Owner.Look(ctx, func(tx pg.Tx) error { return noteRefusal(ctx, tx, t.Name, why != "", now) })
		}
		if err != nil && ctx.Err() == nil {
			k.Log.WarnContext(ctx, "whether contracts allow a place for backups can't be told", "place", t.Name, "error", err)
		}
	}
}

// makeDue makes a set at the places where one is due, those first at which
// nothing went wrong the last time: the first is who the database is read for.
func (m Maker) makeDue(ctx context.Context, now time.Time, zone *time.Location) {
	var states []PlaceState
	err := m.Owner.Look(ctx, func(tx pg.Tx) (err error) { states, err = Places(ctx, tx); return err })
	if err != nil && ctx.Err() == nil {
		m.Log.WarnContext(ctx, "whether a backup is due can't be told", "error", err)
	}
	slices.SortStableFunc(states, func(a, b PlaceState) int { return cmp.Compare(len(a.Problem), len(b.Problem)) })
	var due []target.Target
	for _, p := range states {
		i := slices.IndexFunc(m.Targets, func(t target.Target) bool { return t.Name == p.Name })
		if i >= 0 && p.due(now, zone) {
			due = append(due, m.Targets[i])
		}
	}
	if len(due) == 0 {
		return
	}
	if _, err := m.Make(ctx, due, false); err != nil && ctx.Err() == nil && !errors.Is(err, ErrBusy) {
		m.Log.ErrorContext(ctx, "making backups was not written down", "error", err)
	}
}

// due says whether a set is due at a place. A hole in the log makes one due at
// once: no moment after it can be restored without.
func (p PlaceState) due(now time.Time, zone *time.Location) bool {
	if p.Problem != "" && now.Sub(p.Tried) < tryAgain && !ahead(p.Tried, now) {
		return false
	}
	last, _ := p.Last(now)
	return Due(last.Began, p.Since, now, zone) || p.LogProblem == LogHole && !last.Began.IsZero() && now.Sub(last.Began) >= tryAgain
}
