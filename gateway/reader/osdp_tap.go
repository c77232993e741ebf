package reader

import (
	"encoding/binary"
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

const (
	// osdpLive: a tap is told no gap that is not longer than this.
	osdpLive = 100 * time.Millisecond
	// osdpLongest stands for a gap that nobody knows, or that is longer.
	osdpLongest = 24 * 24 * time.Hour
	// osdpRepeated: a fob that comes once more after contact was lost between
	// its tap and the next poll is the same tap, if no more time has passed. After
	// more it is given again, for a person to judge: a tap twice is better than none.
	osdpRepeated = time.Minute
)

// osdpTaps is what is known of a reader's taps.
type osdpTaps struct {
	card     *osdpCard // given to the agent, or to be given again
	asking   bool      // card was just given to the agent
	emptyAt  time.Time // a POLL was sent whose reply said that no tap waits
	met      bool      // a POLL was answered since this process began
	last     string    // fob of the last stored tap
	lastAt   time.Time // it was in sight
	lastLive bool      // it was given as it was made
	unsure   string    // fob of the stored tap that the reader may not know to be taken
	suspect  string    // such a fob of an earlier contact: it may come once more
	fresh    bool      // no POLL was answered in this contact
	queue    []osdpCommand
}

type osdpCommand struct {
	code byte
	data []byte
}

// osdpCard is a tap that waits for the agent's answer.
type osdpCard struct {
	fob     wire.Fob
	reader  byte
	at      time.Time // it came
	gap     time.Duration
	notTill time.Time // it is given again; zero: it is with the agent
	orphan  bool      // contact began again since
}

// doubt is for a contact that begins: the reader may not have seen that its
// last tap was taken.
func (t *osdpTaps) doubt() {
	if t.card != nil {
		t.card.orphan = true
	}
	if t.unsure != "" {
		t.suspect, t.unsure = t.unsure, ""
	}
	t.fresh = true
}

// certain is for a command that was answered: the reader knows that the tap
// before it was taken.
func (t *osdpTaps) certain() { t.unsure = "" }

// polled takes the reply to a POLL.
func (d *osdpDevice) polled(now Moment, code byte, data []byte) []Event {
	if code != osdpRaw && code != osdpFmt {
		d.advance(now)
		d.due = d.pollAt.Add(osdpPollEach)
		d.quiet(code, data)
		return nil
	}
	if d.session == nil && d.secret() {
		d.noise.refuse(now.At, "a tap in the clear")
		d.lost(now, "speaks in the clear, though it has a key")
		return nil
	}
	reader, fob, why := osdpFob(code, data)
	again := why == "" && d.repeats(now, fob)
	switch {
	case why != "":
		d.noise.refuse(now.At, why)
		d.advance(now)
		d.show(reader, wire.Red)
		return nil
	case again:
		d.advance(now)
		return nil
	}
	d.card = &osdpCard{fob: fob, reader: reader, at: now.At, gap: d.gap(now)}
	d.asking = true
	return d.give(now)
}

// quiet takes note of a reply without a tap. ACK says that none waits.
func (d *osdpDevice) quiet(code byte, data []byte) {
	d.met, d.fresh, d.suspect = true, false, ""
	switch {
	case code == osdpAck && d.stage == osdpOnline:
		d.emptyAt = d.pollAt
	case code == osdpLstatr && len(data) > 0:
		d.tampered = data[0] != 0
	}
}

// gap is how long ago a tap may have been made: since the reader last had none.
func (d *osdpDevice) gap(now Moment) time.Duration {
	if d.emptyAt.IsZero() {
		return osdpLongest
	}
	return min(now.At.Sub(d.emptyAt), osdpLongest)
}

// repeats says whether a card is of the tap before it: still held, or told once
// more because the reader did not hear that it was taken.
func (d *osdpDevice) repeats(now Moment, fob wire.Fob) bool {
	key, gap := osdpFobKey(fob), d.gap(now)
	never, fresh, suspect := !d.met, d.fresh, d.suspect
	d.met, d.fresh, d.suspect = true, false, ""
	switch {
	case key == d.last && d.lastLive && now.At.Sub(d.lastAt) < presenceAbsent:
		d.lastAt = now.At
		return true
	case !fresh:
		return false
	case suspect == key:
		return gap < osdpRepeated
	}
	return never && d.Stored != nil && d.Stored(fob)
}

func osdpFobKey(f wire.Fob) string {
	return string(append(binary.LittleEndian.AppendUint16([]byte{byte(f.Technology)}, f.Bits), f.Value...))
}

// give hands a card to the agent: its sequence number stands still until Answer.
func (d *osdpDevice) give(now Moment) []Event {
	c := d.card
	c.notTill = time.Time{}
	gap := c.gap + now.At.Sub(c.at)
	if gap <= osdpLive {
		gap = 0
	}
	return []Event{Seen{Fob: c.fob, Reader: d.Name, Gap: uint32(min(gap, osdpLongest).Milliseconds())}}
}

// offer gives a card again that could not be journaled.
func (d *osdpDevice) offer(now Moment) []Event {
	if d.card == nil || d.card.notTill.IsZero() || now.At.Before(d.card.notTill) {
		return nil
	}
	return d.give(now)
}

// answered goes on after a card. One that can't be journaled is given again for
// a while, and then shown red: it is the person's to come again.
func (d *osdpDevice) answered(now Moment, colour wire.Colour) {
	c := d.card
	if colour == wire.Red && now.At.Sub(c.at) < osdpGiveUp {
		c.notTill = now.At.Add(osdpAgain)
		return
	}
	d.card = nil
	key := osdpFobKey(c.fob)
	if colour != wire.Red {
		d.last, d.lastAt, d.lastLive = key, now.At, c.gap < presenceAbsent
	}
	if c.orphan {
		if colour != wire.Red {
			d.suspect = key
		}
		return
	}
	d.advance(now)
	if colour != wire.Red {
		d.unsure = key
	}
	d.show(c.reader, colour)
}

// osdpFob reads a card. RAW (7.10): reader, format, count of bits, the bits
// from the left. FMT (7.11, until v2.1): reader, direction, count, characters.
func osdpFob(code byte, data []byte) (reader byte, fob wire.Fob, why string) {
	reader = first(data)
	if code == osdpFmt {
		return reader, osdpFormatted(data), osdpFits(len(data) > 3 && len(data) >= 3+int(data[2]), 8*int(at(data, 2)))
	}
	if len(data) < 4 {
		return reader, fob, osdpFits(false, 0)
	}
	bits := int(binary.LittleEndian.Uint16(data[2:]))
	size := (bits + 7) / 8
	if why := osdpFits(len(data) >= 4+size, bits); why != "" {
		return reader, fob, why
	}
	return reader, wire.Fob{Technology: wire.TechnologyWiegand, Bits: uint16(bits), Value: rightAligned(data[4:4+size], bits)}, ""
}

func at(p []byte, i int) byte {
	if i >= len(p) {
		return 0
	}
	return p[i]
}

func osdpFits(whole bool, bits int) (why string) {
	switch {
	case !whole:
		return "half a card number"
	case bits == 0 || bits > wire.LinkMaxBits:
		return fmt.Sprintf("a card number of %d bits", bits)
	}
	return ""
}

func osdpFormatted(data []byte) wire.Fob {
	if len(data) < 3 || len(data) < 3+int(data[2]) {
		return wire.Fob{}
	}
	n := int(data[2])
	value := make([]byte, n)
	for i, c := range data[3 : 3+n] {
		if data[1] == 1 { // read backwards
			i = n - 1 - i
		}
		value[i] = c
	}
	return wire.Fob{Technology: wire.TechnologyExternal, Bits: uint16(8 * n), Value: value}
}

// rightAligned moves bits that begin at the left to the right, and drops what
// stands after them.
func rightAligned(p []byte, bits int) []byte {
	shift := (8 - bits%8) % 8
	value := make([]byte, len(p))
	for i := range p {
		value[i] = p[i] >> shift
		if i > 0 {
			value[i] |= p[i-1] << (8 - shift)
		}
	}
	return value
}
