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
// not be reached again and again.
const (
	pause   = 5 * time.Second
	longest = 5 * time.Minute
)

// Run sends until ctx ends. A mail server that can't be reached costs no letter
// an attempt.
func (p Post) Run(ctx context.Context, db *pg.DB) error {
	wait := pause
	for {
		switch err := p.rounds(ctx, db); {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			p.Log.WarnContext(ctx, "e-mail waits for the next round", "error", err)
			wait = min(2*wait, longest)
		default:
			wait = pause
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// rounds goes through the tenants; one that fails holds up no other.
func (p Post) rounds(ctx context.Context, db *pg.DB) error {
	var ids []int64
	err := db.Look(ctx, func(tx pg.Tx) (err error) { ids, err = tenant.All(ctx, tx); return err })
	for _, id := range ids {
		err = errors.Join(err, p.Round(ctx, db, id))
	}
	return err
}

// Round sends what is due of a tenant, over one connection.
func (p Post) Round(ctx context.Context, db *pg.DB, tenant int64) (err error) {
	var some bool
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
		if err := expire(ctx, tx, p.now()); err != nil {
			return err
		}
		some, err = due(ctx, tx, p.now())
		return err
	})
	if err != nil || !some {
		return err
	}
	c, err := p.Server.Connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for ctx.Err() == nil {
		more, err := p.next(ctx, db, tenant, c)
		if err != nil || !more {
			return err
		}
	}
	return ctx.Err()
}

// next sends one letter; false: none is due.
func (p Post) next(ctx context.Context, db *pg.DB, tenant int64, to *Connection) (more bool, err error) {
	var c claimed
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) { c, more, err = claim(ctx, tx, p.now()); return err })
	if err != nil || !more {
		return false, err
	}
	// How it ended is noted even while the server stops: else it would be sent again.
	still := context.WithoutCancel(ctx)
	if left, ok := p.left(c.Key); ok {
		return true, db.InTenant(still, tenant, func(tx pg.Tx) error { return known(still, tx, c, left) })
	}
	o := to.Hand(c.Parcel)
	unkept := p.keep(c.Key, o)
	err = db.InTenant(still, tenant, func(tx pg.Tx) error { return end(still, tx, c, o, p.now()) })
	if err = errors.Join(unkept, err); err != nil {
		return false, err
	}
	if o.Broken {
		return false, fmt.Errorf("mail server: the connection broke: %s", o.Answer)
	}
	return true, nil
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
