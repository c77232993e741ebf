package wire

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
)

func linkMessages() []LinkMessage {
	span := LinkSpan{Epoch: 1<<64 - 1, Range: Range{1, MaxSeq}}
	pair := LinkTime{Epoch: 7, Pair: Pair{MaxTick, -MaxInstant, 1<<32 - 1, SourceServer}}
	start := LinkStart{Epoch: 7, Predecessor: 6, PredecessorLast: 5, Oldest: 3, Highest: 4}
	return []LinkMessage{
		LinkWho{}, LinkBind{1 << 63}, LinkPing{0xFF00}, pair, LinkSend(span), LinkAck(span), LinkSafe(span),
		LinkFeedback{7, 9, Red}, LinkPair(pair), LinkNone(span), LinkEnd(span), start,
		LinkHello{
			Version: 1, Origin: MaxOrigin, Owner: 3, Capacity: 10_000, Stored: 20, BatteryPercent: 100, TolerancePPM: 20,
			Current: start, Firmware: "tk-reader 1.0",
		},
		LinkPong{Nonce: 0, Epoch: 7, Tick: 0, Highest: 4, Unacknowledged: 2, Stored: 3, BatteryPercent: 50},
		LinkTap{Epoch: 7, Seq: 4, Tick: 0, Live: true, Fob: Fob{TechnologyEM4100, 40, []byte{0, 0, 1, 0, 0}}},
		LinkTap{Epoch: 7, Seq: 4, Tick: 9, Fob: Fob{TechnologyWiegand, 26, []byte{3, 0xFF, 0xFF, 0xFF}}},
		LinkTap{Epoch: 7, Seq: 4, Tick: 9, Fob: Fob{TechnologyExternal, LinkMaxBits, bytes.Repeat([]byte{0xFF}, 32)}},
	}
}

func TestLinkMessagesComeBackByteByByte(t *testing.T) {
	var d LinkDecoder
	for _, want := range linkMessages() {
		frame := AppendLink(nil, want)
		if n := len(frame); n > LinkMaxFrame+3 || bytes.Count(frame, []byte{0}) != 2 {
			t.Errorf("%T: a frame of %d bytes: % x", want, n, frame)
		}
		var got []LinkMessage
		for i := range frame {
			got = append(got, d.Decode(frame[i:i+1])...)
		}
		if !reflect.DeepEqual(got, []LinkMessage{want}) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if d.Damaged != 0 {
		t.Errorf("%d good frames refused", d.Damaged)
	}
}

// The reader link's check value, so that others can compare.
func TestLinkChecksumIsIBM3740(t *testing.T) {
	if got := crc16([]byte("123456789")); got != 0x29B1 {
		t.Errorf("got %04X, want 29B1", got)
	}
}

// A frame byte for byte, for who builds a reader.
func TestLinkPingIsTheseBytes(t *testing.T) {
	got := AppendLink(nil, LinkPing{0x0102})
	raw := []byte{0x03, 0x02, 0x01}
	crc := crc16(raw)
	want := []byte{0, 6, 3, 2, 1, byte(crc), byte(crc >> 8), 0}
	if !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

func TestLinkMessagesOutOfRangeAreDropped(t *testing.T) {
	fob := Fob{TechnologyEM4100, 40, make([]byte, 5)}
	var d LinkDecoder
	for _, m := range []LinkMessage{
		LinkBind{0}, LinkSend{Epoch: 0, Range: Range{1, 2}}, LinkAck{Epoch: 1, Range: Range{2, 1}}, LinkSafe{Epoch: 1, Range: Range{0, 1}},
		LinkEnd{Epoch: 1, Range: Range{1, MaxSeq + 1}}, LinkFeedback{1, 1, 0}, LinkFeedback{1, 1, 4}, LinkFeedback{1, 0, Green},
		LinkTime{1, Pair{Source: 0}}, LinkTime{1, Pair{Source: 4}}, LinkPair{1, Pair{Tick: MaxTick + 1, Source: 1}},
		LinkPair{1, Pair{Instant: MaxInstant + 1, Source: 1}}, LinkStart{Epoch: 0}, LinkStart{Epoch: 1, Oldest: 2, Highest: 1},
		LinkPong{Epoch: 0}, LinkPong{Epoch: 1, BatteryPercent: 101}, LinkHello{Version: 1, Origin: FirstReader - 1, Current: LinkStart{Epoch: 1}},
		LinkHello{Version: 1, Origin: FirstReader, Current: LinkStart{Epoch: 1}, Firmware: "a\nb"},
		LinkHello{Version: 1, Origin: FirstReader, Current: LinkStart{Epoch: 1}, Firmware: string(bytes.Repeat([]byte("x"), 33))},
		LinkTap{Epoch: 0, Seq: 1, Fob: fob}, LinkTap{Epoch: 1, Seq: 0, Fob: fob}, LinkTap{Epoch: 1, Seq: 1, Tick: MaxTick + 1, Fob: fob},
		LinkTap{Epoch: 1, Seq: 1, Fob: Fob{0, 40, make([]byte, 5)}}, LinkTap{Epoch: 1, Seq: 1, Fob: Fob{1, 0, nil}},
		LinkTap{Epoch: 1, Seq: 1, Fob: Fob{1, 40, make([]byte, 4)}}, LinkTap{Epoch: 1, Seq: 1, Fob: Fob{3, 26, []byte{4, 0, 0, 0}}},
		LinkTap{Epoch: 1, Seq: 1, Fob: Fob{4, LinkMaxBits + 1, make([]byte, 33)}},
	} {
		before := d.Damaged
		if got := d.Decode(AppendLink(nil, m)); got != nil || d.Damaged != before+1 {
			t.Errorf("%+v was taken as %+v", m, got)
		}
	}
}

func TestAHelloOfAnotherVersionIsHeard(t *testing.T) {
	var d LinkDecoder
	got := d.Decode(AppendLink(nil, LinkHello{Version: 2, Firmware: "x"}))
	if want := []LinkMessage{LinkHello{Version: 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	for _, m := range linkMessages() {
		frame := AppendLink(nil, m)
		for i := 1; i < len(frame)-1; i++ {
			for bit := range 8 {
				bad := bytes.Clone(frame)
				bad[i] ^= 1 << bit
				var d LinkDecoder
				if got := d.Decode(bad); len(got) > 0 {
					t.Fatalf("%T, byte %d, bit %d: taken as %+v", m, i, bit, got)
				}
			}
		}
	}
}

func TestAFrameAfterAMillionBytesOfNoiseIsHeard(t *testing.T) {
	noise := make([]byte, 1_000_000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	var d LinkDecoder
	want := LinkMessage(LinkPing{5})
	got := d.Decode(append(noise, AppendLink(nil, want)...))
	if !reflect.DeepEqual(got, []LinkMessage{want}) {
		t.Errorf("got %+v", got)
	}
	if d.Damaged == 0 || cap(d.frame) > 1024 {
		t.Errorf("%d damaged, %d bytes held", d.Damaged, cap(d.frame))
	}
}

func FuzzLinkDecoder(f *testing.F) {
	for _, m := range linkMessages() {
		f.Add(AppendLink(nil, m), uint16(3))
	}
	f.Fuzz(func(t *testing.T, p []byte, cut uint16) {
		var whole, split LinkDecoder
		got := whole.Decode(p)
		at := min(int(cut), len(p))
		pieces := append(split.Decode(p[:at]), split.Decode(p[at:])...)
		if !reflect.DeepEqual(got, pieces) || whole.Damaged != split.Damaged {
			t.Fatalf("whole %+v, split %+v", got, pieces)
		}
		for _, m := range got {
			var d LinkDecoder
			if h, ok := m.(LinkHello); ok && h.Version != LinkVersion {
				continue
			}
			if again := d.Decode(AppendLink(nil, m)); !reflect.DeepEqual(again, []LinkMessage{m}) {
				t.Fatalf("%+v came back as %+v", m, again)
			}
		}
	})
}
