package wire

import (
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"tikklok/gateway/wire/internal/pb"
)

// DecodeBatch reads one payload. An error says which log and column lies; an
// unknown field is passed over.
func DecodeBatch(payload []byte) (Batch, error) {
	m := &pb.Batch{}
	most := map[protowire.Number]int{3: MaxLogs, 4: MaxLogs, 5: MaxKeys}
	if err := unmarshal("batch", payload, m, MaxMessage, most); err != nil {
		return Batch{}, err
	}
	all, err := decodeTokens(m.Tokens, MaxTaps)
	if err != nil {
		return Batch{}, fmt.Errorf("batch: tokens: %w", err)
	}
	tokens := tokenReader{all: all}
	var b Batch
	left := MaxTaps
	for i, l := range m.Logs {
		if left -= max(len(l.Ticks), len(l.Pairs)/4); left < 0 {
			return Batch{}, fmt.Errorf("batch: more than %d taps or pairs", MaxTaps)
		}
		log, err := decodeLog(l, &tokens)
		if err != nil {
			return Batch{}, fmt.Errorf("batch: log %d: %w", i, err)
		}
		b.Logs = append(b.Logs, log)
	}
	if b.Missing, err = decodeSpans(m.Missing); err != nil {
		return Batch{}, fmt.Errorf("batch: missing: %w", err)
	}
	if b.Twins, err = decodeTwins(m.Twins); err != nil {
		return Batch{}, fmt.Errorf("batch: twins: %w", err)
	}
	if len(m.Renewal) > MaxCertificate {
		return Batch{}, fmt.Errorf("batch: renewal: %d bytes, at most %d are taken", len(m.Renewal), MaxCertificate)
	}
	b.Renewal = m.Renewal
	return b, nil
}

func decodeTwins(ms []*pb.Twins) (twins []Twin, err error) {
	for _, m := range ms {
		if m.Old == 0 || m.New == 0 || m.Old == m.New || m.Old > MaxKeyVersion || m.New > MaxKeyVersion {
			return nil, fmt.Errorf("key versions %d and %d, want two of 1…%d", m.Old, m.New, MaxKeyVersion)
		}
		tokens, err := decodeTokens(m.Tokens, 2*MaxTaps-2*len(twins))
		if err != nil {
			return nil, err
		}
		if len(tokens)%2 != 0 {
			return nil, fmt.Errorf("%d tokens are no pairs", len(tokens))
		}
		for ; len(tokens) > 0; tokens = tokens[2:] {
			twins = append(twins, Twin{m.Old, m.New, tokens[0], tokens[1]})
		}
	}
	return twins, nil
}

func decodeTokens(b []byte, most int) ([]Token, error) {
	if len(b)%8 != 0 {
		return nil, fmt.Errorf("%d bytes are no whole number of tokens", len(b))
	}
	if len(b)/8 > most {
		return nil, fmt.Errorf("%d tokens, at most %d are taken", len(b)/8, most)
	}
	var tokens []Token
	for ; len(b) > 0; b = b[8:] {
		tokens = append(tokens, Token(b[:8]))
	}
	return tokens, nil
}

// tokenReader gives the tokens of taps in their order.
type tokenReader struct {
	all  []Token
	used int // the dictionary's entries that a tap has named
}

// of gives the token of tap i of a log.
func (r *tokenReader) of(m *pb.Log, i int) (Token, error) {
	at := uint64(r.used)
	if entry := i - (len(m.Ticks) - len(m.Tokens)); entry >= 0 {
		at = uint64(m.Tokens[entry])
	}
	if at >= uint64(len(r.all)) {
		return Token{}, fmt.Errorf("tokens: index %d in a dictionary of %d", at, len(r.all))
	}
	r.used = max(r.used, int(at)+1)
	return r.all[at], nil
}

func decodeSpans(ms []*pb.Span) ([]Span, error) {
	var spans []Span
	for _, m := range ms {
		if err := checkStream(m.Origin, m.Epoch); err != nil {
			return nil, err
		}
		if m.From == 0 || m.To < m.From || m.To > MaxSeq {
			return nil, fmt.Errorf("seqs %d…%d, want 1 ≤ from ≤ to ≤ %d", m.From, m.To, uint64(MaxSeq))
		}
		spans = append(spans, Span{Stream{m.Origin, m.Epoch}, m.From, m.To})
	}
	return spans, nil
}

func decodeLog(m *pb.Log, tokens *tokenReader) (Log, error) {
	l := Log{Stream: Stream{m.Origin, m.Epoch}, KeyVersion: m.KeyVersion}
	if err := checkStream(m.Origin, m.Epoch); err != nil {
		return Log{}, err
	}
	if m.KeyVersion > MaxKeyVersion || m.KeyVersion == 0 && len(m.Ticks) > 0 {
		return Log{}, fmt.Errorf("key_version %d, want 1…%d", m.KeyVersion, MaxKeyVersion)
	}
	if s := m.Start; s != nil {
		if s.PredecessorLast > MaxSeq || s.TolerancePpm > 1_000_000 {
			return Log{}, fmt.Errorf("start: predecessor_last %d or tolerance_ppm %d out of range", s.PredecessorLast, s.TolerancePpm)
		}
		l.Start = &Start{s.Predecessor, s.PredecessorLast, s.TolerancePpm}
	}
	var err error
	if l.Taps, err = decodeTaps(m, tokens); err != nil {
		return Log{}, err
	}
	if n := len(l.Taps); n > 0 {
		l.Highest = l.Taps[n-1].Seq
	}
	if m.Highest > MaxSeq-l.Highest {
		return Log{}, fmt.Errorf("highest: %d + %d, at most %d", l.Highest, m.Highest, uint64(MaxSeq))
	}
	l.Highest += m.Highest
	if l.Pairs, err = decodePairs(m); err != nil {
		return Log{}, fmt.Errorf("pairs: %w", err)
	}
	return l, nil
}

// checkColumns holds every column's length against that of ticks.
func checkColumns(m *pb.Log) error {
	n := len(m.Ticks)
	for _, c := range []struct {
		name      string
		got, want int
	}{
		{"tokens", len(m.Tokens), min(n, len(m.Tokens))},
		{"seq_steps", len(m.SeqSteps), n - 1},
		{"reader", len(m.Reader), n},
		{"gaps", len(m.Gaps), n},
		{"wall_steps", len(m.WallSteps), n - 1},
	} {
		if c.got != max(c.want, 0) && c.got != 0 {
			return fmt.Errorf("%s: %d entries for %d taps", c.name, c.got, n)
		}
	}
	if len(m.WallSteps) > 0 && m.Wall == nil {
		return fmt.Errorf("wall_steps without wall")
	}
	return nil
}

func decodeTaps(m *pb.Log, tokens *tokenReader) ([]Tap, error) {
	if err := checkColumns(m); err != nil {
		return nil, err
	}
	for _, name := range m.Readers {
		if len(name) > MaxText || strings.Contains(name, "\x00") {
			return nil, fmt.Errorf("readers: a name of %d bytes, want at most %d, none of them 0", len(name), MaxText)
		}
	}
	if len(m.Ticks) == 0 {
		return nil, nil
	}
	taps := make([]Tap, len(m.Ticks))
	wall := m.GetWall()
	var last Tap
	for i := range taps {
		t, err := decodeName(m, i, last)
		if err != nil {
			return nil, err
		}
		if t.Token, err = tokens.of(m, i); err != nil {
			return nil, err
		}
		if t.Reader, err = decodeReader(m, i); err != nil {
			return nil, err
		}
		t.Gap = entry(m.Gaps, i, 0)
		if i > 0 {
			wall += entry(m.WallSteps, i-1, 0)
		}
		if m.Wall != nil {
			if t.Wall, err = instant(int64(t.Tick), wall); err != nil {
				return nil, fmt.Errorf("wall: %w", err)
			}
		}
		taps[i], last = t, t
	}
	return taps, nil
}

// decodeName gives seq and tick of tap i from those before it.
func decodeName(m *pb.Log, i int, last Tap) (Tap, error) {
	step, base := m.Seq, uint64(0)
	if i > 0 {
		step, base = entry(m.SeqSteps, i-1, 1), last.Seq
	}
	if step == 0 || step > MaxSeq || base+step > MaxSeq {
		return Tap{}, fmt.Errorf("seq: %d + %d, want rising numbers up to %d", base, step, uint64(MaxSeq))
	}
	if m.Ticks[i] > MaxTick || last.Tick+m.Ticks[i] > MaxTick {
		return Tap{}, fmt.Errorf("ticks: %d + %d, at most %d", last.Tick, m.Ticks[i], uint64(MaxTick))
	}
	return Tap{Seq: base + step, Tick: last.Tick + m.Ticks[i]}, nil
}

func decodeReader(m *pb.Log, i int) (string, error) {
	if len(m.Readers) == 0 && len(m.Reader) == 0 {
		return "", nil
	}
	r := entry(m.Reader, i, 0)
	if r >= uint32(len(m.Readers)) {
		return "", fmt.Errorf("reader: index %d in a dictionary of %d", r, len(m.Readers))
	}
	return m.Readers[r], nil
}

func decodePairs(m *pb.Log) ([]Pair, error) {
	if len(m.Pairs)%4 != 0 {
		return nil, fmt.Errorf("%d entries are no whole number of pairs", len(m.Pairs))
	}
	var tick int64
	if len(m.Ticks) > 0 {
		tick = int64(m.Ticks[0])
	}
	diff := m.GetWall()
	var pairs []Pair
	for c := m.Pairs; len(c) > 0; c = c[4:] {
		tick, diff = tick+c[0], diff+c[1]
		if tick < 0 || tick > MaxTick {
			return nil, fmt.Errorf("tick %d, want 0…%d", tick, uint64(MaxTick))
		}
		at, err := instant(tick, diff)
		if err != nil {
			return nil, err
		}
		if c[2] < 0 || c[2] > math.MaxUint32 {
			return nil, fmt.Errorf("bound %d ms, want 0…%d", c[2], uint32(math.MaxUint32))
		}
		if c[3] < int64(SourceDisciplined) || c[3] > int64(SourceUndisciplined) {
			return nil, fmt.Errorf("source %d is unknown", c[3])
		}
		pairs = append(pairs, Pair{uint64(tick), at, uint32(c[2]), Source(c[3])})
	}
	return pairs, nil
}

// instant adds a tick (0…MaxTick) and the difference to it.
func instant(tick, diff int64) (int64, error) {
	at := tick + diff
	if diff > MaxInstant || diff < -2*MaxInstant || at > MaxInstant || at < -MaxInstant {
		return 0, fmt.Errorf("instant %d + %d ms, want ± %d", tick, diff, uint64(MaxInstant))
	}
	return at, nil
}

func entry[T any](column []T, i int, absent T) T {
	if len(column) == 0 {
		return absent
	}
	return column[i]
}
