package sim

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"tikklok/gateway/wire"
)

var stream = wire.Stream{Origin: wire.FirstReader + 9, Epoch: 4}

func batchOf(from, to uint64) []byte {
	l := wire.Log{Stream: stream, Highest: to, KeyVersion: 1}
	for seq := from; seq <= to; seq++ {
		l.Taps = append(l.Taps, wire.Tap{Seq: seq, Tick: seq})
	}
	return wire.Batch{Logs: []wire.Log{l}}.Encode()
}

func receiptOf(to uint64, batches ...[]byte) []byte {
	seqs := []wire.Range{{From: 1, To: to}}
	r := wire.Receipt{Marks: []wire.Mark{{Stream: stream, Committed: seqs, Safe: seqs}}}
	for _, b := range batches {
		r.Batches = append(r.Batches, wire.Checksum(b))
	}
	return wire.Down{Receipt: &r}.Encode()
}

func TestTapsAreInFlightFromTheirBatchToTheirReceipt(t *testing.T) { // I2
	traffic, now := NewTraffic(), noon
	first, second := batchOf(1, 3), batchOf(4, 5)
	flying := func(gateway uint32, after, back time.Duration) (n uint64) {
		for _, s := range traffic.InFlight(gateway, now.Add(after), back) {
			n += s.To - s.From + 1
		}
		return n
	}
	next := traffic.Next()
	traffic.up(1, first, now)
	traffic.up(2, second, now)
	select {
	case <-next:
	default:
		t.Error("nobody was told that a batch passed")
	}
	if got := flying(0, 0, 0); got != 5 {
		t.Errorf("%d taps in flight, want 5", got)
	}
	traffic.down(2, receiptOf(3, first), now) // another gateway's receipt
	if got := flying(1, 0, 0); got != 3 {
		t.Errorf("%d taps in flight of gateway 1, want 3", got)
	}
	traffic.down(1, receiptOf(3, first), now)
	for _, c := range []struct {
		after time.Duration
		want  uint64
	}{{200 * time.Millisecond, 3}, {400 * time.Millisecond, 0}} {
		if got := flying(1, c.after, 300*time.Millisecond); got != c.want {
			t.Errorf("%s after the receipt left, on a way of 300 ms: %d taps in flight, want %d", c.after, got, c.want)
		}
	}
	if taps, batches := traffic.Committed(); taps != 3 || batches != 2 {
		t.Errorf("%d taps in %d batches, want 3 in 2", taps, batches)
	}
	if got := traffic.Uncommitted(wire.Log{Stream: stream, Taps: []wire.Tap{{Seq: 3}, {Seq: 4}}}); got != 1 {
		t.Errorf("%d taps uncommitted, want 1", got)
	}
	traffic.Forget(0)
	if got := flying(0, 0, time.Hour); got != 0 {
		t.Errorf("%d taps in flight of dead processes", got)
	}
}

func TestBatchesAreRepeatedHeldBackAndReplayed(t *testing.T) {
	publish := func(payload string) *packets.PublishPacket {
		p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		p.TopicName, p.Qos, p.Payload = "tikklok/v1/1/up", 1, []byte(payload)
		return p
	}
	for _, c := range []struct {
		name   string
		faults TrafficFaults
		want   []string // after each of two batches
	}{
		{"nothing goes wrong", TrafficFaults{}, []string{"a", "b"}},
		{"repeated", TrafficFaults{Repeat: 1}, []string{"aa", "bb"}},
		{"held back", TrafficFaults{Reorder: 1}, []string{"", "ba"}},
		{"replayed", TrafficFaults{Replay: 1}, []string{"a", "ba"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &Eavesdropper{faults: c.faults, random: rand.New(rand.NewPCG(1, 1)), id: firstOwnID}
			var held *packets.PublishPacket
			for i, payload := range []string{"a", "b"} {
				var send []*packets.PublishPacket
				send, held = e.meddle(publish(payload), held)
				got := ""
				for _, p := range send {
					got += string(p.Payload)
				}
				if got != c.want[i] {
					t.Errorf("after %q passed %q, want %q", payload, got, c.want[i])
				}
			}
		})
	}
}
