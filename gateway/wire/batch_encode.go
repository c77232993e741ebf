package wire

import "tikklok/gateway/wire/internal/pb"

// Encode gives the payload of one batch, decodable alone (tikklok.proto). It
// sorts and checks nothing: a batch that breaks what Log and the limits
// promise (order of seq and tick, ranges, sizes) gives bytes that DecodeBatch
// refuses.
func (b Batch) Encode() []byte {
	m := &pb.Batch{Version: Version}
	d := dictionary{index: map[Token]uint32{}}
	for _, l := range b.Logs {
		m.Logs = append(m.Logs, l.encode(&d))
	}
	m.Tokens = d.tokens
	for _, s := range b.Missing {
		m.Missing = append(m.Missing, s.encode())
	}
	m.Twins, m.Renewal = encodeTwins(b.Twins), b.Renewal
	return marshal(m)
}

// dictionary holds a batch's tokens in the order of their first tap.
type dictionary struct {
	index  map[Token]uint32
	tokens []byte
}

// column gives the taps' places in the dictionary, without those of the first
// taps whose tokens are all new.
func (d *dictionary) column(taps []Tap) (places []uint32) {
	for _, t := range taps {
		at, known := d.index[t.Token]
		if !known {
			at = uint32(len(d.index))
			d.index[t.Token] = at
			d.tokens = append(d.tokens, t.Token[:]...)
		}
		if known || places != nil {
			places = append(places, at)
		}
	}
	return places
}

// encodeTwins puts twins of the same two versions that follow each other together.
func encodeTwins(twins []Twin) (ms []*pb.Twins) {
	for _, t := range twins {
		if n := len(ms); n == 0 || ms[n-1].Old != t.OldVersion || ms[n-1].New != t.NewVersion {
			ms = append(ms, &pb.Twins{Old: t.OldVersion, New: t.NewVersion})
		}
		m := ms[len(ms)-1]
		m.Tokens = append(append(m.Tokens, t.Old[:]...), t.New[:]...)
	}
	return ms
}

func (s Span) encode() *pb.Span {
	return &pb.Span{Origin: s.Origin, Epoch: s.Epoch, From: s.From, To: s.To}
}

func (l Log) encode(d *dictionary) *pb.Log {
	m := &pb.Log{Origin: l.Origin, Epoch: l.Epoch, Highest: l.Highest, KeyVersion: l.KeyVersion}
	if l.Start != nil {
		m.Start = &pb.Start{Predecessor: l.Start.Predecessor, PredecessorLast: l.Start.PredecessorLast, TolerancePpm: l.Start.TolerancePPM}
	}
	if len(l.Taps) > 0 {
		m.Highest -= l.Taps[len(l.Taps)-1].Seq
		m.Tokens = d.column(l.Taps)
		encodeTaps(m, l.Taps)
	}
	encodePairs(m, l.Pairs)
	return m
}

func encodeTaps(m *pb.Log, taps []Tap) {
	m.Seq = taps[0].Seq
	var last Tap
	for i, t := range taps {
		if i > 0 {
			m.SeqSteps = append(m.SeqSteps, t.Seq-last.Seq)
		}
		m.Ticks = append(m.Ticks, t.Tick-last.Tick)
		m.Gaps = append(m.Gaps, t.Gap)
		last = t
	}
	if same(m.SeqSteps, 1) {
		m.SeqSteps = nil
	}
	if same(m.Gaps, 0) {
		m.Gaps = nil
	}
	encodeReaders(m, taps)
	encodeWall(m, taps)
}

func encodeReaders(m *pb.Log, taps []Tap) {
	index := map[string]uint32{}
	for _, t := range taps {
		if _, ok := index[t.Reader]; !ok {
			index[t.Reader] = uint32(len(index))
			m.Readers = append(m.Readers, text(t.Reader))
		}
		m.Reader = append(m.Reader, index[t.Reader])
	}
	if same(m.Reader, 0) {
		m.Reader = nil
	}
	if len(index) == 1 && taps[0].Reader == "" {
		m.Readers = nil
	}
}

// encodeWall leaves the columns out when no tap has a wall clock; among others
// such a tap stands as the difference 0 - tick.
func encodeWall(m *pb.Log, taps []Tap) {
	none := true
	for _, t := range taps {
		none = none && t.Wall == 0
	}
	if none {
		return
	}
	first := taps[0].Wall - int64(taps[0].Tick)
	m.Wall = &first
	last := first
	for _, t := range taps[1:] {
		diff := t.Wall - int64(t.Tick)
		m.WallSteps = append(m.WallSteps, diff-last)
		last = diff
	}
	if same(m.WallSteps, 0) {
		m.WallSteps = nil
	}
}

func encodePairs(m *pb.Log, pairs []Pair) {
	var tick, diff int64
	if len(m.Ticks) > 0 {
		tick = int64(m.Ticks[0])
	}
	diff = m.GetWall()
	for _, p := range pairs {
		d := p.Instant - int64(p.Tick)
		m.Pairs = append(m.Pairs, int64(p.Tick)-tick, d-diff, int64(p.Bound), int64(p.Source))
		tick, diff = int64(p.Tick), d
	}
}

func same[T comparable](column []T, v T) bool {
	for _, c := range column {
		if c != v {
			return false
		}
	}
	return true
}
