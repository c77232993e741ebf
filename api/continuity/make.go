package continuity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	Listed    vault.Folder // where it is listed what stands elsewhere: keys stay for it, and erasures tell of it
	Spool     string       // folder for the log until it is sent
	Cap       int64        // the most bytes in there; 0: SpoolCap
	Program   string       // this version
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

// site is a place that a set is being made at.
type site struct {
	*Outcome
	archive Archive
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
	m.make(ctx, out, began, hurry)
	var failed error
	for _, o := range out {
		failed = errors.Join(failed, m.note(ctx, o, began))
	}
	return out, failed
}

func (m Maker) make(ctx context.Context, out []Outcome, began time.Time, hurry bool) {
	all := func(err error) {
		for i := range out {
			out[i].fail(err, PlaceFailed)
		}
	}
	keys, former, err := m.Keys(ctx)
	if err != nil {
		all(err)
		return
	}
	system, err := pg.SystemOf(ctx, m.URL)
	if err != nil {
		all(fromDatabase{err})
		return
	}
	s := Set{Kind: Base, Server: system.Major, Schema: system.Schema, Program: m.Program, Began: began, Expires: began.Add(m.Listed.Keep), Former: former}
	if m.Cluster == nil {
		s.Kind = Dump
	}
	var first *site
	for i := range out {
		at := &site{&out[i], Archive{System: system.ID, Keys: keys}}
		if err := m.open(ctx, at); err != nil {
			at.fail(err, PlaceUnreachable)
			continue
		}
		defer at.archive.Store.Close()
		if err := m.bring(ctx, at, first, s, hurry); err != nil {
			at.fail(err, PlaceFailed)
			continue
		}
		if first == nil {
			first = at
		}
	}
}

// longest is how long one place may take over a set, so that a slow one doesn't
// use up the night of the others.
const longest = 6 * time.Hour

// bring makes a set at a place, or copies it from the first that has it.
func (m Maker) bring(ctx context.Context, at, first *site, s Set, hurry bool) (err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	if first == nil {
		at.Set, err = m.put(ctx, at.archive, s, hurry)
		return err
	}
	at.Set = first.Set
	return at.archive.Copy(ctx, first.archive, first.Set)
}

// open begins a session at a place that contracts allow.
func (m Maker) open(ctx context.Context, at *site) error {
	why, err := m.Refusal(ctx, at.Target)
	if err == nil && why != "" {
		err = refusal(why)
	}
	if err == nil {
		at.archive.Store, err = at.Target.Open(ctx)
	}
	return err
}

// put makes the set at one place.
func (m Maker) put(ctx context.Context, a Archive, s Set, hurry bool) (Set, error) {
	if m.Cluster == nil {
		var mark Mark
		return a.Put(ctx, s, func(w io.Writer, _ *Set) (err error) {
			mark, err = DumpMarked(ctx, m.URL, pg.With(a.Keys), m.Catalogue, w)
			return database(err)
		}, func() (*Mark, error) { return &mark, nil })
	}
	return a.Put(ctx, s, func(w io.Writer, s *Set) error {
		at, err := m.Cluster.Base(ctx, w, hurry, rate)
		s.Timeline, s.Start, s.Stop = at.Timeline, at.Start, at.Stop
		return database(err)
	}, func() (*Mark, error) {
		mark, err := TakeMark(ctx, m.URL, pg.With(a.Keys), m.Catalogue)
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
	if err == nil || errors.Is(err, io.ErrClosedPipe) || strings.Contains(err.Error(), io.ErrClosedPipe.Error()) {
		return err
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
	case errors.Is(err, pg.ErrNoTools), errors.Is(err, pg.ErrNoDump):
		o.Problem = PlaceNoTools
	case errors.Is(err, vault.ErrNoMaster), errors.Is(err, vault.ErrOtherKey):
		o.Problem = PlaceNoKey
	case errors.Is(err, ErrDamaged):
		o.Problem = PlaceDamaged
	case errors.As(err, &from):
		o.Problem = PlaceNoDatabase
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), strings.Contains(err.Error(), "no space left"), strings.Contains(err.Error(), "disk full"):
		o.Problem = PlaceFull
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
	ctx, cancel := context.WithTimeoutCause(ctx, within, errors.New("the set stands there, and the log after it is late"))
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
	for want := segment(o.Set.Timeline, mark.LSN); ; {
		names, err := a.Log(ctx)
		if err != nil {
			return err
		}
		if slices.Contains(names, want) {
			return nil
		}
		if !pause(ctx, 100*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}
