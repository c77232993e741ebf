package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/wire"
)

// The kinds of readers, by the protocol of their port.
const (
	kindLink   = "link" // the only one with memory
	kindEM4100 = "em4100"
	kindLine   = "line"
	kindPN532  = "pn532"
	kindOSDP   = "osdp" // keeps a tap until a gateway has stored it
)

// device is one reader at a post.
type device struct {
	name string
	kind string
	post *post
	port *sim.Port
	// second leads to another post's gateway, which hears the reader too; nil:
	// only one does.
	second *sim.Port

	link   *sim.Reader // after join
	em4100 *sim.EM4100
	line   *sim.LineReader
	pn532  *sim.PN532
	osdp   *sim.OSDP

	mu     sync.Mutex
	away   bool   // its port is unplugged
	gaps   []span // times when nobody could read it, besides the post's own
	reds   int    // lights of an OSDP reader that said: not stored
	random *rand.Rand
}

// span is a time in which taps could not be stored; zero To: it lasts.
type span struct {
	from, to time.Time
	full     bool // the disk was full: readers that have lights showed red
}

// patient is how long somebody holds a card at most before a reader that
// searches for it, and goes away when it was not told to its gateway.
const patient = 10 * time.Second

// setting is the port as the gateway is started with it.
func (d *device) setting() string {
	p := d.port.Path() + "=" + d.kind
	switch d.kind {
	case kindLink:
		return p
	case kindLine:
		return p + ",name=" + d.name + ",width=10,technology=em4100"
	}
	return p + ",name=" + d.name
}

// switchOn makes the reader, and lets those speak that answer their gateway.
func (c *chaosRun) switchOn(d *device, n int) {
	switch d.kind {
	case kindEM4100:
		d.em4100 = &sim.EM4100{Port: d.port, CRLF: true}
	case kindLine:
		d.line = &sim.LineReader{Port: d.port, Line: func(number uint64) string { return fmt.Sprintf("%010X\r\n", number) }}
	case kindPN532:
		d.pn532 = sim.NewPN532()
		c.serve(func(ctx context.Context) error { d.pn532.Run(ctx, d.port); return nil })
	case kindOSDP:
		d.osdp = sim.NewOSDP(sim.OSDPConfig{Shown: d.shown}, c.Seed+uint64(n))
		line := &sim.OSDPLine{Port: d.port, Readers: []*sim.OSDP{d.osdp}}
		c.serve(func(ctx context.Context) error { line.Run(ctx); return nil })
	}
}

// shown counts red lights.
func (d *device) shown(colour wire.Colour) {
	if colour != wire.Red {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reds++
}

// fobOn gives the fob of a number as a kind of reader reads it.
func fobOn(kind string, number uint64) wire.Fob {
	f := sim.Fob(number)
	switch kind {
	case kindPN532:
		return wire.Fob{Technology: wire.TechnologyMIFARE, Bits: 56, Value: append([]byte{0x04, 0x5A}, f.Value...)}
	case kindOSDP:
		f.Technology = wire.TechnologyWiegand
	}
	return f
}

// present holds a fob before the reader, which is there and powered. What
// becomes of it is for the verdict to judge.
func (d *device) present(number uint64) {
	value := fobOn(d.kind, number).Value
	switch d.kind {
	case kindEM4100:
		d.em4100.Present(number, 0)
	case kindLine:
		d.line.Present(number, 0)
	case kindPN532:
		d.pn532.Offer(sim.Card{Number: value, SEL: 0x08}, patient)
	case kindOSDP:
		d.osdp.Present(40, value)
	}
}

// keeps says whether a tap waits in the reader while no gateway listens.
func (d *device) keeps() bool { return d.kind == kindLink || d.kind == kindOSDP }

// tap makes one tap, and writes it down before the reader says a word.
func (c *chaosRun) tap(d *device) error {
	now := time.Now()
	t := sim.Presentation{At: now, Fob: c.nextFob(d), Kind: sim.In}
	if d.kind == kindLink {
		return c.ledger.Live(t, d.name, d.link)
	}
	line := sim.Line{At: now, Fob: sim.Number(t.Fob), Reader: d.name, Kind: t.Kind, Outcome: sim.Presented}
	if !d.keeps() && !d.heard() {
		line.Outcome = sim.Unstorable
	}
	if err := c.ledger.Append(line); err != nil || line.Outcome == sim.Unstorable {
		return err
	}
	d.present(t.Fob)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown[line.Fob] = time.Now()
	return nil
}

// heard says whether a gateway listens.
func (d *device) heard() bool {
	d.mu.Lock()
	away := d.away
	d.mu.Unlock()
	return !away && d.post.reads()
}

// fobs of readers with memory are those of so many people; every tap on
// another reader has a fob of its own, so that it can be told from all others.
const chaosPeople = 400

const (
	firstPerson = 0x5A_0000_0000
	firstOnce   = 0x77_0000_0000
)

func (c *chaosRun) nextFob(d *device) uint64 {
	if d.kind == kindLink {
		d.mu.Lock()
		defer d.mu.Unlock()
		return firstPerson + uint64(d.random.IntN(chaosPeople))
	}
	return firstOnce + c.once.Add(1)
}

// join gives a reader with memory a past: so many taps over two weeks, with a
// contact every twelve hours; from then on it speaks with its gateway.
func (c *chaosRun) join(d *device, n, taps int) error {
	now := time.Now()
	begin := now.Add(-days * 24 * time.Hour)
	r, err := sim.NewReader(sim.ReaderConfig{
		Origin: chaosOrigin + uint64(n), Capacity: 50_000, Drift: sim.Drift{PPM: float64(n%31) - 15},
		TolerancePPM: 20, Firmware: "sim 1", Seed: c.Seed + uint64(n) + 1,
	}, begin)
	if err != nil {
		return err
	}
	lived := &past{reader: r, next: begin.Add(time.Minute)}
	for i := range taps {
		at := begin.Add(time.Hour + time.Duration(float64(now.Sub(begin)-2*time.Hour)*float64(i)/float64(taps)))
		lived.until(at)
		t := sim.Presentation{At: at.Truncate(time.Millisecond), Fob: c.nextFob(d), Kind: sim.In}
		if err := c.ledger.Past(t, d.name, r); err != nil {
			return err
		}
	}
	lived.until(now.Add(-30 * time.Minute))
	d.mu.Lock()
	d.link = r
	d.mu.Unlock()
	for _, port := range []*sim.Port{d.port, d.second} {
		if port != nil {
			c.serve(func(ctx context.Context) error { return r.Run(ctx, port) })
		}
	}
	return nil
}

const chaosOrigin = 0x1000_0000_c000
