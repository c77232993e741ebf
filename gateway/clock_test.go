package gateway

import (
	"log/slog"
	"math"
	"testing"

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
	a := &agent{clock: c, journal: j, settings: &settings{}, log: slog.New(slog.DiscardHandler)}
	a.cfg.Enrolment.TokenKey = wire.TokenKey{Version: 1, Secret: make([]byte, 32)}
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

func TestABoundNeverWrapsToASmallOne(t *testing.T) { // I4
	c, err := newClock(Machine{})
	must(t, err)
	c.hear(0, 100, &wire.Receipt{ServerTime: 1, ServerBound: math.MaxUint32})
	if got := c.server.at(100); got != undisciplinedBound {
		t.Errorf("bound %d ms", got)
	}
	if got := (&sample{bound: undisciplinedBound}).at(1 << 52); got != undisciplinedBound {
		t.Errorf("aged: bound %d ms", got)
	}
}

// However the delay is shared between the way up and the way down, the true
// instant lies within the bound.
func TestTheServersTimeHoldsTheTruth(t *testing.T) { // I4
	for _, up := range []uint64{0, 1, 500, 999, 1000} {
		c, err := newClock(Machine{})
		must(t, err)
		const sent, trip, began = 5000, 1000, 1_790_000_000_000
		c.hear(sent, sent+trip, &wire.Receipt{ServerTime: int64(began + sent + up), ServerBound: 3})
		off := c.server.offset - began
		if bound := int64(c.server.at(sent + trip)); off > bound || -off > bound || bound > trip/2+10 {
			t.Errorf("%d ms up: %d off, stated ± %d", up, off, bound)
		}
	}
}
