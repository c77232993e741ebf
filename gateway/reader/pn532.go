package reader

import (
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

// PN532Baud is the speed of HSU after power-on.
const PN532Baud = 115200

// How long the driver waits. The chip acknowledges within 15 ms (UM0701-02,
// 6.2.2); USB adapters and Tick need more.
const (
	pn532AckWait   = 250 * time.Millisecond
	pn532ReplyWait = time.Second            // longer than any command but InAutoPoll
	pn532Rest      = 200 * time.Millisecond // between two looks at a card that is held
	pn532Dark      = 20 * time.Millisecond  // without a field, until a card has forgotten that it was selected: 5 ms at least (ISO 14443-3)
	pn532Greet     = time.Second            // between two wake-ups while nobody answers
	pn532Tries     = 3                      // to send a command or ask for its reply
	pn532Slow      = 500 * time.Millisecond // between two looks, from which on it is a pause
)

// Commands (UM0701-02, 7). The reply is the command plus 1.
const (
	pn532GetFirmwareVersion byte = 0x02
	pn532SAMConfiguration   byte = 0x14
	pn532RFConfiguration    byte = 0x32
	pn532InListPassive      byte = 0x4A
	pn532InAutoPoll         byte = 0x60
)

// pn532Setup makes a chip that has just woken ready, in this order. The
// retries keep InListPassiveTarget from waiting until a card comes: ATR, PSL,
// passive activation.
var pn532Setup = [][]byte{
	{pn532SAMConfiguration, 0x01}, // normal mode, no SAM
	{pn532GetFirmwareVersion},
	{pn532RFConfiguration, 0x05, 0xFF, 0x01, 0x02},
}

var (
	pn532List = []byte{pn532InListPassive, 0x02, 0x00} // up to two cards, 106 kbit/s type A
	// pn532Wait looks for type A six times, each 150 ms, so that the chip says
	// something each second and one that is gone is missed soon.
	pn532Wait     = []byte{pn532InAutoPoll, 0x06, 0x01, 0x00}
	pn532FieldOff = []byte{pn532RFConfiguration, 0x01, 0x00}
)

// PN532Settings are the settings of a PN532 port.
type PN532Settings struct {
	// Absent is as in PresenceSettings; the chip checks each number, so that
	// none needs to be confirmed.
	Absent time.Duration
	// List asks for cards with InListPassiveTarget only, for chips that take
	// InAutoPoll and then don't find cards. One that refuses it is not asked
	// again, without this setting.
	List bool
}

// PN532 reads ISO 14443 A cards with a PN532 chip over HSU. A card is one tap
// for as long as it is held, also while the chip restarts. While none is in
// sight the chip looks by itself (InAutoPoll); while one is, the driver asks
// (InListPassiveTarget). The field is switched off after each look, since a
// card that was selected does not answer again before it loses its power.
type PN532 struct {
	settings PN532Settings
	decoder  pn532Decoder
	presence presence

	step    int    // of pn532Setup; len(pn532Setup): ready
	version string // "": nobody answers
	listing bool   // InAutoPoll is not to be used

	asked   []byte // command without reply; nil: none
	acked   bool
	sentAt  time.Time // or acknowledged
	tries   int
	restAt  time.Time // when the next look may begin
	wokenAt time.Time

	lookedOnce bool      // since the chip was greeted
	lookedAt   time.Time // last
	contact    int64
	now        time.Time
	line       noise // on the line, and silences
	cards      noise // that are no fobs
}

// NewPN532 gives the state machine of one port.
func NewPN532(s PN532Settings) *PN532 {
	return &PN532{settings: s, presence: newPresence(PresenceSettings{Absent: s.Absent})}
}

// Open wakes the chip.
func (r *PN532) Open(now Moment) []Event {
	r.now = now.At
	return r.greet()
}

// greet wakes the chip and begins to set it up. The wake-up and the first
// command go together: the chip takes the zeros as time to wake.
func (r *PN532) greet() []Event {
	r.decoder.reset()
	r.step, r.version, r.lookedOnce, r.wokenAt = 0, "", false, r.now
	r.asked, r.acked, r.tries, r.sentAt = pn532Setup[0], false, 1, r.now
	return []Event{Write{appendPN532(append([]byte{}, pn532Wake...), r.asked)}}
}

// Bytes takes what the chip says.
func (r *PN532) Bytes(now Moment, p []byte) (events []Event) {
	r.now = now.At
	damaged := r.decoder.damaged
	for _, f := range r.decoder.decode(p) {
		r.contact = now.Instant
		events = append(events, r.frame(f)...)
	}
	if r.decoder.damaged != damaged {
		r.line.refuse(now.At, "a wrong checksum")
		events = append(events, r.again()...)
	}
	return events
}

// frame takes one frame. Replies to what is not asked are left: they answer a
// command of before the chip was greeted.
func (r *PN532) frame(f pn532Frame) []Event {
	switch {
	case r.asked == nil:
		return nil
	case f.kind == pn532Acked && !r.acked:
		r.acked, r.tries, r.sentAt = true, 1, r.now
	case f.kind == pn532Nacked && !r.acked:
		return r.again()
	case f.kind == pn532Refused:
		return r.refused()
	case f.kind == pn532Data && f.data[0] == r.asked[0]+1:
		return r.reply(f.data[1:])
	}
	return nil
}

// ask sends a command.
func (r *PN532) ask(command []byte) []Event {
	r.asked, r.acked, r.tries, r.sentAt = command, false, 1, r.now
	return []Event{Write{appendPN532(nil, command)}}
}

// again asks for the command's reply once it was acknowledged, and sends the
// command again before; a chip that keeps silent is woken again.
func (r *PN532) again() []Event {
	if r.asked == nil {
		return nil
	}
	if r.tries >= pn532Tries {
		if r.version != "" {
			r.line.refuse(r.now, "the reader fell silent")
		}
		return r.lost()
	}
	r.tries++
	r.sentAt = r.now
	if r.acked {
		return []Event{Write{pn532NACK}}
	}
	return []Event{Write{appendPN532(nil, r.asked)}}
}

// lost gives a chip up that was ready, or waits until the next greeting. ACK
// ends a command that it may still be busy with (UM0701-02, 6.2.2).
func (r *PN532) lost() []Event {
	r.asked, r.version = nil, ""
	if r.now.Sub(r.wokenAt) < pn532Greet {
		return nil
	}
	return append([]Event{Write{pn532ACK}}, r.greet()...)
}

// refused goes on without a command that the chip doesn't know. Only
// SAMConfiguration and InListPassiveTarget must be.
func (r *PN532) refused() []Event {
	command := r.asked
	switch command[0] {
	case pn532InAutoPoll:
		r.listing = true
	case pn532SAMConfiguration, pn532InListPassive:
		r.line.refuse(r.now, "the reader refused a command")
		return r.lost()
	}
	return r.reply(nil)
}

// reply takes the reply to what was asked; nil is a refusal.
func (r *PN532) reply(p []byte) []Event {
	command := r.asked
	r.asked = nil
	if r.step < len(pn532Setup) {
		return r.setUp(command[0], p)
	}
	switch command[0] {
	case pn532RFConfiguration:
		if dark := r.now.Add(pn532Dark); r.restAt.Before(dark) {
			r.restAt = dark
		}
	case pn532InListPassive:
		targets, ok := pn532Listed(p)
		if !ok {
			r.line.refuse(r.now, "a reply that doesn't add up")
		}
		return r.looked(targets)
	case pn532InAutoPoll:
		if p == nil {
			return nil
		}
		targets, ok := pn532Polled(p)
		r.listing = !ok // a copy may answer it in its own way
		return r.looked(targets)
	}
	return nil
}

// setUp goes on with the next step.
func (r *PN532) setUp(command byte, p []byte) []Event {
	if command == pn532GetFirmwareVersion {
		r.version = pn532Version(p)
		r.listing = r.settings.List || len(p) < 1 || p[0] != 0x32 // others lack InAutoPoll
	}
	r.step++
	if r.step < len(pn532Setup) {
		return r.ask(pn532Setup[r.step])
	}
	return r.ask(pn532FieldOff)
}

// pn532Version reads IC, version, revision, support.
func pn532Version(p []byte) string {
	if len(p) < 3 {
		return "PN53x"
	}
	return fmt.Sprintf("PN5%02X %d.%d", p[0], p[1], p[2])
}

// look asks for cards: at first and while one is in sight at once, else with
// the chip waiting for one.
func (r *PN532) look() []Event {
	if r.listing || !r.lookedOnce || len(r.presence.fobs) > 0 {
		return r.ask(pn532List)
	}
	return r.ask(pn532Wait)
}

// looked makes taps of the cards that the chip found. Only a look tells that a
// card is gone.
func (r *PN532) looked(targets []pn532Target) (events []Event) {
	if len(targets) > 0 {
		r.restAt = r.now.Add(pn532Rest)
	}
	if since := r.now.Sub(r.lookedAt); since > pn532Slow {
		r.presence.pause(since)
	}
	r.lookedOnce, r.lookedAt = true, r.now
	for _, t := range targets {
		fob, refusal := t.fob()
		if refusal != "" {
			r.cards.refuse(r.now, refusal)
		} else if r.presence.sighted(r.now, fob.Value) {
			events = append(events, Seen{Fob: fob})
		}
	}
	r.presence.forget(r.now)
	return append(events, r.ask(pn532FieldOff)...)
}

// Tick looks for cards, and asks again for what did not come.
func (r *PN532) Tick(now Moment) []Event {
	r.now = now.At
	switch {
	case r.asked == nil && r.version == "":
		if r.now.Sub(r.wokenAt) >= pn532Greet {
			return r.greet()
		}
	case r.asked == nil:
		if !r.now.Before(r.restAt) {
			return r.look()
		}
	case r.now.Sub(r.sentAt) >= r.patience():
		r.decoder.reset()
		return r.again()
	}
	return nil
}

// patience is how long to wait for what comes next.
func (r *PN532) patience() time.Duration {
	switch {
	case !r.acked || r.tries > 1:
		return pn532AckWait
	case r.asked[0] == pn532InAutoPoll:
		return time.Duration(r.asked[1])*time.Duration(r.asked[2])*150*time.Millisecond + pn532ReplyWait
	}
	return pn532ReplyWait
}

// Answer does nothing: the chip shows nothing.
func (r *PN532) Answer(Moment, wire.Name, wire.Colour) []Event { return nil }

// Safe does nothing: the chip keeps nothing.
func (r *PN532) Safe(Moment, wire.Stream, []wire.Range) []Event { return nil }

// State shows silences, damage and cards refused lately in the health.
func (r *PN532) State() wire.ReaderState {
	s := wire.ReaderState{Protocol: "pn532", Health: "ok", Firmware: r.version, LastContact: r.contact}
	switch {
	case r.version == "":
		s.Health = "no reader answers: check cable, power and protocol, and that the module's switches say HSU"
	case r.line.lately(r.now):
		s.Health = fmt.Sprintf("%d times trouble on the line, last: %s; check cable and power", r.line.refused, r.line.reason)
	case r.cards.lately(r.now):
		s.Health = fmt.Sprintf("%d cards refused, last: %s", r.cards.refused, r.cards.reason)
	}
	return s
}
