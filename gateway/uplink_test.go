package gateway

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

func TestLiveTapsTravelWhenABatchIsFullAndNotBefore(t *testing.T) {
	s, l, dir := newServer(t), newLine(t), folder(t)
	s.open(t)
	start(t, s, dir, Port{Path: l.path, Protocol: "em4100"})
	until(t, "they are connected", func() bool { return look(s, func() bool { return s.state.Online }) })
	s.mu.Lock()
	s.down(wire.Down{Settings: &wire.Settings{Version: 1, Flush: wire.MaxFlush}})
	s.mu.Unlock()
	until(t, "the settings are in use", func() bool { return look(s, func() bool { return s.state.Settings == 1 }) })
	for n := range uint64(batchTaps + 50) {
		tap(t, l, 0x100+n)
	}
	until(t, "all are journaled", func() bool { r, err := journal.Inspect(dir); return err == nil && r.Taps == batchTaps+50 })
	until(t, "a full batch is committed", func() bool { return s.count() == batchTaps })
	if r, err := journal.Inspect(dir); err != nil || s.count() != batchTaps || r.Taps != batchTaps+50 {
		t.Errorf("%d are committed, want %d: the rest waits for others", s.count(), batchTaps)
	}
}

func TestWhatWaitsTravelsWhenItIsOldEnough(t *testing.T) {
	var since time.Time
	now := time.Now()
	for _, c := range []struct {
		waits bool
		after time.Duration
		want  bool
	}{
		{false, 0, false}, {true, 0, false}, {true, time.Minute - 1, false}, {true, time.Minute, true},
		{false, time.Minute, false}, {true, time.Minute, false}, {true, 2 * time.Minute, true},
	} {
		if got := over(&since, c.waits, now.Add(c.after), time.Minute); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestLiveTapsPassABacklogThatTheServerHoldsUp(t *testing.T) {
	s, l, dir := newServer(t), newLine(t), folder(t)
	const backlog = window * batchTaps // more than travels before the first receipt
	g := start(t, s, dir, Port{Path: l.path, Protocol: "em4100"})
	for n := range uint64(backlog) {
		tap(t, l, 0x1000+n)
	}
	until(t, "all are journaled", func() bool { r, err := journal.Inspect(dir); return err == nil && r.Unsent == backlog })
	must(t, g.stop())
	s.pace = 3_600_000
	s.open(t)
	start(t, s, dir, Port{Path: l.path, Protocol: "em4100"})
	until(t, "what travels at first is committed", func() bool { return s.count() == backlog-batchTaps })
	tap(t, l, 1)
	until(t, "the live tap is committed", func() bool { return s.count() == backlog-batchTaps+1 })
	s.mu.Lock()
	s.pace = 0
	s.mu.Unlock()
	tap(t, l, 2)
	until(t, "all are committed", func() bool { return s.count() == backlog+2 })
}

func TestATapCutsALongBackOffShort(t *testing.T) {
	s, l := newServer(t), newLine(t)
	at := quick
	at.retry, at.retryMost = 1000*time.Hour, 1000*time.Hour
	startAt(t, s, at, folder(t), Port{Path: l.path, Protocol: "em4100"})
	s.open(t)
	tap(t, l, 5)
	for again := uint64(6); s.count() == 0; again++ { // the first attempt may still be under way when the first is made
		tap(t, l, again)
		time.Sleep(20 * time.Millisecond)
		if again > 1000 {
			t.Fatal("it sits out its back-off")
		}
	}
}

// hole carries connections to a broker until they fall silent: nothing is
// carried any more, and nobody is told.
type hole struct {
	net.Listener
	to string

	mu    sync.Mutex
	lines []*holeLine
}

type holeLine struct {
	mu     sync.Mutex
	silent bool
}

func newHole(t *testing.T, s *server) *hole {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	h := &hole{Listener: l, to: s.enrolment.Broker[len("mqtts://"):]}
	s.address = h.to
	s.enrolment.Broker = "mqtts://" + l.Addr().String()
	var work sync.WaitGroup
	work.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", h.to)
			if err != nil {
				near.Close()
				continue
			}
			line := &holeLine{}
			h.mu.Lock()
			h.lines = append(h.lines, line)
			h.mu.Unlock()
			for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
				work.Go(func() { defer way[1].Close(); line.carry(way[0], way[1]) })
			}
		}
	})
	t.Cleanup(func() { l.Close(); work.Wait() })
	return h
}

// carry swallows what comes once the line is silent.
func (l *holeLine) carry(from, to net.Conn) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		l.mu.Lock()
		silent := l.silent
		l.mu.Unlock()
		if silent {
			_, _ = io.Copy(io.Discard, from)
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

func (h *hole) swallow() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.lines {
		l.mu.Lock()
		l.silent = true
		l.mu.Unlock()
	}
}

func (h *hole) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.lines)
}

func TestAConnectionThatIsSwallowedIsFoundDeadByItsKeepAlive(t *testing.T) {
	s, l := newServer(t), newLine(t)
	h := newHole(t, s)
	s.open(t)
	at := quick
	at.keepAlive, at.pong, at.stateEvery = time.Second, 200*time.Millisecond, time.Hour
	startAt(t, s, at, folder(t), Port{Path: l.path, Protocol: "em4100"})
	tap(t, l, 1)
	until(t, "they are connected", func() bool { return s.count() == 1 })
	h.swallow()
	until(t, "they are connected again", func() bool { return h.count() == 2 })
	tap(t, l, 2)
	until(t, "the next tap is committed", func() bool { return s.count() == 2 })
}

func TestTapsThatAreSwallowedDontWaitForTheKeepAlive(t *testing.T) {
	s, l := newServer(t), newLine(t)
	h := newHole(t, s)
	s.open(t)
	at := quick
	at.keepAlive, at.pong, at.stateEvery = longestKeepAlive, 200*time.Millisecond, time.Hour
	startAt(t, s, at, folder(t), Port{Path: l.path, Protocol: "em4100"})
	tap(t, l, 1)
	until(t, "they are connected", func() bool { return s.count() == 1 })
	h.swallow()
	for n := range uint64(10) {
		tap(t, l, 2+n)
	}
	until(t, "all are committed", func() bool { return s.count() == 11 })
	if s.conflict > 0 || h.count() < 2 {
		t.Errorf("%d conflicts, %d connections", s.conflict, h.count())
	}
}

// A reader that tells of ever other holes, and no network to pass them on.
func TestHolesToBeToldTakeBoundedMemory(t *testing.T) {
	u := newUplink(&agent{})
	for n := range uint64(3 * missMost) {
		u.miss(wire.Span{Stream: wire.Stream{Origin: wire.FirstReader, Epoch: 1}, From: 2*n + 1, To: 2*n + 1})
	}
	if len(u.missing) != missMost || len(u.missed) > missMost {
		t.Errorf("%d wait and %d are remembered, at most %d should", len(u.missing), len(u.missed), missMost)
	}
}

// A state that is under way must not be waited for longer than a tap is.
func TestTapsThatAreSwallowedDontWaitForAState(t *testing.T) {
	s, l := newServer(t), newLine(t)
	h := newHole(t, s)
	s.open(t)
	at := quick
	at.keepAlive, at.pong, at.stateEvery = longestKeepAlive, 200*time.Millisecond, 10*time.Millisecond
	startAt(t, s, at, folder(t), Port{Path: l.path, Protocol: "em4100"})
	tap(t, l, 1)
	until(t, "they are connected", func() bool { return s.count() == 1 })
	h.swallow()
	tap(t, l, 2)
	until(t, "the tap is committed", func() bool { return s.count() == 2 })
}
