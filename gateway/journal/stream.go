package journal

import (
	"slices"
	"sort"

	"tikklok/gateway/wire"
)

// stream is what the index holds of one stream: ranges and places, no taps.
type stream struct {
	name     wire.Stream
	start    *startNote // nil: not in the journal
	highest  uint64     // highest durable seq, here or at the reader
	lastTick uint64     // of the newest tap
	told     uint64     // of highest, as the server answered
	telling  uint64     // of highest, in a Parcel
	activity uint64     // rises with each record: newest first
	liveFrom uint64     // seqs above came since SplitLive
	alone    bool       // refused among others: it shares no Parcel until it was answered

	durable   []wire.Range // in the journal
	gone      []wire.Range // were in the journal until they were safe
	committed []wire.Range // by the server: not sent
	safe      []wire.Range // by the server: need not be kept
	held      []wire.Range // refused: not sent until asked for
	flying    []wire.Range // in a Parcel
	asked     []wire.Range // by the server, not in the journal

	runs    []run // sorted by from, disjoint
	pairs   []*pairNote
	repeats []*repeatNote

	paired  uint64 // marks file: pairs below this tick were answered
	started bool   // marks file: the start was answered
}

// progress is how far a record without seq has come.
type progress byte

const (
	waiting progress = iota
	flying
	answered
	refused // not sent until the server asks for the stream
)

type startNote struct {
	Start
	segment  uint64
	progress progress
}

type pairNote struct {
	wire.Pair
	segment  uint64
	progress progress
}

// repeatNote is a record of a tap whose name the journal held already, with
// other bytes: it is sent until a batch with it is answered, for the server to
// compare (I1).
type repeatNote struct {
	seq      uint64
	at       position
	end      int64
	progress progress
}

// run is a part of a segment in which seqs of one stream rise by one.
type run struct {
	from, to uint64
	tick     uint64 // of the first
	segment  uint64
	at, end  int64 // offsets; records of other streams may lie between
}

// runBytes bounds how much is read for one tap.
const runBytes = 64 << 10

func (j *Journal) stream(name wire.Stream) *stream {
	s := j.streams[name]
	if s == nil {
		s = &stream{name: name}
		j.streams[name] = s
	}
	return s
}

// index takes a durable record into the index. What the marks file knew holds
// for records before the position known.
func (j *Journal) index(r Record, at position, end int64, known position) {
	if t, ok := r.(Twin); ok {
		j.twins.index(t.Twin, at)
		return
	}
	s := j.stream(r.stream())
	j.activity++
	s.activity = j.activity
	switch r := r.(type) {
	case Tap:
		s.indexTap(r, at, end)
		if r.Reader != "" { // records stand in the order they were made; wall clocks may be stepped
			j.latest[r.Reader] = r
		}
	case Pair:
		note := &pairNote{Pair: r.Pair, segment: at.Segment}
		if at.before(known) && r.Tick < s.paired {
			note.progress = answered
		}
		s.pairs = slices.DeleteFunc(s.pairs, func(p *pairNote) bool { return p.Pair == r.Pair })
		s.pairs = append(s.pairs, note)
	case Start:
		s.start = &startNote{Start: r, segment: at.Segment}
		if at.before(known) && s.started {
			s.start.progress = answered
		}
		s.highest = max(s.highest, r.Highest)
		j.ordinal = max(j.ordinal, r.ordinal)
	}
}

func (s *stream) indexTap(t Tap, at position, end int64) {
	s.highest, s.lastTick = max(s.highest, t.Seq), t.Tick
	if wire.HasSeq(s.durable, t.Seq) {
		s.repeats = append(s.repeats, &repeatNote{seq: t.Seq, at: at, end: end})
		return
	}
	s.durable = wire.AddRange(s.durable, wire.Range{From: t.Seq, To: t.Seq})
	s.asked = minus(s.asked, []wire.Range{{From: t.Seq, To: t.Seq}})
	i := sort.Search(len(s.runs), func(i int) bool { return s.runs[i].from > t.Seq })
	if i > 0 {
		last := &s.runs[i-1]
		if last.to+1 == t.Seq && last.segment == at.Segment && last.end <= at.Offset && end-last.at <= runBytes {
			last.to, last.end = t.Seq, end
			return
		}
	}
	s.runs = slices.Insert(s.runs, i, run{t.Seq, t.Seq, t.Tick, at.Segment, at.Offset, end})
}

// covering gives the runs that hold one of the seqs.
func (s *stream) covering(seqs []wire.Range) []run {
	var runs []run
	for _, r := range seqs {
		i := sort.Search(len(s.runs), func(i int) bool { return s.runs[i].to >= r.From })
		for ; i < len(s.runs) && s.runs[i].from <= r.To; i++ {
			if k := len(runs); k == 0 || runs[k-1] != s.runs[i] {
				runs = append(runs, s.runs[i])
			}
		}
	}
	return runs
}

// due gives the seqs that are to be sent, live ones or the backlog.
func (s *stream) due(live bool) []wire.Range {
	rs := minus(minus(minus(s.durable, s.committed), s.held), s.flying)
	cut := wire.Range{From: 1, To: s.liveFrom}
	if live {
		cut = wire.Range{From: s.liveFrom + 1, To: wire.MaxSeq}
	}
	return intersect(rs, []wire.Range{cut})
}

// resend makes start and pairs due again: the server went back (I2), or asks.
func (s *stream) resend(from progress) {
	if s.start != nil && s.start.progress == from {
		s.start.progress = waiting
	}
	for _, p := range s.pairs {
		if p.progress == from {
			p.progress = waiting
		}
	}
	for _, r := range s.repeats {
		if r.progress == from {
			r.progress = waiting
		}
	}
}
