package reader

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"tikklok/gateway/wire"
)

// linkClock gives the reader its time pairs.
type linkClock struct {
	nonce    uint16
	pingAt   time.Time
	waiting  bool      // for PONG
	told     wire.Pair // by TIME
	toldAt   time.Time
	paired   bool // PAIR has come in this contact
	pairedAt time.Time
	source   wire.Source // of the last pair
	seen     map[linkPairName]bool
}

type linkPairName struct {
	epoch, tick uint64
	instant     int64
}

func (l *Link) onHello(now Moment, m wire.LinkHello) []Event {
	if l.origin != m.Origin {
		l.origin, l.epochs = m.Origin, map[uint64]*linkEpoch{}
	}
	if len(l.epochs) > linkEpochs {
		maps.DeleteFunc(l.epochs, func(_ uint64, e *linkEpoch) bool { return len(e.waiting) == 0 })
	}
	l.hello, l.order, l.asked = &m, nil, nil
	l.clock = linkClock{nonce: l.clock.nonce, seen: map[linkPairName]bool{}}
	switch {
	case m.Version != wire.LinkVersion:
		l.refusal = fmt.Sprintf("speaks reader link version %d, this gateway %d: update the older of the two", m.Version, wire.LinkVersion)
		return nil
	case m.Owner == 0:
		l.refusal = "not bound yet"
		return write(wire.LinkBind{Owner: l.owner})
	case m.Owner != l.owner: // I1
		l.refusal = "belongs to another organisation: wipe the reader before using it here"
		return nil
	}
	l.refusal = ""
	return append(l.onStart(now, m.Current), l.ping(now)...)
}

func (l *Link) onStart(now Moment, m wire.LinkStart) []Event {
	e := l.epochs[m.Epoch]
	if e == nil && len(l.order) >= linkEpochs {
		return nil // at a later contact, when it holds fewer
	}
	if e == nil {
		e = &linkEpoch{taps: map[uint64]linkTap{}}
		l.epochs[m.Epoch] = e
	}
	if !slices.Contains(l.order, m.Epoch) {
		l.order = append(l.order, m.Epoch)
	}
	e.start, e.gone, e.goneAt = m, nil, now.At
	return []Event{Start{
		Stream:  l.stream(m.Epoch),
		Start:   wire.Start{Predecessor: m.Predecessor, PredecessorLast: m.PredecessorLast, TolerancePPM: uint32(l.hello.TolerancePPM)},
		Highest: m.Highest,
	}}
}

func (l *Link) stream(epoch uint64) wire.Stream {
	return wire.Stream{Origin: l.origin, Epoch: epoch}
}

// idle is how long a reader is left alone.
func (l *Link) idle() time.Duration {
	if l.hello.BatteryPercent > 0 {
		return linkSpare
	}
	return linkPing
}

// ping asks for the reader's tick: now and then, and at once while a pair is
// wanted.
func (l *Link) ping(now Moment) []Event {
	c := &l.clock
	wait := l.idle()
	switch {
	case c.waiting || !c.toldAt.IsZero() && !c.paired:
		wait = linkAnswer
	case !c.paired:
		wait = 0
	}
	if !c.pingAt.IsZero() && now.At.Sub(c.pingAt) < wait {
		return nil
	}
	c.nonce++
	c.pingAt, c.waiting = now.At, true
	return write(wire.LinkPing{Nonce: c.nonce})
}

// onPong turns the tick into a pair when one is due: the tick was read between
// PING and PONG, so half of that time widens the bound, and so does what
// whole milliseconds hide (I4).
func (l *Link) onPong(now Moment, m wire.LinkPong) []Event {
	if m.Epoch != l.hello.Current.Epoch {
		return l.greet(now) // it was started again
	}
	l.hello.Stored, l.hello.BatteryPercent = m.Stored, m.BatteryPercent
	events := l.raise(m.Epoch, m.Highest)
	if m.Unacknowledged > 0 && l.quiet() {
		events = append(events, l.acknowledge()...)
	}
	c := &l.clock
	if !c.waiting || m.Nonce != c.nonce {
		return events
	}
	c.waiting = false
	if c.paired && c.source <= now.Source && now.At.Sub(c.pairedAt) < linkPairs {
		return events
	}
	half := now.At.Sub(c.pingAt) / 2
	c.told = wire.Pair{
		Tick: m.Tick, Instant: now.Instant - half.Milliseconds(),
		Bound: now.Bound + uint32(half.Milliseconds()) + 2, Source: now.Source,
	}
	c.toldAt = now.At
	return append(events, write(wire.LinkTime{Epoch: m.Epoch, Pair: c.told})...)
}

// onPair passes a pair on once a contact, and begins the upload when the
// reader has kept the one it was given.
func (l *Link) onPair(now Moment, m wire.LinkPair) []Event {
	c := &l.clock
	l.askAt = now.At
	var events []Event
	name := linkPairName{m.Epoch, m.Tick, m.Instant}
	if !c.seen[name] {
		c.seen[name] = true
		events = append(events, Pair{l.stream(m.Epoch), m.Pair})
	}
	if m.Epoch != l.hello.Current.Epoch || m.Pair != c.told {
		return events
	}
	first := !c.paired
	c.paired, c.pairedAt, c.source = true, now.At, m.Source
	if first {
		events = append(events, l.acknowledge()...)
		events = append(events, l.ask(now)...)
	}
	return events
}
