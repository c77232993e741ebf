package journal

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"tikklok/gateway/wire"
)

// group is what is written and synchronised together: all that arrived while
// the group before was being written. There is no timer.
type group struct {
	entries []entry
	done    bool // guarded by Journal.writer, as err
	err     error
}

// entry is a record on its way to the disk.
type entry struct {
	record  Record
	name    *wire.Name // set: a tap to be named here
	carried bool       // a start or pair moved out of a segment that goes
}

// placed is a record that stands on disk.
type placed struct {
	entry
	at  position
	end int64
}

// Append stores records and returns after they are durable; on error none of
// them is acknowledged. A tap or pair that the journal already holds, with the
// same bytes, is not stored again. The error wraps ErrFull when there is no
// room.
func (j *Journal) Append(records ...Record) error {
	entries := make([]entry, len(records))
	for i, r := range records {
		if err := r.check(); err != nil {
			return err
		}
		entries[i] = entry{record: r}
	}
	return j.commit(entries)
}

// Name gives the next seq of the gateway's own stream to a tap made on a
// reader without memory, and stores it (I1). A seq whose tap could not be
// stored is given to the next one. When a tap of another reader overtook this
// one, its tick is that one's and its gap grows by the difference. The twins of
// its fob are stored before it, so that a tap on disk has them (I7).
func (j *Journal) Name(keyVersion uint32, tap wire.Tap, twins ...Twin) (wire.Name, error) {
	var name wire.Name
	r := Tap{Stream: j.Own(), KeyVersion: keyVersion, Tap: tap}
	r.Seq = 1
	if err := r.check(); err != nil {
		return name, err
	}
	var entries []entry
	for _, t := range twins {
		if err := t.check(); err != nil {
			return name, err
		}
		entries = append(entries, entry{record: t})
	}
	if err := j.commit(append(entries, entry{record: r, name: &name})); err != nil {
		return wire.Name{}, err
	}
	return name, nil
}

// commit joins the open group; whoever gets to write first writes for all.
func (j *Journal) commit(entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	j.queue.Lock()
	g := j.open
	g.entries = append(g.entries, entries...)
	j.queue.Unlock()

	j.writer.Lock()
	defer j.writer.Unlock()
	if !g.done {
		j.queue.Lock()
		j.open = &group{}
		j.queue.Unlock()
		g.err = j.write(g.entries)
		g.done = true
	}
	return g.err
}

// write puts a group on disk and then into the index. Called under writer.
func (j *Journal) write(entries []entry) error {
	if j.closed {
		return ErrClosed
	}
	if err := j.rotate(); err != nil {
		return fmt.Errorf("begin a journal segment in %s: %w", j.dir, full(err))
	}
	records := j.lay(entries)
	if len(records) == 0 {
		return nil
	}
	_, err := j.active.WriteAt(j.buf, j.size)
	if err == nil {
		if err = fdatasync(j.active); err != nil {
			j.abandon() // what is on disk after a failed sync is anyone's guess
			return fmt.Errorf("synchronise journal %s: %w", j.dir, full(err))
		}
	}
	if err != nil {
		if j.active.Truncate(j.size) != nil {
			j.abandon()
		}
		return fmt.Errorf("write journal %s: %w", j.dir, full(err))
	}
	j.accept(records)
	return nil
}

// lay encodes a group into buf, names what is to be named and leaves out what
// the journal holds already.
func (j *Journal) lay(entries []entry) []placed {
	j.buf = j.buf[:0]
	var records []placed
	put := func(e entry) {
		at := position{j.number, j.size + int64(len(j.buf))}
		j.buf = appendRecord(j.buf, e.record)
		records = append(records, placed{e, at, j.size + int64(len(j.buf))})
	}
	own := ownCounter{stream: j.Own()}
	own.seq, own.tick = j.last(own.stream)
	for _, e := range entries {
		if e.name != nil {
			e = own.named(e)
		} else if !e.carried && j.holds(e.record) {
			continue
		}
		if e.record.stream() == own.stream && !j.began && !own.began {
			own.began = true
			put(entry{record: j.ownStart(own.stream)})
		}
		put(j.numbered(e))
	}
	return records
}

// ownCounter names taps within one group.
type ownCounter struct {
	stream    wire.Stream
	seq, tick uint64
	began     bool
}

func (c *ownCounter) named(e entry) entry {
	t := e.record.(Tap)
	c.seq++
	t.Stream, t.Seq = c.stream, c.seq
	if t.Tick < c.tick {
		t.Gap = wire.Gap(uint64(t.Gap) + c.tick - t.Tick)
		t.Tick = c.tick
	}
	c.tick = t.Tick
	*e.name = wire.Name{Stream: t.Stream, Seq: t.Seq}
	e.record = t
	return e
}

// last gives the last seq and its tick of the own stream.
func (j *Journal) last(own wire.Stream) (seq, tick uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if s := j.streams[own]; s != nil {
		return s.highest, s.lastTick
	}
	return 0, 0
}

// numbered gives a new start its ordinal.
func (j *Journal) numbered(e entry) entry {
	if s, ok := e.record.(Start); ok && !e.carried && s.ordinal == 0 {
		j.mu.Lock()
		s.ordinal = j.ordinal + 1
		j.mu.Unlock()
		e.record = s
	}
	return e
}

// ownStart names the predecessor: the newest of the own streams that the
// journal knows of (I1).
func (j *Journal) ownStart(own wire.Stream) Start {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := Start{Stream: own, ordinal: j.ordinal + 1}
	var newest uint64
	for name, s := range j.streams {
		if name.Origin == own.Origin && name != own && s.start != nil && s.start.ordinal >= newest {
			newest = s.start.ordinal
			r.Predecessor, r.PredecessorLast = name.Epoch, s.highest
		}
	}
	return r
}

// holds says whether the journal has a record with the same content.
func (j *Journal) holds(r Record) bool {
	j.mu.Lock()
	if t, ok := r.(Twin); ok {
		defer j.mu.Unlock()
		return j.twins.holds(t.Twin)
	}
	s := j.streams[r.stream()]
	if s == nil {
		j.mu.Unlock()
		return false
	}
	switch r := r.(type) {
	case Pair:
		defer j.mu.Unlock()
		return slices.ContainsFunc(s.pairs, func(p *pairNote) bool { return p.Pair == r.Pair })
	case Tap:
		seqs := []wire.Range{{From: r.Seq, To: r.Seq}}
		runs, repeats := s.covering(seqs), slices.Clone(s.repeats)
		j.mu.Unlock()
		return j.holdsTap(r, runs, repeats)
	}
	j.mu.Unlock()
	return false
}

func (j *Journal) holdsTap(t Tap, runs []run, repeats []*repeatNote) bool {
	if len(runs) == 0 {
		return false
	}
	taps, _ := j.readRuns(t.Stream, runs, []wire.Range{{From: t.Seq, To: t.Seq}})
	for _, note := range repeats {
		if again, ok := j.readRepeat(note, t.Stream); note.seq == t.Seq && ok {
			taps = append(taps, again)
		}
	}
	return slices.Contains(taps, t)
}

// accept takes a durable group into the index.
func (j *Journal) accept(records []placed) {
	j.mu.Lock()
	for _, p := range records {
		if p.carried {
			j.moved(p)
			continue
		}
		j.index(p.record, p.at, p.end, position{})
	}
	j.size = records[len(records)-1].end
	j.segments[j.number].end = j.size
	s := j.streams[j.own]
	j.began = s != nil && s.start != nil
	j.mu.Unlock()
	j.stir()
}

// rotate opens a segment when there is none or the active one has grown enough.
func (j *Journal) rotate() error {
	if j.active != nil && j.size < j.limit {
		return nil
	}
	n := j.number + 1
	path := segmentPath(j.dir, n)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(appendSegmentHead(nil, j.gateway, n))
	if err = errors.Join(err, f.Sync(), syncDir(j.dir)); err != nil {
		f.Close()
		os.Remove(path)
		return err
	}
	if j.active != nil {
		j.active.Close()
	}
	j.active, j.number, j.size = f, n, segmentHead
	j.mu.Lock()
	j.segments[n] = &segment{end: segmentHead}
	j.mu.Unlock()
	return nil
}

// abandon writes no more to the active segment and begins a new epoch: a seq
// that may stand there must not be given again (I1).
func (j *Journal) abandon() {
	j.active.Truncate(j.size)
	j.active.Close()
	j.active = nil
	j.renew()
}

func fdatasync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}
