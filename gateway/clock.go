package gateway

import (
	"sync"
	"time"

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
	machine Machine
	boot    int64 // Machine.Boot at tick 0, ms

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

func newClock(m Machine) (*clock, error) {
	m, err := m.or()
	if err != nil {
		return nil, err
	}
	return &clock{machine: m, boot: m.Boot().Milliseconds()}, nil
}

// tick gives the ms since the clock was made.
func (c *clock) tick() uint64 {
	return uint64(max(c.machine.Boot().Milliseconds()-c.boot, 0))
}

// wall gives the clock that can be set, Unix ms.
func (c *clock) wall() int64 { return c.machine.Wall().UnixMilli() }

// now gives the best known instant: the operating system's when it says that
// it disciplines its clock, the server's otherwise, and the wall clock with no
// claim when there is neither.
func (c *clock) now() reader.Moment {
	m := reader.Moment{At: time.Now(), Instant: c.wall(), Bound: undisciplinedBound, Source: wire.SourceUndisciplined}
	if bound, ok := c.machine.Disciplined(); ok {
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

func sourceName(s wire.Source) string {
	switch s {
	case wire.SourceDisciplined:
		return "disciplined"
	case wire.SourceServer:
		return "server"
	}
	return "undisciplined"
}
