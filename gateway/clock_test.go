package gateway

import (
	"log/slog"
	"math"
	"testing"
	"time"

	"tikklok/gateway/journal"
	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// aPort gives a port of a gateway that has run for a minute, not opened.
func aPort(t *testing.T) *port {
	t.Helper()
	c, err := newClock(Machine{})
	must(t, err)
	c.boot -= 60_000
	j, err := journal.Open(folder(t), gatewayID)
	must(t, err)
	t.Cleanup(func() { must(t, j.Close()) })
	log := slog.New(slog.DiscardHandler)
	kept := loadSettings(folder(t), limits{}, wire.TokenKey{Version: 1, Secret: make([]byte, 32)})
	a := &agent{clock: c, journal: j, settings: kept, word: loadWord(folder(t), c, log), log: log}
	p, err := newPort(a, Port{Path: "/dev/ttyUSB0", Protocol: "em4100", Name: "door"})
	must(t, err)
	return p
}

// Two taps were read at once, and the disk took seconds for the first.
func TestATapThatWaitsForTheDiskKeepsItsTime(t *testing.T) { // I4
	p := aPort(t)
	p.read = sight{tick: 50_000, wall: 1_790_000_000_000, gap: 7}
	must(t, p.carry([]reader.Event{reader.Seen{Fob: wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: make([]byte, 5)}}}))
	parcel, err := p.agent.journal.Take(true, 10)
	must(t, err)
	if got := parcel.Batch.Logs[0].Taps[0]; got.Tick != 50_000 || got.Wall != 1_790_000_000_000 || got.Gap != 7 {
		t.Errorf("got %+v, want the time at which it was read", got)
	}
}

func TestATapMadeWhileNobodyReadMayBeThatOld(t *testing.T) { // I4
	p := aPort(t)
	p.read.tick = p.agent.clock.tick() - 3000
	p.look(p.agent.clock.tick())
	if p.read.gap < 3000 {
		t.Errorf("gap %d ms, want the 3000 for which nobody read", p.read.gap)
	}
	if p.look(p.read.tick); p.read.gap != 0 {
		t.Errorf("gap %d ms after a read that waited, want 0", p.read.gap)
	}
}

func TestATapOfAReadThatCameBackLateMayBeThatOld(t *testing.T) { // I4
	p := aPort(t)
	p.read.tick = p.agent.clock.tick() - 300
	p.look(p.read.tick) // the read before ended when this one began
	if p.read.gap < 300 {
		t.Errorf("gap %d ms, want the 300 of a read that waits 50 at most", p.read.gap)
	}
}

func TestABoundNeverWrapsToASmallOne(t *testing.T) { // I4
	c, err := newClock(Machine{})
	must(t, err)
	c.hear(0, 100, &wire.Receipt{ServerTime: 1, ServerBound: math.MaxUint32})
	if got := c.server.at(100, 0); got != undisciplinedBound {
		t.Errorf("bound %d ms", got)
	}
	if got := (&sample{bound: undisciplinedBound}).at(1<<52, 0); got != undisciplinedBound {
		t.Errorf("aged: bound %d ms", got)
	}
}

// However the delay is shared between the way up and the way down, the true
// instant lies within the bound.
func TestTheServersTimeHoldsTheTruth(t *testing.T) { // I4
	for _, up := range []uint64{0, 1, 500, 999, 1000} {
		c, err := newClock(Machine{})
		must(t, err)
		const sent, trip = 5000, 1000
		c.hear(sent, sent+trip, &wire.Receipt{ServerTime: int64(began + sent + up), ServerBound: 3})
		off := c.server.offset - began
		if bound := int64(c.server.at(sent+trip, c.server.slewed)); off > bound || -off > bound || bound > trip/2+10 {
			t.Errorf("%d ms up: %d off, stated ± %d", up, off, bound)
		}
	}
}

// fakeMachine is a machine whose clocks the test moves.
type fakeMachine struct {
	boot    time.Duration
	offset  time.Duration // of the wall clock against the truth
	slewed  time.Duration // of the ticks against the truth
	vouched bool
}

const began = 1_790_000_000_000 // Unix ms of the truth at boot

func (f *fakeMachine) machine() Machine {
	return Machine{
		Boot:        func() time.Duration { return f.boot + f.slewed },
		Raw:         func() time.Duration { return f.boot },
		Wall:        func() time.Time { return f.truth().Add(f.offset) },
		Disciplined: func() (uint32, bool) { return leastDisciplined, f.vouched },
	}
}

func (f *fakeMachine) truth() time.Time { return time.UnixMilli(began).Add(f.boot) }

// receive takes a receipt whose server is wrong by off; the round trip took
// 600 ms, all of it on the way up.
func (f *fakeMachine) receive(c *clock, off time.Duration) {
	sent := c.tick()
	f.boot += 600 * time.Millisecond
	c.hear(sent, c.tick(), &wire.Receipt{ServerTime: f.truth().Add(off).UnixMilli(), ServerBound: 50})
}

// Each story is told to a clock that starts without a network; after each
// event it must know the truth within its bound, or make no claim.
func TestAClockThatIsSetNeverMakesATapWrong(t *testing.T) { // I4
	const year2042, year1970 = 15 * 365 * 24 * time.Hour, -56 * 365 * 24 * time.Hour
	type event struct {
		name string
		do   func(f *fakeMachine, c *clock)
		want wire.Source
	}
	set := func(d time.Duration) func(*fakeMachine, *clock) {
		return func(f *fakeMachine, _ *clock) { f.offset += d }
	}
	vouch := func(yes bool) func(*fakeMachine, *clock) {
		return func(f *fakeMachine, _ *clock) { f.vouched = yes }
	}
	server := func(off time.Duration) func(*fakeMachine, *clock) {
		return func(f *fakeMachine, c *clock) { f.receive(c, off) }
	}
	pass := func(d time.Duration) func(*fakeMachine, *clock) {
		return func(f *fakeMachine, _ *clock) { f.boot += d }
	}
	for _, story := range [][]event{
		{{"boot without a network", pass(time.Hour), wire.SourceUndisciplined}, {"an answer", server(0), wire.SourceServer},
			{"a week", pass(7 * 24 * time.Hour), wire.SourceServer}, {"time servers", vouch(true), wire.SourceDisciplined}},
		{{"disciplined", vouch(true), wire.SourceDisciplined}, {"set to 2042", set(year2042), wire.SourceUndisciplined},
			{"an answer", server(0), wire.SourceServer}, {"set back", set(-year2042), wire.SourceDisciplined}},
		{{"disciplined", vouch(true), wire.SourceDisciplined}, {"an answer", server(0), wire.SourceDisciplined},
			{"set to 1970", set(year1970), wire.SourceServer}, {"set to 2042", set(year2042 - year1970), wire.SourceServer}},
		{{"set to 2042", set(year2042), wire.SourceUndisciplined}, {"an answer", server(0), wire.SourceServer},
			{"vouched for", vouch(true), wire.SourceServer}},
		{{"disciplined", vouch(true), wire.SourceDisciplined}, {"an answer", server(0), wire.SourceDisciplined},
			{"three days", pass(72 * time.Hour), wire.SourceDisciplined}, {"set by less than the answer's age allows", set(20 * time.Second), wire.SourceServer}},
		{{"an answer", server(0), wire.SourceServer}, {"one of a server with a wrong clock", server(time.Hour), wire.SourceServer},
			{"another", server(year2042), wire.SourceServer}, {"and another", server(time.Hour), wire.SourceServer}},
	} {
		f := &fakeMachine{boot: time.Hour}
		c, err := newClock(f.machine())
		must(t, err)
		path := ""
		for _, e := range story {
			e.do(f, c)
			path += e.name + " > "
			got := c.now()
			if got.Source != e.want {
				t.Errorf("%s source %d, want %d", path, got.Source, e.want)
			}
			if off := got.Instant - f.truth().UnixMilli(); got.Source != wire.SourceUndisciplined && max(off, -off) > int64(got.Bound) {
				t.Errorf("%s %d ms off, stated ± %d", path, off, got.Bound)
			}
		}
	}
}

func TestAServersCorrectedTimeIsBelievedAfterThreeAnswers(t *testing.T) { // I4
	f := &fakeMachine{boot: time.Hour}
	c, err := newClock(f.machine())
	must(t, err)
	f.receive(c, time.Hour) // it was started with a wrong clock
	for n := range rivalAgrees {
		if c.steps.server != 0 {
			t.Fatalf("believed after %d answers", n)
		}
		f.receive(c, 0)
	}
	m := c.now()
	if off := m.Instant - f.truth().UnixMilli(); max(off, -off) > int64(m.Bound) || m.Bound > 400 || c.steps.server != 1 {
		t.Errorf("%d ms off, stated ± %d, %d changes", off, m.Bound, c.steps.server)
	}
}

func TestAJumpIsCountedAndDriftIsNot(t *testing.T) {
	f := &fakeMachine{boot: time.Hour}
	c, err := newClock(f.machine())
	must(t, err)
	c.now()
	for range 1000 {
		f.boot, f.offset = f.boot+time.Second, f.offset+400*time.Microsecond
		c.now()
	}
	if c.steps.wall != 0 {
		t.Errorf("drift was counted %d times", c.steps.wall)
	}
	f.offset -= time.Hour
	c.now()
	if c.steps.wall != 1 || c.steps.by != -3_600_000 {
		t.Errorf("%+v", c.steps)
	}
}

func TestAClockThatRunsBackwardsIsNotBelieved(t *testing.T) { // I4
	f := &fakeMachine{boot: time.Hour, vouched: true}
	c, err := newClock(f.machine())
	must(t, err)
	first, last := c.now(), reader.Moment{}
	for range 100 {
		f.boot, f.offset = f.boot+100*time.Millisecond, f.offset-200*time.Millisecond
		last = c.now()
	}
	if first.Source != wire.SourceDisciplined || last.Source != wire.SourceUndisciplined {
		t.Errorf("sources %d, then %d", first.Source, last.Source)
	}
}

func TestBothSidesOfAJumpAreJournaled(t *testing.T) { // I4
	p := aPort(t)
	f := &fakeMachine{boot: time.Hour, vouched: true}
	c, err := newClock(f.machine())
	must(t, err)
	p.agent.clock = c
	k := pairKeeper{agent: p.agent, boot: &bootNotes{}}
	for range 3 {
		k.look()
		f.boot += time.Second
	}
	f.offset += time.Hour
	k.look()
	k.look()
	parcel, err := p.agent.journal.Take(true, 10)
	must(t, err)
	pairs := parcel.Batch.Logs[0].Pairs
	if len(pairs) != 3 || pairs[1].Tick != 2000 || pairs[1].Source != wire.SourceDisciplined || pairs[2].Tick != 3000 || pairs[2].Source != wire.SourceUndisciplined {
		t.Errorf("pairs %+v", pairs)
	}
}

// A time daemon moves the clocks by most of a second, and the ticks with them.
func TestTicksThatAreCorrectedWidenTheBound(t *testing.T) { // I4
	f := &fakeMachine{boot: time.Hour}
	c, err := newClock(f.machine())
	must(t, err)
	f.receive(c, 0)
	for range 3 {
		f.boot, f.slewed = f.boot+10*time.Second, f.slewed+800*time.Millisecond
		m := c.now()
		if off := m.Instant - f.truth().UnixMilli(); m.Source != wire.SourceServer || max(off, -off) > int64(m.Bound) {
			t.Errorf("source %d, %d ms off, stated ± %d", m.Source, off, m.Bound)
		}
	}
	f.receive(c, 0)
	if m := c.now(); m.Bound > 400 {
		t.Errorf("after the next answer still ± %d", m.Bound)
	}
}
