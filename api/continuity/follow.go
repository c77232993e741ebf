package continuity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tikklok/ingest/durable"
	"tikklok/ingest/pg"
)

// SpoolCap is the most bytes of the log that wait here for places that don't
// take them. Beyond it what another place has already is given up for the one
// that lacks it; where none has it the log is no longer fetched, and the database
// server keeps pg.KeepLog more before it goes on without. Ingest never stops for a
// backup; the next base mends the hole.
const SpoolCap = 2 << 30

const (
	packEvery    = time.Second
	sendEvery    = 2 * time.Second
	receiveAgain = 2 * time.Second
	sendAgain    = 30 * time.Second
)

// Follow brings the log to every place as it grows, until ctx ends. Only one
// program does so at a time: ErrBusy.
func (m Maker) Follow(ctx context.Context) error {
	lock, err := m.lock("follow.lock")
	if err != nil {
		return err
	}
	defer lock.Close() // lets go of it
	system, err := pg.SystemOf(ctx, m.URL)
	if err != nil {
		return err
	}
	s, err := m.openSpool(system.ID)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	all.Go(func() { m.receive(ctx, s) })
	all.Go(func() { m.pack(ctx, s) })
	for _, t := range m.Targets {
		all.Go(func() { (&sender{Maker: m, spool: s, target: t}).run(ctx) })
	}
	all.Wait()
	return nil
}

// receive fetches the log while there is room for it.
func (m Maker) receive(ctx context.Context, s *spool) {
	said := ""
	for ctx.Err() == nil {
		err := m.receiveOnce(ctx, s)
		if err != nil && ctx.Err() == nil && err.Error() != said {
			m.Log.WarnContext(ctx, "the database's log is not fetched; it is tried again", "error", err)
			said = err.Error()
		}
		pause(ctx, receiveAgain)
	}
}

func (m Maker) receiveOnce(ctx context.Context, s *spool) error {
	if s.over() {
		return errFull
	}
	anew, err := m.Cluster.FollowLog(ctx)
	if err != nil {
		return err
	}
	if anew {
		m.Log.WarnContext(ctx, "the database's log is followed from now on: what came before is in a base, or lost until the next one")
		if err := s.clear(); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // ends with ctx
		for !s.over() && pause(ctx, packEvery) {
		}
		stop()
	}()
	err = m.Cluster.ReceiveLog(ctx, s.in)
	if err == nil && s.over() {
		return errFull
	}
	return err
}

var errFull = errors.New("too much of the log waits for places that don't take it, or the disk of the state folder is nearly full: make room")

// pause waits; false: ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// pack seals what was fetched, and lays it out for each place.
func (m Maker) pack(ctx context.Context, s *spool) {
	for {
		err := m.packOnce(ctx, s)
		if err == nil {
			err = s.relieve(m.names(), m.Log)
		}
		if err != nil && ctx.Err() == nil {
			m.Log.WarnContext(ctx, "the database's log was not sealed; it is tried again", "error", err)
			pause(ctx, receiveAgain)
		}
		if !pause(ctx, packEvery) {
			return
		}
	}
}

func (m Maker) packOnce(ctx context.Context, s *spool) error {
	names, err := s.fetched()
	if err != nil || len(names) == 0 {
		return err
	}
	keys, _, err := m.Keys(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := s.layOut(name, keys, m.Targets); err != nil {
			return fmt.Errorf("segment %s: %w", name, err)
		}
	}
	return nil
}

// spool is the folder through which the log goes: in/ as PostgreSQL's own tool
// writes it, out/{place}/ sealed, the same file linked into each.
type spool struct {
	system string
	dir    string
	in     string
	cap    int64 // bytes that it may take
	leave  int64 // bytes of its disk that stay free
}

// spoolOf is the folder of one cluster's log.
func (m Maker) spoolOf(system string) string { return filepath.Join(m.Spool, system) }

func (m Maker) openSpool(system string) (*spool, error) {
	s := &spool{system: system, dir: m.spoolOf(system), cap: cmp.Or(m.Cap, SpoolCap)}
	s.in = filepath.Join(s.dir, "in")
	err := os.MkdirAll(s.in, 0o700)
	for _, t := range m.Targets {
		err = errors.Join(err, os.MkdirAll(s.out(t.Name), 0o700))
	}
	if err != nil {
		return nil, fmt.Errorf("folder for the log: %w", err)
	}
	_, size, err := durable.Room(s.dir)
	s.leave = pg.Spare(size) // for what the server keeps of its log when it is no longer fetched
	return s, err
}

// forget removes what waits for places that are no longer asked for, and what
// waited for as long as a set is kept (OB-P4).
func (m Maker) forget(system string, now time.Time) error {
	out := filepath.Join(m.spoolOf(system), "out")
	found, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range found {
		if !slices.Contains(m.names(), e.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(out, e.Name())))
			continue
		}
		err = errors.Join(err, removeOlder(filepath.Join(out, e.Name()), now.Add(-m.Listed.Keep)))
	}
	return err
}

func removeOlder(dir string, than time.Time) error {
	found, err := os.ReadDir(dir)
	for _, e := range found {
		if at, gone := e.Info(); gone == nil && at.ModTime().Before(than) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// names are those of the places.
func (m Maker) names() (all []string) {
	for _, t := range m.Targets {
		all = append(all, t.Name)
	}
	return all
}

func (s *spool) out(place string) string { return filepath.Join(s.dir, "out", place) }

// clear empties what was fetched: it is followed by nothing.
func (s *spool) clear() error {
	if err := os.RemoveAll(s.in); err != nil {
		return err
	}
	return os.MkdirAll(s.in, 0o700)
}

// fetched names the whole pieces that were fetched, the oldest first.
func (s *spool) fetched() (names []string, err error) {
	found, err := os.ReadDir(s.in)
	for _, e := range found {
		if goodLog.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// late says that what waits for a place does so for too long.
func (s *spool) late(place string, now time.Time) bool {
	names, _ := s.waiting(place)
	if len(names) == 0 {
		return false
	}
	at, err := os.Stat(filepath.Join(s.out(place), names[0]+logEnd))
	return err == nil && now.Sub(at.ModTime()) > lagging
}

// waiting names what is laid out for a place, the oldest first, and its bytes.
func (s *spool) waiting(place string) (names []string, total int64) {
	found, _ := os.ReadDir(s.out(place)) // none where it is gone
	for _, e := range found {
		name, ours := strings.CutSuffix(e.Name(), logEnd)
		if at, err := e.Info(); err == nil && ours && goodLog.MatchString(name) {
			names, total = append(names, name), total+at.Size()
		}
	}
	return names, total
}
