package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/delivery"
)

// Teller calls the webhooks of tenants. Each call is made until it is heard or
// the work is over, at each attempt under the same id (Standard Webhooks), so
// that the other end can leave out what it has.
type Teller struct {
	Courier delivery.Courier // signs, and knows which networks may be called
	Log     *slog.Logger
	Now     func() time.Time // nil: time.Now
}

const (
	pause = 5 * time.Second // between looks at what is due
	newly = time.Minute     // between looks who came
	lease = 2 * time.Minute // longer than an attempt takes
	most  = 20              // calls of one tenant in a round

	atOnce = 8 // tenants; a call holds no connection to the database while it is made
)

// backoff is how long to wait after the nth attempt failed: 30 s, doubled each
// time, up to an hour.
func backoff(attempts int) time.Duration {
	wait := 30 * time.Second
	for range attempts - 1 {
		if wait *= 2; wait >= time.Hour {
			return time.Hour
		}
	}
	return wait
}

// Run tells until ctx ends.
func (t Teller) Run(ctx context.Context, db *pg.DB) error {
	var looked time.Time
	for {
		come := t.now().Sub(looked) >= newly || looked.After(t.now())
		if come {
			looked = t.now()
		}
		if err := t.rounds(ctx, db, come); err != nil && ctx.Err() == nil {
			t.Log.WarnContext(ctx, "telling announcements waits for the next round", "error", err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// rounds goes through the tenants; come: whether to look for users who came too.
// They first: their letters wait for nobody's webhook.
func (t Teller) rounds(ctx context.Context, db *pg.DB, come bool) error {
	var ids []int64
	err := db.Look(ctx, func(tx pg.Tx) (err error) { ids, err = tenant.All(ctx, tx); return err })
	for _, id := range ids {
		if come {
			err = errors.Join(err, db.InTenant(ctx, id, func(tx pg.Tx) error { _, err := TellNewcomers(ctx, tx, t.now()); return err }))
		}
	}
	return errors.Join(err, t.all(ctx, db, ids))
}

// all makes the calls of tenants, of some at a time: a webhook that is silent
// keeps whoever calls it waiting for half a minute.
func (t Teller) all(ctx context.Context, db *pg.DB, tenants []int64) error {
	errs := make([]error, len(tenants))
	var work errgroup.Group
	work.SetLimit(atOnce)
	for n, id := range tenants {
		work.Go(func() error { errs[n] = t.Round(ctx, db, id); return nil })
	}
	_ = work.Wait() // one that fails ends no other
	return errors.Join(errs...)
}

// Round makes the calls of a tenant that are due: a few, and none after one that
// was not heard, since other tenants wait meanwhile. What is left waits for the
// next round.
func (t Teller) Round(ctx context.Context, db *pg.DB, tenant int64) error {
	for range most {
		if err := ctx.Err(); err != nil {
			return err
		}
		if heard, err := t.next(ctx, db, tenant); err != nil || !heard {
			return err
		}
	}
	return nil
}

// next makes one call; false: none is due, or it was not heard.
func (t Teller) next(ctx context.Context, db *pg.DB, tenant int64) (heard bool, err error) {
	var c calling
	var more bool
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) { c, more, err = claimCall(ctx, tx, t.now()); return err })
	if err != nil || !more {
		return false, err
	}
	body, err := json.Marshal(message{c.event, c.made.UTC(), c.data})
	if err != nil {
		return false, fmt.Errorf("telling a webhook: %w", err)
	}
	why, still := "", context.WithoutCancel(ctx) // what was heard is noted even while the server stops
	if err := t.Courier.TellHook(ctx, c.tenant, c.url, c.sealed, c.key, body); err != nil {
		why = err.Error()
	}
	err = db.InTenant(still, tenant, func(tx pg.Tx) error { return endCall(still, tx, c, why, t.now()) })
	return err == nil && why == "", err
}

func (t Teller) now() time.Time {
	if t.Now == nil {
		return time.Now()
	}
	return t.Now()
}

// message is what a webhook says: nobody's data.
type message struct {
	Type      Event           `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// told is what it says of maintenance.
type told struct {
	Reference string    `json:"reference"`
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"`
	NL        Words     `json:"nl"`
	EN        Words     `json:"en"`
}

func (m Maintenance) told() told {
	return told{m.Reference, m.From.UTC(), m.Until.UTC(), m.NL, m.EN}
}
