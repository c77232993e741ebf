package reader

import (
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

// How long the panel waits. 200 ms for a reply and 8 s until contact is lost
// are of the standard (SIA OSDP v2.2, 5.7); the others are ours.
const (
	osdpPollEach  = 25 * time.Millisecond // a reader; the standard suggests 50 at most
	osdpReplyWait = 200 * time.Millisecond
	osdpMoreWait  = 50 * time.Millisecond   // for the rest of a reply that began
	osdpReplyMost = 1800 * time.Millisecond // however slowly a reply dribbles in: osdpMost at 9600 baud
	osdpSilent    = 8 * time.Second
	osdpBusyWait  = 100 * time.Millisecond
	osdpRestMost  = 5 * time.Second        // between two attempts at a reader that is away
	osdpRefused   = 10 * time.Second       // between two attempts at one whose key is wrong
	osdpAgain     = 250 * time.Millisecond // until a tap that could not be journaled is given again
	osdpGiveUp    = 2 * time.Second        // until such a tap shows red
)

// OSDPBaud is the speed of a port that is told none.
const OSDPBaud = 9600

// OSDPKey is a secure channel base key of one reader.
type OSDPKey struct {
	Key [16]byte
	// Proven: the reader has shown that it has it. From then on it is spoken to
	// with this key only: neither in the clear nor with the default key.
	Proven bool
}

// OSDPReader is one reader on a port.
type OSDPReader struct {
	Name    string
	Address byte // 0…126
	// Former is where the reader may still be: it is moved to Address by COMSET.
	// 127 is for the only reader on a line, whatever its address; -1 is for none.
	Former int
	// Key is the reader's own; nil: one is made when it takes one.
	Key *OSDPKey
	// Given: Key comes from a person, and nothing is taken in the clear.
	Given bool
	// Clear: no secure channel.
	Clear bool
	// Empty is when an earlier process last heard that the reader keeps no tap,
	// on the clock of Moment.At; zero: not known.
	Empty time.Time
	// Stored says whether the last tap that an earlier process stored of this
	// reader was of this fob, less than a minute ago; nil: none.
	Stored func(wire.Fob) bool
}

// OSDPSettings are the settings of an OSDP port.
type OSDPSettings struct {
	Readers []OSDPReader
	Baud    int // 0: OSDPBaud
	// Random fills b with secrets.
	Random func(b []byte)
	// Keep makes a key durable before a reader is told it, and when it is proven.
	Keep func(address byte, key OSDPKey) error
	// Leave makes no keys: a reader that has the default one keeps it.
	Leave bool
}

// OSDP is the control panel of all readers on one line.
//
// A reader keeps a tap until the panel sends a command with the next sequence
// number: the panel sends none to it between a card and its Answer (I2). What
// a reader kept while nobody polled it comes with the gap as its uncertainty (I4).
type OSDP struct {
	settings OSDPSettings
	devices  []*osdpDevice
	turn     int         // of devices
	active   *osdpDevice // whose reply is awaited
	sentAt   time.Time
	until    time.Time // for the reply
	scanner  osdpScanner
	answers  []*osdpDevice // that wait for the agent, in order
}

// NewOSDP gives the state machine of one port. Addresses must differ.
func NewOSDP(s OSDPSettings) *OSDP {
	if s.Baud == 0 {
		s.Baud = OSDPBaud
	}
	o := &OSDP{settings: s}
	for _, r := range s.Readers {
		o.devices = append(o.devices, newOSDPDevice(r, &o.settings))
	}
	return o
}

// Open begins again with each reader.
func (o *OSDP) Open(now Moment) []Event {
	o.active = nil
	for _, d := range o.devices {
		d.restart(now, 0)
	}
	return o.step(now)
}

// Bytes takes replies.
func (o *OSDP) Bytes(now Moment, p []byte) []Event {
	if o.active == nil {
		return nil // too late, or our own command on a line that echoes
	}
	o.scanner.add(p)
	var events []Event
	for o.active != nil {
		f, ok := o.scanner.next()
		if !ok {
			break
		}
		events = append(events, o.frame(now, f)...)
	}
	if o.active != nil {
		o.extend(now)
		return events
	}
	if len(o.answers) > 0 {
		return events // the next command is for the reader that just got its tap stored
	}
	return append(events, o.step(now)...)
}

// extend waits for the rest of a reply that began.
func (o *OSDP) extend(now Moment) {
	if o.scanner.damaged {
		o.scanner.damaged = false
		o.active.noise.refuse(now.At, "a damaged reply")
	}
	if more := now.At.Add(osdpMoreWait); o.scanner.begun() && more.After(o.until) && now.At.Sub(o.sentAt) < osdpReplyMost {
		o.until = more
	}
}

// frame gives a frame to the reader that was asked, and passes over others.
func (o *OSDP) frame(now Moment, f osdpFrame) []Event {
	d := o.active
	if f.address&osdpReplyBit == 0 {
		return nil // our own command
	}
	if a := f.address &^ osdpReplyBit; a != d.address && d.address != osdpBroadcast {
		d.noise.refuse(now.At, fmt.Sprintf("a reply of address %d", a))
		return nil
	}
	events, taken := d.reply(now, f)
	if !taken {
		return events
	}
	o.active = nil
	if d.asking {
		d.asking = false
		o.answers = append(o.answers, d)
	}
	return events
}

// Tick sends what is due.
func (o *OSDP) Tick(now Moment) []Event {
	var events []Event
	for _, d := range o.devices {
		if again := d.offer(now); again != nil {
			o.answers = append(o.answers, d)
			events = append(events, again...)
		}
	}
	if len(events) > 0 {
		return events
	}
	return o.step(now)
}

// step sends the next command when the line is free.
func (o *OSDP) step(now Moment) []Event {
	if o.active != nil {
		if now.At.Before(o.until) {
			return nil
		}
		o.active.missed(now)
		o.active = nil
	}
	for i := range o.devices {
		d := o.devices[(o.turn+i)%len(o.devices)]
		b := d.next(now)
		if b == nil {
			continue
		}
		o.turn = (o.turn + i + 1) % len(o.devices)
		o.scanner.reset()
		o.active, o.sentAt = d, now.At
		o.until = now.At.Add(o.onLine(len(b)) + osdpReplyWait)
		return []Event{Write{b}}
	}
	return nil
}

// onLine is how long bytes take: ten bits each.
func (o *OSDP) onLine(n int) time.Duration {
	return time.Duration(n) * 10 * time.Second / time.Duration(o.settings.Baud)
}

// Answer lets the reader forget its tap, and shows the colour.
func (o *OSDP) Answer(now Moment, _ wire.Name, colour wire.Colour) []Event {
	if len(o.answers) == 0 {
		return nil
	}
	d := o.answers[0]
	o.answers = o.answers[1:]
	d.answered(now, colour)
	if o.active == nil {
		for i := range o.devices {
			if o.devices[i] == d {
				o.turn = i
			}
		}
	}
	return o.step(now)
}

// Safe does nothing: what a reader was polled for is the gateway's.
func (o *OSDP) Safe(Moment, wire.Stream, []wire.Range) []Event { return nil }

// State gives the state of the first reader that is not well, or else of the
// first.
func (o *OSDP) State() wire.ReaderState {
	all := o.States()
	for _, s := range all {
		if s.Health != "ok" {
			return s
		}
	}
	return all[0]
}

// States gives the state of each reader, with its name.
func (o *OSDP) States() []wire.ReaderState {
	var all []wire.ReaderState
	for _, d := range o.devices {
		all = append(all, d.state())
	}
	return all
}

// Empty says when each address last had no tap to give: what a later process
// wants as OSDPReader.Empty. Addresses of which that is not known are left out.
func (o *OSDP) Empty() map[byte]time.Time {
	all := map[byte]time.Time{}
	for _, d := range o.devices {
		if !d.emptyAt.IsZero() {
			all[d.Address] = d.emptyAt
		}
	}
	return all
}
