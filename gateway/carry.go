package gateway

import (
	"cmp"
	"fmt"

	"tikklok/gateway/journal"
	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// load is what one round of events brings to the journal: one fsync for all.
type load struct {
	records []journal.Record
	taps    []journal.Tap
}

// carry carries out events in their order, and those that the answers cause.
// Records are journaled before a write that came after them.
func (p *port) carry(events []reader.Event) error {
	var l load
	for len(events) > 0 || len(l.records) > 0 {
		if len(events) == 0 {
			events = p.store(&l)
			continue
		}
		e := events[0]
		events = events[1:]
		switch e := e.(type) {
		case reader.Write:
			events = append(p.store(&l), events...)
			if err := p.device.write(e.Bytes); err != nil {
				return err
			}
		case reader.Seen:
			events = append(p.seen(e), events...)
		case reader.Start:
			events = append(p.heard(e), events...)
		case reader.Pair:
			l.records = append(l.records, journal.Pair{Stream: e.Stream, Pair: e.Pair})
		case reader.Tap:
			t := p.tap(e)
			l.records, l.taps = append(l.records, t), append(l.taps, t)
		case reader.Missing:
			p.agent.uplink.miss(e.Span)
		}
	}
	return nil
}

// tap puts the token in place of the fob: from here on its number is gone (I7).
func (p *port) tap(e reader.Tap) journal.Tap {
	key := p.agent.cfg.Enrolment.TokenKey
	return journal.Tap{
		Stream: e.Stream, KeyVersion: key.Version,
		Tap: wire.Tap{Seq: e.Seq, Tick: e.Tick, Token: key.Token(e.Fob)},
	}
}

// store journals a load and answers its taps: green or amber after the fsync,
// red when there was none (I2).
func (p *port) store(l *load) (answers []reader.Event) {
	if len(l.records) == 0 {
		return nil
	}
	err := p.agent.journal.Append(l.records...)
	p.stored(len(l.taps), err)
	now := p.agent.clock.now()
	for _, t := range l.taps {
		colour := p.agent.settings.colour(t.Token)
		if err != nil {
			colour = wire.Red
		}
		answers = append(answers, p.protocol.Answer(now, wire.Name{Stream: t.Stream, Seq: t.Seq}, colour)...)
	}
	*l = load{}
	return answers
}

// seen names and journals a tap made on a reader without memory (I1).
func (p *port) seen(e reader.Seen) []reader.Event {
	a := p.agent
	key := a.cfg.Enrolment.TokenKey
	tap := wire.Tap{Tick: p.read.tick, Wall: p.read.wall, Gap: max(p.read.gap, e.Gap), Token: key.Token(e.Fob), Reader: cmp.Or(e.Reader, p.name())}
	name, err := a.journal.Name(key.Version, tap)
	p.stored(1, err)
	colour := a.settings.colour(tap.Token)
	if err != nil {
		colour = wire.Red
	}
	return p.protocol.Answer(a.clock.now(), name, colour)
}

// heard journals the start of an epoch, and tells the reader again what is
// safe of it. A start that can't be stored comes again at the next contact.
func (p *port) heard(e reader.Start) []reader.Event {
	a := p.agent
	if err := a.journal.Heard(journal.Start{Stream: e.Stream, Start: e.Start, Highest: e.Highest}); err != nil {
		p.stored(0, fmt.Errorf("start of %s: %w", e.Stream, err))
	}
	if safe := a.journal.Safe(e.Stream); len(safe) > 0 {
		return p.protocol.Safe(a.clock.now(), e.Stream, safe)
	}
	return nil
}

// stored counts what could not be stored; the change is logged.
func (p *port) stored(taps int, err error) {
	p.mu.Lock()
	before := p.refused
	if err == nil && taps > 0 {
		p.refused = 0
	} else if err != nil {
		p.refused += uint64(max(taps, 0))
	}
	after := p.refused
	p.mu.Unlock()
	if before == 0 && after > 0 {
		p.log.Error("taps are not stored: readers show red", "error", err)
	} else if before > 0 && after == 0 {
		p.log.Info("taps are stored again", "refused", before)
	}
}
