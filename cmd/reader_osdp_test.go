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
	empty  map[byte]time.Time
	full   bool           // the journal's disk
	colour wire.Colour    // of a stored tap
	die    func(int) bool // asked when a tap came, with how often it was asked: true kills the panel
	late   bool           // it dies after it stored the tap, else before
	asked  int
}

func newPanel(t *testing.T, path string) *panel {
	return &panel{t: t, path: path, stop: func() {}, keys: map[byte]reader.OSDPKey{}, empty: map[byte]time.Time{}, colour: wire.Green}
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
		r.Empty = p.empty[r.Address]
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

// online says whether so many readers and one more were polled.
func (p *panel) online(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.osdp.Empty()) > i
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

func TestTapsWhileNobodyPolledComeWithTheGap(t *testing.T) {
	r := sim.NewOSDP(sim.OSDPConfig{Address: 1}, 2)
	line, p := wall(t, r)
	p.start(at(1))
	live := func(n byte) { // once it is known for how long nobody tapped
		p.t.Helper()
		from := time.Now()
		empty := func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.empty[1].After(from) }
		p.wait("an empty poll", empty)
		taken := len(p.fobs())
		r.Present(26, card(n))
		p.wait("a live tap", func() bool { return len(p.fobs()) > taken })
		passed := uint32(time.Since(from).Milliseconds())
		if s := p.taps[len(p.taps)-1]; s.Gap > passed { // more than 0 only where this machine polled late
			t.Errorf("a live tap with a gap of %d ms, %d had passed", s.Gap, passed)
		}
		from = time.Now()
		p.wait("an empty poll", empty)
	}
	live(1)
	cut := time.Now()
	line.Cut(true)
	time.Sleep(300 * time.Millisecond) // the gap itself
	for n := range byte(3) {
		r.Present(26, card(n+2))
	}
	line.Cut(false)
	p.wait("the taps", func() bool { return p.fobs() == " 02a1b201 02a1b202 02a1b203 02a1b204" })
	gap := uint32(time.Since(cut).Milliseconds())
	for i, s := range p.taps {
		if i > 0 && (s.Gap < 300 || s.Gap > gap+200) {
			t.Errorf("tap %d has a gap of %d ms, the line was cut for %d", i, s.Gap, gap)
		}
	}
	p.kill()
	r.Present(26, card(9))
	time.Sleep(300 * time.Millisecond) // the gap itself
	p.start(at(1))
	p.wait("the tap made without a panel", func() bool { return len(p.fobs()) == 5*9 })
	if s := p.taps[4]; s.Gap < 300 || s.Gap > 5000 {
		t.Errorf("a gap of %d ms", s.Gap)
	}
	live(10)
}

func TestAPanelKilledBetweenCardAndNextPollStoresItOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		late bool
	}{{"before it was stored", false}, {"stored, but the reader was not told", true}} {
		t.Run(c.name, func(t *testing.T) {
			key := [16]byte{1, 2, 3}
			r := sim.NewOSDP(sim.OSDPConfig{Address: 1, Key: &key}, 3)
			_, p := wall(t, r)
			p.keys[1] = reader.OSDPKey{Key: key, Proven: true}
			p.late, p.die = c.late, func(n int) bool { return n%2 == 1 }
			for n := range byte(4) {
				p.start(at(1))
				r.Present(26, card(n))
				p.ended.Wait() // killed
				if !r.Told() {
					t.Fatal("the reader does not think that its card is under way")
				}
				p.die = nil
				p.start(at(1))
				p.wait("the card to be taken", func() bool { return r.Waiting() == 0 })
				p.kill()
				p.die = func(int) bool { return true }
			}
			if got := p.fobs(); got != " 02a1b200 02a1b201 02a1b202 02a1b203" {
				t.Errorf("stored%s", got)
			}
		})
	}
}

func TestNothingIsLostOnABadLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		config sim.OSDPConfig
		clear  bool
	}{
		{"in the clear", sim.OSDPConfig{Address: 1}, true},
		{"default key", sim.OSDPConfig{Address: 1, Fixed: true}, false},
		{"secured", sim.OSDPConfig{Address: 1, Enforce: true}, false},
		{"checksum", sim.OSDPConfig{Address: 1, Plain: true, PollFirst: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := sim.NewOSDP(c.config, 4)
			_, p := wall(t, r)
			door := at(1)
			door.Clear = c.clear
			p.start(door)
			p.wait("contact", func() bool { return p.online(0) })
			r.Fail(sim.OSDPFaults{Drop: 0.1, Corrupt: 0.1, Busy: 0.1, Late: 0.03, Delay: 250 * time.Millisecond, Split: true})
			want := ""
			for n := range byte(8) {
				r.Present(26, card(n))
				want += " " + hex.EncodeToString(card(n))
			}
			p.wait("all taps", func() bool { return len(p.fobs()) >= len(want) })
			r.Fail(sim.OSDPFaults{})
			p.wait("all to be taken", func() bool { return r.Waiting() == 0 })
			if got := p.fobs(); got != want {
				t.Errorf("stored%s", got)
			}
		})
	}
}

func TestAFullJournalShowsRedOnAnOSDPReader(t *testing.T) {
	t.Parallel()
	shown := make(chan wire.Colour, 10)
	r := sim.NewOSDP(sim.OSDPConfig{Address: 1, Shown: func(c wire.Colour) { shown <- c }}, 5)
	_, p := wall(t, r)
	p.start(at(1))
	p.wait("contact", func() bool { return p.health(0) == "ok" })
	p.mu.Lock()
	p.full = true
	p.mu.Unlock()
	r.Present(26, card(1))
	p.wait("the first refusal", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.asked > 0 })
	if r.Waiting() != 1 {
		t.Error("the reader was told to forget a tap that is not stored")
	}
	if c := <-shown; c != wire.Red {
		t.Errorf("shown %d", c)
	}
	r.Present(26, card(2))
	p.wait("the next refusal", func() bool { return r.Told() })
	p.mu.Lock()
	p.full, p.colour = false, wire.Amber
	p.mu.Unlock()
	p.wait("the second tap, once there is room", func() bool { return p.fobs() == " 02a1b202" })
	if c := <-shown; c != wire.Amber {
		t.Errorf("shown %d", c)
	}
}

func TestSeveralReadersShareALine(t *testing.T) {
	t.Parallel()
	a, b := sim.NewOSDP(sim.OSDPConfig{Address: 1}, 6), sim.NewOSDP(sim.OSDPConfig{Address: 2, Plain: true}, 6)
	moving := sim.NewOSDP(sim.OSDPConfig{Address: 9}, 6)
	_, p := wall(t, a, b, moving)
	away := at(4)
	moved := at(3)
	moved.Former, moved.Name = 9, "hall"
	p.start(at(1), at(2), moved, away)
	p.wait("all that are there", func() bool {
		return p.health(0) == "ok" && p.health(1) == "ok" && p.health(2) == "ok" && moving.Address() == 3
	})
	for n := range byte(10) {
		a.Present(26, card(n))
		b.Present(26, card(n+10))
		moving.Present(26, card(n+20))
	}
	p.wait("30 taps", func() bool { return len(p.fobs()) == 30*9 })
	named := 0
	for _, s := range p.taps {
		if (s.Reader == "hall") != (s.Fob.Value[3] >= 20) {
			t.Errorf("fob %x at reader %q", s.Fob.Value, s.Reader)
		}
		if s.Reader == "hall" {
			named++
		}
	}
	if named != 10 || p.health(3) == "ok" {
		t.Errorf("%d taps at the moved reader; the one that is away: %s", named, p.health(3))
	}
}
