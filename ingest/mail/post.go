package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// Post sends what is spooled.
type Post struct {
	Server Server
	Ledger *Ledger // what left, beside the database; nil: none is kept
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
}

// pause is between looks at what is due; longest, after the mail server could
// not be reached again and again. A tenant has turn letters sent before the next
// one has its own; whose letters came while others were sent is found when the
// round is over.
const (
	pause      = 5 * time.Second
	longest    = 5 * time.Minute
	turn       = 20
	roundLasts = 30 * time.Second
)

// Run sends until ctx ends. A mail server that can't be reached costs no letter
// an attempt.
func (p Post) Run(ctx context.Context, db *pg.DB) error {
	wait := pause
	for {
		sent, err := p.rounds(ctx, db)
		if ctx.Err() != nil {
			return nil
		}
		wait = waitAfter(wait, sent, err)
		if err != nil {
			p.Log.WarnContext(ctx, "e-mail waits for the next round", "error", err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// waitAfter is the pause after a round, of which the one before was last: longer
// each time as long as nothing gets through.
func waitAfter(last time.Duration, sent int, failed error) time.Duration {
	if failed == nil || sent > 0 {
		return pause
	}
	return min(2*last, longest)
}

// rounds sends what is due of all tenants; one that fails holds up no other.
func (p Post) rounds(ctx context.Context, db *pg.DB) (sent int, err error) {
	var all, some []int64
	err = db.Look(ctx, func(tx pg.Tx) (err error) { all, err = tenant.All(ctx, tx); return err })
	for _, id := range all {
		has, failed := p.due(ctx, db, id)
		if err = errors.Join(err, failed); has {
			some = append(some, id)
		}
	}
	sent, failed := p.send(ctx, db, some)
	return sent, errors.Join(err, failed)
}

// Round sends what is due of one tenant.
func (p Post) Round(ctx context.Context, db *pg.DB, tenant int64) error {
	some, err := p.due(ctx, db, tenant)
	if err != nil || !some {
		return err
	}
	_, err = p.send(ctx, db, []int64{tenant})
	return err
}

// due ends what is of no use any more, and says whether a tenant has letters
// left to send.
func (p Post) due(ctx context.Context, db *pg.DB, tenant int64) (some bool, err error) {
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
		if err := expire(ctx, tx, p.now()); err != nil {
			return err
		}
		some, err = due(ctx, tx, p.now())
		return err
	})
	return some, err
}

// round is a while of sending, by turns.
type round struct {
	Post
	db    *pg.DB
	first int       // turns to come until each tenant had one
	until time.Time // the others end then
	sent  int
}

func (r *round) isOver() bool { return r.first <= 0 && time.Now().After(r.until) }

// send sends what is due of tenants, for a while, over one connection: a new one
// where that ended, as of a mail server that takes a hundred at a time. Whose
// letter ended one that took nothing before waits for the next round; the others
// don't.
func (p Post) send(ctx context.Context, db *pg.DB, tenants []int64) (sent int, failed error) {
	r := &round{p, db, len(tenants), time.Now().Add(roundLasts), 0}
	for len(tenants) > 0 && ctx.Err() == nil && !r.isOver() {
		c, err := p.Server.Connect(ctx)
		if err != nil {
			return r.sent, errors.Join(failed, err)
		}
		before := r.sent
		var broke error
		tenants, broke, err = r.over(ctx, c, tenants)
		c.Close()
		failed = errors.Join(failed, err)
		if broke != nil && r.sent == before {
			tenants, failed = tenants[:len(tenants)-1], errors.Join(failed, broke)
		}
	}
	return r.sent, errors.Join(failed, ctx.Err())
}

// errBroken ends a connection, and nothing else.
var errBroken = errors.New("mail server: the connection broke")

// over sends letters over a connection until none is due, the while is over, or
// it breaks; left have letters then, last the one at whose letter it broke. A
// tenant whose letters can't be read waits for the next round.
func (r *round) over(ctx context.Context, c *Connection, left []int64) (_ []int64, broke, failed error) {
	for len(left) > 0 && broke == nil && ctx.Err() == nil && !r.isOver() {
		more, err := r.turn(ctx, c, left[0])
		r.first--
		if errors.Is(err, errBroken) {
			more, broke = true, err
		} else {
			failed = errors.Join(failed, err)
		}
		if more {
			left = append(left, left[0])
		}
		left = left[1:]
	}
	return left, broke, failed
}

// turn sends some letters of a tenant, one where the while is over; more: others
// are due.
func (r *round) turn(ctx context.Context, c *Connection, tenant int64) (more bool, err error) {
	for range turn {
		o, more, err := r.next(ctx, r.db, tenant, c)
		if o.State == Sent {
			r.sent++
		}
		if err != nil || !more {
			return false, err
		}
		if ctx.Err() != nil || time.Now().After(r.until) {
			break
		}
	}
	return true, nil
}

// next sends one letter; more is false where none is due.
func (p Post) next(ctx context.Context, db *pg.DB, tenant int64, to *Connection) (o Outcome, more bool, err error) {
	var c claimed
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) { c, more, err = claim(ctx, tx, p.now()); return err })
	if err != nil || !more {
		return o, false, err
	}
	// How it ended is noted even while the server stops: else it would be sent again.
	still := context.WithoutCancel(ctx)
	if left, ok := p.left(c.Key); ok {
		return Outcome{State: Sent}, true, db.InTenant(still, tenant, func(tx pg.Tx) error { return known(still, tx, c, left) })
	}
	o = to.Hand(c.Parcel)
	unkept := p.keep(c.Key, o)
	err = db.InTenant(still, tenant, func(tx pg.Tx) error { return end(still, tx, c, o, p.now()) })
	if o.Broken {
		err = errors.Join(fmt.Errorf("%w: %s", errBroken, o.Answer), err)
	}
	return o, true, errors.Join(unkept, err)
}

// left says when a letter left of which the database doesn't know.
func (p Post) left(key string) (time.Time, bool) {
	if p.Ledger == nil {
		return time.Time{}, false
	}
	return p.Ledger.Left(key)
}

// keep writes down beside the database that a letter left.
func (p Post) keep(key string, o Outcome) error {
	if p.Ledger == nil || o.State != Sent {
		return nil
	}
	return p.Ledger.Note(key, p.now())
}

func (p Post) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}
