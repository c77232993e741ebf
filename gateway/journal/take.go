package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"tikklok/gateway/wire"
)

// Bounds of one parcel, well below those of wire.
const (
	parcelPairs   = 64
	parcelRepeats = 64
	parcelLogs    = 64
)

// Parcel is a batch on its way to the server. What is in it is not given out
// again until Return; Answered and Hold say that the server spoke.
type Parcel struct {
	Batch wire.Batch
	parts []*part
	twins []*twinNote
}

// part is what a parcel takes of one stream.
type part struct {
	stream  *stream
	seqs    []wire.Range
	repeats []*repeatNote
	pairs   []*pairNote
	start   *startNote
	highest uint64
}

// Taps counts the taps of a parcel.
func (p *Parcel) Taps() (n int) {
	for _, l := range p.Batch.Logs {
		n += len(l.Taps)
	}
	return n
}

// SplitLive begins a connection: all that is in the journal now becomes the
// backlog, and what comes later live. The highest seqs are told anew, so that a
// server that went back is noticed also where nobody taps (I2).
func (j *Journal) SplitLive() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.streams {
		s.liveFrom = 0
		if s.start != nil {
			s.told, s.telling = 0, 0
		}
		if k := len(s.durable); k > 0 {
			s.liveFrom = s.durable[k-1].To
		}
	}
}

// Due counts the taps that wait to be sent, and says whether anything else
// does (a start, a pair, a highest seq, a twin).
func (j *Journal) Due(live bool) (taps int, other bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	other = live && len(j.twins.waiting) > 0
	for _, s := range j.streams {
		taps += int(count(s.due(live)))
		if live {
			other = other || s.otherDue()
		}
	}
	return taps, other
}

func (s *stream) otherDue() bool {
	if s.start != nil && s.start.progress == waiting || s.highest > max(s.told, s.telling) {
		return true
	}
	return slices.ContainsFunc(s.pairs, func(p *pairNote) bool { return p.progress == waiting }) ||
		slices.ContainsFunc(s.repeats, func(r *repeatNote) bool { return r.progress == waiting })
}

// Take gives at most n taps that are to be sent, of the streams that moved
// last, each in the order of its seqs, with what else waits beside them; nil
// when nothing does. Live ones are those after SplitLive.
func (j *Journal) Take(live bool, n int) (*Parcel, error) {
	p := j.choose(live, n)
	if len(p.parts)+len(p.twins) == 0 {
		return nil, nil
	}
	for _, t := range p.twins {
		p.Batch.Twins = append(p.Batch.Twins, t.Twin)
	}
	for _, part := range p.parts {
		logs, err := j.logs(part)
		if err != nil {
			j.Return(p)
			return nil, fmt.Errorf("read journal %s: %w", j.dir, err)
		}
		p.Batch.Logs = append(p.Batch.Logs, logs...)
	}
	return p, nil
}

// choose marks what a parcel takes.
func (j *Journal) choose(live bool, n int) *Parcel {
	j.mu.Lock()
	defer j.mu.Unlock()
	if live && j.twins.alone && len(j.twins.waiting) > 0 {
		return &Parcel{twins: j.twins.take()}
	}
	left := room{parcelPairs, parcelRepeats}
	var parts []*part
	for _, s := range j.newestFirst() {
		p := &part{stream: s, seqs: first(s.due(live), n), highest: s.highest}
		if len(p.seqs) == 0 && !(live && s.otherDue()) || s.alone && len(parts) > 0 {
			continue
		}
		n -= int(count(p.seqs))
		s.flying, s.telling = plus(s.flying, p.seqs...), s.highest
		p.takeOthers(live, &left)
		if parts = append(parts, p); s.alone || len(parts) == parcelLogs {
			break
		}
	}
	p := &Parcel{parts: parts}
	if live && !(len(parts) == 1 && parts[0].stream.alone) {
		p.twins = j.twins.take()
	}
	return p
}

func (j *Journal) newestFirst() []*stream {
	all := make([]*stream, 0, len(j.streams))
	for _, s := range j.streams {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stream) int { return cmp.Compare(b.activity, a.activity) })
	return all
}

// room is what else a parcel may take.
type room struct{ pairs, repeats int }

// takeOthers takes start, repeats and pairs along: live the newest pairs
// first, since they time the taps that somebody looks at.
func (p *part) takeOthers(live bool, left *room) {
	s := p.stream
	if s.start != nil && s.start.progress == waiting {
		p.start, s.start.progress = s.start, flying
	}
	if live {
		for _, r := range s.repeats {
			if r.progress == waiting && left.repeats > 0 {
				r.progress = flying
				left.repeats--
				p.repeats = append(p.repeats, r)
			}
		}
	}
	for i := range s.pairs {
		note := s.pairs[i]
		if live {
			note = s.pairs[len(s.pairs)-1-i]
		}
		if left.pairs == 0 {
			return
		}
		if note.progress == waiting {
			note.progress = flying
			p.pairs = append(p.pairs, note)
			left.pairs--
		}
	}
}

// logs reads a part and shapes it: a log has one key version and ticks that
// don't go backwards; a repeated name stands in a log of its own.
func (j *Journal) logs(p *part) ([]wire.Log, error) {
	j.mu.Lock()
	runs := p.stream.covering(p.seqs)
	j.mu.Unlock()
	taps, err := j.readRuns(p.stream.name, runs, p.seqs)
	if err != nil {
		return nil, err
	}
	j.dropUnreadable(p, taps)
	head := wire.Log{Stream: p.stream.name, Highest: p.highest}
	if p.start != nil {
		start := p.start.Start.Start
		head.Start = &start
	}
	for _, note := range p.pairs {
		head.Pairs = append(head.Pairs, note.Pair)
	}
	slices.SortFunc(head.Pairs, func(a, b wire.Pair) int { return cmp.Compare(a.Tick, b.Tick) })
	logs := []wire.Log{head}
	for _, t := range taps {
		logs = appendTap(logs, t)
	}
	for _, note := range p.repeats {
		if t, ok := j.readRepeat(note, p.stream.name); ok {
			logs = append(logs, wire.Log{Stream: t.Stream, Highest: p.highest, KeyVersion: t.KeyVersion, Taps: []wire.Tap{t.Tap}})
		}
	}
	return logs, nil
}

func appendTap(logs []wire.Log, t Tap) []wire.Log {
	l := &logs[len(logs)-1]
	if k := len(l.Taps); k > 0 && (l.KeyVersion != t.KeyVersion || t.Tick < l.Taps[k-1].Tick) {
		logs = append(logs, wire.Log{Stream: t.Stream, Highest: l.Highest})
		l = &logs[len(logs)-1]
	}
	l.KeyVersion = t.KeyVersion
	l.Taps = append(l.Taps, t.Tap)
	return logs
}

// readRuns reads taps of one stream in the order of their seqs.
func (j *Journal) readRuns(name wire.Stream, runs []run, seqs []wire.Range) ([]Tap, error) {
	j.files.RLock()
	defer j.files.RUnlock()
	var taps []Tap
	for _, r := range runs {
		data, err := j.read(r.segment, r.at, r.end)
		if errors.Is(err, fs.ErrNotExist) {
			continue // became safe
		}
		if err != nil {
			return nil, err
		}
		scan(data, 0, func(rec Record, _, _ int64) {
			t, ok := rec.(Tap)
			if ok && t.Stream == name && t.Seq >= r.from && t.Seq <= r.to && wire.HasSeq(seqs, t.Seq) {
				taps = append(taps, t)
			}
		})
	}
	// A repeated name may lie between; the first one is the one indexed.
	return slices.CompactFunc(taps, func(a, b Tap) bool { return a.Seq == b.Seq }), nil
}

func (j *Journal) readRepeat(note *repeatNote, name wire.Stream) (Tap, bool) {
	j.files.RLock()
	defer j.files.RUnlock()
	data, err := j.read(note.at.Segment, note.at.Offset, note.end)
	if err != nil {
		return Tap{}, false
	}
	r, _ := decodeRecord(data)
	t, ok := r.(Tap)
	return t, ok && t.Stream == name
}

func (j *Journal) read(segment uint64, from, to int64) ([]byte, error) {
	f, err := os.Open(segmentPath(j.dir, segment))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, to-from)
	n, err := f.ReadAt(data, from)
	if err == io.EOF || errors.Is(err, unix.EIO) {
		err = nil // what is missing counts as unreadable: it must not hold up the rest
	}
	return data[:n], err
}

// dropUnreadable takes taps out of the index whose bytes went bad since they
// were indexed: a reader that still has them is asked, and the next Open
// quarantines the bytes.
func (j *Journal) dropUnreadable(p *part, taps []Tap) {
	var read []wire.Range
	for _, t := range taps {
		read = wire.AddRange(read, wire.Range{From: t.Seq, To: t.Seq})
	}
	lost := minus(p.seqs, read)
	if len(lost) == 0 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	s := p.stream
	lost = intersect(lost, s.durable)
	s.durable, s.flying = minus(s.durable, lost), minus(s.flying, lost)
	p.seqs = minus(p.seqs, lost)
	j.damaged += uint64(len(lost))
}
