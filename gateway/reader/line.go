package reader

import (
	"bytes"
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

// lineMost is the longest line, in bytes.
const lineMost = 128

// Line reads readers that write each number as a line of text, once or for as
// long as the fob is held. What doesn't fit the settings is counted, never
// taken for a number.
type Line struct {
	settings LineSettings
	held     []byte // of the line so far
	endless  bool   // the line is too long: passed over up to its end
	last     time.Time
	presence presence
	noise    noise
	contact  int64 // Unix ms
	now      time.Time
}

// NewLine gives the state machine of one port. Settings come from ParseLine.
func NewLine(s LineSettings) *Line {
	return &Line{settings: s.full(), presence: newPresence(s.PresenceSettings)}
}

// Open forgets half a line.
func (r *Line) Open(Moment) []Event {
	r.held, r.endless = r.held[:0], false
	return nil
}

// Bytes gives Seen for each new presentation.
func (r *Line) Bytes(now Moment, p []byte) []Event {
	r.presence.pause(now.Unread)
	events := r.Tick(now)
	if len(p) > 0 {
		r.last = now.At
	}
	for _, b := range p {
		if line, ok := r.take(b); ok {
			events = append(events, r.line(now, line)...)
		}
	}
	return events
}

// take gives the line that a byte ends, without its end.
func (r *Line) take(b byte) (line []byte, ok bool) {
	if !r.ends(b) {
		r.hold(b)
		return nil, false
	}
	line = r.held
	if r.settings.End == LineCRLF && len(line) > 0 {
		line = line[:len(line)-1]
	}
	ok = !r.endless && len(line) > 0
	r.held, r.endless = r.held[:0], false
	return line, ok
}

// ends says whether a byte ends the line.
func (r *Line) ends(b byte) bool {
	switch r.settings.End {
	case LineAny:
		return b == '\r' || b == '\n'
	case LineCR:
		return b == '\r'
	case LineLF:
		return b == '\n'
	case LineCRLF:
		return b == '\n' && bytes.HasSuffix(r.held, []byte{'\r'})
	}
	return false
}

// hold keeps a byte; of a line that is too long only the last, since it may be
// half its end.
func (r *Line) hold(b byte) {
	if r.endless {
		r.held = r.held[:0]
	} else if len(r.held) == lineMost {
		r.refuse("a line without end")
		r.held, r.endless = r.held[:0], true
	}
	r.held = append(r.held, b)
}

// Tick ends, or refuses, a line after which nothing came for a while.
func (r *Line) Tick(now Moment) []Event {
	r.now = now.At
	if len(r.held) == 0 || now.At.Sub(r.last) < r.settings.Idle {
		return nil
	}
	line, endless := r.held, r.endless
	r.held, r.endless = r.held[:0], false
	switch {
	case endless:
		return nil
	case r.settings.End != LineIdle:
		r.refuse("half a line")
		return nil
	}
	return r.line(now, bytes.TrimRight(line, "\r\n"))
}

// line makes a tap of a line that fits.
func (r *Line) line(now Moment, text []byte) []Event {
	fob, refusal := r.settings.fob(string(text))
	if refusal != "" {
		r.refuse(refusal)
		return nil
	}
	r.contact = now.Instant
	if !r.presence.sighted(now.At, fob.Value) {
		return nil
	}
	return []Event{Seen{Fob: fob, Gap: uint32(now.At.Sub(r.last).Milliseconds())}}
}

func (r *Line) refuse(reason string) { r.noise.refuse(r.now, reason) }

// Answer does nothing: these readers show nothing.
func (r *Line) Answer(Moment, wire.Name, wire.Colour) []Event { return nil }

// Safe does nothing: these readers keep nothing.
func (r *Line) Safe(Moment, wire.Stream, []wire.Range) []Event { return nil }

// State shows lines refused lately in the health; like EM4100 it knows of no
// reader that is absent.
func (r *Line) State() wire.ReaderState {
	s := wire.ReaderState{Protocol: "line", Health: "ok", LastContact: r.contact}
	if r.noise.lately(r.now) {
		s.Health = fmt.Sprintf("%d lines refused, last: %s; check cable, speed and settings", r.noise.refused, r.noise.reason)
	}
	return s
}
