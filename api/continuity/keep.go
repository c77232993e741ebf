package continuity

import (
	"context"
	"errors"
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
	var tended time.Time
	for {
		now := time.Now()
		err := m.Owner.Look(ctx, func(tx pg.Tx) error {
			return errors.Join(tellPlaces(ctx, tx, m.Targets, now), leavePlaces(ctx, tx, m.Targets, now))
		})
		if err == nil {
			if now.Sub(tended) >= tendEvery {
				m.tend(ctx, now)
				tended = now
			}
			m.makeDue(ctx, now, zone)
		} else if ctx.Err() == nil {
			m.Log.WarnContext(ctx, "places for backups can't be gone through", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
	}
}

// makeDue makes a set at the places where one is due.
func (m Maker) makeDue(ctx context.Context, now time.Time, zone *time.Location) {
	var states []PlaceState
	err := m.Owner.Look(ctx, func(tx pg.Tx) (err error) { states, err = Places(ctx, tx); return err })
	if err != nil && ctx.Err() == nil {
		m.Log.WarnContext(ctx, "whether a backup is due can't be told", "error", err)
	}
	var due []target.Target
	for _, p := range states {
		if !p.due(now, zone) {
			continue
		}
		for _, t := range m.Targets {
			if t.Name == p.Name {
				due = append(due, t)
			}
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
	if p.Problem != "" && now.Sub(p.Tried) < tryAgain {
		return false
	}
	last, _ := p.Last()
	return Due(last.Began, p.Since, now, zone) || p.LogProblem == LogHole && !last.Began.IsZero() && now.Sub(last.Began) >= tryAgain
}

// tend goes to each place: what expired is removed, the register brought to what
// stands there, and the log looked through.
func (m Maker) tend(ctx context.Context, now time.Time) {
	system, err := pg.SystemOf(ctx, m.URL)
	if err != nil {
		m.Log.WarnContext(ctx, "places for backups were not tended to", "error", err)
		return
	}
	if err := m.forget(system.ID, now); err != nil {
		m.Log.WarnContext(ctx, "the log for places that are no longer asked for was not removed", "error", err)
	}
	for _, t := range m.Targets {
		if err := m.tendAt(ctx, t, system.ID, now); err != nil && ctx.Err() == nil {
			m.Log.ErrorContext(ctx, "a place for backups was not tended to", "place", t.Name, "error", err)
		}
	}
}

func (m Maker) tendAt(ctx context.Context, t target.Target, system string, now time.Time) error {
	store, err := t.Open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	a := Archive{Store: store, System: system}
	left, removed, err := a.Tend(ctx, now)
	if err != nil {
		return err
	}
	names, err := a.Log(ctx)
	if err != nil {
		return err
	}
	err = m.Owner.Look(ctx, func(tx pg.Tx) error {
		if err := noteSets(ctx, tx, t.Name, left, removed, now); err != nil {
			return err
		}
		return mendHole(ctx, tx, t.Name, broken(left, names))
	})
	for _, s := range removed {
		err = errors.Join(err, m.Listed.Note(s.listed(t.Name, &now)))
	}
	return err
}

// broken says whether no moment after a hole can be restored: it lies after the
// newest base, or the log goes on in another timeline.
func broken(left []Set, names []string) bool {
	for i := len(left) - 1; i >= 0; i-- {
		first := left[i].FirstLog()
		if first == "" {
			continue
		}
		newest := ""
		for _, n := range names {
			if len(n) == len(first) {
				newest = max(newest, n)
			}
		}
		return Hole(left[i], names) != "" || newest != "" && newest[:8] > first[:8]
	}
	return false
}
