package gateway

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tikklok/gateway/wire"
)

// memoryReader is a reader with memory at the far end of a line.
type memoryReader struct {
	line  *line
	owner uint64
	began time.Time

	mu      sync.Mutex
	taps    []wire.LinkTap
	acked   []wire.Range
	pairs   []wire.LinkPair
	colours map[uint64]wire.Colour
}

const (
	readerOrigin = wire.FirstReader + 9
	readerEpoch  = 0xABCDEF
)

func newMemoryReader(t *testing.T, s *server) *memoryReader {
	r := &memoryReader{line: newLine(t), owner: s.enrolment.Owner, began: time.Now(), colours: map[uint64]wire.Colour{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var d wire.LinkDecoder
		buf := make([]byte, 4096)
		for {
			n, err := r.line.Read(buf)
			if err != nil {
				return
			}
			for _, m := range d.Decode(buf[:n]) {
				r.answer(m)
			}
		}
	}()
	t.Cleanup(func() {
		r.line.held.Close()
		r.line.Close()
		<-done
	})
	return r
}

func (r *memoryReader) tick() uint64 { return uint64(time.Since(r.began).Milliseconds()) }

func (r *memoryReader) say(ms ...wire.LinkMessage) {
	var b []byte
	for _, m := range ms {
		b = wire.AppendLink(b, m)
	}
	r.line.Write(b)
}

// tap stores a tap and tells it, as one just made.
func (r *memoryReader) tap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	seq := uint64(len(r.taps) + 1)
	t := wire.LinkTap{Epoch: readerEpoch, Seq: seq, Tick: r.tick(), Live: true,
		Fob: wire.Fob{Technology: wire.TechnologyMIFARE, Bits: 32, Value: []byte{1, 2, byte(seq >> 8), byte(seq)}}}
	r.taps = append(r.taps, t)
	r.say(t)
}

func (r *memoryReader) start() wire.LinkStart {
	s := wire.LinkStart{Epoch: readerEpoch, Predecessor: 77, PredecessorLast: 12, Highest: uint64(len(r.taps))}
	if len(r.taps) > 0 {
		s.Oldest = 1
	}
	return s
}

func (r *memoryReader) answer(m wire.LinkMessage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch m := m.(type) {
	case wire.LinkWho:
		r.say(wire.LinkHello{Version: wire.LinkVersion, Origin: readerOrigin, Owner: r.owner, Capacity: 5000,
			Stored: uint32(len(r.taps)), BatteryPercent: 81, TolerancePPM: 20, Current: r.start(), Firmware: "test 1"})
	case wire.LinkPing:
		r.say(wire.LinkPong{Nonce: m.Nonce, Epoch: readerEpoch, Tick: r.tick(), Highest: uint64(len(r.taps)),
			Unacknowledged: uint32(len(wire.Lacking(r.acked, wire.Range{From: 1, To: uint64(len(r.taps))}))), Stored: uint32(len(r.taps)), BatteryPercent: 81})
	case wire.LinkTime:
		r.pairs = append(r.pairs, wire.LinkPair(m))
		r.say(wire.LinkPair(m))
	case wire.LinkSend:
		for _, p := range r.pairs {
			r.say(p)
		}
		for _, t := range r.taps {
			if t.Live = false; t.Seq >= m.From && t.Seq <= m.To {
				r.say(t)
			}
		}
		r.say(wire.LinkEnd(m))
	case wire.LinkAck:
		r.acked = wire.AddRange(r.acked, m.Range)
	case wire.LinkFeedback:
		r.colours[m.Seq] = m.Colour
	}
}

func (r *memoryReader) allAcked(n uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(wire.Lacking(r.acked, wire.Range{From: 1, To: n})) == 0
}

func (r *memoryReader) paired() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.pairs) > 0
}

func (r *memoryReader) colour(seq uint64) wire.Colour {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.colours[seq]
}

func TestAReaderWithMemoryUploadsWhatItKeptAndThenLive(t *testing.T) {
	s := newServer(t)
	s.open(t)
	r := newMemoryReader(t, s)
	for range 250 {
		r.taps = append(r.taps, wire.LinkTap{Epoch: readerEpoch, Seq: uint64(len(r.taps) + 1), Tick: uint64(len(r.taps)),
			Fob: wire.Fob{Technology: wire.TechnologyMIFARE, Bits: 32, Value: []byte{1, 2, 3, byte(len(r.taps))}}})
	}
	start(t, s, folder(t), Port{Path: r.line.path, Protocol: "link"})
	until(t, "what it kept is committed", func() bool { return s.count() == 250 })
	until(t, "what it kept is acknowledged", func() bool { return r.allAcked(250) })
	r.tap()
	until(t, "the live tap is green", func() bool { return r.colour(251) == wire.Green })
	until(t, "it is committed, with start and pairs", func() bool {
		return look(s, func() bool {
			stream := wire.Stream{Origin: readerOrigin, Epoch: readerEpoch}
			return len(s.taps) == 251 && s.starts[stream] == wire.Start{Predecessor: 77, PredecessorLast: 12, TolerancePPM: 20} && len(s.pairs[stream]) > 0
		})
	})
	until(t, "its battery is told", func() bool {
		return look(s, func() bool {
			return s.state.Readers[0].BatteryPercent == 81 && s.state.Readers[0].Origin == readerOrigin && s.state.Readers[0].Health == "ok"
		})
	})
	s.mu.Lock()
	s.down(wire.Down{Receipt: &wire.Receipt{Asks: []wire.Span{{Stream: wire.Stream{Origin: readerOrigin, Epoch: 5}, From: 1, To: 2}, {Stream: wire.Stream{Origin: 6, Epoch: 5}, From: 1, To: 3}}}})
	s.mu.Unlock()
	until(t, "what nobody holds is missing", func() bool { return look(s, func() bool { return len(s.missing) > 0 }) })
}

func TestAFullDiskShowsRedAndTheReaderKeepsItsTap(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no small disk to be had: mount tmpfs: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	s := newServer(t)
	r := newMemoryReader(t, s)
	g := start(t, s, dir, Port{Path: r.line.path, Protocol: "link"})
	until(t, "they are in contact", r.paired)
	r.tap()
	until(t, "the first is green", func() bool { return r.colour(1) == wire.Green })
	filler := fill(t, dir)
	for seq := uint64(2); ; seq++ { // what is left of a block takes some
		r.tap()
		until(t, "it has a colour", func() bool { return r.colour(seq) != 0 })
		if r.colour(seq) == wire.Red {
			break
		}
	}
	if r.allAcked(uint64(len(r.taps))) {
		t.Error("a tap that showed red was acknowledged")
	}
	must(t, os.Remove(filler))
	r.tap()
	until(t, "the next is green", func() bool { return r.colour(uint64(len(r.taps))) == wire.Green })
	s.open(t)
	until(t, "all but the red one are committed", func() bool { return s.count() >= len(r.taps)-1 })
	must(t, g.stop())
	start(t, s, dir, Port{Path: r.line.path, Protocol: "link"})
	until(t, "the red one is fetched from the reader", func() bool { return s.count() == len(r.taps) && r.allAcked(uint64(len(r.taps))) })
}

// fill takes all room of a disk.
func fill(t *testing.T, dir string) string {
	t.Helper()
	f, err := os.Create(dir + "/filler")
	must(t, err)
	defer f.Close()
	for _, size := range []int{4096, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	return f.Name()
}

// killable names the environment variable that makes the test program a
// gateway, to be killed.
const killable = "TIKKLOK_TEST_GATEWAY"

func runKillable(text string) error {
	var cfg Config
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		return err
	}
	cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	return run(context.Background(), cfg, quick)
}

func TestAGatewayKilledAtAnyMomentLosesAndDoublesNothing(t *testing.T) {
	s, dir := newServer(t), folder(t)
	s.open(t)
	r := newMemoryReader(t, s)
	cfg, err := json.Marshal(Config{Enrolment: s.enrolment, Journal: dir, Ports: []Port{{Path: r.line.path, Protocol: "link"}}, Software: "test"})
	must(t, err)
	run := func() *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), killable+"="+string(cfg))
		must(t, c.Start())
		return c
	}
	for round := range 6 {
		c := run()
		goal := s.count() + 1
		for i := range 20 {
			r.tap()
			if i == 3*round { // some before it listens, some in the middle
				until(t, "some are committed", func() bool { return s.count() >= goal })
			}
		}
		must(t, c.Process.Kill())
		c.Wait()
	}
	c := run()
	defer func() { c.Process.Kill(); c.Wait() }()
	until(t, "all are committed and acknowledged", func() bool { return s.count() == 120 && r.allAcked(120) })
	if n := look(s, func() int { return s.conflict }); n > 0 {
		t.Errorf("%d names came with two meanings", n)
	}
}
