package reader

import (
	"encoding/hex"
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

// Defaults and limits of EM4100 readers.
const (
	// em4100Absent: RDM6300 repeats its frame every 65 ms while a fob is held
	// and is silent for 300 ms at least once it is gone; a hand that wavers at
	// the edge of the field makes gaps of about a second.
	em4100Absent  = 1500 * time.Millisecond
	em4100Confirm = 200 * time.Millisecond
	em4100Noisy   = 10 * time.Minute // a refused frame shows in the health
	em4100Most    = 16               // fobs remembered as present
	stx, etx      = 0x02, 0x03
)

// EM4100Settings are the settings of an EM4100 port.
type EM4100Settings struct {
	// Absent is how long a fob must be out of sight before it is a new tap;
	// 0 gives 1.5 s.
	Absent time.Duration
	// Confirm is how many equal frames within 200 ms make a tap: 1 (also 0), or
	// 2 for readers that repeat frames while a fob is held.
	Confirm int
}

// EM4100 reads 125 kHz readers that write ASCII frames: STX, 10 hex characters,
// 2 more of their checksum, perhaps CR LF, ETX (RDM6300, ID-12LA). A fob that is
// still or again in sight within Settings.Absent of its last frame is the same
// tap, however long it is held.
type EM4100 struct {
	settings EM4100Settings
	frame    []byte // since STX
	inside   bool   // a frame
	present  []presence
	contact  int64 // Unix ms
	refused  int
	reason   string    // of the last refusal
	noisyAt  time.Time // of the last refusal
	now      time.Time
}

// presence is a fob that was in sight lately.
type presence struct {
	value  [5]byte
	last   time.Time // frame
	tapped bool      // enough frames have come
}

// NewEM4100 gives the state machine of one port.
func NewEM4100(s EM4100Settings) *EM4100 {
	if s.Absent == 0 {
		s.Absent = em4100Absent
	}
	return &EM4100{settings: s}
}

// Open forgets half a frame.
func (r *EM4100) Open(Moment) []Event {
	r.inside, r.frame = false, r.frame[:0]
	return nil
}

// Bytes gives Seen for each new presentation.
func (r *EM4100) Bytes(now Moment, p []byte) []Event {
	r.now = now.At
	var events []Event
	for _, b := range p {
		if value, ok := r.take(b); ok && r.sighted(value) {
			r.contact = now.Instant
			events = append(events, Seen{wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: value[:]}})
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

func (r *EM4100) refuse(reason string) {
	r.refused++
	r.reason, r.noisyAt = reason, r.now
}

// sighted takes note of a good frame and says whether it makes a tap.
func (r *EM4100) sighted(value [5]byte) bool {
	p := r.find(value)
	confirmed := r.settings.Confirm < 2 || r.now.Sub(p.last) <= em4100Confirm
	p.last = r.now
	if p.tapped || !confirmed {
		return false
	}
	p.tapped = true
	return true
}

// find gives the presence of a fob, a new one when it was out of sight, and
// forgets those that are gone.
func (r *EM4100) find(value [5]byte) *presence {
	kept := r.present[:0]
	for _, p := range r.present {
		if r.now.Sub(p.last) < r.settings.Absent {
			kept = append(kept, p)
		}
	}
	r.present = kept
	for i := range r.present {
		if r.present[i].value == value {
			return &r.present[i]
		}
	}
	if len(r.present) == em4100Most {
		r.present = r.present[1:]
	}
	r.present = append(r.present, presence{value: value})
	return &r.present[len(r.present)-1]
}

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
	if r.refused > 0 && r.now.Sub(r.noisyAt) < em4100Noisy {
		s.Health = fmt.Sprintf("%d frames refused, last: %s; check cable, speed and protocol", r.refused, r.reason)
	}
	return s
}
