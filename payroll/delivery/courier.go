package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

// Courier brings what the outbox holds.
type Courier struct {
	Payroll payroll.Office
	Seal    Seal
	// Private names the networks of this side (loopback, private, link-local)
	// that may be delivered to; of others none is. Without it a tenant could
	// have the server call what only the server can reach. Plain http is for
	// these only.
	Private []netip.Prefix
	// Shown is a folder outside the database's storage that remembers which
	// files other ends may have seen; "": none does.
	Shown string
	Log   *slog.Logger
	Now   func() time.Time // nil: time.Now
	Wait  time.Duration    // for an HTTP answer; 0: 30 s
}

// pause is between looks at what is due.
const pause = 5 * time.Second

// system is who delivers.
var system = audit.Actor{Kind: audit.System}

func (c Courier) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Run delivers until ctx ends; an attempt under way is broken off then, and
// made again at the next start. An end that hangs keeps nobody else waiting:
// each channel is worked on by itself, and those that failed by workers of
// their own.
func (c Courier) Run(ctx context.Context, db *pg.DB) error {
	// Each worker holds a connection for as long as its attempt takes, and all
	// share what is left for the rest.
	workers := min(4, max(1, (int(db.Pool().Config().MaxConns)-2)/2))
	work, ctx := errgroup.WithContext(ctx)
	todo := newErrands(max(1, workers-1))
	work.Go(func() error {
		defer todo.end()
		return c.feed(ctx, db, todo)
	})
	for range workers {
		for _, failing := range []bool{false, true} {
			work.Go(func() error {
				for e, ok := todo.next(failing); ok; e, ok = todo.next(failing) {
					if err := c.serve(ctx, db, e); err != nil && ctx.Err() == nil {
						c.Log.WarnContext(ctx, "deliveries of a channel wait for the next round", "tenant", e.tenant, "channel", e.channel, "error", err)
					}
					todo.done(e)
				}
				return nil
			})
		}
	}
	return work.Wait()
}

// feed looks for what is due, again and again.
func (c Courier) feed(ctx context.Context, db *pg.DB, todo *errands) error {
	for {
		var ids []int64
		err := db.Look(ctx, func(tx pg.Tx) (err error) { ids, err = withChannels(ctx, tx); return err })
		if err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, "deliveries wait for the database", "error", err)
		}
		for _, id := range ids {
			found, err := c.look(ctx, db, id)
			if err != nil && ctx.Err() == nil {
				c.Log.WarnContext(ctx, "deliveries of a tenant wait for the next round", "tenant", id, "error", err)
			}
			todo.add(found)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// look puts what is due of a tenant into its outbox, and gives the channels
// that have something to do.
func (c Courier) look(ctx context.Context, db *pg.DB, tenant int64) (found []errand, err error) {
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		if err := enqueue(ctx, tx, c.now()); err != nil {
			return err
		}
		found, err = due(ctx, tx, tenant, c.now())
		return err
	})
	return found, err
}

// Round does what is due of a tenant, once, one channel after the other.
func (c Courier) Round(ctx context.Context, db *pg.DB, tenant int64) error {
	found, err := c.look(ctx, db, tenant)
	for _, e := range found {
		err = errors.Join(err, c.serve(ctx, db, e))
	}
	return err
}

// serve makes a channel's attempts until nothing is due or one fails: what an
// end did not take now it takes no better a moment later.
func (c Courier) serve(ctx context.Context, db *pg.DB, e errand) error {
	for {
		if more, err := c.next(ctx, db, e); err != nil || !more {
			return err
		}
	}
}

// next makes one attempt at what has been due longest; false: nothing is due
// that nobody else works on, or the attempt failed.
func (c Courier) next(ctx context.Context, db *pg.DB, e errand) (more bool, err error) {
	err = db.InTenant(ctx, e.tenant, func(tx pg.Tx) error {
		d, ok, err := claim(ctx, tx, e.channel, c.now())
		if err != nil || !ok {
			return err
		}
		a := attempt{Courier: c, db: db, hold: tx, tenant: e.tenant, delivery: d}
		if more, err = a.take(ctx, tx); err != nil {
			return fmt.Errorf("delivery %d: %w", d.ID, err)
		}
		return nil
	})
	return more, err
}

// attempt is one try of a delivery whose row is locked.
type attempt struct {
	Courier
	db       *pg.DB
	hold     pg.Tx // has the row locked
	tenant   int64
	delivery Delivery
	number   int
	channel  Channel
	secrets  Secrets
	accepted int  // requests that the other end took, with those of earlier attempts
	shown    bool // an earlier attempt may have been seen by the other end
}

// take settles what an earlier server left, tries, and writes down how it
// ended. more is false after a failure.
func (a *attempt) take(ctx context.Context, tx pg.Tx) (more bool, err error) {
	if wait, err := a.settle(ctx, tx); err != nil || wait {
		return true, err
	}
	ended, err := a.pointless(ctx, tx)
	if err != nil || ended {
		return true, err
	}
	a.number, a.accepted = a.delivery.Attempts+1, a.delivery.Accepted
	err = a.db.InTenant(ctx, a.tenant, func(tx pg.Tx) error { return begin(ctx, tx, a.delivery.ID, a.number, a.now()) })
	if err != nil {
		return false, err
	}
	tried := a.inTime(ctx, tx)
	if ctx.Err() != nil {
		return false, ctx.Err() // rolled back: the next server finds the attempt begun
	}
	return tried == nil, a.finish(ctx, tx, tried)
}

// settle ends an attempt that its server did not, and waits as after a failure
// where that was just now: one that stops its server is not begun at once again.
func (a *attempt) settle(ctx context.Context, tx pg.Tx) (wait bool, err error) {
	last, err := lastAttempt(ctx, tx, a.delivery.ID)
	if err != nil {
		return false, err
	}
	a.delivery.Attempts = max(a.delivery.Attempts, last.Number)
	if last.Number > 0 && last.Ended == nil {
		if err := endAttempt(ctx, tx, a.delivery.ID, last.Number, Interrupted, nil, Secrets{}, a.now()); err != nil {
			return false, err
		}
		due := last.Started.Add(backoff(1))
		if err := postpone(ctx, tx, a.delivery.ID, last.Number, a.delivery.Accepted, due); err != nil {
			return false, err
		}
		if due.After(a.now()) {
			return true, nil
		}
	}
	a.shown, err = maybeShown(ctx, tx, a.delivery)
	return false, err
}

// Reasons of ours for ending a delivery, or leaving it to a person; the pages
// have words for them.
const (
	BecauseVoid      = "void"      // its run is
	BecauseElsewhere = "elsewhere" // its run was brought otherwise
)

// pointless ends a delivery that needs no attempt any more. One of which the
// other end may have something is left to a person: whoever voided its run, or
// brought it otherwise, could not know that (I8).
func (a *attempt) pointless(ctx context.Context, tx pg.Tx) (ended bool, err error) {
	run, err := payroll.RunByID(ctx, tx, a.delivery.Run)
	if err != nil || a.delivery.Event == Void {
		return false, err
	}
	marked, err := a.marked(run)
	if err != nil {
		return false, err
	}
	a.shown = a.shown || marked
	why := ""
	switch {
	case run.State == payroll.Void:
		why = BecauseVoid
	case a.delivery.Kind.Brings() && run.State != a.delivery.step:
		why = BecauseElsewhere
	default:
		return false, nil
	}
	if a.delivery.Kind.Brings() && (a.shown || a.delivery.Accepted > 0) {
		return true, setUncertain(ctx, tx, a.delivery.ID, why)
	}
	return true, end(ctx, tx, system, a.delivery.ID, Withdrawn, why, a.now())
}

// finish writes down how the attempt ended.
func (a *attempt) finish(ctx context.Context, tx pg.Tx, tried error) error {
	d, now := a.delivery, a.now()
	if tried == nil && d.Event == Ready && d.Kind.Brings() {
		tried = a.markDelivered(ctx, tx, now)
	}
	var unsure *unsure
	outcome := Failed
	switch {
	case tried == nil:
		outcome = Succeeded
	case errors.As(tried, &unsure):
		outcome = Unclear
	}
	if err := endAttempt(ctx, tx, d.ID, a.number, outcome, tried, a.secrets, now); err != nil {
		return err
	}
	wait := backoff(a.number - d.settled)
	if a.accepted > d.Accepted { // it goes on
		wait = backoff(1)
	}
	if err := postpone(ctx, tx, d.ID, a.number, a.accepted, now.Add(wait)); err != nil {
		return err
	}
	switch outcome {
	case Succeeded:
		return end(ctx, tx, system, d.ID, Done, "", now)
	case Unclear:
		if !unsure.look {
			return setUncertain(ctx, tx, d.ID, "")
		}
	}
	return nil
}

// markDelivered tells the register. A run that was voided while its last bytes
// arrived is one that a person must look at.
func (a *attempt) markDelivered(ctx context.Context, tx pg.Tx, now time.Time) error {
	inner, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	how := string(a.delivery.Kind) + ": " + a.channel.Address()
	if _, err := a.Payroll.MarkDelivered(ctx, inner, system, a.delivery.Run, clip(how, 500), now); err != nil {
		if undone := inner.Rollback(ctx); undone != nil {
			return undone
		}
		return as(FaultVoid, &unsure{why: "the other end has the run, but it was voided meanwhile; tell them not to take it in"})
	}
	return inner.Commit(ctx)
}

// unsure is how an attempt ends whose last step may have been taken.
type unsure struct {
	why  string
	look bool // the next attempt can look by itself
}

func (u *unsure) Error() string { return u.why }
