package reader

import (
	"time"

	"tikklok/gateway/wire"
)

// LinkWatch listens to a reader with memory and changes nothing in it: it binds
// it to nobody, acknowledges nothing (I2) and gives it no time. It tells the
// live taps; those in memory stay there for the gateway that the reader is for.
type LinkWatch struct {
	decoder wire.LinkDecoder
	hello   *wire.LinkHello // nil: nobody answers
	askedAt time.Time       // WHO or PING
	heardAt time.Time
	contact int64 // Unix ms of the last message
}

// Open greets the reader.
func (l *LinkWatch) Open(now Moment) []Event {
	l.decoder.Reset()
	l.hello, l.askedAt = nil, now.At
	return write(wire.LinkWho{})
}

// Bytes gives Seen for each live tap.
func (l *LinkWatch) Bytes(now Moment, p []byte) []Event {
	var events []Event
	for _, m := range l.decoder.Decode(p) {
		l.heardAt, l.contact = now.At, now.Instant
		switch m := m.(type) {
		case wire.LinkHello:
			l.hello = &m
		case wire.LinkPong:
			if l.hello != nil {
				l.hello.Stored, l.hello.BatteryPercent = m.Stored, m.BatteryPercent
			}
		case wire.LinkTap:
			if m.Live {
				events = append(events, Seen{Fob: m.Fob})
			}
		}
	}
	return events
}

// Tick asks who is there, and then whether it still is.
func (l *LinkWatch) Tick(now Moment) []Event {
	if l.hello != nil && now.At.Sub(l.heardAt) > linkPing+linkSilent {
		return l.Open(now)
	}
	wait, ask := linkGreet, []Event(nil)
	if l.hello != nil {
		wait = linkPing
	}
	if now.At.Sub(l.askedAt) < wait {
		return nil
	}
	if ask = write(wire.LinkWho{}); l.hello != nil {
		ask = write(wire.LinkPing{})
	}
	l.askedAt = now.At
	return ask
}

// Answer does nothing: the reader stored the tap and shows that by itself.
func (l *LinkWatch) Answer(Moment, wire.Name, wire.Colour) []Event { return nil }

// Safe does nothing: nothing of this reader is kept.
func (l *LinkWatch) Safe(Moment, wire.Stream, []wire.Range) []Event { return nil }

// State says how the reader is.
func (l *LinkWatch) State() wire.ReaderState { return linkState(l.hello, l.contact) }
