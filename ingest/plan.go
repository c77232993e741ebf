package ingest

import (
	"slices"
	"sort"

	"tikklok/gateway/wire"
)

// progress is a stream's row of origin_progress, locked, and what this group
// adds to it.
type progress struct {
	seen    []wire.Range
	highest uint64
	heard   bool // in a log, not only as missing or as a predecessor
	started bool
	start   wire.Start
	fresh   []run
}

// run is taps of one log that are new in this group.
type run struct {
	keyVersion uint32
	taps       []wire.Tap
}

// complete says that nothing is missing up to the highest seq.
func (p *progress) complete() bool {
	return p.highest == 0 || len(p.seen) == 1 && p.seen[0] == wire.Range{From: 1, To: p.highest}
}

// heardKey is one gateway hearing one stream.
type heardKey struct {
	streamKey
	gateway uint32
}

type heard struct {
	highest uint64
	missing []wire.Range
}

// plan is what one transaction writes, computed from the batches of a group
// and the locked rows: no I/O here.
type plan struct {
	streams   map[streamKey]*progress
	readers   map[readerKey]int64
	rows      columns
	repeats   []claim // seen before this group: to be held against the stored row
	conflicts []claim // differ from a tap of this very group
	heard     map[heardKey]*heard
	pairs     pairColumns
}

// claim is a tap under a name that stands already.
type claim struct {
	streamKey
	gateway    uint32
	keyVersion uint32
	reader     int64
	tap        wire.Tap
}

// columns are new registrations, an array a column.
type columns struct {
	tenant, origin, epoch, seq, tick, wall, gap, reader []int64
	keyVersion                                          []int16
	token                                               [][]byte
}

type pairColumns struct {
	tenant, origin, epoch, tick, instant, bound, gateway []int64
	source                                               []int16
}

// maxRanges bounds one stream's row: a device that scatters its seqs would
// else make every commit slow.
const maxRanges = 10_000

func (p *plan) addAll(group []*message) {
	n := 0
	for _, m := range group {
		n += m.taps
	}
	p.rows.grow(n)
	for _, m := range group {
		p.add(m)
	}
}

func (p *plan) add(m *message) {
	for i := range m.batch.Logs {
		p.addLog(m, &m.batch.Logs[i])
	}
	for _, s := range m.batch.Missing {
		key := streamKey{m.from.tenant, s.Stream}
		if p.streams[key] == nil {
			continue // never heard of: nobody can have asked for it
		}
		h := p.hear(key, m.from.id)
		h.missing = wire.AddRange(h.missing, wire.Range{From: s.From, To: s.To})
	}
}

func (p *plan) addLog(m *message, l *wire.Log) {
	key := streamKey{m.from.tenant, l.Stream}
	s := p.streams[key]
	s.highest, s.heard = max(s.highest, l.Highest), true
	h := p.hear(key, m.from.id)
	h.highest = max(h.highest, l.Highest)
	if l.Start != nil {
		p.begin(m, l, s)
	}
	p.addTaps(m, l, key, s)
	for _, q := range l.Pairs {
		p.pairs.append(key, m.from.id, q)
	}
}

// begin records how an epoch began, and that its predecessor had names up to
// its last seq: those that never came are a hole (I2).
func (p *plan) begin(m *message, l *wire.Log, s *progress) {
	if !s.started {
		s.started, s.start = true, *l.Start
	}
	key, ok := predecessor(m.from.tenant, l)
	if !ok {
		return
	}
	before := p.streams[key]
	before.highest = max(before.highest, l.Start.PredecessorLast)
	h := p.hear(key, m.from.id)
	h.highest = max(h.highest, l.Start.PredecessorLast)
}

// predecessor gives the stream before l, if it had any names.
func predecessor(tenant int64, l *wire.Log) (streamKey, bool) {
	if l.Start == nil || l.Start.Predecessor == 0 || l.Start.Predecessor == l.Epoch || l.Start.PredecessorLast == 0 {
		return streamKey{}, false
	}
	return streamKey{tenant, wire.Stream{Origin: l.Origin, Epoch: l.Start.Predecessor}}, true
}

// addTaps sorts the taps of a log into new ones, which become rows, and names
// that stand already (I1). Within a log seqs rise.
func (p *plan) addTaps(m *message, l *wire.Log, key streamKey, s *progress) {
	from := 0 // of the run of new taps before i
	reader := p.readerOf(key)
	for i := range l.Taps {
		t := &l.Taps[i]
		if wire.HasSeq(s.seen, t.Seq) {
			p.close(s, l, from, i)
			from = i + 1
			p.repeat(s, claim{key, m.from.id, l.KeyVersion, reader(t.Reader), *t})
			continue
		}
		if from < i && l.Taps[i-1].Seq+1 != t.Seq {
			p.close(s, l, from, i)
			from = i
		}
		p.rows.append(key, l.KeyVersion, reader(t.Reader), t)
	}
	p.close(s, l, from, len(l.Taps))
}

// close takes the taps from…to, which are new and without a gap, into seen.
func (p *plan) close(s *progress, l *wire.Log, from, to int) {
	if from >= to {
		return
	}
	s.seen = wire.AddRange(s.seen, wire.Range{From: l.Taps[from].Seq, To: l.Taps[to-1].Seq})
	s.fresh = append(s.fresh, run{l.KeyVersion, l.Taps[from:to]})
}

// repeat holds a tap against the one of the same name in this group, or keeps
// it to be held against the stored row.
func (p *plan) repeat(s *progress, c claim) {
	for _, r := range s.fresh {
		i := sort.Search(len(r.taps), func(i int) bool { return r.taps[i].Seq >= c.tap.Seq })
		if i == len(r.taps) || r.taps[i].Seq != c.tap.Seq {
			continue
		}
		if t := r.taps[i]; t.Tick != c.tap.Tick || r.keyVersion == c.keyVersion && t.Token != c.tap.Token {
			p.conflicts = append(p.conflicts, c)
		}
		return
	}
	p.repeats = append(p.repeats, c)
}

// readerOf gives a look-up that remembers the last reader: taps of a log come
// from few.
func (p *plan) readerOf(key streamKey) func(string) int64 {
	last, id := readerKey{}, int64(0)
	return func(name string) int64 {
		if id == 0 || last.name != name {
			last = readerKey{originKey{key.tenant, key.Origin}, name}
			id = p.readers[last]
		}
		return id
	}
}

func (p *plan) hear(key streamKey, gateway uint32) *heard {
	k := heardKey{key, gateway}
	if p.heard[k] == nil {
		p.heard[k] = &heard{}
	}
	return p.heard[k]
}

// crowded names a stream with too many holes to keep, if there is one.
func (p *plan) crowded() (streamKey, bool) {
	for k, s := range p.streams {
		if len(s.seen) > maxRanges {
			return k, true
		}
	}
	return streamKey{}, false
}

// mark is what the receipt says of a stream.
func (p *plan) mark(key streamKey, safeCopies int) wire.Mark {
	m := wire.Mark{Stream: key.Stream, Committed: slices.Clone(p.streams[key].seen)}
	if safeCopies <= 1 {
		m.Safe = m.Committed // I2: one copy is declared
	}
	return m
}

// grow makes room for n more rows.
func (c *columns) grow(n int) {
	for _, column := range []*[]int64{&c.tenant, &c.origin, &c.epoch, &c.seq, &c.tick, &c.wall, &c.gap, &c.reader} {
		*column = slices.Grow(*column, n)
	}
	c.keyVersion, c.token = slices.Grow(c.keyVersion, n), slices.Grow(c.token, n)
}

func (c *columns) append(key streamKey, version uint32, reader int64, t *wire.Tap) {
	c.tenant = append(c.tenant, key.tenant)
	c.origin = append(c.origin, int64(key.Origin))
	c.epoch = append(c.epoch, int64(key.Epoch))
	c.seq = append(c.seq, int64(t.Seq))
	c.tick = append(c.tick, int64(t.Tick))
	c.wall = append(c.wall, t.Wall)
	c.gap = append(c.gap, int64(t.Gap))
	c.reader = append(c.reader, reader)
	c.keyVersion = append(c.keyVersion, int16(version))
	c.token = append(c.token, t.Token[:])
}

func (c *pairColumns) append(key streamKey, gateway uint32, q wire.Pair) {
	c.tenant = append(c.tenant, key.tenant)
	c.origin = append(c.origin, int64(key.Origin))
	c.epoch = append(c.epoch, int64(key.Epoch))
	c.tick = append(c.tick, int64(q.Tick))
	c.instant = append(c.instant, q.Instant)
	c.bound = append(c.bound, int64(q.Bound))
	c.gateway = append(c.gateway, int64(gateway))
	c.source = append(c.source, int16(q.Source))
}
