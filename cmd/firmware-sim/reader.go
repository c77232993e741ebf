package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"tikklok/firmware-sim"
)

// reader puts one simulated reader on a path, to face a gateway, or a panel or
// host of somebody else.
type reader struct {
	Kind string `help:"${enum}." enum:"osdp,pn532,em4100,line,link" required:""`
	Port string `help:"A serial device or somebody else's pty to live at." xor:"where" required:"" placeholder:"PATH"`
	Pty  string `help:"A pty to make: the other side opens this path." xor:"where" required:"" placeholder:"PATH"`
	Baud int    `help:"Speed; 0: 115200 for pn532 and link, else 9600. On a pty what the reader says takes as long as at this speed." default:"0"`

	Tap   []string      `help:"A fob to hold before it: hexadecimal, /BITS for another length than 4 a digit, @TIME after the one before (2 s)." placeholder:"HEX[/BITS][@TIME]" sep:","`
	Every time.Duration `help:"Another fob each so often, until stopped." placeholder:"TIME"`
	Seed  uint64        `help:"Draws the fobs of --every." default:"1"`
	Held  time.Duration `help:"How long a fob is held." default:"300ms"`

	Address byte   `help:"osdp: its address." default:"0"`
	Key     string `help:"osdp: its secure channel base key, 32 hexadecimal digits; scbk-d: it still has the default one." default:"scbk-d"`
	Enforce bool   `help:"osdp: do nothing but identify itself outside the secure channel."`
	Plain   bool   `help:"osdp: no secure channel, and a checksum for the CRC. pn532: no automatic polling."`

	Variant string `help:"em4100: ${enum}." enum:"rdm6300,id12" default:"rdm6300"`
	Format  string `help:"line: ${enum}." enum:"wie232a,s4a,wiegand26,wiegand34,hex,decimal" default:"hex"`
	End     string `help:"line: what ends a hex or decimal line: ${enum}." enum:"crlf,cr,lf,none" default:"crlf"`

	Memory      string        `help:"link: the file that is its flash memory; without one it is forgotten at the end." type:"path"`
	Origin      uint64        `help:"link: its number among all readers, from 1." default:"1"`
	Capacity    int           `help:"link: taps that fit in its memory." default:"20000"`
	Drift       float64       `help:"link: error of its crystal, in ppm." default:"0"`
	Temperature bool          `help:"link: the error follows the temperature of day and night too."`
	Tolerance   uint16        `help:"link: ppm, as the reader declares it." default:"20"`
	Battery     uint8         `help:"link: percent of its battery; 0: mains." default:"87"`
	BatteryLife time.Duration `help:"link: how long a full battery lasts; 0: it stays as it is." default:"0"`
}

// Help is shown with the options.
func (*reader) Help() string {
	return `Without --tap and --every, fobs are read from standard input, one a line, as in
--tap but for the time. What the reader shows and is told is printed.

Examples:
  firmware-sim reader --kind osdp --pty /tmp/front --address 1 --tap 0286CB0D/26@3s
  tikklok-gateway --port /tmp/front=osdp:addr=1 --print-taps      (elsewhere)
  firmware-sim reader --kind em4100 --variant id12 --port /dev/ttyUSB1 --every 2s
  firmware-sim reader --kind line --format wiegand26 --pty /tmp/line
  firmware-sim reader --kind pn532 --pty /tmp/nfc --tap 043318EA703280@2s
  firmware-sim reader --kind link --pty /tmp/door --memory door.memory --drift 15 --temperature`
}

// showing is a fob to hold before the reader.
type showing struct {
	number []byte // big-endian, left-padded
	bits   int
	after  time.Duration
}

func (p showing) value() uint64 {
	var v uint64
	for _, b := range p.number {
		v = v<<8 | uint64(b)
	}
	return v
}

// parseShowing reads HEX[/BITS][@TIME].
func parseShowing(text string) (p showing, err error) {
	p.after = 2 * time.Second
	text, after, timed := strings.Cut(text, "@")
	if timed {
		if p.after, err = time.ParseDuration(after); err != nil || p.after < 0 {
			return p, fmt.Errorf("fob %s@%s: want a time such as 1.5s", text, after)
		}
	}
	digits, bits, sized := strings.Cut(text, "/")
	p.bits = 4 * len(digits)
	if p.number, err = unhex(digits); err != nil || p.bits == 0 || p.bits > 256 {
		return p, fmt.Errorf("fob %q: want 1 to 64 hexadecimal digits", digits)
	}
	if !sized {
		return p, nil
	}
	n, err := strconv.Atoi(bits)
	if err != nil || n < 1 || n > 8*len(p.number) {
		return p, fmt.Errorf("fob %s: want 1 to %d bits", text, 8*len(p.number))
	}
	p.bits = n
	return p, nil
}

// Run plays the reader until ctx ends.
func (c *reader) Run(ctx context.Context) error {
	k, ok := kinds[c.Kind]
	if !ok {
		return fmt.Errorf("no kind %q", c.Kind)
	}
	var taps []showing
	for _, text := range c.Tap {
		p, err := parseShowing(text)
		if err != nil {
			return err
		}
		taps = append(taps, p)
	}
	if c.Baud == 0 {
		c.Baud = k.baud
	}
	port, err := c.open()
	if err != nil {
		return err
	}
	defer func() { _ = port.Vanish() }() // it ends with the process anyway
	played, err := k.make(c, port)
	if err != nil {
		return err
	}
	if c.Kind == "osdp" {
		say("osdp reader at %s, %d baud, address %d", port.Path(), c.Baud, c.Address)
	} else {
		say("%s reader at %s, %d baud", c.Kind, port.Path(), c.Baud)
	}
	return c.play(ctx, played, taps)
}

// open makes the pty, or opens the port.
func (c *reader) open() (*sim.Port, error) {
	if c.Pty == "" {
		return sim.OpenDevice(c.Port, c.Baud)
	}
	if info, err := os.Lstat(c.Pty); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return nil, fmt.Errorf("%s is there and is no link to a pty: remove it, or use --port for a device", c.Pty)
	}
	port, err := sim.OpenPort(c.Pty)
	if err == nil {
		port.Speed(c.Baud)
	}
	return port, err
}

// play runs the reader, and holds fobs before it.
func (c *reader) play(ctx context.Context, r *played, taps []showing) error {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	var failed error
	running.Go(func() {
		defer stop()
		failed = r.run(ctx)
	})
	err := c.present(ctx, r, taps)
	if err == nil {
		<-ctx.Done()
	}
	stop()
	running.Wait()
	return errors.Join(err, failed)
}

func (c *reader) present(ctx context.Context, r *played, taps []showing) error {
	for _, p := range taps {
		if !pause(ctx, p.after) {
			return nil
		}
		if err := r.tap(p, c.Held); err != nil {
			return err
		}
	}
	switch {
	case c.Every > 0:
		return c.presentEvery(ctx, r)
	case len(taps) == 0:
		return c.presentLines(ctx, r, os.Stdin)
	}
	return nil
}

func (c *reader) presentEvery(ctx context.Context, r *played) error {
	random := rand.New(rand.NewPCG(c.Seed, 1))
	for pause(ctx, c.Every) {
		if err := r.tap(r.draw(random), c.Held); err != nil {
			return err
		}
	}
	return nil
}

// presentLines reads until the input ends. The reading goroutine outlives ctx
// when nobody types: it ends with the process.
func (c *reader) presentLines(ctx context.Context, r *played, in io.Reader) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- strings.TrimSpace(s.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, more := <-lines:
			if !more {
				return nil
			}
			if line == "" {
				continue
			}
			p, err := parseShowing(line)
			if err == nil {
				err = r.tap(p, c.Held)
			}
			if err != nil {
				say("%v", err)
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// say prints a line with the time.
func say(format string, args ...any) {
	fmt.Println(time.Now().Format("15:04:05.000"), fmt.Sprintf(format, args...))
}
