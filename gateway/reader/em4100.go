package reader

import (
	"encoding/hex"
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

const stx, etx = 0x02, 0x03

// EM4100Settings are the settings of an EM4100 port. Ghost reads with a good
// checksum are known of these readers: Confirm 2 keeps out those that come once.
type EM4100Settings struct{ PresenceSettings }

// EM4100 reads 125 kHz readers that write ASCII frames: STX, 10 hex characters,
// 2 more of their checksum, perhaps CR LF, ETX (RDM6300, ID-12LA). A fob that is
// still or again in sight within Settings.Absent of its last frame is the same
// tap, however long it is held.
type EM4100 struct {
	frame    []byte // since STX
	inside   bool   // a frame
	presence presence
	contact  int64 // Unix ms
	noise    noise
	now      time.Time
}

// NewEM4100 gives the state machine of one port.
func NewEM4100(s EM4100Settings) *EM4100 {
	return &EM4100{presence: newPresence(s.PresenceSettings)}
}

// Open forgets half a frame.
func (r *EM4100) Open(Moment) []Event {
	r.inside, r.frame = false, r.frame[:0]
	return nil
}

// Bytes gives Seen for each new presentation.
func (r *EM4100) Bytes(now Moment, p []byte) []Event {
	r.now = now.At
	r.presence.pause(now.Unread)
	var events []Event
	for _, b := range p {
		if value, ok := r.take(b); ok && r.presence.sighted(now.At, value[:]) {
			r.contact = now.Instant
			events = append(events, Seen{Fob: wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: value[:]}})
		}
	}
	return events
}

// take gives the value of the frame that a byte completes.
func (r *EM4100) take(b byte) (value [5]byte, ok bool) {
	switch {
	case b == stx:
		if r.inside {
			r.refuse("half a frame")
		}
		r.inside, r.frame = true, r.frame[:0]
	case !r.inside:
	case b == etx:
		r.inside = false
		return r.parse()
	case len(r.frame) == 14:
		r.inside = false
		r.refuse("a frame without end")
	default:
		r.frame = append(r.frame, b)
	}
	return value, false
}

// parse checks what stood between STX and ETX. The checksum is the XOR of the
// five bytes.
func (r *EM4100) parse() (value [5]byte, ok bool) {
	text := r.frame
	if len(text) == 14 && text[12] == '\r' && text[13] == '\n' {
		text = text[:12]
	}
	var b [6]byte
	if len(text) != 12 {
		r.refuse("half a frame")
		return value, false
	}
	if _, err := hex.Decode(b[:], text); err != nil {
		r.refuse("a frame that is not hexadecimal")
		return value, false
	}
	value = [5]byte(b[:5])
	if value[0]^value[1]^value[2]^value[3]^value[4] != b[5] {
		r.refuse("a wrong checksum")
		return value, false
	}
	if value == [5]byte{} {
		r.refuse("an all-zero number")
		return value, false
	}
	return value, true
}

func (r *EM4100) refuse(reason string) { r.noise.refuse(r.now, reason) }

// Tick does nothing: a fob that is gone needs no event.
func (r *EM4100) Tick(now Moment) []Event {
	r.now = now.At
	return nil
}

// Answer does nothing: these readers show nothing.
func (r *EM4100) Answer(Moment, wire.Name, wire.Colour) []Event { return nil }

// Safe does nothing: these readers keep nothing.
func (r *EM4100) Safe(Moment, wire.Stream, []wire.Range) []Event { return nil }

// State shows frames refused lately in the health; it knows of no reader that
// is absent, since these readers are silent until a fob comes.
func (r *EM4100) State() wire.ReaderState {
	s := wire.ReaderState{Protocol: "em4100", Health: "ok", LastContact: r.contact}
	if r.noise.lately(r.now) {
		s.Health = fmt.Sprintf("%d frames refused, last: %s; check cable, speed and protocol", r.noise.refused, r.noise.reason)
	}
	return s
}
