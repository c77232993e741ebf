package gateway

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

const (
	// driftPPM is how fast a clock nobody corrects may run away: a cheap crystal
	// with a margin for cold nights.
	driftPPM = 100
	// worstDisciplined is the bound above which the operating system's claim to
	// discipline its clock is worth less than the server's time.
	worstDisciplined = 1000 // ms
	// undisciplinedBound stands where a bound means nothing.
	undisciplinedBound = 3_600_000 // ms
	// leastDisciplined is claimed at best: the kernel's own figure leaves out
	// what the way to the time server hides, and systemd-timesyncd sets it to 0.
	leastDisciplined = 100 // ms
)

// clock knows the time, and how well it knows it (I4). Ticks count from its
// making, also while the machine sleeps.
type clock struct {
	boot int64 // CLOCK_BOOTTIME at tick 0, ms

	mu     sync.Mutex
	server *sample // nil: the server told no time yet
}

// sample is what one receipt told.
type sample struct {
	offset int64  // instant - tick, ms
	bound  uint32 // ms, at the tick
	tick   uint64
}

// at gives the bound as it has grown since.
func (s *sample) at(tick uint64) uint32 {
	return saturate(uint64(s.bound) + ((tick-s.tick)*driftPPM+999_999)/1_000_000)
}

// saturate keeps a bound too big to be told from becoming a small one.
func saturate(bound uint64) uint32 { return uint32(min(bound, undisciplinedBound)) }

func newClock() (*clock, error) {
	boot, err := bootTime()
	if err != nil {
		return nil, fmt.Errorf("read the monotonic clock: %w", err)
	}
	return &clock{boot: boot}, nil
}

func bootTime() (int64, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0, err
	}
	return ts.Nano() / int64(time.Millisecond), nil
}

// tick gives the ms since the clock was made.
func (c *clock) tick() uint64 {
	now, err := bootTime()
	if err != nil || now < c.boot {
		return 0 // can't happen: it worked in newClock
	}
	return uint64(now - c.boot)
}

// now gives the best known instant: the operating system's when it says that
// it disciplines its clock, the server's otherwise, and the wall clock with no
// claim when there is neither.
func (c *clock) now() reader.Moment {
	at := time.Now()
	m := reader.Moment{At: at, Instant: at.UnixMilli(), Bound: undisciplinedBound, Source: wire.SourceUndisciplined}
	if bound, ok := disciplined(); ok {
		m.Bound, m.Source = bound, wire.SourceDisciplined
		return m
	}
	tick := c.tick()
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.server; s != nil {
		m.Instant, m.Bound, m.Source = int64(tick)+s.offset, s.at(tick), wire.SourceServer
	}
	return m
}

// hear takes the server's time out of a receipt. The server read its clock
// after the batch was sent and before the receipt came: the middle is at most
// half the round trip wrong. The best sample counts, each losing worth as it ages.
func (c *clock) hear(sent, received uint64, r *wire.Receipt) {
	if r.ServerTime == 0 || received < sent {
		return
	}
	half := (received - sent) / 2
	s := &sample{offset: r.ServerTime - int64(sent+half), bound: saturate(half + 2 + uint64(r.ServerBound)), tick: received}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil || s.bound <= c.server.at(received) {
		c.server = s
	}
}

// disciplined asks the kernel whether somebody disciplines the wall clock, and
// gives its bound in ms: the largest error it may have and what it has yet to
// be moved (adjtimex(2), maxerror and offset).
func disciplined() (bound uint32, ok bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil || state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0 || t.Maxerror < 0 {
		return 0, false
	}
	ms := max(t.Maxerror/1000+1+remaining(t), leastDisciplined)
	return uint32(min(ms, worstDisciplined)), ms <= worstDisciplined
}

// remaining gives the ms by which the kernel still moves the clock.
func remaining(t unix.Timex) int64 {
	unit := int64(1000) // µs
	if t.Status&unix.STA_NANO != 0 {
		unit = 1_000_000
	}
	return (max(t.Offset, -t.Offset) + unit - 1) / unit
}

func sourceName(s wire.Source) string {
	switch s {
	case wire.SourceDisciplined:
		return "disciplined"
	case wire.SourceServer:
		return "server"
	}
	return "undisciplined"
}
