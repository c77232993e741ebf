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
	// stepLeast is a jump of the wall clock that is no drift.
	stepLeast = 500 // ms
	// rivalAgrees is how many answers in a row make the server's changed time
	// believed.
	rivalAgrees = 3
	rivalLasts  = 5 * 60_000  // ms for which answers are asked for
	systemHeld  = 10 * 60_000 // ms for which a clock must agree with what it showed
)

// clock knows the time, and how well it knows it (I4). Ticks count from its
// making, also while the machine sleeps.
//
// Three witnesses are heard: the ticks, which cannot be set; the operating
// system's clock, when it says that somebody disciplines it; and the server's
// time in receipts. Where the last two contradict each other the server wins:
// it serves its time only when its own clock is disciplined or an
// administrator has declared it good, its answer comes over an authenticated
// connection (time from a network's own servers does not), and it is the one
// that all gateways of an organisation share, so that hours stay comparable.
type clock struct {
	machine Machine
	boot    int64 // Machine.Boot at tick 0, ms

	mu     sync.Mutex
	server *sample // nil: the server told no time yet
	rival  *sample // what the server says since it contradicts that
	agreed int     // samples in a row that agree with rival
	system *sample // the disciplined clock, when it was last believed
	shown  *sample // the wall clock as it was last read, whoever vouches for it
	steps  steps
}

// steps counts what was noticed of clocks that jump.
type steps struct {
	wall   uint64 // jumps of the wall clock against the ticks
	by     int64  // ms, of the last one
	server uint64 // the server's time was replaced by another
	doubt  bool   // the operating system vouches for a clock that is not believed
}

// sample says what one clock showed at a tick.
type sample struct {
	offset int64  // instant - tick, ms
	bound  uint32 // ms, at the tick
	tick   uint64
	slewed int64 // ms by which the ticks had been corrected
}

// at gives the bound as it has grown since, or had before: by what a crystal
// may drift, and by what the ticks were corrected. While a
// time daemon moves the wall clock slowly it moves the ticks with it, by up to
// a twelfth (chrony.conf(5), maxslewrate).
func (s *sample) at(tick uint64, slewed int64) uint32 {
	age := max(tick, s.tick) - min(tick, s.tick)
	drift := (min(age, 1<<42)*driftPPM + 999_999) / 1_000_000
	by := slewed - s.slewed
	return saturate(uint64(s.bound) + drift + uint64(max(by, -by)))
}

// agrees says whether both can be right. Nothing contradicts nil.
func (s *sample) agrees(with *sample) bool {
	if s == nil || with == nil {
		return true
	}
	apart := s.offset - with.offset
	later := s
	if with.tick > s.tick {
		later = with
	}
	return max(apart, -apart) <= int64(s.at(later.tick, later.slewed))+int64(with.at(later.tick, later.slewed))
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

// uptimes gives how long this program and the machine run, in seconds, at
// least 1: 0 would say that it isn't known.
func (c *clock) uptimes() (program, machine uint64) {
	return max(c.tick()/1000, 1), max(uint64(c.machine.Boot()/time.Second), 1)
}

// slewed gives by how many ms the ticks were ever corrected, and how long the
// machine slept.
func (c *clock) slewed() int64 { return (c.machine.Boot() - c.machine.Raw()).Milliseconds() }

// wall gives the clock that can be set, Unix ms.
func (c *clock) wall() int64 { return c.machine.Wall().UnixMilli() }

// now gives the best known instant.
func (c *clock) now() reader.Moment {
	_, m := c.read()
	return m
}

// read gives the best known instant with its tick: the operating system's when
// it says that it disciplines its clock and nothing contradicts it, the
// server's otherwise, and the wall clock with no claim when there is neither.
func (c *clock) read() (tick uint64, m reader.Moment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tick = c.tick()
	m = reader.Moment{At: time.Now(), Instant: c.wall(), Bound: undisciplinedBound, Source: wire.SourceUndisciplined}
	bound, vouched := c.machine.Disciplined()
	paused := c.tick() - tick // this process stood still between the two clocks
	system := &sample{offset: m.Instant - int64(tick), bound: saturate(uint64(bound) + paused), tick: tick, slewed: c.slewed()}
	c.notice(system, paused)
	believed := vouched && c.believes(system)
	c.steps.doubt = vouched && !believed
	switch {
	case believed:
		c.hold(system)
		m.Bound, m.Source = system.bound, wire.SourceDisciplined
	case c.server != nil:
		m.Instant, m.Bound, m.Source = int64(tick)+c.server.offset, c.server.at(tick, system.slewed), wire.SourceServer
	}
	return tick, m
}

// believes says whether nothing contradicts a disciplined clock: not the
// server, and not its own past by the ticks. One that jumped is believed again
// when the server confirms it and not its past, or when it jumped back.
func (c *clock) believes(system *sample) bool {
	if !system.agrees(c.server) {
		return false
	}
	return system.agrees(c.system) || c.server != nil && !c.system.agrees(c.server)
}

// hold keeps what is believed for a while, so that a clock that is no step but
// simply runs wrong contradicts it too: a disciplined clock and the ticks get
// the same corrections of their rate, and part only where the clock is set.
func (c *clock) hold(system *sample) {
	if c.system == nil || system.tick-c.system.tick >= systemHeld || !system.agrees(c.system) {
		c.system = system
	}
}

// notice counts jumps of the wall clock. Slewing moves it at most 500 ppm
// (adjtimex(2)), which is drift.
func (c *clock) notice(now *sample, paused uint64) {
	if was := c.shown; was != nil {
		by := now.offset - was.offset
		if max(by, -by) > int64(stepLeast+paused+(now.tick-was.tick)/1000) {
			c.steps.wall++
			c.steps.by = by
		}
	}
	c.shown = now
}

// noticed gives what was noticed of clocks that jump.
func (c *clock) noticed() steps {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.steps
}

// contested says that the server's time changed and is not yet believed: more
// samples are wanted.
func (c *clock) contested() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rival != nil && c.tick() < c.rival.tick+rivalLasts
}

// hear takes the server's time out of a receipt. The server read its clock
// after the batch was sent and before the receipt came: the middle is at most
// half the round trip wrong, however the delay was shared. Of samples that
// agree the narrowest counts, each losing worth as it ages.
func (c *clock) hear(sent, received uint64, r *wire.Receipt) {
	if r.ServerTime == 0 || received < sent {
		return
	}
	half := (received - sent) / 2
	s := &sample{offset: r.ServerTime - int64(sent+half), bound: saturate(half + 2 + uint64(r.ServerBound)), tick: received, slewed: c.slewed()}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.server == nil:
		c.server = s
	case s.agrees(c.server):
		c.rival, c.agreed = nil, 0
		if s.bound <= c.server.at(received, s.slewed) {
			c.server = s
		}
	default:
		c.contest(s)
	}
}

// contest holds on to the server's time as it was known until a few answers in
// a row agree on another: one wrong answer, of a server that was started with
// a wrong clock, does no harm, and a wrong start is put right.
func (c *clock) contest(s *sample) {
	if c.rival == nil || !s.agrees(c.rival) {
		c.rival, c.agreed = s, 0
	}
	if s.bound <= c.rival.at(s.tick, s.slewed) {
		c.rival = s
	}
	if c.agreed++; c.agreed >= rivalAgrees {
		c.server, c.rival, c.agreed = c.rival, nil, 0
		c.steps.server++
	}
}

// sourceName is the word for a clock that is told.
func sourceName(s wire.Source) string {
	switch s {
	case wire.SourceDisciplined:
		return "disciplined"
	case wire.SourceServer:
		return "server"
	}
	return "undisciplined"
}
