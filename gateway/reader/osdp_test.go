package reader

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/wire"
)

// osdpWall is a panel whose line, clock and journal the test plays.
type osdpWall struct {
	*OSDP
	t     *testing.T
	ms    int
	sent  []osdpFrame // commands, oldest first
	seen  []Seen
	keys  map[byte]OSDPKey
	keep  error
	fill  byte // next random byte
	later bool // the journal has not answered yet
	red   bool
	shut  []byte // bytes of the last command
}

func newOSDPWall(t *testing.T, readers ...OSDPReader) *osdpWall {
	w := &osdpWall{t: t, keys: map[byte]OSDPKey{}}
	w.OSDP = NewOSDP(OSDPSettings{
		Readers: readers,
		Random: func(b []byte) {
			for i := range b {
				w.fill++
				b[i] = w.fill
			}
		},
		Keep: func(a byte, k OSDPKey) error {
			if w.keep == nil {
				w.keys[a] = k
			}
			return w.keep
		},
	})
	w.do(w.Open(after(0)))
	return w
}

func (w *osdpWall) do(events []Event) {
	for _, e := range events {
		switch e := e.(type) {
		case Write:
			f, n, err := parseOSDP(e.Bytes[1:])
			if err != nil || n != len(e.Bytes)-1 {
				w.t.Fatalf("wrote %X: %v", e.Bytes, err)
			}
			if f.code == osdpKeyset && f.mac == nil {
				w.t.Fatal("a key is told in the clear")
			}
			w.sent, w.shut = append(w.sent, f), e.Bytes
		case Seen:
			w.seen = append(w.seen, e)
			if !w.later {
				w.answer()
			}
		}
	}
}

func (w *osdpWall) answer() {
	colour := wire.Green
	if w.red {
		colour = wire.Red
	}
	w.do(w.Answer(after(w.ms), wire.Name{}, colour))
}

// pass lets time pass, with a Tick each 10 ms.
func (w *osdpWall) pass(ms int) {
	for end := w.ms + ms; w.ms < end; {
		w.ms += 10
		w.do(w.Tick(after(w.ms)))
	}
}

// command waits for the next command and takes it.
func (w *osdpWall) command() osdpFrame {
	w.t.Helper()
	for range 2000 {
		if len(w.sent) > 0 {
			f := w.sent[0]
			w.sent = w.sent[1:]
			return f
		}
		w.pass(10)
	}
	w.t.Fatal("no command came")
	return osdpFrame{}
}

// say gives the panel a reply.
func (w *osdpWall) say(f osdpFrame) {
	f.address |= osdpReplyBit
	w.do(w.Bytes(after(w.ms), f.encode(nil)))
}

func (w *osdpWall) reply(to osdpFrame, code byte, data ...byte) {
	to.code, to.data, to.block = code, data, nil
	w.say(to)
}

// meet plays a reader without a secure channel until it is polled, and gives
// that POLL.
func (w *osdpWall) meet(capabilities ...byte) osdpFrame {
	w.t.Helper()
	for range 20 {
		c := w.command()
		switch {
		case c.code == osdpID:
			w.reply(c, osdpPDID, unhex(w.t, "CA446C0100C792020001070F")...)
		case c.code == osdpCap:
			w.reply(c, osdpPDCap, capabilities...)
		case c.code == osdpPoll && c.sequence > 0:
			return c
		default:
			w.reply(c, osdpAck)
		}
	}
	w.t.Fatal("it is never polled")
	return osdpFrame{}
}

// idle answers a POLL with nothing, and gives the next.
func (w *osdpWall) idle(c osdpFrame) osdpFrame {
	w.t.Helper()
	w.reply(c, osdpAck)
	return w.command()
}

func (w *osdpWall) fobs() string {
	var all []string
	for _, s := range w.seen {
		all = append(all, hex.EncodeToString(s.Fob.Value))
	}
	return strings.Join(all, " ")
}

var (
	osdpDoor  = OSDPReader{Name: "door", Address: 0, Former: -1}
	osdpOne   = []byte{0, 1, 26, 0, 0xA1, 0xB2, 0xC3, 0x40}
	osdpOther = []byte{0, 1, 26, 0, 0xA1, 0xB2, 0xC3, 0x80}
	osdpBoth  = []byte{osdpHasLED, 4, 1, osdpHasBuzzer, 2, 1}
)

func TestOSDPSequenceNumbers(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	c := w.command()
	if c.code != osdpID || c.sequence != 0 {
		t.Fatalf("it begins with %X, sequence %d", c.code, c.sequence)
	}
	w.reply(c, osdpPDID, make([]byte, 12)...)
	for _, want := range []byte{1, 2, 3, 1, 2, 3} {
		if c = w.command(); c.sequence != want {
			t.Fatalf("sequence %d, want %d", c.sequence, want)
		}
		w.reply(c, osdpAck)
	}
	if s := w.State(); s.Health != "ok" || s.Firmware != "0.0.0" || s.Name != "door" {
		t.Errorf("state %+v", s)
	}
}

func TestOSDPAsksAgainWithTheSameBytes(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	c := w.meet()
	asked := w.shut
	for range 3 {
		if again := w.command(); again.sequence != c.sequence || !bytes.Equal(w.shut, asked) {
			t.Fatalf("%X is followed by %X", asked, w.shut)
		}
	}
	w.reply(c, osdpRaw, osdpOne...)
	w.reply(c, osdpRaw, osdpOne...) // each time it was asked
	w.reply(c, osdpRaw, osdpOne...)
	if next := w.command(); next.sequence != c.sequence%3+1 || w.fobs() != "0286cb0d" {
		t.Errorf("sequence %d after %d, taps %s", next.sequence, c.sequence, w.fobs())
	}
}

func TestOSDPSendsNothingBetweenACardAndItsAnswer(t *testing.T) { // I2
	w := newOSDPWall(t, osdpDoor)
	c := w.meet(osdpBoth...)
	w.later = true
	w.reply(c, osdpRaw, osdpOne...)
	w.pass(7000)
	w.reply(c, osdpRaw, osdpOne...)
	if len(w.sent) > 0 || len(w.seen) != 1 {
		t.Fatalf("%d commands, %d taps before the answer", len(w.sent), len(w.seen))
	}
	w.answer()
	led, buz := w.command(), osdpFrame{}
	w.reply(led, osdpAck)
	buz = w.command()
	if led.code != osdpLED || led.sequence != c.sequence%3+1 || led.data[5] != osdpGreen || buz.code != osdpBuz {
		t.Errorf("then %+v and %+v", led, buz)
	}
}

func TestOSDPGivesATapAgainThatCouldNotBeStored(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	c := w.meet(osdpBoth...)
	w.red = true
	w.reply(c, osdpRaw, osdpOne...)
	w.pass(1000)
	if len(w.sent) > 0 || len(w.seen) < 3 {
		t.Fatalf("%d commands, given %d times", len(w.sent), len(w.seen))
	}
	if last := w.seen[len(w.seen)-1]; last.Gap < 700 {
		t.Errorf("after a second it has a gap of %d ms", last.Gap)
	}
	w.pass(1500)
	if led := w.command(); led.code != osdpLED || led.data[5] != osdpRed {
		t.Errorf("then it shows %+v", led)
	}
}

func TestOSDPGaps(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	c := w.meet()
	w.reply(c, osdpRaw, osdpOne...) // nobody knows since when it waits
	c = w.command()
	w.reply(c, osdpAck)
	w.pass(60)
	c = w.command()
	w.reply(c, osdpRaw, osdpOther...)
	w.pass(30_000) // nobody answers
	w.sent = nil
	c = w.meet()
	w.reply(c, osdpRaw, osdpOne...)
	w.reply(w.command(), osdpRaw, osdpOther...)
	w.reply(w.command(), osdpAck)
	w.reply(w.command(), osdpRaw, osdpOne...)
	var gaps []uint32
	for _, s := range w.seen {
		gaps = append(gaps, s.Gap)
	}
	if len(gaps) != 5 || gaps[0] != uint32(osdpLongest.Milliseconds()) || gaps[1] != 0 || gaps[2] < 30_000 || gaps[3] < gaps[2] || gaps[4] != 0 {
		t.Errorf("gaps %v", gaps)
	}
}

func TestOSDPIsOfflineAfterEightSeconds(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	w.idle(w.meet())
	w.pass(7500)
	if w.State().Health != "ok" {
		t.Error("offline too soon")
	}
	w.pass(1500)
	if h := w.State().Health; !strings.Contains(h, "no reader answers at address 0") {
		t.Errorf("health %q", h)
	}
	w.sent = nil
	if c := w.command(); c.sequence != 0 {
		t.Errorf("it begins again with sequence %d", c.sequence)
	}
	w.sent = nil
	w.meet()
	if w.State().Health != "ok" {
		t.Error("not online again")
	}
}

func TestOSDPTakesATapThatIsToldAgainAsOne(t *testing.T) {
	for _, c := range []struct {
		name string
		gone int // ms
		want string
	}{{"soon after", 9000, "0286cb0d"}, {"after long", 90_000, "0286cb0d 0286cb0d"}} {
		w := newOSDPWall(t, osdpDoor)
		poll := w.idle(w.meet())
		w.reply(poll, osdpRaw, osdpOne...) // stored; the next command is lost
		w.pass(c.gone)
		w.sent = nil
		w.reply(w.meet(), osdpRaw, osdpOne...)
		if w.fobs() != c.want {
			t.Errorf("%s: taps %s", c.name, w.fobs())
		}
	}
}

func TestOSDPRepliesThatAreNoTap(t *testing.T) {
	for name, r := range map[string][]byte{
		"keypad":            {osdpKeypad, 0, 4, '1', '2', '3', '4'},
		"local status":      {osdpLstatr, 0, 0},
		"reader status":     {0x4B, 0},
		"manufacturer":      {0x90, 1, 2, 3},
		"half a card":       {osdpRaw, 0, 1, 26, 0, 0xA1},
		"no card":           {osdpRaw},
		"card of no bits":   {osdpRaw, 0, 1, 0, 0},
		"card of 8191 bits": append([]byte{osdpRaw, 0, 1, 0xFF, 0x1F}, make([]byte, 1024)...),
		"half a text":       {osdpFmt, 0, 0, 9, '1', '2'},
		"refusal":           {osdpNak, 3},
	} {
		w := newOSDPWall(t, osdpDoor)
		c := w.meet()
		w.reply(c, r[0], r[1:]...)
		w.meet()
		if len(w.seen) > 0 {
			t.Errorf("%s gives a tap", name)
		}
		if h := w.State().Health; strings.Contains(h, "1234") {
			t.Errorf("%s shows in the health: %s", name, h)
		}
	}
}

func TestOSDPCards(t *testing.T) {
	for _, c := range []struct {
		name  string
		code  byte
		data  string
		value string
		bits  uint16
	}{
		{"Wiegand 26", osdpRaw, "00 01 1A 00 A1 B2 C3 40", "0286cb0d", 26},
		{"what follows the bits does not count", osdpRaw, "00 01 1A 00 A1 B2 C3 7F FF", "0286cb0d", 26},
		{"whole bytes", osdpRaw, "00 00 20 00 DE AD BE EF", "deadbeef", 32},
		{"37 bits", osdpRaw, "01 01 25 00 FF FF FF FF F8", "1fffffffff", 37},
		{"text", osdpFmt, "00 00 03 31 32 33", "313233", 24},
		{"text read backwards", osdpFmt, "00 01 03 33 32 31", "313233", 24},
	} {
		_, fob, why := osdpFob(c.code, unhex(t, c.data))
		if why != "" || hex.EncodeToString(fob.Value) != c.value || fob.Bits != c.bits {
			t.Errorf("%s: %x, %d bits, %s", c.name, fob.Value, fob.Bits, why)
		}
	}
}

func TestOSDPHoldingAFobIsOneTap(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	c := w.idle(w.meet())
	for range 100 { // a reader that tells a fob each time it is polled
		w.reply(c, osdpRaw, osdpOne...)
		w.pass(50)
		c = w.command()
	}
	if len(w.seen) != 1 {
		t.Errorf("%d taps", len(w.seen))
	}
	for range 30 {
		c = w.idle(c)
		w.pass(50)
	}
	w.sent = nil
	w.pass(300)
	w.reply(w.command(), osdpRaw, osdpOne...)
	if len(w.seen) != 2 {
		t.Errorf("%d taps after it was gone", len(w.seen))
	}
}

func TestOSDPPassesOverOtherReplies(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	c := w.meet()
	for name, f := range map[string]osdpFrame{
		"of another address":      {address: 7, sequence: c.sequence, crc: true, code: osdpRaw, data: osdpOne},
		"of another sequence":     {sequence: c.sequence%3 + 1, crc: true, code: osdpRaw, data: osdpOne},
		"with a security block":   {sequence: c.sequence, crc: true, block: []byte{osdpSCS16}, code: osdpRaw, data: append(bytes.Clone(osdpOne), 1, 2, 3, 4)},
		"with an unknown block":   {sequence: c.sequence, crc: true, block: []byte{0x99}, code: osdpRaw, data: osdpOne},
		"handshake out of season": {sequence: c.sequence, crc: true, block: []byte{osdpSCS14, 1}, code: osdpRaw, data: osdpOne},
	} {
		w.say(f)
		if len(w.seen) > 0 || len(w.sent) > 0 {
			t.Errorf("a reply %s is taken", name)
		}
	}
	w.reply(c, osdpRaw, osdpOne...)
	if len(w.seen) != 1 {
		t.Error("the true reply is not taken")
	}
}

func TestOSDPWaitsForABusyReader(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	c := w.meet()
	for range 5 {
		w.say(osdpFrame{crc: true, code: osdpBusy})
		if again := w.command(); again.code != c.code || again.sequence != c.sequence {
			t.Fatalf("sequence %d follows %d", again.sequence, c.sequence)
		}
	}
	w.reply(c, osdpRaw, osdpOne...)
	if len(w.seen) != 1 {
		t.Error("the reply after BUSY is lost")
	}
}

func TestOSDPBeginsAgainWhenTheReaderWantsAnotherSequence(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	c := w.meet()
	w.reply(c, osdpNak, osdpNakSequence)
	if c = w.command(); c.sequence != 0 {
		t.Errorf("sequence %d", c.sequence)
	}
	w.sent = nil
	w.meet()
}

// What an OSM-1000 says: it has a secure channel, and refuses CHLNG.
func TestOSDPGoesOnInTheClearWhereTheHandshakeIsRefused(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	answers := map[byte]string{
		osdpID:    "53 80 14 00 04 45 CA 44 6C 01 00 C7 92 02 00 01 07 0F C4 42",
		osdpCap:   "53 80 23 00 05 46 01 01 02 02 01 01 03 01 00 04 02 01 08 01 00 09 01 01 0A 00 02 0D 00 01 10 01 00 D9 08",
		osdpChlng: "53 80 09 00 06 41 06 A0 BA",
	}
	var c osdpFrame
	for range 3 {
		c = w.command()
		w.do(w.Bytes(after(w.ms), unhex(t, answers[c.code])))
	}
	if c.code != osdpChlng {
		t.Fatalf("the third command is %X", c.code)
	}
	if led := w.command(); led.code != osdpLED || led.sequence != 0 {
		t.Fatalf("%X with sequence %d follows", led.code, led.sequence)
	} else {
		w.reply(led, osdpAck)
	}
	w.reply(w.command(), osdpRaw, osdpOne...)
	if s := w.State(); w.fobs() != "0286cb0d" || s.Firmware != "1.7.15" || !strings.Contains(s.Health, "not encrypted") {
		t.Errorf("taps %s, state %+v", w.fobs(), s)
	}
}

func TestOSDPGoesOnWithoutALightThatIsRefused(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	c := w.meet(osdpBoth...)
	w.reply(c, osdpRaw, osdpOne...)
	led := w.command()
	w.reply(led, osdpNak, 3)
	buz := w.command()
	w.reply(buz, osdpNak, 3)
	if poll := w.command(); led.code != osdpLED || buz.code != osdpBuz || poll.code != osdpPoll || poll.sequence != buz.sequence%3+1 {
		t.Errorf("%X, %X, then %X", led.code, buz.code, poll.code)
	}
}

func TestOSDPTakesNothingInTheClearFromAReaderWithAKey(t *testing.T) {
	for name, r := range map[string]OSDPReader{
		"given":  {Former: -1, Key: &OSDPKey{}, Given: true},
		"proven": {Former: -1, Key: &OSDPKey{Proven: true}},
	} {
		w := newOSDPWall(t, r)
		for range 40 { // a reader that takes no key, and pushes cards
			c := w.command()
			switch c.code {
			case osdpID:
				w.reply(c, osdpPDID, make([]byte, 12)...)
			case osdpCap:
				w.reply(c, osdpPDCap)
			case osdpChlng:
				if name == "proven" && c.block[1] != 1 {
					t.Error("it falls back to the default key")
				}
				w.reply(c, osdpNak, 5)
			default:
				w.reply(c, osdpRaw, osdpOne...)
			}
		}
		if len(w.seen) > 0 || !strings.Contains(w.State().Health, "key") {
			t.Errorf("%s: %d taps, health %q", name, len(w.seen), w.State().Health)
		}
	}
}

func TestOSDPTellsNoKeyThatIsNotStored(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	w.keep = errors.New("disk full")
	peer := &osdpPeer{}
	for range 40 {
		peer.play(w, w.command())
	}
	if peer.told || peer.session == nil || len(w.keys) > 0 {
		t.Error("a key was told that nobody keeps, or the channel is not open")
	}
	if h := w.State().Health; !strings.Contains(h, "make room") {
		t.Errorf("health %q", h)
	}
}

func TestOSDPShakesHandsWithAReaderThatSaysNothingInTheClear(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	w.reply(w.command(), osdpNak, osdpNakClear)
	if c := w.command(); c.code != osdpChlng || c.sequence != 1 {
		t.Errorf("%X with sequence %d follows", c.code, c.sequence)
	}
}

func TestOSDPRefusesAWrongMAC(t *testing.T) {
	w := newOSDPWall(t, osdpDoor)
	peer := &osdpPeer{}
	for !peer.told || peer.session == nil || !w.keys[0].Proven {
		peer.play(w, w.command())
	}
	c := w.command()
	for c.code != osdpPoll {
		peer.play(w, c)
		c = w.command()
	}
	w.reply(c, osdpRaw, osdpOne...)                                                                                                            // in the clear
	w.say(osdpFrame{sequence: c.sequence, crc: true, block: []byte{osdpSCS16}, code: osdpRaw, data: append(bytes.Clone(osdpOne), 1, 2, 3, 4)}) // forged
	if len(w.seen) > 0 {
		t.Fatal("a forged tap was taken")
	}
	peer.card = osdpOne
	peer.play(w, c)
	if w.fobs() != "0286cb0d" {
		t.Errorf("the true one gives %q", w.fobs())
	}
}

// osdpPeer is the other side of a secure channel, as far as these tests need it.
type osdpPeer struct {
	session *osdpSession
	server  [16]byte
	key     [16]byte
	told    bool
	deaf    bool // to KEYSET, which it acknowledges
	card    []byte
}

func (p *osdpPeer) play(w *osdpWall, c osdpFrame) {
	r := osdpFrame{address: c.address | osdpReplyBit, sequence: c.sequence, crc: c.crc, code: osdpAck}
	key := osdpDefaultKey
	if p.told {
		key = p.key
	}
	switch {
	case c.code == osdpID:
		r.code, r.data = osdpPDID, make([]byte, 12)
	case c.code == osdpCap:
		r.code, r.data = osdpPDCap, []byte{osdpHasSecure, 1, 1}
	case c.code == osdpChlng && (c.block[1] == 1) == p.told:
		s, b := newOSDPSession(key, [8]byte(c.data)), [8]byte{9}
		client := s.cryptogram([8]byte(c.data), b)
		p.server = s.cryptogram(b, [8]byte(c.data))
		p.session = s
		r.code, r.block = osdpCcrypt, []byte{osdpSCS12, c.block[1]}
		r.data = append(append(make([]byte, 8), b[:]...), client[:]...)
	case c.code == osdpScrypt:
		first := p.session.begin(p.server)
		r.code, r.block, r.data = osdpRMACI, []byte{osdpSCS14, 1}, first[:]
	case c.mac != nil:
		p.secured(w, c)
		return
	default:
		r.code, r.data = osdpNak, []byte{6}
	}
	w.do(w.Bytes(after(w.ms), r.encode(nil)))
}

// secured answers under the channel. The session's two MACs change places for
// the reader's side, so that the panel's code can seal and open.
func (p *osdpPeer) secured(w *osdpWall, c osdpFrame) {
	s := p.session
	s.command, s.reply = s.reply, s.command
	c.block = []byte{c.block[0] + 1}
	data, ok := s.accept(c)
	if !ok {
		w.t.Fatal("a command has a wrong MAC")
	}
	r := osdpFrame{address: c.address | osdpReplyBit, sequence: c.sequence, crc: c.crc, code: osdpAck}
	switch {
	case c.code == osdpKeyset && !p.deaf:
		p.key, p.told = [16]byte(data[2:]), true
	case c.code == osdpPoll && p.card != nil:
		r.code, r.data, p.card = osdpRaw, p.card, nil
	}
	b := r.reseal(s)
	s.command, s.reply = s.reply, s.command
	w.do(w.Bytes(after(w.ms), b))
}

// reseal writes a reply: as encode, with the reply's security blocks.
func (f osdpFrame) reseal(s *osdpSession) []byte {
	block, data := s.wrap(f.data)
	f.block, f.data = []byte{block[0] + 1}, append(data, 0, 0, 0, 0)
	b := f.encode(nil)
	message := b[1 : len(b)-6]
	copy(b[len(b)-6:], s.signCommand(message))
	crc := osdpCRC16(b[1 : len(b)-2])
	b[len(b)-2], b[len(b)-1] = byte(crc), byte(crc>>8)
	return b
}

func FuzzOSDP(f *testing.F) {
	for _, v := range osdpVectors {
		f.Add(unhex(f, v.bytes), uint16(3))
	}
	f.Fuzz(func(t *testing.T, p []byte, step uint16) {
		w := newOSDPWall(t, osdpDoor, OSDPReader{Address: 5, Former: 127})
		w.meet(osdpBoth...)
		for len(p) > 0 {
			n := min(len(p), 1+int(step%32))
			w.do(w.Bytes(after(w.ms), p[:n]))
			p = p[n:]
			w.pass(10 * int(step%7))
		}
		w.sent = nil
		w.pass(int((20 * time.Second).Milliseconds()))
		if len(w.sent) == 0 {
			t.Error("it does not ask any more")
		}
	})
}

func TestOSDPMovesAReader(t *testing.T) {
	for name, c := range map[string]struct {
		code byte
		data []byte
		want byte // address of the next command
	}{
		"it moves":                   {osdpCom, []byte{3, 0x80, 0x25, 0, 0}, 3},
		"it refuses":                 {osdpNak, []byte{3}, 127},
		"it goes to another address": {osdpCom, []byte{4, 0x80, 0x25, 0, 0}, 127},
		"it goes to another speed":   {osdpCom, []byte{3, 0, 0x4B, 0, 0}, 127},
		"half an answer":             {osdpCom, []byte{3}, 127},
	} {
		w := newOSDPWall(t, OSDPReader{Address: 3, Former: 127})
		f := w.command()
		for f.address != 127 || f.code != osdpID { // nobody answers at 3
			f = w.command()
		}
		for f.code != osdpComset {
			f.address = 9 // it answers from its own address
			w.reply(f, osdpAck)
			f = w.command()
		}
		if !bytes.Equal(f.data, []byte{3, 0x80, 0x25, 0, 0}) {
			t.Fatalf("COMSET %X", f.data)
		}
		w.reply(f, c.code, c.data...)
		if next := w.command(); next.address != c.want {
			t.Errorf("%s: then address %d is asked", name, next.address)
		}
		if h := w.State().Health; c.want == 127 && !strings.Contains(h, "set it by hand") {
			t.Errorf("%s: health %q", name, h)
		}
	}
}

func TestOSDPReaderThatKeepsItsDefaultKey(t *testing.T) {
	for _, given := range []bool{false, true} {
		r := OSDPReader{Former: -1}
		if given {
			r.Key, r.Given = &OSDPKey{Key: [16]byte{1}}, true
		}
		w := newOSDPWall(t, r)
		peer := &osdpPeer{deaf: true}
		for range 60 {
			peer.play(w, w.command())
		}
		polled := len(w.Empty()) > 0
		if h := w.State().Health; polled == given || !strings.Contains(h, "keeps its default key") {
			t.Errorf("key given %v: polled %v, health %q", given, polled, h)
		}
	}
}
