package cmd_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.bug.st/serial"

	sim "tikklok/firmware-sim"
	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// panel is a gateway with one OSDP port: the shipped state machine on a real
// serial port, and a journal in memory that outlives the panel.
type panel struct {
	t    *testing.T
	path string

	mu     sync.Mutex
	osdp   *reader.OSDP
	stop   context.CancelFunc
	ended  sync.WaitGroup
	taps   []reader.Seen
	keys   map[byte]reader.OSDPKey
	empty  map[byte]int64
	full   bool           // the journal's disk
	colour wire.Colour    // of a stored tap
	die    func(int) bool // asked when a tap came, with how often it was asked: true kills the panel
	late   bool           // it dies after it stored the tap, else before
	asked  int
}

func newPanel(t *testing.T, path string) *panel {
	return &panel{t: t, path: path, keys: map[byte]reader.OSDPKey{}, empty: map[byte]int64{}, colour: wire.Green}
}

// start runs a panel for readers, with what an earlier one left behind.
func (p *panel) start(readers ...reader.OSDPReader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range readers {
		r := &readers[i]
		if key, ok := p.keys[r.Address]; ok {
			r.Key = &key
		}
		r.Polled = p.empty[r.Address]
		taps := len(p.taps)
		r.Stored = func(f wire.Fob) bool {
			return taps > 0 && hex.EncodeToString(p.taps[taps-1].Fob.Value) == hex.EncodeToString(f.Value)
		}
	}
	p.osdp = reader.NewOSDP(reader.OSDPSettings{
		Readers: readers, Random: func(b []byte) { _, _ = rand.Read(b) },
		Keep: func(a byte, k reader.OSDPKey) error {
			if p.full {
				return errors.New("disk full")
			}
			p.keys[a] = k
			return nil
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.ended.Go(func() { p.run(ctx) })
}

// kill ends the panel, wherever it is.
func (p *panel) kill() {
	p.stop()
	p.ended.Wait()
}

var errKilled = errors.New("killed")

func (p *panel) run(ctx context.Context) {
	var port serial.Port
	var err error
	for port == nil {
		if ctx.Err() != nil {
			return
		}
		if port, err = serial.Open(p.path, &serial.Mode{BaudRate: reader.OSDPBaud}); err != nil {
			time.Sleep(20 * time.Millisecond)
		}
	}
	defer port.Close()
	if err := port.SetReadTimeout(10 * time.Millisecond); err != nil {
		p.t.Error(err)
	}
	err = p.do(port, p.machine(func(o *reader.OSDP) []reader.Event { return o.Open(moment()) }))
	buffer := make([]byte, 512)
	for ctx.Err() == nil && err == nil {
		n, failed := port.Read(buffer)
		if failed != nil {
			return
		}
		err = p.do(port, p.machine(func(o *reader.OSDP) []reader.Event { return o.Bytes(moment(), buffer[:n]) }))
		if err == nil {
			err = p.do(port, p.machine(func(o *reader.OSDP) []reader.Event { return o.Tick(moment()) }))
		}
	}
}

func (p *panel) machine(f func(*reader.OSDP) []reader.Event) []reader.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	events := f(p.osdp)
	for a, at := range p.osdp.Empty() {
		p.empty[a] = at
	}
	return events
}

func (p *panel) do(port serial.Port, events []reader.Event) error {
	for len(events) > 0 {
		e := events[0]
		events = events[1:]
		switch e := e.(type) {
		case reader.Write:
			_, _ = port.Write(e.Bytes)
		case reader.Seen:
			colour, err := p.store(e)
			if err != nil {
				return err
			}
			answer := p.machine(func(o *reader.OSDP) []reader.Event { return o.Answer(moment(), wire.Name{}, colour) })
			events = append(answer, events...)
		}
	}
	return nil
}

func (p *panel) store(e reader.Seen) (wire.Colour, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	dies := p.die != nil && p.die(p.asked)
	if dies && !p.late {
		return 0, errKilled
	}
	if p.full {
		return wire.Red, nil
	}
	p.taps = append(p.taps, e)
	if dies {
		return 0, errKilled
	}
	return p.colour, nil
}

// fobs gives the numbers stored, in order.
func (p *panel) fobs() (all string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.taps {
		all += " " + hex.EncodeToString(s.Fob.Value)
	}
	return all
}

func (p *panel) health(i int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.osdp.States()[i].Health
}

func (p *panel) wait(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	p.t.Fatalf("waited in vain for %s; taps%s; health %q", what, p.fobs(), p.health(0))
}

// wall puts OSDP readers and a panel on the two ends of a port.
func wall(t *testing.T, readers ...*sim.OSDP) (*sim.OSDPLine, *panel) {
	t.Helper()
	port, err := sim.OpenPort(filepath.Join(t.TempDir(), "line"))
	if err != nil {
		t.Fatal(err)
	}
	line := &sim.OSDPLine{Port: port, Readers: readers}
	p := newPanel(t, port.Path())
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	t.Cleanup(func() { p.kill(); stop(); ended.Wait(); _ = port.Vanish() })
	ended.Go(func() { line.Run(ctx) })
	return line, p
}

func at(address byte) reader.OSDPReader {
	return reader.OSDPReader{Name: "door", Address: address, Former: -1}
}

func card(n byte) []byte { return []byte{0x02, 0xA1, 0xB2, n} }

func TestAnOSDPReaderGetsAKeyOfItsOwnAndKeepsItWhenSwitchedOff(t *testing.T) {
	shown := make(chan wire.Colour, 10)
	r := sim.NewOSDP(sim.OSDPConfig{Address: 5, Enforce: true, Shown: func(c wire.Colour) { shown <- c }}, 1)
	_, p := wall(t, r)
	p.start(at(5))
	own := func() bool { open, byDefault := r.Secured(); return open && !byDefault }
	p.wait("a secure channel with an own key", own)
	p.wait("the reader to be well", func() bool { return p.health(0) == "ok" })
	if k := p.keys[5]; !k.Proven || r.Key() == nil || k.Key != *r.Key() {
		t.Errorf("the panel kept %v, the reader %v", k, r.Key())
	}
	r.Present(26, card(1))
	p.wait("a tap", func() bool { return p.fobs() == " 02a1b201" })
	if c := <-shown; c != wire.Green {
		t.Errorf("shown %d", c)
	}
	r.Restart(false)
	p.wait("the channel to open again", own)
	r.Present(26, card(2))
	p.wait("a tap after the restart", func() bool { return p.fobs() == " 02a1b201 02a1b202" })
	p.kill()
	p.start(at(5))
	p.wait("the channel of the next panel", own)
	r.Present(26, card(3))
	p.wait("a tap", func() bool { return p.fobs() == " 02a1b201 02a1b202 02a1b203" })
}
