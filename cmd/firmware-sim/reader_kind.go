package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/wire"
)

// kind is a kind of reader that can be played.
type kind struct {
	baud int
	make func(*reader, *sim.Port) (*played, error)
}

// played is a reader as it is played.
type played struct {
	run  func(context.Context) error
	tap  func(p showing, held time.Duration) error
	draw func(*rand.Rand) showing
}

var kinds = map[string]kind{
	"osdp":   {9600, playOSDP},
	"pn532":  {115200, playPN532},
	"em4100": {9600, playEM4100},
	"line":   {9600, playLine},
	"link":   {wire.LinkBaud, playLink},
}

// unhex reads digits, also an odd number of them.
func unhex(digits string) ([]byte, error) {
	if len(digits)%2 != 0 {
		digits = "0" + digits
	}
	return hex.DecodeString(digits)
}

// draw gives numbers of so many bits.
func draw(bits int) func(*rand.Rand) showing {
	return func(r *rand.Rand) showing {
		p := showing{bits: bits, number: make([]byte, (bits+7)/8)}
		for i := range p.number {
			p.number[i] = byte(r.Uint32())
		}
		p.number[0] &= 0xFF >> (8*len(p.number) - bits)
		p.number[len(p.number)-1] |= 1 // never all zero
		return p
	}
}

func colour(c wire.Colour) string {
	return map[wire.Colour]string{wire.Green: "green: stored", wire.Amber: "amber: stored, see the administrator", wire.Red: "red: not stored"}[c]
}

func playOSDP(c *reader, port *sim.Port) (*played, error) {
	config := sim.OSDPConfig{
		Address: c.Address, Enforce: c.Enforce, Plain: c.Plain,
		Shown: func(c wire.Colour) { say("shows %s", colour(c)) },
		Heard: func(command string) { say("is told: %s", command) },
	}
	if c.Address > 126 {
		return nil, fmt.Errorf("address %d: want 0 to 126", c.Address)
	}
	if c.Key != "scbk-d" {
		b, err := hex.DecodeString(c.Key)
		if err != nil || len(b) != 16 {
			return nil, fmt.Errorf("--key: want scbk-d or 32 hexadecimal digits")
		}
		key := [16]byte(b)
		config.Key = &key
	}
	r := sim.NewOSDP(config, c.Seed)
	line := &sim.OSDPLine{Port: port, Readers: []*sim.OSDP{r}}
	return &played{
		run: func(ctx context.Context) error { line.Run(ctx); return nil },
		tap: func(p showing, _ time.Duration) error {
			say("card %X, %d bits", p.number, p.bits)
			r.Present(p.bits, p.number)
			return nil
		},
		draw: draw(26),
	}, nil
}

func playPN532(c *reader, port *sim.Port) (*played, error) {
	chip := sim.NewPN532()
	chip.Plain = c.Plain
	return &played{
		run: func(ctx context.Context) error { chip.Run(ctx, port); return nil },
		tap: func(p showing, held time.Duration) error {
			if n := len(p.number); n != 4 && n != 7 && n != 10 || p.bits != 8*n {
				return fmt.Errorf("card %X: an ISO 14443 A number has 4, 7 or 10 bytes", p.number)
			}
			say("card %X held for %s", p.number, held)
			chip.Present(sim.Card{Number: p.number, SEL: 0x08}, held)
			return nil
		},
		draw: draw(56),
	}, nil
}

func playEM4100(c *reader, port *sim.Port) (*played, error) {
	r := &sim.EM4100{Port: port, CRLF: c.Variant == "id12"}
	return &played{
		run: listen(port),
		tap: func(p showing, held time.Duration) error {
			if p.bits != 40 {
				return fmt.Errorf("fob %X: an EM4100 number has 10 hexadecimal digits", p.number)
			}
			say("fob %X held for %s", p.number, held)
			r.Present(p.value(), held)
			return nil
		},
		draw: draw(40),
	}, nil
}

// listen hears what is said to a reader that takes no commands.
func listen(port *sim.Port) func(context.Context) error {
	return func(ctx context.Context) error {
		buffer := make([]byte, 512)
		for ctx.Err() == nil {
			if got := port.Receive(buffer); len(got) > 0 {
				say("is told: % X", got)
			}
		}
		return nil
	}
}

// lineFormats give a line without end, but for those that have one of their own.
var lineFormats = map[string]struct {
	bits int
	line func(uint64) string
	own  bool // with its end
}{
	"wie232a":   {24, sim.WIE232A, true},
	"s4a":       {32, sim.S4A, true},
	"wiegand26": {24, sim.WiegandLine(24), true},
	"wiegand34": {32, sim.WiegandLine(32), true},
	"hex":       {40, func(n uint64) string { return fmt.Sprintf("%010X", n) }, false},
	"decimal":   {32, func(n uint64) string { return fmt.Sprintf("%010d", n) }, false},
}

func playLine(c *reader, port *sim.Port) (*played, error) {
	f := lineFormats[c.Format]
	end := map[string]string{"crlf": "\r\n", "cr": "\r", "lf": "\n", "none": ""}[c.End]
	if f.own {
		end = ""
	}
	r := &sim.LineReader{Port: port, Line: func(n uint64) string { return f.line(n) + end }}
	return &played{
		run: listen(port),
		tap: func(p showing, held time.Duration) error {
			if p.bits > 64 || p.value()>>f.bits != 0 {
				return fmt.Errorf("fob %X: %s has room for %d bits", p.number, c.Format, f.bits)
			}
			say("writes %q", strings.TrimRight(r.Line(p.value()), "\r\n"))
			r.Present(p.value(), held)
			return nil
		},
		draw: draw(f.bits),
	}, nil
}

func playLink(c *reader, port *sim.Port) (*played, error) {
	r, err := sim.NewReader(sim.ReaderConfig{
		Origin: wire.FirstReader + c.Origin - 1, Capacity: c.Capacity, Drift: sim.Drift{PPM: c.Drift, Temperature: c.Temperature},
		TolerancePPM: c.Tolerance, Firmware: "sim 1", Battery: c.Battery, BatteryLife: c.BatteryLife, Path: c.Memory,
		Shown: func(_ wire.Name, c wire.Colour) { say("shows %s", colour(c)) },
	}, time.Now())
	if err != nil {
		return nil, err
	}
	return &played{
		run: func(ctx context.Context) error { return r.Run(ctx, port) },
		tap: func(p showing, _ time.Duration) error {
			fob := wire.Fob{Technology: wire.TechnologyEM4100, Bits: uint16(p.bits), Value: p.number}
			var given wire.Name
			err := r.Present(fob, func(_ time.Time, name wire.Name, _ bool) error {
				given = name
				return nil
			})
			if errors.Is(err, sim.ErrFlat) {
				say("fob %X: %v", p.number, err)
				return nil
			}
			if all, open := r.Stored(); given.Seq > 0 {
				say("fob %X stored as %s/%d; %d taps in memory, %d not acknowledged", p.number, given.Stream, given.Seq, all, open)
			}
			return err
		},
		draw: draw(40),
	}, nil
}
