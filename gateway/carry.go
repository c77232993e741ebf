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
	taps    []loadedTap
}

type loadedTap struct {
	wire.Name
	tokens []wire.Token
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
			l.add(e, p.agent.settings.stamp(e.Fob))
		case reader.Missing:
			p.agent.uplink.miss(e.Span)
		}
	}
	return nil
}

// add puts the token in place of the fob: from here on its number is gone (I7).
// Twins stand before their tap.
func (l *load) add(e reader.Tap, s stamp) {
	l.records = append(append(l.records, s.records()...), journal.Tap{
		Stream: e.Stream, KeyVersion: s.version,
		Tap: wire.Tap{Seq: e.Seq, Tick: e.Tick, Token: s.token},
	})
	l.taps = append(l.taps, loadedTap{wire.Name{Stream: e.Stream, Seq: e.Seq}, s.tokens()})
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
		colour := p.agent.colour(t.tokens)
		if err != nil {
			colour = wire.Red
		}
		answers = append(answers, p.protocol.Answer(now, t.Name, colour)...)
	}
	*l = load{}
	return answers
}

// seen names and journals a tap made on a reader without memory (I1).
func (p *port) seen(e reader.Seen) []reader.Event {
	if p.heldOver(e) {
		return nil
	}
	a := p.agent
	s := a.settings.stamp(e.Fob)
	tap := wire.Tap{Tick: p.read.tick, Wall: p.read.wall, Gap: p.gap(e), Token: s.token, Reader: cmp.Or(e.Reader, p.name())}
	name, err := a.journal.Name(s.version, tap, s.twins...)
	p.stored(1, err)
	colour := a.colour(s.tokens())
	if err != nil {
		colour = wire.Red
	}
	return p.protocol.Answer(a.clock.now(), name, colour)
}

// gap gives how much older than its reading a tap may be. What a protocol held
// back for a while may have waited already when it was read (I4).
func (p *port) gap(e reader.Seen) uint32 {
	if e.Gap == 0 {
		return p.read.gap
	}
	return max(p.read.gap, wire.Gap(uint64(e.Gap)+uint64(p.brought)))
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
