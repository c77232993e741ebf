package cmd_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.bug.st/serial"

	sim "tikklok/firmware-sim"
	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

const owner = 77

// desk is a gateway with one port: the shipped state machine on a real serial
// port, and a journal in memory.
type desk struct {
	t    *testing.T
	path string
	link *reader.Link
	port serial.Port

	mu     sync.Mutex
	taps   map[wire.Name]reader.Tap
	order  []wire.Name
	held   map[wire.Stream][]wire.Range
	pairs  map[wire.Stream][]wire.Pair
	starts map[wire.Stream]reader.Start
	twice  int  // taps given again
	full   bool // the journal's disk
}

func newDesk(t *testing.T, path string) *desk {
	d := &desk{
		t: t, path: path, taps: map[wire.Name]reader.Tap{}, held: map[wire.Stream][]wire.Range{},
		pairs: map[wire.Stream][]wire.Pair{}, starts: map[wire.Stream]reader.Start{},
	}
	d.link = reader.NewLink(owner, func(s wire.Stream) []wire.Range { return d.held[s] })
	return d
}

func moment() reader.Moment {
	now := time.Now()
	return reader.Moment{At: now, Instant: now.UnixMilli(), Bound: 5, Source: wire.SourceDisciplined}
}

// run speaks until ctx ends, opening the port again when it vanishes.
func (d *desk) run(ctx context.Context) {
	buffer := make([]byte, 512)
	for ctx.Err() == nil {
		if d.port == nil && !d.open() {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		n, err := d.port.Read(buffer)
		if err != nil {
			_ = d.port.Close()
			d.port = nil
			continue
		}
		d.mu.Lock()
		d.do(d.link.Bytes(moment(), buffer[:n]))
		d.do(d.link.Tick(moment()))
		d.mu.Unlock()
	}
	if d.port != nil {
		_ = d.port.Close()
	}
}

func (d *desk) open() bool {
	port, err := serial.Open(d.path, &serial.Mode{BaudRate: wire.LinkBaud})
	if err != nil {
		return false
	}
	if err := port.SetReadTimeout(20 * time.Millisecond); err != nil {
		d.t.Error(err)
	}
	d.port = port
	d.mu.Lock()
	defer d.mu.Unlock()
	d.do(d.link.Open(moment()))
	return true
}

func (d *desk) do(events []reader.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case reader.Write:
			_, _ = d.port.Write(e.Bytes)
		case reader.Start:
			d.starts[e.Stream] = e
		case reader.Pair:
			d.pairs[e.Stream] = append(d.pairs[e.Stream], e.Pair)
		case reader.Tap:
			d.tap(e)
		}
	}
}

func (d *desk) tap(e reader.Tap) {
	if d.full {
		d.do(d.link.Answer(moment(), e.Name, wire.Red))
		return
	}
	if _, again := d.taps[e.Name]; again {
		d.twice++
	}
	d.taps[e.Name] = e
	d.order = append(d.order, e.Name)
	d.held[e.Stream] = wire.AddRange(d.held[e.Stream], wire.Range{From: e.Seq, To: e.Seq})
	d.do(d.link.Answer(moment(), e.Name, wire.Green))
}

// wait waits for a condition under the lock.
func (d *desk) wait(what string, ok func() bool) {
	d.t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		d.mu.Lock()
		done := ok()
		d.mu.Unlock()
		if done {
			return
		}
	}
	d.t.Fatalf("waited in vain for %s; health %q", what, d.link.State().Health)
}

// bench puts a simulated reader and a desk on the two ends of a port.
func bench(t *testing.T, c sim.ReaderConfig, began time.Time) (*sim.Reader, *sim.Port, *desk) {
	t.Helper()
	c.Origin, c.Firmware, c.TolerancePPM = wire.FirstReader+5, "sim 1", 20
	if c.Capacity == 0 {
		c.Capacity = 5000
	}
	r, err := sim.NewReader(c, began)
	if err != nil {
		t.Fatal(err)
	}
	port, err := sim.OpenPort(filepath.Join(t.TempDir(), "front"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = port.Vanish() })
	return r, port, newDesk(t, port.Path())
}

// start runs both ends until the test ends.
func start(t *testing.T, r *sim.Reader, port *sim.Port, d *desk) {
	ctx, stop := context.WithCancel(context.Background())
	var ends sync.WaitGroup
	ends.Go(func() { d.run(ctx) })
	ends.Go(func() {
		if err := r.Run(ctx, port); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); ends.Wait() })
}

func TestTapsOfAFortnightComeUpBetweenTheirPairs(t *testing.T) {
	now := time.Now()
	began := now.Add(-14 * 24 * time.Hour)
	r, port, d := bench(t, sim.ReaderConfig{Drift: sim.Drift{PPM: 15}, Battery: 80}, began)
	for i := range 700 {
		at := began.Add(time.Duration(i) * 28 * time.Minute)
		if i == 350 {
			r.Swap(at)
		}
		if i%10 == 0 {
			r.Pair(at, at.UnixMilli(), 10, wire.SourceDisciplined)
		}
		if _, ok, err := r.Tap(at.Add(time.Second), sim.Fob(uint64(i+1))); !ok || err != nil {
			t.Fatalf("tap %d: %v %v", i, ok, err)
		}
	}
	start(t, r, port, d)
	d.wait("700 taps", func() bool { return len(d.taps) == 700 })
	d.wait("all acknowledged", func() bool { _, open := r.Stored(); return open == 0 })
	if d.twice != 0 || len(d.starts) != 2 {
		t.Errorf("%d taps twice, %d epochs", d.twice, len(d.starts))
	}
	if s := d.starts[r.Stream()]; s.Predecessor == 0 || s.PredecessorLast != 350 || s.TolerancePPM != 20 {
		t.Errorf("the second epoch began as %+v", s)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, tap := range d.taps {
		pairs := d.pairs[name.Stream]
		before, after := false, false
		for _, p := range pairs {
			before = before || p.Tick <= tap.Tick
			after = after || p.Tick >= tap.Tick
		}
		last := name.Stream != r.Stream() && name.Seq > 340 // nobody saw the end of the first epoch
		if !before || !after && !last {
			t.Errorf("tap %d of %v stands outside its %d pairs", name.Seq, name.Stream, len(pairs))
		}
	}
	if s := d.link.State(); s.Health != "ok" || s.BatteryPercent != 80 || s.Stored != 700 {
		t.Errorf("state %+v", s)
	}
}

func TestALiveTapIsAcknowledgedAndGreen(t *testing.T) {
	shown := make(chan wire.Colour, 10)
	r, port, d := bench(t, sim.ReaderConfig{Shown: func(_ wire.Name, c wire.Colour) { shown <- c }}, time.Now())
	start(t, r, port, d)
	d.wait("a pair", func() bool { return len(d.pairs[r.Stream()]) > 0 })
	live(t, r, 5)
	d.wait("the tap", func() bool { return len(d.taps) == 1 && d.taps[d.order[0]].Live })
	if c := <-shown; c != wire.Green {
		t.Errorf("shown %d", c)
	}
	d.wait("the acknowledgement", func() bool { _, open := r.Stored(); return open == 0 })
}

func TestAFullJournalShowsRedAndTheReaderKeepsTheTap(t *testing.T) {
	shown := make(chan wire.Colour, 10)
	r, port, d := bench(t, sim.ReaderConfig{Shown: func(_ wire.Name, c wire.Colour) { shown <- c }}, time.Now())
	d.full = true
	start(t, r, port, d)
	d.wait("a pair", func() bool { return len(d.pairs[r.Stream()]) > 0 })
	live(t, r, 5)
	if c := <-shown; c != wire.Red {
		t.Errorf("shown %d", c)
	}
	if _, open := r.Stored(); open != 1 {
		t.Errorf("%d taps wait in the reader", open)
	}
	d.mu.Lock()
	d.full = false
	d.mu.Unlock()
	d.wait("the tap once there is room", func() bool { return len(d.taps) == 1 })
}

func TestAPortThatVanishesAndReturnsLosesNothing(t *testing.T) {
	r, port, d := bench(t, sim.ReaderConfig{}, time.Now())
	start(t, r, port, d)
	d.wait("a pair", func() bool { return len(d.pairs[r.Stream()]) > 0 })
	for i := range 30 {
		switch i {
		case 10:
			if err := port.Vanish(); err != nil {
				t.Fatal(err)
			}
		case 20:
			if err := port.Return(); err != nil {
				t.Fatal(err)
			}
		}
		live(t, r, uint64(i+1))
	}
	d.wait("30 taps", func() bool { return len(d.taps) == 30 })
	d.wait("all acknowledged", func() bool { _, open := r.Stored(); return open == 0 })
}

func TestAReaderSwitchedOffComesBackAsANewEpoch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory")
	first, _, _ := bench(t, sim.ReaderConfig{Path: path}, time.Now())
	live(t, first, 3)
	r, port, d := bench(t, sim.ReaderConfig{Path: path}, time.Now())
	start(t, r, port, d)
	d.wait("the tap of the first epoch", func() bool { return len(d.taps) == 1 })
	if s := d.starts[r.Stream()]; s.Predecessor != first.Stream().Epoch || s.PredecessorLast != 1 {
		t.Errorf("began as %+v", s)
	}
}

func TestAReaderOfAnotherTenantGivesNothingUntilItIsWiped(t *testing.T) {
	r, port, d := bench(t, sim.ReaderConfig{}, time.Now())
	other := newDesk(t, port.Path())
	other.link = reader.NewLink(owner+2, func(s wire.Stream) []wire.Range { return other.held[s] })
	ctx, stop := context.WithCancel(context.Background())
	var ends sync.WaitGroup
	ends.Go(func() { other.run(ctx) })
	start2, stop2 := context.WithCancel(context.Background())
	ends.Go(func() { _ = r.Run(start2, port) })
	other.wait("the binding", func() bool { return other.link.State().Health == "ok" })
	stop2()
	stop()
	ends.Wait()

	start(t, r, port, d)
	live(t, r, 9)
	d.wait("the refusal", func() bool {
		return d.link.State().Health == "belongs to another organisation: wipe the reader before using it here"
	})
	if len(d.taps) > 0 {
		t.Error("a tap of another tenant was taken")
	}
	if err := r.Wipe(time.Now()); err != nil {
		t.Fatal(err)
	}
	d.wait("the new owner", func() bool { return d.link.State().Health == "ok" })
}

// live presents a fob and asks for nothing but that the reader stores it.
func live(t *testing.T, r *sim.Reader, fob uint64) {
	t.Helper()
	err := r.Present(sim.Fob(fob), func(_ time.Time, _ wire.Name, ok bool) error {
		if !ok {
			t.Errorf("fob %d was refused", fob)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
