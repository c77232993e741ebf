package reader

import (
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

// How long the gateway's side of the reader link waits.
const (
	linkGreet  = time.Second      // between two WHO
	linkPing   = 2 * time.Second  // between two PING
	linkSpare  = 15 * time.Second // the same, for a reader that lives on a battery
	linkAnswer = time.Second      // for PONG and PAIR
	linkSilent = 3 * time.Second  // after a PING was due, until contact counts as lost
	linkUpload = 3 * time.Second  // without a frame of an answer to SEND
	linkRetry  = 5 * time.Second  // after a tap could not be journaled
	linkPairs  = 15 * time.Minute // between two pairs in one contact (I4)
	linkForget = time.Hour        // until NONE is asked again
	linkNoisy  = 10 * time.Minute // a damaged frame shows in the health
)

// linkChunk is how many taps one SEND asks for: a second of the line.
const linkChunk = 200

// Link is the gateway's side of the reader link (wire/link.go).
type Link struct {
	owner   uint64
	have    Have
	decoder wire.LinkDecoder

	hello   *wire.LinkHello // nil: nobody answers
	origin  uint64          // of the last HELLO
	refusal string          // why nothing is taken from this reader; "": it is
	whoAt   time.Time
	heardAt time.Time
	contact int64     // Unix ms of the last message
	noisyAt time.Time // last damaged frame

	clock  linkClock
	epochs map[uint64]*linkEpoch
	order  []uint64 // of epochs, as the reader told them: the current one first
	asked  *wire.LinkSend
	askAt  time.Time // SEND, or the last frame of its answer
}

// NewLink gives the state machine of one port. Owner is the tenant's
// (wire.TokenKey.Owner, or wire.Enrolment.Owner).
func NewLink(owner uint64, have Have) *Link {
	return &Link{owner: owner, have: have, epochs: map[uint64]*linkEpoch{}}
}

// Open greets the reader.
func (l *Link) Open(now Moment) []Event {
	l.decoder.Reset()
	return l.greet(now)
}

// greet begins a contact: nothing of an earlier one counts but taps that the
// agent has not answered yet.
func (l *Link) greet(now Moment) []Event {
	l.hello, l.asked, l.whoAt = nil, nil, now.At
	l.clock = linkClock{nonce: l.clock.nonce}
	return write(wire.LinkWho{})
}

// Bytes takes what the reader says.
func (l *Link) Bytes(now Moment, p []byte) []Event {
	damaged := l.decoder.Damaged
	var events []Event
	for _, m := range l.decoder.Decode(p) {
		l.heardAt, l.contact = now.At, now.Instant
		events = append(events, l.message(now, m)...)
	}
	if l.decoder.Damaged != damaged {
		l.noisyAt = now.At
	}
	return events
}

// message passes over what only a gateway says, and all but HELLO until the
// reader has introduced itself.
func (l *Link) message(now Moment, m wire.LinkMessage) []Event {
	if hello, ok := m.(wire.LinkHello); ok {
		return l.onHello(now, hello)
	}
	if l.hello == nil {
		return nil
	}
	if l.refusal != "" {
		return l.refuse(m)
	}
	switch m := m.(type) {
	case wire.LinkStart:
		return l.onStart(now, m)
	case wire.LinkPong:
		return l.onPong(now, m)
	case wire.LinkPair:
		return l.onPair(now, m)
	case wire.LinkTap:
		return l.onTap(now, m)
	case wire.LinkNone:
		return l.onNone(m)
	case wire.LinkEnd:
		return l.onEnd(now, m)
	}
	return nil
}

// refuse shows red for a tap that this tenant will not get. A reader that is
// being bound is left to show green itself: it has stored the tap, and is asked
// for it in a moment.
func (l *Link) refuse(m wire.LinkMessage) []Event {
	if tap, ok := m.(wire.LinkTap); ok && tap.Live && !l.binding() {
		return write(wire.LinkFeedback{Epoch: tap.Epoch, Seq: tap.Seq, Colour: wire.Red})
	}
	return nil
}

func (l *Link) binding() bool {
	return l.hello.Version == wire.LinkVersion && l.hello.Owner == 0
}

// Tick asks again for what did not come.
func (l *Link) Tick(now Moment) []Event {
	if l.hello == nil {
		if now.At.Sub(l.whoAt) < linkGreet {
			return nil
		}
		return l.greet(now)
	}
	if now.At.Sub(l.heardAt) > l.idle()+linkSilent {
		return l.greet(now)
	}
	if l.refusal != "" {
		return l.greetRefused(now)
	}
	events := l.flush()
	events = append(events, l.ping(now)...)
	return append(events, l.ask(now)...)
}

// greetRefused looks each second whether the reader was wiped or replaced.
func (l *Link) greetRefused(now Moment) []Event {
	if now.At.Sub(l.whoAt) < linkGreet {
		return nil
	}
	l.whoAt = now.At
	return write(wire.LinkWho{})
}

// linkState gives what a reader said of itself; nil: it said nothing yet.
func linkState(h *wire.LinkHello, contact int64) wire.ReaderState {
	s := wire.ReaderState{Protocol: "link", Health: "ok", LastContact: contact}
	if h == nil {
		s.Health = "no reader answers: check cable, power and protocol"
		return s
	}
	s.Origin, s.Firmware, s.Stored = h.Origin, h.Firmware, h.Stored
	s.BatteryPercent = uint32(h.BatteryPercent)
	return s
}

// State says how the reader is. Frames damaged lately show in its health.
func (l *Link) State() wire.ReaderState {
	s := linkState(l.hello, l.contact)
	if l.hello == nil {
		return s
	}
	switch {
	case l.refusal != "":
		s.Health = l.refusal
	case l.heardAt.Sub(l.noisyAt) < linkNoisy:
		s.Health = fmt.Sprintf("%d damaged frames: check cable and earth", l.decoder.Damaged)
	}
	return s
}

func write(ms ...wire.LinkMessage) []Event {
	var b []byte
	for _, m := range ms {
		b = wire.AppendLink(b, m)
	}
	return []Event{Write{b}}
}
