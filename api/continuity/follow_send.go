package continuity

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
)

// sender brings one place what waits for it.
type sender struct {
	Maker
	spool   *spool
	target  target.Target
	failing atomic.Bool // the last try
}

// lagging is how old the oldest piece that waits may be: younger ones come by
// themselves.
const lagging = 3 * pg.LogEvery

// run sends until ctx ends, and tells every minute how far it is: a slow place may
// be at one piece for long.
func (d *sender) run(ctx context.Context) {
	var telling sync.WaitGroup
	defer telling.Wait()
	telling.Go(func() {
		for pause(ctx, lookEvery) {
			d.note(ctx, "", time.Time{})
		}
	})
	said := ""
	for {
		err := d.sendAll(ctx)
		if err != nil && ctx.Err() == nil && err.Error() != said {
			d.Log.WarnContext(ctx, "a place for backups doesn't take the log; it is tried again", "place", d.target.Name, "error", err)
		}
		said = ""
		if err != nil {
			said = err.Error()
		}
		if changed := d.failing.Swap(err != nil) != (err != nil); changed {
			d.note(ctx, "", time.Time{})
		}
		wait := sendEvery
		if err != nil {
			wait = sendAgain
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// sendAll sends what waits, the oldest first, so that there is no hole but where
// something was given up.
func (d *sender) sendAll(ctx context.Context) error {
	names, _ := d.spool.waiting(d.target.Name)
	if len(names) == 0 {
		return nil
	}
	store, err := d.open(ctx, d.target)
	if err != nil {
		return err
	}
	defer store.Close()
	last, arrived, noted := "", time.Time{}, time.Now()
	for _, name := range names {
		if err = d.spool.sendOne(ctx, store, d.target.Name, name); err != nil {
			break
		}
		last, arrived = name, time.Now()
		if arrived.Sub(noted) >= noteEvery {
			d.note(ctx, last, arrived)
			last, noted = "", time.Now()
		}
	}
	if last != "" {
		d.note(ctx, last, arrived)
	}
	return err
}

// noteEvery is how long it may take until it is written down that a piece
// arrived: each time all that waits is counted, which may be thousands.
const noteEvery = 3 * time.Second

// note writes down how far the log at the place is, with the last piece and when
// it arrived; "": none did.
func (d *sender) note(ctx context.Context, last string, arrived time.Time) {
	_, waiting := d.spool.waiting(d.target.Name)
	var p LogProblem
	switch {
	case d.spool.over():
		p = LogStopped
	case d.failing.Load(), d.spool.late(d.target.Name, time.Now()):
		p = LogBehind
	}
	err := d.Owner.Look(ctx, func(tx pg.Tx) error { return noteLog(ctx, tx, d.target.Name, p, waiting, last, arrived) })
	if err != nil && ctx.Err() == nil {
		d.Log.WarnContext(ctx, "how far the log of a place is was not written down", "place", d.target.Name, "error", err)
	}
}
