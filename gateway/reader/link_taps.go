package reader

import (
	"hash/maphash"
	"slices"
	"time"

	"tikklok/gateway/wire"
)

// linkTap is what is remembered of a tap since this process began, so that a
// repeated one is told from one with other bytes (I1).
type linkTap struct {
	print   uint64
	live    bool
	waiting bool // for the agent's answer
	colour  wire.Colour
}

// linkRemember bounds what is remembered of an epoch.
const linkRemember = 1 << 15

// linkEpochs bounds the epochs that are served in one contact.
const linkEpochs = 1024

// linkEpoch is one epoch of the reader.
type linkEpoch struct {
	start   wire.LinkStart
	taps    map[uint64]linkTap
	waiting []wire.Range // given to the agent, not answered yet
	acks    []wire.Range // to be sent at the next tick
	safe    []wire.Range
	gone    []wire.Range // the reader no longer holds them
	goneAt  time.Time
	notTill time.Time // SEND waits: a tap could not be journaled
	tries   int       // of the same SEND
}

// seed makes fingerprints of fobs that mean nothing outside this process (I7).
var seed = maphash.MakeSeed()

func fingerprint(m wire.LinkTap) uint64 {
	type tap struct {
		tick       uint64
		technology wire.Technology
		bits       uint16
		value      string
	}
	return maphash.Comparable(seed, tap{m.Tick, m.Fob.Technology, m.Fob.Bits, string(m.Fob.Value)})
}

// raise takes note of a seq beyond those told, so that a lost tap is asked for.
func (l *Link) raise(epoch, highest uint64) []Event {
	e := l.epochs[epoch]
	if e == nil || highest <= e.start.Highest {
		return nil
	}
	e.start.Highest = highest
	return []Event{Start{
		Stream:  l.stream(epoch),
		Start:   wire.Start{Predecessor: e.start.Predecessor, PredecessorLast: e.start.PredecessorLast, TolerancePPM: uint32(l.hello.TolerancePPM)},
		Highest: highest,
	}}
}

func (l *Link) onTap(now Moment, m wire.LinkTap) []Event {
	e := l.epochs[m.Epoch]
	if e == nil {
		return l.greet(now)
	}
	l.askAt = now.At
	events := l.raise(m.Epoch, m.Seq)
	name := wire.Name{Stream: l.stream(m.Epoch), Seq: m.Seq}
	print := fingerprint(m)
	if known, ok := e.taps[m.Seq]; ok && known.print == print {
		if known.waiting {
			known.live = known.live || m.Live
			e.taps[m.Seq] = known
			return events
		}
		if wire.HasSeq(l.have(name.Stream), m.Seq) {
			return append(events, confirm(m, known.colour)...)
		}
	}
	if len(e.taps) >= linkRemember {
		e.forget()
	}
	e.tries = 0
	e.taps[m.Seq] = linkTap{print: print, live: m.Live, waiting: true}
	e.waiting = wire.AddRange(e.waiting, wire.Range{From: m.Seq, To: m.Seq})
	return append(events, Tap{Name: name, Tick: m.Tick, Fob: m.Fob, Live: m.Live})
}

// confirm answers a tap again whose first answer was lost.
func confirm(m wire.LinkTap, colour wire.Colour) []Event {
	ack := wire.LinkAck{Epoch: m.Epoch, Range: wire.Range{From: m.Seq, To: m.Seq}}
	if !m.Live {
		return write(ack)
	}
	return write(ack, wire.LinkFeedback{Epoch: m.Epoch, Seq: m.Seq, Colour: colour})
}

// forget drops all fingerprints but those the agent still has to answer.
func (e *linkEpoch) forget() {
	for seq, t := range e.taps {
		if !t.waiting {
			delete(e.taps, seq)
		}
	}
}

// Answer acknowledges a durable tap and shows its colour.
func (l *Link) Answer(now Moment, name wire.Name, colour wire.Colour) []Event {
	if l.origin != name.Origin {
		return nil
	}
	t, ok := l.answered(now, name, colour)
	if !ok || l.hello == nil { // it is acknowledged at the next contact
		return nil
	}
	one := wire.Range{From: name.Seq, To: name.Seq}
	feedback := wire.LinkFeedback{Epoch: name.Epoch, Seq: name.Seq, Colour: colour}
	switch {
	case colour == wire.Red && t.live:
		return write(feedback)
	case colour == wire.Red:
		return nil
	case t.live:
		return write(wire.LinkAck{Epoch: name.Epoch, Range: one}, feedback)
	}
	e := l.epochs[name.Epoch]
	e.acks = wire.AddRange(e.acks, one)
	return nil
}

// answered takes note of the agent's answer.
func (l *Link) answered(now Moment, name wire.Name, colour wire.Colour) (linkTap, bool) {
	e := l.epochs[name.Epoch]
	if e == nil {
		return linkTap{}, false
	}
	t, ok := e.taps[name.Seq]
	if !ok || !t.waiting {
		return linkTap{}, false
	}
	e.waiting = without(e.waiting, name.Seq)
	answered := t
	t.waiting, t.live, t.colour = false, false, colour
	e.taps[name.Seq] = t
	if colour == wire.Red {
		delete(e.taps, name.Seq)
		e.notTill = now.At.Add(linkRetry)
	}
	return answered, true
}

func without(rs []wire.Range, seq uint64) []wire.Range {
	var left []wire.Range
	for _, r := range rs {
		left = append(left, wire.Lacking([]wire.Range{{From: seq, To: seq}}, r)...)
	}
	return left
}

// flush sends the acknowledgements of taps nobody waits for.
func (l *Link) flush() []Event {
	var ms []wire.LinkMessage
	for _, epoch := range l.order {
		e := l.epochs[epoch]
		for _, r := range e.acks {
			ms = append(ms, wire.LinkAck{Epoch: epoch, Range: r})
		}
		e.acks = nil
	}
	if len(ms) == 0 {
		return nil
	}
	return write(ms...)
}

// quiet says that no tap is under way.
func (l *Link) quiet() bool {
	for _, epoch := range l.order {
		if e := l.epochs[epoch]; len(e.waiting) > 0 || len(e.acks) > 0 {
			return false
		}
	}
	return l.asked == nil && l.clock.paired
}

// acknowledge repeats all that is journaled or safe of what the reader holds.
func (l *Link) acknowledge() []Event {
	var ms []wire.LinkMessage
	for _, epoch := range l.order {
		e := l.epochs[epoch]
		held := wire.Range{From: max(e.start.Oldest, 1), To: e.start.Highest}
		for _, r := range within(l.have(l.stream(epoch)), held) {
			ms = append(ms, wire.LinkAck{Epoch: epoch, Range: r})
		}
		for _, r := range within(e.safe, held) {
			ms = append(ms, wire.LinkSafe{Epoch: epoch, Range: r})
		}
	}
	if len(ms) == 0 {
		return nil
	}
	return write(ms...)
}

// within cuts rising ranges to one.
func within(rs []wire.Range, cut wire.Range) []wire.Range {
	var in []wire.Range
	for _, r := range rs {
		r.From, r.To = max(r.From, cut.From), min(r.To, cut.To)
		if r.From <= r.To {
			in = append(in, r)
		}
	}
	return in
}

// ask sends SEND for the first taps that the journal lacks, one at a time.
func (l *Link) ask(now Moment) []Event {
	if !l.clock.paired || l.asked != nil && now.At.Sub(l.askAt) < linkUpload {
		return nil
	}
	for _, epoch := range l.order {
		r, ok := l.lacking(now, epoch)
		if !ok {
			continue
		}
		send := wire.LinkSend{Epoch: epoch, Range: r}
		l.asked, l.askAt = &send, now.At
		return write(send)
	}
	l.asked = nil
	return nil
}

// lacking gives the first taps of an epoch to ask for. After three answers
// that did not bring them it lets the line rest.
func (l *Link) lacking(now Moment, epoch uint64) (wire.Range, bool) {
	e := l.epochs[epoch]
	if now.At.Before(e.notTill) || e.start.Highest == 0 {
		return wire.Range{}, false
	}
	if now.At.Sub(e.goneAt) > linkForget {
		e.gone, e.goneAt = nil, now.At
	}
	known := slices.Clone(l.have(l.stream(epoch)))
	for _, r := range slices.Concat(e.waiting, e.gone) {
		known = wire.AddRange(known, r)
	}
	lack := wire.Lacking(known, wire.Range{From: 1, To: e.start.Highest})
	if len(lack) == 0 {
		e.tries = 0
		return wire.Range{}, false
	}
	r := lack[0]
	r.To = min(r.To, r.From+linkChunk-1)
	if e.tries++; e.tries > 3 {
		e.tries, e.notTill = 0, now.At.Add(linkRetry)
		return wire.Range{}, false
	}
	return r, true
}

// onNone counts as progress: what is gone is not asked for again soon.
func (l *Link) onNone(m wire.LinkNone) []Event {
	e := l.epochs[m.Epoch]
	if e == nil {
		return nil
	}
	e.gone, e.tries = wire.AddRange(e.gone, m.Range), 0
	var events []Event
	for _, r := range wire.Lacking(l.have(l.stream(m.Epoch)), m.Range) {
		events = append(events, Missing{wire.Span{Stream: l.stream(m.Epoch), From: r.From, To: r.To}})
	}
	return events
}

func (l *Link) onEnd(now Moment, m wire.LinkEnd) []Event {
	if l.asked == nil || wire.LinkSpan(*l.asked) != wire.LinkSpan(m) {
		return nil
	}
	l.asked = nil
	return l.ask(now)
}

// Safe tells the reader what it may overwrite first.
func (l *Link) Safe(now Moment, stream wire.Stream, seqs []wire.Range) []Event {
	if l.hello == nil || l.origin != stream.Origin || l.refusal != "" {
		return nil
	}
	e := l.epochs[stream.Epoch]
	if e == nil {
		return nil
	}
	held := wire.Range{From: max(e.start.Oldest, 1), To: e.start.Highest}
	fresh := within(seqs, held)
	var ms []wire.LinkMessage
	for _, r := range fresh {
		for _, more := range wire.Lacking(e.safe, r) {
			ms = append(ms, wire.LinkSafe{Epoch: stream.Epoch, Range: more})
		}
	}
	e.safe = slices.Clone(seqs)
	if len(ms) == 0 {
		return nil
	}
	return write(ms...)
}
