package reader

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// chip answers commands as a PN532 does that is always quick. A test changes
// its fields between two moments.
type chip struct {
	t      *testing.T
	driver *PN532
	cards  []string // as InListPassiveTarget gives them, without Tg
	gone   bool     // unplugged
	no     map[byte]bool
	answer map[byte]string // instead of the right one
	break1 bool            // damage the next reply
	last   []byte          // reply
	asked  []byte          // commands, all
	nacks  int
	wakes  int
}

func newChip(t *testing.T, s PN532Settings) *chip {
	return &chip{t: t, driver: NewPN532(s), no: map[byte]bool{}, answer: map[byte]string{}}
}

// live lets time pass, with Tick each 100 ms, and gives the numbers tapped.
func (c *chip) live(from, to int) string {
	var taps []Event
	for ms := from; ms < to; ms += 100 {
		taps = append(taps, c.carry(ms, c.driver.Tick(after(ms)))...)
	}
	return numbers(taps)
}

func (c *chip) carry(ms int, events []Event) (taps []Event) {
	for len(events) > 0 {
		e := events[0]
		events = events[1:]
		switch e := e.(type) {
		case Write:
			if reply := c.hear(e.Bytes); len(reply) > 0 {
				events = append(events, c.driver.Bytes(after(ms), reply)...)
			}
		default:
			taps = append(taps, e)
		}
	}
	return taps
}

func (c *chip) hear(p []byte) []byte {
	if c.gone {
		return nil
	}
	if bytes.HasPrefix(p, pn532Wake) {
		c.wakes++
		p = p[len(pn532Wake):]
	}
	switch {
	case bytes.Equal(p, pn532NACK):
		c.nacks++
		return c.last
	case bytes.Equal(p, pn532ACK):
		return nil
	}
	command := p[6:]
	c.asked = append(c.asked, command[0])
	reply := unhex(c.t, "00 00 FF 01 FF 7F 81 00")
	if !c.no[command[0]] {
		reply = chipFrame(append([]byte{command[0] + 1}, c.say(command)...))
	}
	c.last = reply
	if c.break1 {
		c.break1 = false
		reply = bytes.Clone(reply)
		reply[len(reply)-2]++
	}
	return append(unhex(c.t, ack), reply...)
}

func chipFrame(data []byte) []byte {
	b := append([]byte{0x00, 0x00, 0xFF, byte(len(data) + 1), byte(-len(data) - 1), pn532ToHost}, data...)
	return append(b, -(pn532ToHost + sum(data)), 0x00)
}

func (c *chip) say(command []byte) []byte {
	if a, ok := c.answer[command[0]]; ok {
		return unhex(c.t, a)
	}
	switch command[0] {
	case 0x02:
		return unhex(c.t, "32 01 06 07")
	case 0x4A, 0x60:
		b := []byte{byte(len(c.cards))}
		for i, card := range c.cards {
			one := append([]byte{byte(i + 1)}, unhex(c.t, card)...)
			if command[0] == 0x60 {
				b = append(b, 0x10, byte(len(one)))
			}
			b = append(b, one...)
		}
		return b
	}
	return nil
}

const (
	card4  = "0004 08 04 DEADBEEF"
	card7  = "0044 00 07 043318EA703280"
	card10 = "0084 00 0A 01020304050607080910"
	desk4  = "0344 20 07 04112233445566 06 75 77 81 02 80" // DESFire with ATS
	phone  = "0004 20 04 08AABBCC 05 78 80 70 02"
)

func TestPN532SetsTheChipUpAndTapsEachLengthOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		cards []string
		want  string
	}{
		{"4 bytes", []string{card4}, "DEADBEEF"},
		{"7 bytes", []string{card7}, "043318EA703280"},
		{"10 bytes", []string{card10}, "01020304050607080910"},
		{"with ATS", []string{desk4}, "04112233445566"},
		{"two, the first with ATS", []string{desk4, card4}, "04112233445566 DEADBEEF"},
		{"a telephone and a fob", []string{phone, card4}, "DEADBEEF"},
		{"a telephone", []string{phone}, ""},
		{"all zero", []string{"0004 08 04 00000000"}, ""},
		{"5 bytes", []string{"0004 08 05 0102030405"}, ""},
	} {
		for _, list := range []bool{false, true} {
			chip := newChip(t, PN532Settings{List: list})
			taps := numbers(chip.carry(0, chip.driver.Open(after(0))))
			if h := chip.driver.State(); taps != "" || h.Health != "ok" || h.Firmware != "PN532 1.6" {
				t.Errorf("%s: before any card %q, state %+v", c.name, taps, h)
			}
			chip.live(100, 1000)
			chip.cards = c.cards
			if got := chip.live(1000, 11_000); got != c.want {
				t.Errorf("%s, list %v: got %q, want %q", c.name, list, got, c.want)
			}
			if bytes.Contains(chip.asked, []byte{pn532InAutoPoll}) == list {
				t.Errorf("%s, list %v: asked % X", c.name, list, chip.asked)
			}
		}
	}
}

func TestPN532ReadsTheVectors(t *testing.T) {
	r := NewPN532(PN532Settings{})
	r.Open(after(0))
	r.Bytes(after(5), unhex(t, ack+samReply))
	r.Bytes(after(10), unhex(t, ack+versionReply))
	r.Bytes(after(15), unhex(t, ack+"00 00 FF 02 FE D5 33 F8 00")) // retries
	r.Bytes(after(16), unhex(t, ack+"00 00 FF 02 FE D5 33 F8 00")) // field
	events := r.Tick(after(100))
	if got := fmt.Sprintf("% X", events[0].(Write).Bytes); got != "00 00 FF 04 FC D4 4A 02 00 E0 00" {
		t.Errorf("asked for cards with %s", got)
	}
	events = r.Bytes(after(120), unhex(t, ack+cardReply))
	if got := numbers(events[:1]); got != "043318EA703280" || events[0].(Seen).Fob.Bits != 56 {
		t.Errorf("got %q", got)
	}
}

func TestPN532PresenceMakesTaps(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(*chip) string
		want   string
	}{
		{"away and back", func(c *chip) string {
			c.cards = []string{card4}
			a := c.live(1000, 2000)
			c.cards = nil
			b := c.live(2000, 4000)
			c.cards = []string{card4}
			return a + "," + b + "," + c.live(4000, 5000)
		}, "DEADBEEF,,DEADBEEF"},
		{"missed every second look", func(c *chip) string {
			var got string
			for ms := 1000; ms < 9000; ms += 400 {
				c.cards = []string{card4}
				got += c.live(ms, ms+200)
				c.cards = nil
				got += c.live(ms+200, ms+400)
			}
			return got
		}, "DEADBEEF"},
		{"a second person meanwhile", func(c *chip) string {
			c.cards = []string{card4}
			a := c.live(1000, 2000)
			c.cards = []string{card7}
			b := c.live(2000, 2500)
			c.cards = []string{card4}
			return a + "," + b + "," + c.live(2500, 3000)
		}, "DEADBEEF,043318EA703280,"},
		{"held while the chip restarts", func(c *chip) string {
			c.cards = []string{card4}
			a := c.live(1000, 2000)
			c.gone = true
			b := c.live(2000, 6000)
			c.gone = false
			return a + "," + b + "," + c.live(6000, 9000)
		}, "DEADBEEF,,"},
		{"held while nobody could look", func(c *chip) string {
			c.cards = []string{card4}
			a := c.live(1000, 2000)
			return a + "," + c.live(5000, 6000)
		}, "DEADBEEF,"},
		{"held again after nobody could look for long", func(c *chip) string {
			c.cards = []string{card4}
			a := c.live(1000, 2000)
			return a + "," + c.live(20_000, 21_000)
		}, "DEADBEEF,DEADBEEF"},
		{"held again after a long outage", func(c *chip) string {
			c.cards = []string{card4}
			a := c.live(1000, 2000)
			c.gone = true
			b := c.live(2000, 20_000)
			c.gone = false
			return a + "," + b + "," + c.live(20_000, 23_000)
		}, "DEADBEEF,,DEADBEEF"},
	} {
		for _, list := range []bool{false, true} {
			chip := newChip(t, PN532Settings{List: list})
			chip.carry(0, chip.driver.Open(after(0)))
			chip.live(100, 1000)
			if got := c.script(chip); got != c.want {
				t.Errorf("%s, list %v: got %q, want %q", c.name, list, got, c.want)
			}
		}
	}
}

func TestPN532RecoversFromWhatGoesWrong(t *testing.T) {
	for _, c := range []struct {
		name   string
		wrong  func(*chip) string
		health string
	}{
		{"a damaged reply is asked for again", func(c *chip) string {
			c.break1 = true
			got := c.live(1000, 2000)
			if c.nacks != 1 {
				c.t.Errorf("asked again %d times", c.nacks)
			}
			return got
		}, "a wrong checksum"},
		{"noise on the line", func(c *chip) string {
			return numbers(c.carry(950, c.driver.Bytes(after(950), unhex(c.t, "00FF 00FF80 8000 55AA 00FF FFFF")))) + c.live(1000, 5000)
		}, "ok"},
		{"unplugged for a while", func(c *chip) string {
			c.gone = true
			c.live(1000, 4000)
			if h := c.driver.State().Health; !strings.Contains(h, "no reader answers") {
				c.t.Errorf("health %q while it is gone", h)
			}
			c.gone = false
			return c.live(4000, 6000)
		}, "fell silent"},
		{"no InAutoPoll in this chip", func(c *chip) string {
			c.no[pn532InAutoPoll] = true
			return c.live(1000, 3000)
		}, "ok"},
		{"an InAutoPoll of its own kind", func(c *chip) string {
			c.answer[pn532InAutoPoll] = "07"
			return c.live(1000, 3000)
		}, "ok"},
		{"a reply that promises more than it holds", func(c *chip) string {
			c.answer[pn532InListPassive], c.answer[pn532InAutoPoll] = "01 01 00 04 08 04 DE AD", "01 10 0A 01"
			got := c.live(1000, 2000)
			delete(c.answer, pn532InListPassive)
			return got + c.live(2000, 3000)
		}, "doesn't add up"},
		{"commands refused for a while", func(c *chip) string {
			c.no[pn532InListPassive], c.no[pn532InAutoPoll] = true, true
			got := c.live(1000, 3000)
			clear(c.no)
			return got + c.live(3000, 5000)
		}, "refused a command"},
	} {
		chip := newChip(t, PN532Settings{})
		chip.carry(0, chip.driver.Open(after(0)))
		chip.live(100, 1000)
		chip.cards = []string{card7}
		if got := c.wrong(chip); got != "043318EA703280" {
			t.Errorf("%s: got %q", c.name, got)
		}
		if h := chip.driver.State().Health; !strings.Contains(h, c.health) {
			t.Errorf("%s: health %q, want %q", c.name, h, c.health)
		}
	}
}

func TestPN532WakesASilentChipEachSecond(t *testing.T) {
	c := newChip(t, PN532Settings{})
	writes := 0
	count := func(events []Event) {
		for _, e := range events {
			if bytes.HasPrefix(e.(Write).Bytes, pn532Wake) {
				writes++
			}
		}
	}
	count(c.driver.Open(after(0)))
	for ms := 100; ms < 10_000; ms += 100 {
		count(c.driver.Tick(after(ms)))
	}
	if writes != 10 {
		t.Errorf("woken %d times in ten seconds", writes)
	}
}

func TestPN532ChattersNotWithOneThatOnlySaysNACK(t *testing.T) {
	r := NewPN532(PN532Settings{})
	r.Open(after(0))
	writes := 0
	for ms := range 1000 {
		writes += len(r.Bytes(after(ms), pn532NACK))
	}
	if writes > 5 {
		t.Errorf("%d writes in a second", writes)
	}
}

func FuzzPN532(f *testing.F) {
	f.Add(unhex(f, ack+samReply+ack+versionReply+ack+"0000FF02FED533F800"+ack+"0000FF02FED533F800"+ack+cardReply), uint16(9))
	f.Add(unhex(f, "0000FF01FF7F8100"), uint16(3))
	f.Fuzz(func(t *testing.T, p []byte, cut uint16) {
		at := min(int(cut), len(p))
		r := NewPN532(PN532Settings{})
		r.Open(after(0))
		events := append(r.Bytes(after(1), p[:at]), r.Bytes(after(2), p[at:])...)
		for ms := 100; ms < 3000; ms += 100 {
			events = append(events, r.Tick(after(ms))...)
		}
		if writes := len(events); writes > 100+len(p)/3 {
			t.Fatalf("%d events from %d bytes", writes, len(p))
		}
		if s := r.State(); len(s.Health) > 200 {
			t.Fatalf("health %q", s.Health)
		}
	})
}
