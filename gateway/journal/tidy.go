package journal

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"tikklok/gateway/wire"
)

// neededBytes is about what a start, pair or twin takes on disk.
const neededBytes = 48

// Tidy writes the marks and removes segments whose taps are all safe (I2).
// Starts and pairs that kept taps need, and what was not answered, are first
// moved to the active segment. Call it every minute or so.
func (j *Journal) Tidy() error {
	var errs []error
	for _, n := range j.removable() {
		errs = append(errs, j.remove(n))
	}
	errs = append(errs, j.closeSafe())
	j.writer.Lock()
	defer j.writer.Unlock()
	if j.closed {
		return ErrClosed
	}
	errs = append(errs, j.saveMarks())
	if errors.Join(errs...) == nil {
		j.reserve()
	}
	return errors.Join(errs...)
}

// closeSafe begins a new segment when all in the active one is safe and worth
// removing: a gateway keeps no more about people than it must (I7).
func (j *Journal) closeSafe() error {
	j.writer.Lock()
	defer j.writer.Unlock()
	if j.active == nil || j.size < j.limit/16 || j.size >= j.limit {
		return nil
	}
	j.mu.Lock()
	safe := j.safeSegment(j.number) && j.hasTaps(j.number)
	j.mu.Unlock()
	if !safe {
		return nil
	}
	size := j.size
	j.size = j.limit
	if err := j.rotate(); err != nil {
		j.size = size
		return fmt.Errorf("begin a journal segment in %s: %w", j.dir, full(err))
	}
	return nil
}

func (j *Journal) removable() []uint64 {
	j.writer.Lock()
	active := j.number
	if j.active == nil {
		active++
	}
	j.writer.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	var safe []uint64
	for _, n := range slices.Sorted(maps.Keys(j.segments)) {
		if n < active && j.safeSegment(n) {
			safe = append(safe, n)
		}
	}
	return safe
}

func (j *Journal) hasTaps(n uint64) bool {
	for _, s := range j.streams {
		if slices.ContainsFunc(s.runs, func(r run) bool { return r.segment == n }) {
			return true
		}
	}
	return false
}

// safeSegment says that nothing in a segment must be kept but starts and
// pairs. Called under mu.
func (j *Journal) safeSegment(n uint64) bool {
	if j.segments[n].unsaved > 0 {
		return false
	}
	for _, s := range j.streams {
		for _, r := range s.runs {
			if r.segment == n && len(wire.Lacking(s.safe, wire.Range{From: r.from, To: r.to})) > 0 {
				return false
			}
		}
		for _, r := range s.repeats {
			if r.at.Segment == n && (r.progress != answered || !wire.HasSeq(s.safe, r.seq)) {
				return false
			}
		}
	}
	return true
}

// remove moves what is needed out of a segment and deletes it. The marks go
// first, so that a reader isn't asked again for what was safe; on a full disk
// that is a lesser harm than not making room.
func (j *Journal) remove(n uint64) error {
	needed := j.needed(n)
	j.mu.Lock()
	little := int64(len(needed)*2*neededBytes) <= j.segments[n].end
	j.mu.Unlock()
	if len(needed) > 1 && !little {
		return nil // moving it would wear the disk and free little
	}
	err := j.commit(needed)
	if errors.Is(err, ErrFull) {
		os.Remove(filepath.Join(j.dir, reserveFile))
		err = j.commit(j.needed(n))
	}
	if err != nil {
		return fmt.Errorf("make room in journal %s: %w", j.dir, err)
	}
	if !j.forget(n) {
		return nil
	}
	j.writer.Lock()
	err = j.saveMarks()
	j.writer.Unlock()
	if err != nil && !errors.Is(err, ErrFull) {
		return err
	}
	j.files.Lock()
	defer j.files.Unlock()
	if err := errors.Join(os.Remove(segmentPath(j.dir, n)), syncDir(j.dir)); err != nil {
		return fmt.Errorf("make room in journal %s: %w", j.dir, err)
	}
	return nil
}

// needed gives the starts, pairs and twins of a segment that have to stay.
func (j *Journal) needed(n uint64) []entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	newest := map[uint64]uint64{} // origin → ordinal
	for name, s := range j.streams {
		if s.start != nil {
			newest[name.Origin] = max(newest[name.Origin], s.start.ordinal)
		}
	}
	entries := j.twins.needed(n)
	for _, s := range j.newestFirst() {
		low, kept := s.lowestTick(n)
		if a := s.start; a != nil && a.segment == n && (kept || a.progress != answered || a.ordinal == newest[s.name.Origin] || s.name == j.own) {
			r := a.Start
			r.Highest = s.highest
			entries = append(entries, entry{record: r, carried: true})
		}
		since := s.pairBefore(low)
		for _, p := range s.pairs {
			if p.segment == n && (p.progress != answered || kept && p.Tick >= since) {
				entries = append(entries, entry{record: Pair{s.name, p.Pair}, carried: true})
			}
		}
	}
	return entries
}

// lowestTick gives the lowest tick of the taps outside a segment, and whether
// there are any.
func (s *stream) lowestTick(but uint64) (tick uint64, any bool) {
	for _, r := range s.runs {
		if r.segment != but && (!any || r.tick < tick) {
			tick, any = r.tick, true
		}
	}
	return tick, any
}

// pairBefore gives the tick of the last pair at or before a tick: times are
// interpolated between pairs (I4).
func (s *stream) pairBefore(tick uint64) (last uint64) {
	for _, p := range s.pairs {
		if p.Tick <= tick {
			last = max(last, p.Tick)
		}
	}
	return last
}

// moved takes note of the new place of a start, pair or twin. Called under mu.
func (j *Journal) moved(p placed) {
	if t, ok := p.record.(Twin); ok {
		j.twins.index(t.Twin, p.at)
		return
	}
	s := j.stream(p.record.stream())
	switch r := p.record.(type) {
	case Start:
		if s.start != nil {
			s.start.segment = p.at.Segment
		}
	case Pair:
		for _, note := range s.pairs {
			if note.Pair == r.Pair {
				note.segment = p.at.Segment
			}
		}
	}
}

// forget takes a segment out of the index, unless a mark has moved backwards
// since it was chosen or something needed has not been moved.
func (j *Journal) forget(n uint64) bool {
	if len(j.needed(n)) > 0 {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.safeSegment(n) {
		return false
	}
	for name, s := range j.streams {
		s.forget(n)
		if name.Origin == uint64(j.gateway) && name != j.own && s.start == nil && len(s.runs)+len(s.pairs)+len(s.repeats) == 0 {
			delete(j.streams, name)
		}
	}
	j.twins.forget(n)
	delete(j.segments, n)
	return true
}

func (s *stream) forget(n uint64) {
	for _, r := range s.runs {
		if r.segment == n {
			seqs := []wire.Range{{From: r.from, To: r.to}}
			s.durable = minus(s.durable, seqs)
			s.flying = minus(s.flying, seqs)
			s.gone = plus(s.gone, seqs...)
		}
	}
	s.runs = slices.DeleteFunc(s.runs, func(r run) bool { return r.segment == n })
	s.repeats = slices.DeleteFunc(s.repeats, func(r *repeatNote) bool { return r.at.Segment == n })
	s.pairs = slices.DeleteFunc(s.pairs, func(p *pairNote) bool { return p.segment == n })
	if s.start != nil && s.start.segment == n {
		s.start = nil
	}
}
