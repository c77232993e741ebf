package ended

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// Keeper keeps the log in step with the database, and the database with the
// log where it was restored. One has the folder at a time.
type Keeper struct {
	DB     *pg.DB // under pg.RoleApp
	Folder string // of the log: one file a tenant
	Log    *slog.Logger

	books map[int64]*book
	seen  map[int64]seen
}

// seen is what a tenant had when all that it ended was last gone through.
type seen struct {
	at         time.Time
	n, changed int64 // changes lately, and the newest
}

// How often it looks for changes, how much later than its entry of the audit
// log a change may be committed, and how often it looks at everything.
const (
	every    = 5 * time.Second
	belated  = time.Minute
	everyAll = 10 * time.Minute
)

// NewKeeper gives a keeper of the log in a folder.
func NewKeeper(db *pg.DB, folder string, log *slog.Logger) *Keeper {
	return &Keeper{DB: db, Folder: folder, Log: log, books: map[int64]*book{}, seen: map[int64]seen{}}
}

// Replay ends again, in all tenants, what the log says and the database does
// not, and then writes down what the log lacks. It comes before anybody is let
// in. A damaged log is an error; nothing of that tenant is changed then.
func (k *Keeper) Replay(ctx context.Context, now time.Time) error {
	all, err := k.tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		n, err := k.replay(ctx, t, now)
		if err != nil {
			return err
		}
		if n > 0 {
			k.Log.WarnContext(ctx, "ended again what the log outside the database names: the database was older than it", "tenant", t, "ends", n)
		}
		if err := k.note(ctx, t, now); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) tenants(ctx context.Context) (all []int64, err error) {
	err = k.DB.Look(ctx, func(tx pg.Tx) error { all, err = tenant.All(ctx, tx); return err })
	return all, err
}

func (k *Keeper) book(tenant int64) (b *book, err error) {
	if b = k.books[tenant]; b == nil {
		if b, err = open(k.Folder, tenant); err == nil {
			k.books[tenant] = b
		}
	}
	return b, err
}

// replay is one transaction.
func (k *Keeper) replay(ctx context.Context, tenant int64, now time.Time) (n int, err error) {
	b, err := k.book(tenant)
	if err != nil || len(b.all) == 0 {
		return 0, err
	}
	err = k.DB.InTenant(ctx, tenant, func(tx pg.Tx) error {
		due, err := overdue(ctx, tx, b.all, now)
		n = 0
		for _, e := range due {
			did, err := again(ctx, tx, e)
			if err != nil {
				return fmt.Errorf("ending again what %s names (%s %d): %w", b.path, e.Kind, e.ID, err)
			}
			if did {
				n++
			}
		}
		return err
	})
	return n, err
}

// overdue gives what ended by the log and stands by the database, and last who
// is restricted by the log. Who came later under an id is somebody else.
func overdue(ctx context.Context, tx pg.Tx, all []End, now time.Time) (due []End, err error) {
	ended := earliest(all)
	stand, err := standing(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	for _, s := range stand {
		if e, ok := ended[s.thing()]; ok && (s.At.IsZero() || e.At.Before(s.At)) {
			due = append(due, e)
		}
	}
	for of, e := range ended {
		of.kind = Restriction
		if _, lifted := ended[of]; e.Kind == Use && !lifted {
			due = append(due, e)
		}
	}
	steps, err := lostSteps(ctx, tx, all)
	return append(due, steps...), err
}

// lostSteps gives those into a suspension and out of it that the database
// lacks, in the order in which they were taken.
func lostSteps(ctx context.Context, tx pg.Tx, all []End) (lost []End, err error) {
	for _, e := range all {
		if e.Kind != Service && e.Kind != Suspension {
			continue
		}
		lacks, err := lacksStep(ctx, tx, e)
		if err != nil {
			return nil, err
		}
		if lacks {
			lost = append(lost, e)
		}
	}
	return lost, nil
}

// Run writes down what is ended until ctx ends, and what was until then.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), every)
			defer cancel()
			return k.Note(last, time.Now())
		case <-tick.C:
		}
		err := k.Note(ctx, time.Now())
		if err != nil && !failing && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "what was ended is not kept outside the database; trying again", "err", err)
		}
		failing = err != nil
	}
}

// Note writes down what was ended since it was last called. A tenant that fails
// holds up no other.
func (k *Keeper) Note(ctx context.Context, now time.Time) error {
	all, err := k.tenants(ctx)
	for _, t := range all {
		err = errors.Join(err, k.note(ctx, t, now))
	}
	return err
}

func (k *Keeper) note(ctx context.Context, tenant int64, now time.Time) error {
	b, err := k.book(tenant)
	if err != nil {
		return err
	}
	var found []End
	err = k.DB.InTenant(ctx, tenant, func(tx pg.Tx) error {
		last, at := k.seen[tenant], seen{at: now}
		at.n, at.changed, err = audit.ChangedSince(ctx, tx, now.Add(-every-belated), "account", "api_key", "gateway", "fob", "employee", "request", "suspension_step")
		if err != nil {
			return err
		}
		whole := now.Sub(last.at) >= everyAll
		if !whole {
			at.at = last.at
		}
		k.seen[tenant] = at
		if whole || at.n > last.n || at.changed > last.changed {
			found, err = ends(ctx, tx)
		}
		return err
	})
	if err == nil {
		_, err = b.write(found)
	}
	if err != nil {
		delete(k.books, tenant)
		delete(k.seen, tenant)
	}
	return err
}
