package cmd_test

import (
	"context"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.bug.st/serial"

	sim "tikklok/firmware-sim"
	"tikklok/gateway/reader"
)

// counter is a gateway with one reader without memory: the shipped state
// machine on a real serial port.
type counter struct {
	t        *testing.T
	path     string
	baud     int
	protocol reader.Protocol

	mu     sync.Mutex
	opened int
	fobs   []string // seen
}

// count runs a state machine at a port until the test ends.
func count(t *testing.T, path string, baud int, p reader.Protocol) *counter {
	c := &counter{t: t, path: path, baud: baud, protocol: p}
	ctx, stop := context.WithCancel(context.Background())
	var end sync.WaitGroup
	end.Go(func() {
		for ctx.Err() == nil {
			c.talk(ctx)
			time.Sleep(20 * time.Millisecond)
		}
	})
	t.Cleanup(func() { stop(); end.Wait() })
	return c
}

// talk speaks until the port fails or ctx ends.
func (c *counter) talk(ctx context.Context) {
	port, err := serial.Open(c.path, &serial.Mode{BaudRate: c.baud})
	if err != nil {
		return
	}
	defer func() { _ = port.Close() }()
	if err := port.SetReadTimeout(20 * time.Millisecond); err != nil {
		return
	}
	c.do(port, func(now reader.Moment) []reader.Event { c.opened++; return c.protocol.Open(now) })
	buffer := make([]byte, 512)
	for ctx.Err() == nil {
		n, err := port.Read(buffer)
		if err != nil {
			return
		}
		c.do(port, func(now reader.Moment) []reader.Event { return c.protocol.Bytes(now, buffer[:n]) })
		c.do(port, c.protocol.Tick)
	}
}

func (c *counter) do(port serial.Port, step func(reader.Moment) []reader.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range step(moment()) {
		switch e := e.(type) {
		case reader.Write:
			_, _ = port.Write(e.Bytes)
		case reader.Seen:
			c.fobs = append(c.fobs, hex.EncodeToString(e.Fob.Value))
		}
	}
}

// seen waits until the taps so far are these.
func (c *counter) seen(fobs ...string) {
	c.t.Helper()
	c.until("taps "+strings.Join(fobs, " "), func() bool { return slices.Equal(c.fobs, fobs) })
}

// health waits until the reader's health holds a text.
func (c *counter) health(text string) {
	c.t.Helper()
	c.until("health "+text, func() bool { return strings.Contains(c.protocol.State().Health, text) })
}

func (c *counter) until(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		c.mu.Lock()
		done := ok()
		c.mu.Unlock()
		if done {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t.Fatalf("waited in vain for %s; seen %v, health %q", what, c.fobs, c.protocol.State().Health)
}

// chipDesk puts a simulated chip and the shipped driver on the two ends of a port.
func chipDesk(t *testing.T, chip *sim.PN532, s reader.PN532Settings) (*sim.Port, *counter) {
	t.Helper()
	port, err := sim.OpenPort(filepath.Join(t.TempDir(), "front"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var end sync.WaitGroup
	end.Go(func() { chip.Run(ctx, port) })
	t.Cleanup(func() { stop(); end.Wait(); _ = port.Vanish() })
	return port, count(t, port.Path(), reader.PN532Baud, reader.NewPN532(s))
}

var cards = []struct {
	card sim.Card
	want string
}{
	{sim.Card{Number: []byte{0xDE, 0xAD, 0xBE, 0xEF}, SEL: 0x08}, "deadbeef"},
	{sim.Card{Number: []byte{0x04, 0x33, 0x18, 0xEA, 0x70, 0x32, 0x80}}, "043318ea703280"},
	{sim.Card{Number: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 0x10}}, "01020304050607080910"},
	{sim.Card{Number: []byte{0x04, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66}, SEL: 0x20, ATS: []byte{0x75, 0x77, 0x81, 0x02, 0x80}}, "04112233445566"},
}

func TestEachCardHeldAtAPN532IsOneTap(t *testing.T) {
	t.Parallel()
	const absent = 500 * time.Millisecond
	for _, c := range []struct {
		name     string
		plain    bool
		settings reader.PN532Settings
	}{
		{"with InAutoPoll", false, reader.PN532Settings{Absent: absent}},
		{"without InAutoPoll", true, reader.PN532Settings{Absent: absent}},
		{"with InListPassiveTarget by setting", false, reader.PN532Settings{Absent: absent, List: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			chip := sim.NewPN532()
			chip.Plain = c.plain
			_, d := chipDesk(t, chip, c.settings)
			d.health("ok")
			var want []string
			for _, card := range cards {
				want = append(want, card.want)
				chip.Put(card.card)
				d.seen(want...)
				time.Sleep(2 * absent) // it is held: longer than Absent
				chip.Take()
				d.seen(want...)
			}
			d.until("a healthy state", func() bool {
				s := d.protocol.State()
				return s.Health == "ok" && s.Firmware == "PN532 1.6"
			})
		})
	}
}

func TestTwoCardsTogetherAreTwoTaps(t *testing.T) {
	t.Parallel()
	chip := sim.NewPN532()
	_, d := chipDesk(t, chip, reader.PN532Settings{})
	d.health("ok")
	chip.Put(cards[3].card)
	chip.Put(cards[0].card)
	d.until("both", func() bool { return len(d.fobs) == 2 })
}

func TestACardComesThroughDamageRestartAndUnplugging(t *testing.T) {
	t.Parallel()
	chip := sim.NewPN532()
	port, d := chipDesk(t, chip, reader.PN532Settings{})
	d.health("ok")

	chip.Garble(2)
	chip.Put(cards[0].card)
	d.seen(cards[0].want)
	d.health("a wrong checksum")

	chip.Garble(0)
	chip.Restart() // the card stays: the same tap
	d.health("fell silent")
	chip.Take()
	chip.Put(cards[1].card)
	d.seen(cards[0].want, cards[1].want)

	if err := port.Vanish(); err != nil {
		t.Fatal(err)
	}
	chip.Take()
	chip.Restart()
	if err := port.Return(); err != nil {
		t.Fatal(err)
	}
	chip.Put(cards[2].card)
	d.seen(cards[0].want, cards[1].want, cards[2].want)

	port.Send([]byte("\x00\xFF\x80\x80noise\x00\x00\xFF\x02"))
	chip.Take()
	chip.Put(cards[3].card)
	d.seen(cards[0].want, cards[1].want, cards[2].want, cards[3].want)
}

func TestAnEarlierHostsPollIsNoHindrance(t *testing.T) {
	t.Parallel()
	chip := sim.NewPN532()
	port, err := sim.OpenPort(filepath.Join(t.TempDir(), "front"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var end sync.WaitGroup
	end.Go(func() { chip.Run(ctx, port) })
	t.Cleanup(func() { stop(); end.Wait(); _ = port.Vanish() })
	earlier, err := serial.Open(port.Path(), &serial.Mode{BaudRate: reader.PN532Baud})
	if err != nil {
		t.Fatal(err)
	}
	// SAMConfiguration, then InAutoPoll for ever.
	_, _ = earlier.Write([]byte("\x55\x55\x00\x00\x00\xFF\x03\xFD\xD4\x14\x01\x17\x00\x00\x00\xFF\x05\xFB\xD4\x60\xFF\x01\x00\xCC\x00"))
	if err := earlier.Close(); err != nil {
		t.Fatal(err)
	}
	d := count(t, port.Path(), reader.PN532Baud, reader.NewPN532(reader.PN532Settings{}))
	d.health("ok")
	chip.Put(cards[0].card)
	d.seen(cards[0].want)
}
