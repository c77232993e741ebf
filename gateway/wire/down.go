package wire

import (
	"fmt"
	"slices"

	"tikklok/gateway/wire/internal/pb"
)

// Encode gives the payload of one downward message.
func (d Down) Encode() []byte {
	m := &pb.Down{Version: Version, Certificate: d.Certificate}
	if d.Receipt != nil {
		m.Receipt = d.Receipt.encode()
	}
	if d.Settings != nil {
		m.Settings = d.Settings.encode()
	}
	return marshal(m)
}

func (s *Settings) encode() *pb.Settings {
	m := &pb.Settings{
		Version: s.Version, Keys: s.Keys, BlockedHours: s.BlockedHours, Flush: s.Flush,
		KeepAlive: s.KeepAlive, MonthBytes: s.MonthBytes, StateMinutes: s.StateMinutes,
	}
	for _, t := range s.Blocked {
		m.Blocked = append(m.Blocked, t[:]...)
	}
	return m
}

func (r *Receipt) encode() *pb.Receipt {
	m := &pb.Receipt{Batches: r.Batches, ServerTime: r.ServerTime, ServerBound: r.ServerBound, Pace: r.Pace}
	for _, k := range r.Marks {
		mark := &pb.Mark{Origin: k.Origin, Epoch: k.Epoch, Committed: encodeRanges(k.Committed)}
		if mark.SafeApart = !slices.Equal(k.Committed, k.Safe); mark.SafeApart {
			mark.Safe = encodeRanges(k.Safe)
		}
		m.Marks = append(m.Marks, mark)
	}
	for _, f := range r.Refusals {
		m.Refusals = append(m.Refusals, &pb.Refusal{Batch: f.Batch, Reason: text(f.Reason)})
	}
	for _, s := range r.Asks {
		m.Asks = append(m.Asks, s.encode())
	}
	return m
}

func encodeRanges(rs []Range) []uint64 {
	var column []uint64
	var last uint64
	for _, r := range rs {
		column = append(column, r.From-last, r.To-r.From+1)
		last = r.To
	}
	return column
}

// DecodeDown reads one downward message. An error says which part lies.
func DecodeDown(payload []byte) (Down, error) {
	m := &pb.Down{}
	if err := unmarshal("down", payload, m, MaxMessage, nil); err != nil {
		return Down{}, err
	}
	var d Down
	if m.Receipt != nil {
		r, err := decodeReceipt(m.Receipt)
		if err != nil {
			return Down{}, fmt.Errorf("down: receipt: %w", err)
		}
		d.Receipt = &r
	}
	if m.Settings != nil {
		s, err := decodeSettings(m.Settings)
		if err != nil {
			return Down{}, fmt.Errorf("down: %w", err)
		}
		d.Settings = &s
	}
	if len(m.Certificate) > MaxCertificate {
		return Down{}, fmt.Errorf("down: certificate: %d bytes, at most %d are taken", len(m.Certificate), MaxCertificate)
	}
	d.Certificate = m.Certificate
	return d, nil
}

func decodeSettings(m *pb.Settings) (Settings, error) {
	blocked, err := decodeTokens(m.Blocked, MaxBlocked)
	if err != nil {
		return Settings{}, fmt.Errorf("blocked: %w", err)
	}
	if len(m.Keys) > MaxSealed {
		return Settings{}, fmt.Errorf("keys: %d bytes, at most %d are taken", len(m.Keys), MaxSealed)
	}
	return Settings{
		Version: m.Version, Blocked: blocked, Keys: m.Keys, BlockedHours: m.BlockedHours, Flush: m.Flush,
		KeepAlive: m.KeepAlive, MonthBytes: m.MonthBytes, StateMinutes: m.StateMinutes,
	}, nil
}

func decodeReceipt(m *pb.Receipt) (Receipt, error) {
	r := Receipt{Batches: m.Batches, ServerTime: m.ServerTime, ServerBound: m.ServerBound, Pace: m.Pace}
	if r.ServerTime > MaxInstant || r.ServerTime < 0 {
		return Receipt{}, fmt.Errorf("server_time %d, want 0…%d", r.ServerTime, uint64(MaxInstant))
	}
	for i, k := range m.Marks {
		mark, err := decodeMark(k)
		if err != nil {
			return Receipt{}, fmt.Errorf("mark %d: %w", i, err)
		}
		r.Marks = append(r.Marks, mark)
	}
	for _, f := range m.Refusals {
		r.Refusals = append(r.Refusals, Refusal{f.Batch, f.Reason})
	}
	var err error
	if r.Asks, err = decodeSpans(m.Asks); err != nil {
		return Receipt{}, fmt.Errorf("asks: %w", err)
	}
	return r, nil
}

func decodeMark(m *pb.Mark) (k Mark, err error) {
	k.Stream = Stream{m.Origin, m.Epoch}
	if err = checkStream(m.Origin, m.Epoch); err != nil {
		return Mark{}, err
	}
	if k.Committed, err = decodeRanges(m.Committed); err != nil {
		return Mark{}, fmt.Errorf("committed: %w", err)
	}
	if !m.SafeApart {
		k.Safe = slices.Clone(k.Committed)
		return k, nil
	}
	if k.Safe, err = decodeRanges(m.Safe); err != nil {
		return Mark{}, fmt.Errorf("safe: %w", err)
	}
	return k, nil
}

func decodeRanges(column []uint64) ([]Range, error) {
	if len(column)%2 != 0 {
		return nil, fmt.Errorf("%d entries are no whole number of ranges", len(column))
	}
	var rs []Range
	var last uint64
	for c := column; len(c) > 0; c = c[2:] {
		gap, n := c[0], c[1]
		if gap == 0 || n == 0 || gap > MaxSeq || n > MaxSeq || last+gap+n-1 > MaxSeq {
			return nil, fmt.Errorf("a gap of %d and %d seqs after %d, want rising ranges up to %d", gap, n, last, uint64(MaxSeq))
		}
		rs = append(rs, Range{last + gap, last + gap + n - 1})
		last += gap + n - 1
	}
	return rs, nil
}
