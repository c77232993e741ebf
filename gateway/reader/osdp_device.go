package reader

import (
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

// osdpStage is how far contact with a reader has come.
type osdpStage int

const (
	osdpHello   osdpStage = iota // who is there
	osdpAble                     // what it can do
	osdpHand                     // CHLNG
	osdpShake                    // SCRYPT
	osdpProvide                  // KEYSET
	osdpMove                     // COMSET
	osdpOnline
)

// osdpDevice is one reader, as the panel knows it.
type osdpDevice struct {
	OSDPReader
	settings *OSDPSettings

	address  byte // where it is spoken to
	stage    osdpStage
	attempts int       // since it was last online
	due      time.Time // the next command
	crc      bool
	known    bool // a frame of it came: crc is what it takes
	probing  bool // it took a checksum: whether it takes a CRC
	plain    bool // it takes a checksum only
	sequence byte
	session  *osdpSession // nil: in the clear
	code     byte         // of the command under way
	sent     []byte       // the command under way; nil: none
	pollAt   time.Time    // the command under way was first sent
	tries    int          // of the command under way
	heardAt  time.Time    // last frame that made sense, or contact begun
	contact  int64        // Unix ms of the last such frame

	osdpHandshake
	osdpTaps
	firmware string
	noLED    bool
	noBuzzer bool
	stuck    bool // COMSET did not move it
	tampered bool
	trouble  string // why it is away or refused; "": it isn't
	warning  string // something to put right while it works
	now      time.Time
	noise    noise
}

func newOSDPDevice(r OSDPReader, s *OSDPSettings) *osdpDevice {
	d := &osdpDevice{OSDPReader: r, settings: s, address: r.Address, crc: true, trouble: "not heard yet"}
	d.emptyAt = r.Empty
	return d
}

// restart begins contact again, with sequence 0, after a rest.
func (d *osdpDevice) restart(now Moment, rest time.Duration) {
	d.stage, d.sequence, d.session, d.sent, d.tries = osdpHello, 0, nil, nil, 0
	d.due, d.heardAt, d.queue = now.At.Add(rest), now.At, nil
	d.handshakeFrom(0)
	d.doubt()
	// A reader is asked who it is, and the next time polled first, for those
	// that want that; one that never spoke is then tried with a checksum in
	// place of the CRC, and at its former address.
	if !d.known {
		d.crc = d.attempts%4 < 2
		d.address = d.Address
		if d.Former >= 0 && d.attempts%8 >= 4 {
			d.address = byte(d.Former)
		}
	}
}

// lost begins contact again with one that is away: ever less often.
func (d *osdpDevice) lost(now Moment, why string) {
	d.attempts++
	d.trouble = why
	if d.probing {
		d.probing, d.plain, d.crc = false, true, false
	}
	rest := min(50*time.Millisecond<<min(d.attempts, 8), osdpRestMost)
	if d.attempts > 8 {
		d.known, d.plain, d.insists = false, false, false // perhaps another one hangs there now
	}
	d.restart(now, rest)
}

// next gives the bytes of the next command; nil: nothing is due.
func (d *osdpDevice) next(now Moment) []byte {
	d.now = now.At
	if d.card != nil || now.At.Before(d.due) {
		return nil
	}
	if d.sent == nil {
		d.compose(now)
	}
	return d.sent
}

// compose makes the command that the stage asks for.
func (d *osdpDevice) compose(now Moment) {
	code, data, block := d.command()
	f := osdpFrame{address: d.address, sequence: d.sequence, crc: d.crc, code: code, data: data, block: block}
	d.code, d.sent, d.tries = code, f.encode(d.session), 0
	d.pollAt = now.At
}

func (d *osdpDevice) command() (code byte, data, block []byte) {
	switch d.stage {
	case osdpHello:
		if d.attempts%2 == 1 && d.sequence == 0 {
			return osdpPoll, nil, nil
		}
		return osdpID, []byte{0}, nil
	case osdpAble:
		return osdpCap, []byte{0}, nil
	case osdpHand:
		data, block = d.challenge()
		return osdpChlng, data, block
	case osdpShake:
		data, block = d.response()
		return osdpScrypt, data, block
	case osdpProvide:
		return osdpKeyset, append([]byte{1, 16}, d.Key.Key[:]...), nil
	case osdpMove:
		return osdpComset, d.comset(), nil
	}
	if len(d.queue) > 0 {
		c := d.queue[0]
		d.queue = d.queue[1:]
		return c.code, c.data, nil
	}
	return osdpPoll, nil, nil
}

// missed is for a command that nobody answered: it is sent again as it was,
// so that the reader repeats a reply that got lost (5.8).
func (d *osdpDevice) missed(now Moment) {
	d.now = now.At
	d.tries++
	d.due = now.At.Add(min(25*time.Millisecond<<min(d.tries, 4), 400*time.Millisecond))
	switch {
	case now.At.Sub(d.heardAt) >= osdpSilent, d.stage == osdpHello && d.tries > 1, d.stage == osdpAble && d.tries > 3:
		d.lost(now, fmt.Sprintf("no reader answers at address %d: check cable, power, address and speed", d.address))
	case (d.stage == osdpHand || d.stage == osdpShake) && d.tries > 3:
		d.nextKey(now, "does not answer to its key")
	}
}

// reply takes a frame of this reader; it says false to one that is no answer
// to the command under way.
func (d *osdpDevice) reply(now Moment, f osdpFrame) (events []Event, taken bool) {
	d.now = now.At
	if f.code == osdpBusy && f.block == nil { // sequence 0, always in the clear (7.19)
		d.due = now.At.Add(osdpBusyWait)
		if now.At.Sub(d.heardAt) >= osdpSilent {
			d.lost(now, "says that it is busy, for ever: switch it off and on")
		}
		return nil, true
	}
	if f.code == osdpNak && f.block == nil {
		return nil, d.nak(now, f)
	}
	data, ok := d.open(now, f)
	if !ok || f.sequence != d.sequence {
		return nil, false
	}
	d.heard(now)
	code := d.code
	if f.code == osdpNak {
		d.advance(now)
		d.refused(now, first(data))
		return nil, true
	}
	if code == osdpPoll {
		return d.polled(now, f.code, data), true
	}
	d.advance(now)
	d.answer(now, code, f, data)
	return nil, true
}

// open gives the data of a frame; it says false when the frame is not as the
// channel wants it.
func (d *osdpDevice) open(now Moment, f osdpFrame) ([]byte, bool) {
	switch {
	case d.session != nil:
		data, ok := d.session.accept(f)
		if !ok && f.sequence == d.sequence {
			d.noise.refuse(now.At, "a wrong or missing MAC")
		}
		return data, ok
	case f.block == nil:
		return f.data, true
	}
	return f.data, d.stage == osdpHand && f.block[0] == osdpSCS12 || d.stage == osdpShake && f.block[0] == osdpSCS14
}

func first(p []byte) byte {
	if len(p) == 0 {
		return 0
	}
	return p[0]
}

func (d *osdpDevice) heard(now Moment) {
	d.known, d.heardAt, d.contact = true, now.At, now.Instant
}

// advance is for a command that is done: its sequence number is not used
// again. 0 is followed by 1, and 3 too (5.9).
func (d *osdpDevice) advance(now Moment) {
	d.sequence = d.sequence%3 + 1
	d.sent, d.due = nil, now.At
	d.certain()
}

// nak takes a refusal in the clear. In a secure channel it can only mean that
// the reader has none any more: it was switched off and on.
func (d *osdpDevice) nak(now Moment, f osdpFrame) bool {
	reason := first(f.data)
	if d.session == nil && reason != osdpNakSequence && f.sequence != d.sequence {
		return false
	}
	switch {
	case d.session != nil || reason == osdpNakSequence:
		if d.stage == osdpHand || d.stage == osdpShake {
			d.nextKey(now, "refuses its key")
			return true
		}
		d.attempts++
		d.restart(now, min(25*time.Millisecond<<min(d.attempts, 8), osdpRestMost))
	case reason == osdpNakCheck:
		d.missed(now)
	default:
		d.heard(now)
		d.advance(now)
		d.refused(now, reason)
	}
	return true
}

// refused goes on without what the reader does not do.
func (d *osdpDevice) refused(now Moment, reason byte) {
	switch d.code {
	case osdpLED:
		d.noLED = true
	case osdpBuz:
		d.noBuzzer = true
	case osdpCap:
		d.shake(now)
	case osdpChlng, osdpScrypt:
		d.nextKey(now, "refuses its key")
	case osdpKeyset:
		d.keepsDefault(now)
	case osdpComset:
		d.immovable(now)
	case osdpPoll:
		d.refusedPoll(now, reason)
	default:
		d.refusedID(now, reason)
	}
}

// refusedID does the handshake with a reader that says nothing in the clear.
func (d *osdpDevice) refusedID(now Moment, reason byte) {
	if reason == osdpNakClear || reason == osdpNakSecurity {
		d.insists = true
		d.shake(now)
		return
	}
	d.lost(now, fmt.Sprintf("refuses to say what it is (NAK %d)", reason))
}

func (d *osdpDevice) refusedPoll(now Moment, reason byte) {
	switch {
	case d.stage == osdpHello: // it is there: ask who it is
	case reason == osdpNakClear || reason == osdpNakSecurity:
		d.insists = true
		d.lost(now, "wants a secure channel")
	default:
		d.lost(now, fmt.Sprintf("refuses to be polled (NAK %d)", reason))
	}
}

// state says how the reader is.
func (d *osdpDevice) state() wire.ReaderState {
	s := wire.ReaderState{Name: d.Name, Protocol: "osdp", Health: "ok", Firmware: d.firmware, LastContact: d.contact}
	switch {
	case d.trouble != "":
		s.Health = d.trouble
	case d.tampered:
		s.Health = "was opened or taken off the wall (tamper)"
	case d.warning != "":
		s.Health = d.warning
	case d.noise.lately(d.now):
		s.Health = fmt.Sprintf("%d replies refused, last: %s; check cable and earth", d.noise.refused, d.noise.reason)
	}
	return s
}
