package continuity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/privacy"
)

// Maker makes sets of a database and brings its log away.
type Maker struct {
	Cluster   *pg.Cluster // nil: its server isn't ours, and sets are dumps
	URL       string      // of its owner
	Owner     *pg.DB      // the register is written as the owner
	Targets   []target.Target
	Keys      func(context.Context) (*vault.Keys, vault.Fingerprint, error) // that seal now, and the former key while that is replaced
	Refusal   func(context.Context, target.Target) (string, error)          // why a contract forbids a place; "": none does
	Catalogue privacy.Catalogue
	Listed    vault.Folder                        // where it is listed what stands elsewhere: keys stay for it, and erasures tell of it
	Spool     string                              // folder for the log until it is sent
	Cap       int64                               // the most bytes in there; 0: SpoolCap
	Longest   time.Duration                       // one place may take over a set; 0: 6 hours
	Tell      func(place string, done, all int64) // bytes of what is read or copied, as a set is made, from several places at once; all is a guess; nil: nobody
	Program   string                              // this version
	Log       *slog.Logger
}

// rate is how many KB a second a base is read at, so that ingest isn't slowed.
const rate = 32 << 10

// ErrBusy says that another program makes a set of the same database.
var ErrBusy = errors.New("another program is making a backup; wait for it")

// Outcome is how making a set went at one place.
type Outcome struct {
	Target  target.Target
	Set     Set // as it stands there; without ID: it doesn't
	Problem Problem
	Err     error // what the problem is; nil: none
}

// Make makes one set, at the first of the places that takes it, and copies it to
// the others: the database is read once. Its checkpoint comes at once when
// hurry is set. What goes wrong at a place stands in its outcome and in the
// register; ErrBusy when another program is at it.
func (m Maker) Make(ctx context.Context, places []target.Target, hurry bool) ([]Outcome, error) {
	lock, err := m.lock("sets.lock")
	if err != nil {
		return nil, err
	}
	defer lock.Close() // lets go of it
	began := time.Now().UTC().Truncate(time.Second)
	out := make([]Outcome, len(places))
	for i, t := range places {
		out[i].Target = t
	}
	failed := make([]error, len(out))
	m.make(ctx, out, began, hurry, func(i int) { failed[i] = m.note(ctx, out[i], began) })
	return out, errors.Join(failed...)
}

// make brings the set to the first place that takes it, and from there to the
// others at once: one that is slow holds up no other. ended is called as soon as
// it is known how it went at a place.
func (m Maker) make(ctx context.Context, out []Outcome, began time.Time, hurry bool, ended func(i int)) {
	s, keys, err := m.begin(ctx, began)
	if err != nil {
		for i := range out {
			out[i].fail(err, PlaceFailed)
			ended(i)
		}
		return
	}
	var copies sync.WaitGroup
	defer copies.Wait()
	var first *Outcome
	for i := range out {
		o := &out[i]
		if first != nil {
			copies.Go(func() {
				m.copyTo(ctx, o, *first)
				ended(i)
			})
			continue
		}
		m.at(ctx, o, func(ctx context.Context, to target.Store) (Set, error) {
			return m.put(ctx, Archive{to, s.System, keys}, s, m.teller(o.Target, s.Plain), hurry)
		})
		ended(i)
		if o.Err == nil {
			first = o
		}
	}
}

// begin gives what is known of a set before it is made, with a guess of what it
// will hold, and the keys that seal it.
func (m Maker) begin(ctx context.Context, began time.Time) (Set, *vault.Keys, error) {
	keys, former, err := m.Keys(ctx)
	if err != nil {
		return Set{}, nil, err
	}
	system, err := pg.SystemOf(ctx, m.URL)
	if err != nil {
		return Set{}, nil, fromDatabase{err}
	}
	s := Set{Kind: Base, System: system.ID, Server: system.Major, Schema: system.Schema, Plain: system.Bytes, Program: m.Program, Began: began, Expires: began.Add(m.Listed.Keep), Former: former}
	if m.Cluster == nil {
		s.Kind = Dump
	}
	return s, keys, nil
}

// longest is how long one place may take over a set, so that a slow one doesn't
// use up the night.
const longest = 6 * time.Hour

var errSlow = errors.New("it took longer than a place may take over a set")

// at has one place take a set, within its time.
func (m Maker) at(ctx context.Context, o *Outcome, bring func(context.Context, target.Store) (Set, error)) {
	ctx, cancel := context.WithTimeoutCause(ctx, cmp.Or(m.Longest, longest), errSlow)
	defer cancel()
	store, err := m.open(ctx, o.Target)
	if err != nil {
		o.fail(err, PlaceUnreachable)
		return
	}
	defer store.Close()
	if o.Set, err = bring(ctx, store); err != nil {
		if errors.Is(context.Cause(ctx), errSlow) {
			err = errors.Join(errSlow, err)
		}
		o.fail(err, PlaceFailed)
	}
}

// open begins a session at a place that contracts allow.
func (m Maker) open(ctx context.Context, t target.Target) (target.Store, error) {
	why, err := m.Refusal(ctx, t)
	if err == nil && why != "" {
		err = refusal(why)
	}
	if err != nil {
		return nil, err
	}
	return t.Open(ctx)
}

// copyTo brings a set to a place from the first that has it.
func (m Maker) copyTo(ctx context.Context, o *Outcome, first Outcome) {
	m.at(ctx, o, func(ctx context.Context, to target.Store) (Set, error) {
		from, err := first.Target.Open(ctx)
		if err != nil {
			return Set{}, err
		}
		defer from.Close()
		s := first.Set
		return s, Archive{Store: to, System: s.System}.Copy(ctx, Archive{Store: from, System: s.System}, s, m.teller(o.Target, s.Bytes))
	})
}

// teller counts what goes to a place, for whoever wants to know.
func (m Maker) teller(t target.Target, all int64) func(done int64) {
	if m.Tell == nil {
		return func(int64) {}
	}
	return func(done int64) { m.Tell(t.Name, done, all) }
}

// put makes the set at one place.
func (m Maker) put(ctx context.Context, a Archive, s Set, tell func(int64), hurry bool) (Set, error) {
	if m.Cluster == nil {
		var mark Mark
		return a.Put(ctx, s, func(w io.Writer, _ *Set) (err error) {
			mark, err = DumpMarked(ctx, m.URL, pg.With(a.Keys), m.Catalogue, &counter{w: w, tell: tell})
			return database(err)
		}, func() (*Mark, error) { return &mark, nil })
	}
	return a.Put(ctx, s, func(w io.Writer, s *Set) error {
		at, err := m.Cluster.Base(ctx, &counter{w: w, tell: tell}, hurry, rate)
		s.Timeline, s.Start, s.Stop = at.Timeline, at.Start, at.Stop
		return database(err)
	}, func() (*Mark, error) {
		var mark Mark
		err := unhurried(func() (err error) {
			mark, err = TakeMark(ctx, m.URL, m.Cluster.GivingWay(pg.With(a.Keys)), m.Catalogue)
			return err
		})
		if errors.Is(err, pg.ErrNeverStill) {
			m.Log.WarnContext(ctx, "a backup was made without a mark of what it has to have", "error", err)
			return nil, nil
		}
		return &mark, database(err)
	})
}

// refusal is why a contract forbids a place.
type refusal string

func (r refusal) Error() string { return string(r) }

// fromDatabase tells what failed here from what failed at a place.
type fromDatabase struct{ error }

func (f fromDatabase) Unwrap() error { return f.error }

func database(err error) error {
	if err == nil {
		return nil
	}
	return fromDatabase{err}
}

// fail gives an outcome its problem, or else the one that is likely.
func (o *Outcome) fail(err error, likely Problem) {
	o.Set, o.Err, o.Problem = Set{}, err, likely
	var from fromDatabase
	var refused refusal
	switch {
	case errors.As(err, &refused):
		o.Problem = PlaceRefused
	case errors.Is(err, errSlow):
		o.Problem = PlaceSlow
	case errors.Is(err, pg.ErrNoTools), errors.Is(err, pg.ErrNoDump):
		o.Problem = PlaceNoTools
	case errors.Is(err, vault.ErrNoMaster), errors.Is(err, vault.ErrOtherKey):
		o.Problem = PlaceNoKey
	case errors.Is(err, ErrDamaged):
		o.Problem = PlaceDamaged
	case errors.As(err, &from):
		o.Problem = PlaceNoDatabase
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		o.Problem = PlaceFull
	case errors.Is(err, target.ErrSilent):
		o.Problem = PlaceUnreachable
	}
}

// note writes an outcome into the register and, for keys and erasures, on the
// list outside of the database.
func (m Maker) note(ctx context.Context, o Outcome, began time.Time) error {
	if o.Err != nil {
		m.Log.ErrorContext(ctx, "a backup was not made; it is tried again", "place", o.Target.Name, "problem", o.Problem, "error", o.Err)
	}
	err := m.Owner.Look(context.WithoutCancel(ctx), func(tx pg.Tx) error {
		if err := tellPlaces(ctx, tx, m.Targets, began); err != nil {
			return err
		}
		if err := noteTry(ctx, tx, o.Target.Name, began, o.Problem, time.Now()); err != nil || o.Err != nil {
			return err
		}
		return noteSet(ctx, tx, o.Target.Name, o.Set)
	})
	if o.Err == nil {
		err = errors.Join(err, m.Listed.Note(o.Set.listed(o.Target.Name, nil)))
	}
	return err
}

// listed is a set as the list of dumps has it.
func (s Set) listed(place string, removed *time.Time) vault.Dump {
	return vault.Dump{File: s.ID + "/" + s.File, Place: place, Made: s.Began, Expires: s.Expires, Bytes: s.Bytes, SHA256: s.SHA256, Key: s.Key, Former: s.Former, Removed: removed}
}

// lock keeps other programs out; the system lets go of it when this one dies.
func (m Maker) lock(name string) (*os.File, error) {
	if err := os.MkdirAll(m.Spool, 0o700); err != nil {
		return nil, fmt.Errorf("folder for the log: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(m.Spool, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("folder for the log: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrBusy, f.Close())
	}
	return f, nil
}

// AwaitLog waits until the log at a place reaches the set's mark: until then the
// check has nothing to hold a restore against.
func (m Maker) AwaitLog(ctx context.Context, o Outcome, within time.Duration) error {
	if o.Set.Mark == "" || o.Set.Kind == Dump {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	keys, _, err := m.Keys(ctx)
	if err != nil {
		return err
	}
	a := Archive{System: o.Set.System, Keys: keys}
	if a.Store, err = o.Target.Open(ctx); err != nil {
		return err
	}
	defer a.Store.Close()
	mark, err := a.OpenMark(ctx, o.Set)
	if err != nil {
		return err
	}
	return a.AwaitLog(ctx, o.Set, mark.LSN)
}
