package continuity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/pg"
)

// Restore is one that is asked for.
type Restore struct {
	Set Set
	To  pg.Point // between the set's end and the end of the log
	Dir string   // of the cluster; it holds no database yet
	// Beside is how many bytes more are needed there, for what is done with it.
	Beside int64
}

// What callers branch on.
var (
	// ErrHole says that a place lacks a piece of the log, without which it can't
	// be replayed past it.
	ErrHole = errors.New("a piece of the log is missing at this place; take another place, a later set, or a moment before it")
	// ErrDump says that a set is a dump of somebody else's server: one moment, and
	// no log.
	ErrDump = errors.New("this set is a dump of a database server that isn't ours, of the moment at which it was made and of no other")
)

// SetFor gives the newest whole set from which a moment can be reached; the zero
// time: the newest of all. A set is whole when its last byte stood there: moments
// before that are reached from an earlier one. Sets that can't be read are told
// where there is no other.
func (a Archive) SetFor(ctx context.Context, until time.Time) (Set, error) {
	whole, halves, err := a.Sets(ctx)
	for _, s := range slices.Backward(believable(whole, time.Now())) {
		if until.IsZero() || s.Kind == Base && !s.Ended.After(until) {
			return s, nil
		}
	}
	if len(whole) > 0 && err == nil {
		err = fmt.Errorf("no base was whole by %s; the oldest set here, %s, was by %s: ask for a later moment, or look at another place", stamped(until), whole[0].ID, stamped(whole[0].Ended))
	}
	if err == nil {
		err = fmt.Errorf("there is no whole set (halves: %v)", halves)
	}
	return Set{}, err
}

func stamped(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Restore makes the cluster of a set again, as it was at the moment that is
// asked for, and gives it running; the caller stops it. Every byte comes from
// the place. Nothing of the server that was backed up is touched. A failed
// restore leaves no database.
func (a Archive) Restore(ctx context.Context, r Restore, o pg.ClusterOptions) (*pg.Cluster, error) {
	if r.Set.Kind == Dump {
		return a.undump(ctx, r, o)
	}
	names, err := a.logFor(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("set %s: %w", r.Set.ID, err)
	}
	base, err := a.OpenSet(ctx, r.Set)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	c, err := pg.Recover(ctx, r.Dir, pg.Recovery{Base: base, To: r.To, Room: r.room(len(names)), Log: func(put func(string, io.Reader) error) error {
		return a.eachLog(ctx, names, put)
	}}, o)
	if err != nil {
		return nil, fmt.Errorf("set %s: %w", r.Set.ID, err)
	}
	return c, nil
}

// undump makes a cluster of a dump, to be looked at: who owned what is not in
// it. ErrDump where another moment than its own is asked for.
func (a Archive) undump(ctx context.Context, r Restore, o pg.ClusterOptions) (*pg.Cluster, error) {
	if r.To != (pg.Point{}) {
		return nil, fmt.Errorf("set %s: %w", r.Set.ID, ErrDump)
	}
	dump, err := a.OpenSet(ctx, r.Set)
	if err != nil {
		return nil, err
	}
	defer dump.Close()
	c, err := pg.Undump(ctx, r.Dir, dump, r.room(0), o)
	if err != nil {
		return nil, fmt.Errorf("set %s: %w", r.Set.ID, err)
	}
	return c, nil
}

const (
	slack  = 64 << 20 // bytes that a server needs besides what is restored
	unpack = 8        // a dump is packed: how much larger its database may be
)

// room is how many bytes a restore with so many pieces of the log takes: each of
// them stands there twice while it is replayed.
func (r Restore) room(pieces int) int64 {
	if r.Set.Kind == Dump {
		return unpack*r.Set.Plain + slack + r.Beside
	}
	return r.Set.Plain + r.Beside + 2*int64(pieces)*segmentBytes + slack
}

// logFor names the log that a restore needs; ErrHole where a piece of it is not
// there.
func (a Archive) logFor(ctx context.Context, r Restore) ([]string, error) {
	all, err := a.Log(ctx)
	if err != nil {
		return nil, err
	}
	names := r.needs(all)
	hole := Hole(r.Set, names)
	if hole != "" {
		return nil, fmt.Errorf("%s: %w", hole, ErrHole)
	}
	return names, nil
}

// needs keeps of the log what comes from the set's start on, up to the segment
// after the one that a position is in: the first record after it is there.
func (r Restore) needs(all []string) (names []string) {
	first, last := r.Set.FirstLog(), ""
	if r.To.LSN != "" {
		last = next(segment(r.Set.Timeline, r.To.LSN))
	}
	for _, name := range all {
		switch {
		case strings.HasSuffix(name, ".history"):
			names = append(names, name)
		case name[:8] < first[:8] || name[8:] < first[8:]:
		case last != "" && name[8:] > last[8:]:
		default:
			names = append(names, name)
		}
	}
	return names
}

func (a Archive) eachLog(ctx context.Context, names []string, put func(string, io.Reader) error) error {
	for _, name := range names {
		from, err := a.OpenLog(ctx, name)
		if err == nil {
			err = errors.Join(put(name, from), from.Close())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// AwaitLog waits until a place has the log from a set's start up to a position,
// so that a restore to it can be made; ctx bounds it.
func (a Archive) AwaitLog(ctx context.Context, s Set, lsn string) error {
	want := segment(s.Timeline, lsn)
	for {
		names, err := a.Log(ctx)
		if err != nil {
			return err
		}
		if slices.Contains(names, want) && Hole(s, names) == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the log up to %s has not arrived: %w", want, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
