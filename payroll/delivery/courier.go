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

const (
	couriers = 4               // that work at once, each on a tenant
	pause    = 5 * time.Second // between rounds
)

// system is who delivers.
var system = audit.Actor{Kind: audit.System}

func (c Courier) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Run delivers until ctx ends; an attempt under way is broken off then, and
// made again at the next start.
func (c Courier) Run(ctx context.Context, db *pg.DB) error {
	work, ctx := errgroup.WithContext(ctx)
	tenants := make(chan int64)
	work.Go(func() error {
		defer close(tenants)
		return c.feed(ctx, db, tenants)
	})
	for range couriers {
		work.Go(func() error {
			for t := range tenants {
				if err := c.Round(ctx, db, t); err != nil && ctx.Err() == nil {
					c.Log.WarnContext(ctx, "deliveries of a tenant wait for the next round", "tenant", t, "error", err)
				}
			}
			return nil
		})
	}
	return work.Wait()
}

// feed hands out the tenants, round after round.
func (c Courier) feed(ctx context.Context, db *pg.DB, tenants chan<- int64) error {
	for {
		var ids []int64
		err := db.Look(ctx, func(tx pg.Tx) (err error) { ids, err = withChannels(ctx, tx); return err })
		if err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, "deliveries wait for the database", "error", err)
		}
		for _, id := range ids {
			select {
			case tenants <- id:
			case <-ctx.Done():
				return nil
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// Round puts what is due of a tenant into its outbox and tries it, until
// nothing is left or one fails: an end that hangs keeps other tenants waiting
// once a round, not once a delivery.
func (c Courier) Round(ctx context.Context, db *pg.DB, tenant int64) error {
	err := db.InTenant(ctx, tenant, func(tx pg.Tx) error { return enqueue(ctx, tx, c.now()) })
	for err == nil {
		var more bool
		if more, err = c.next(ctx, db, tenant); !more {
			break
		}
	}
	return err
}

// next makes one attempt at what has been due longest; false: nothing is due
// that nobody else works on, or the attempt failed.
func (c Courier) next(ctx context.Context, db *pg.DB, tenant int64) (more bool, err error) {
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		d, ok, err := claim(ctx, tx, c.now())
		if err != nil || !ok {
			return err
		}
		a := attempt{Courier: c, db: db, tenant: tenant, delivery: d}
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
	why, err := a.pointless(ctx, tx)
	if err != nil {
		return false, err
	}
	if why != "" {
		return true, end(ctx, tx, system, a.delivery.ID, Withdrawn, why, a.now())
	}
	a.number, a.accepted = a.delivery.Attempts+1, a.delivery.Accepted
	err = a.db.InTenant(ctx, a.tenant, func(tx pg.Tx) error { return begin(ctx, tx, a.delivery.ID, a.number, a.now()) })
	if err != nil {
		return false, err
	}
	tried := a.try(ctx, tx)
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
		if err := endAttempt(ctx, tx, a.delivery.ID, last.Number, Interrupted, nil, a.now()); err != nil {
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

// pointless says why a delivery needs no attempt any more; "": it does. It
// looks, too, whether the other end saw one that a restore made forgotten.
func (a *attempt) pointless(ctx context.Context, tx pg.Tx) (string, error) {
	run, err := payroll.RunByID(ctx, tx, a.delivery.Run)
	if err != nil || a.delivery.Event == Void {
		return "", err
	}
	marked, err := a.marked(run)
	if err != nil {
		return "", err
	}
	a.shown = a.shown || marked
	switch {
	case run.State == payroll.Void:
		return "the run is void", nil
	case a.delivery.Kind.Brings() && !a.shown && a.delivery.By.Kind == "" && run.State != payroll.Created:
		return "the run is " + string(run.State) + " already", nil
	}
	return "", nil
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
	if err := endAttempt(ctx, tx, d.ID, a.number, outcome, tried, now); err != nil {
		return err
	}
	if err := postpone(ctx, tx, d.ID, a.number, a.accepted, now.Add(backoff(a.number-d.settled))); err != nil {
		return err
	}
	switch outcome {
	case Succeeded:
		return end(ctx, tx, system, d.ID, Done, "", now)
	case Unclear:
		if !unsure.look {
			return setUncertain(ctx, tx, d.ID)
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
		return &unsure{why: "the other end has the run, but it was voided meanwhile; tell them not to take it in"}
	}
	return inner.Commit(ctx)
}

// unsure is how an attempt ends whose last step may have been taken.
type unsure struct {
	why  string
	look bool // the next attempt can look by itself
}

func (u *unsure) Error() string { return u.why }
