package sim

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"tikklok/gateway/wire"
)

// full gives a memory of one epoch whose room is taken by so many taps.
func full(t *testing.T, taps int) *memory {
	t.Helper()
	m := &memory{Capacity: taps}
	m.begin(9, time.Unix(0, 0))
	for i := range taps {
		if _, ok, err := m.store(uint64(10*i), Fob(1)); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	return m
}

func held(m *memory) []uint64 {
	var seqs []uint64
	for _, e := range m.Epochs {
		for _, t := range e.Taps {
			seqs = append(seqs, t.Seq)
		}
	}
	return seqs
}

func one(seq uint64) wire.LinkSpan {
	return wire.LinkSpan{Epoch: 9, Range: wire.Range{From: seq, To: seq}}
}

// I2: safe taps first, then acknowledged ones, never others.
func TestAFullMemoryOverwritesInThatOrder(t *testing.T) {
	m := full(t, 4)
	m.mark(one(2), func(k *kept) { k.Acked = true })
	m.mark(one(3), func(k *kept) { k.Acked, k.Safe = true, true })
	for i, want := range [][]uint64{{1, 2, 4, 5}, {1, 4, 5, 6}} {
		if _, ok, err := m.store(100, Fob(2)); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if got := held(m); !reflect.DeepEqual(got, want) {
			t.Errorf("tap %d: holds %v, want %v", i, got, want)
		}
	}
	seq, ok, err := m.store(100, Fob(2))
	if ok || err != nil || seq != 0 {
		t.Errorf("stored %d over a tap that nobody acknowledged (%v)", seq, err)
	}
	m.mark(one(1), func(k *kept) { k.Acked = true })
	if seq, ok, _ := m.store(100, Fob(2)); !ok || seq != 7 {
		t.Errorf("seq %d, %v: a refused tap takes no number", seq, ok)
	}
}

func TestTheClockOfAReaderNeverGoesBack(t *testing.T) {
	m := full(t, 2)
	if _, _, err := m.store(5, Fob(1)); !errors.Is(err, errPast) {
		t.Errorf("got %v", err)
	}
}

func TestAnswersStandInTheOrderOfTicksBetweenTheirPairs(t *testing.T) {
	m := full(t, 6) // ticks 0, 10 … 50
	for _, tick := range []uint64{45, 5, 0, 25, 60} {
		m.current().pair(wire.Pair{Tick: tick, Source: wire.SourceServer})
	}
	m.mark(one(4), func(k *kept) { k.Safe = true })
	m.drop(func(k kept) bool { return k.Safe })
	var got []any
	for _, msg := range m.answer(wire.LinkSend{Epoch: 9, Range: wire.Range{From: 2, To: 5}}) {
		switch msg := msg.(type) {
		case wire.LinkNone:
			got = append(got, "none", msg.From, msg.To)
		case wire.LinkPair:
			got = append(got, "pair", msg.Tick)
		case wire.LinkTap:
			got = append(got, "tap", msg.Tick)
		case wire.LinkEnd:
			got = append(got, "end")
		}
	}
	want := []any{
		"none", uint64(4), uint64(4), "pair", uint64(5), "tap", uint64(10), "tap", uint64(20), "pair", uint64(25),
		"tap", uint64(40), "pair", uint64(45), "end",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestAnEpochNobodyNeedsIsForgotten(t *testing.T) {
	m := full(t, 1)
	m.begin(10, time.Unix(5, 0))
	if m.current().Predecessor != 9 || m.current().PredecessorLast != 1 || len(m.Epochs) != 2 {
		t.Fatalf("%+v", m.current())
	}
	m.mark(one(1), func(k *kept) { k.Acked = true })
	m.store(1, Fob(1))
	if len(m.Epochs) != 1 {
		t.Errorf("%d epochs", len(m.Epochs))
	}
}

func TestTheCrystalCountsFasterOrSlowerThanTime(t *testing.T) {
	began := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for drift, want := range map[float64]uint64{0: 604_800_000, 20: 604_812_096, -20: 604_787_904} {
		r, err := NewReader(ReaderConfig{Origin: wire.FirstReader, Capacity: 9, Drift: Drift{PPM: drift}}, began)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.tick(began.AddDate(0, 0, 7)); got != want {
			t.Errorf("%v ppm: %d after a week, want %d", drift, got, want)
		}
	}
}

func TestEM4100FramesAreTheKnownOnes(t *testing.T) {
	for frame, got := range map[string][]byte{
		"\x0262E3086CED08\x03":     EM4100Frame(0x62E3086CED, false),
		"\x020500207B326C\r\n\x03": EM4100Frame(0x0500207B32, true),
		"\x0201C8F0080031\x03":     EM4100Frame(0x01C8F00800, false),
	} {
		if string(got) != frame {
			t.Errorf("got %q, want %q", got, frame)
		}
	}
}
