package wire

import (
	"reflect"
	"strings"
	"testing"

	"tikklok/gateway/wire/internal/pb"
)

func fullDown() Down {
	s := Stream{7, 9}
	return Down{
		Receipt: &Receipt{
			Marks: []Mark{
				{Stream: s, Committed: []Range{{1, 5}, {7, 7}, {9, MaxSeq}}, Safe: []Range{{1, 2}}},
				{Stream: Stream{FirstReader, 1}, Committed: []Range{{3, 4}}, Safe: []Range{{3, 4}}},
				{Stream: Stream{FirstReader, 2}, Committed: []Range{{3, 4}}},
			},
			Batches: []uint32{0, 1<<32 - 1}, Refusals: []Refusal{{5, "batch: log 0: epoch 0"}},
			Asks: []Span{{s, 6, 6}}, ServerTime: 1_790_000_000_000, ServerBound: 12, Pace: 250,
		},
		Settings:    &Settings{Version: 3, Blocked: []Token{{1}, {2}}, Keys: []byte{9}, BlockedHours: 24, Flush: 1000, KeepAlive: 900, MonthBytes: 1_500_000, StateMinutes: 60},
		Certificate: []byte{0x30},
	}
}

func TestDownMessagesComeBackAsTheyWere(t *testing.T) {
	for name, d := range map[string]Down{
		"empty": {}, "full": fullDown(), "receipt of nothing": {Receipt: &Receipt{}}, "no blocked fobs": {Settings: &Settings{Version: 1}},
	} {
		if got, err := DecodeDown(d.Encode()); err != nil || !reflect.DeepEqual(got, d) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, err, got, d)
		}
	}
}

func TestDownMessagesThatLieAreRefused(t *testing.T) {
	for want, m := range map[string]*pb.Down{
		"version 2":            {Version: 2},
		"blocked: 9 bytes":     {Version: 1, Settings: &pb.Settings{Blocked: make([]byte, 9)}},
		"server_time":          {Version: 1, Receipt: &pb.Receipt{ServerTime: -1}},
		"mark 0: origin 0":     {Version: 1, Receipt: &pb.Receipt{Marks: []*pb.Mark{{Epoch: 1}}}},
		"committed: 1 entries": {Version: 1, Receipt: &pb.Receipt{Marks: []*pb.Mark{{Origin: 1, Epoch: 1, Committed: []uint64{1}}}}},
		"committed: a gap":     {Version: 1, Receipt: &pb.Receipt{Marks: []*pb.Mark{{Origin: 1, Epoch: 1, Committed: []uint64{0, 1}}}}},
		"safe: a gap":          {Version: 1, Receipt: &pb.Receipt{Marks: []*pb.Mark{{Origin: 1, Epoch: 1, SafeApart: true, Safe: []uint64{1, 1 << 63}}}}},
		"asks: seqs":           {Version: 1, Receipt: &pb.Receipt{Asks: []*pb.Span{{Origin: 1, Epoch: 1}}}},
	} {
		if _, err := DecodeDown(marshal(m)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestStatesComeBackAsTheyWere(t *testing.T) {
	s := State{
		Online: true, Software: "1.2", Unsent: 3, Damaged: 4, Clock: "server",
		Readers:  []ReaderState{{Name: "front", Protocol: "link", Health: "ok", Origin: FirstReader, Firmware: "f", BatteryPercent: 80, Stored: 9, LastContact: 1_790_000_000_000, Signal: -71}},
		Settings: 5, KeyVersion: 2, CertificateUntil: 1_800_000_000, MonthBytes: 9, Uptime: 60, MachineUptime: 90, Connections: 2, Lost: "EOF", Signal: -95,
	}
	for _, want := range []State{{}, s} {
		if got, err := DecodeState(want.Encode()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
	}
	if _, err := DecodeState(marshal(&pb.State{Version: 7})); err == nil {
		t.Error("version 7 was taken")
	}
}

// A state waits in the server's memory: small lies must not make it big.
func TestAStateIsBounded(t *testing.T) {
	m := &pb.State{Version: Version}
	for range MaxReaders + 1 {
		m.Readers = append(m.Readers, &pb.Reader{})
	}
	if _, err := DecodeState(marshal(m)); err == nil || !strings.Contains(err.Error(), "field 4") {
		t.Errorf("%d readers: %v", len(m.Readers), err)
	}
	if _, err := DecodeState(State{Software: strings.Repeat("x", MaxState)}.Encode()); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a long text: %v", err)
	}
}

// Ten years of lost fobs of a big customer.
func TestManyBlockedFobsReachTheGateway(t *testing.T) {
	want := Down{Settings: &Settings{Version: 1, Blocked: make([]Token, MaxBlocked)}}
	if got, err := DecodeDown(want.Encode()); err != nil || len(got.Settings.Blocked) != MaxBlocked {
		t.Error(err)
	}
}

func TestTextThatIsNotUTF8IsMadeSo(t *testing.T) {
	got, err := DecodeState(State{Software: "a\xFFb"}.Encode())
	if err != nil || got.Software != "a\uFFFDb" {
		t.Errorf("%q, %v", got.Software, err)
	}
}

func FuzzDecodeDown(f *testing.F) {
	f.Add(fullDown().Encode())
	f.Fuzz(func(t *testing.T, payload []byte) {
		d, err := DecodeDown(payload)
		if err != nil {
			return
		}
		if again, err := DecodeDown(d.Encode()); err != nil || !reflect.DeepEqual(again, d) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, again, d)
		}
	})
}

func FuzzDecodeState(f *testing.F) {
	f.Add(State{Online: true, Readers: []ReaderState{{Name: "front"}}}.Encode())
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := DecodeState(payload)
		if err != nil {
			return
		}
		if again, err := DecodeState(s.Encode()); err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, again, s)
		}
	})
}

func TestRanges(t *testing.T) {
	var rs []Range
	for _, r := range []Range{{5, 6}, {1, 1}, {9, 9}, {2, 2}, {7, 8}, {20, 30}, {4, 25}} {
		rs = AddRange(rs, r)
	}
	if want := []Range{{1, 2}, {4, 30}}; !reflect.DeepEqual(rs, want) {
		t.Fatalf("got %v, want %v", rs, want)
	}
	for seq, want := range map[uint64]bool{1: true, 3: false, 4: true, 30: true, 31: false} {
		if HasSeq(rs, seq) != want {
			t.Errorf("HasSeq(%d) is not %v", seq, want)
		}
	}
	if got, want := Lacking(rs, Range{1, 33}), []Range{{3, 3}, {31, 33}}; !reflect.DeepEqual(got, want) {
		t.Errorf("lacking %v, want %v", got, want)
	}
	if got := Lacking(rs, Range{5, 9}); got != nil {
		t.Errorf("lacking %v, want none", got)
	}
}
