package cmd_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	sim "tikklok/firmware-sim"
	"tikklok/gateway/wire"
)

// lived puts so many taps of the last hour into a reader.
func lived(t *testing.T, r *sim.Reader, taps int) {
	t.Helper()
	for i := range taps {
		at := time.Now().Add(-time.Hour + time.Duration(i)*time.Second)
		if _, ok, err := r.Tap(at, sim.Fob(uint64(i+1))); !ok || err != nil {
			t.Fatalf("tap %d: %v %v", i, ok, err)
		}
	}
}

func TestTwoGatewaysHearOneReader(t *testing.T) {
	r, port, d := bench(t, sim.ReaderConfig{}, time.Now().Add(-time.Hour))
	lived(t, r, 300)
	other, err := sim.OpenPort(filepath.Join(t.TempDir(), "other"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Vanish() })
	e := newDesk(t, other.Path())
	start(t, r, port, d)
	start(t, r, other, e)
	for _, each := range []*desk{d, e} {
		each.wait("a pair", func() bool { return len(each.pairs[r.Stream()]) > 0 })
	}
	for n := range uint64(10) {
		live(t, r, 1000+n)
	}
	both := func(name wire.Name) bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		e.mu.Lock()
		defer e.mu.Unlock()
		one, inOne := d.taps[name]
		two, inTwo := e.taps[name]
		return (inOne || inTwo) && (!inOne || !inTwo || one.Tick == two.Tick)
	}
	d.wait("each tap at one of them", func() bool { _, open := r.Stored(); return open == 0 })
	for seq := uint64(1); seq <= 310; seq++ {
		if name := (wire.Name{Stream: r.Stream(), Seq: seq}); !both(name) {
			t.Errorf("tap %d is at neither gateway, or not the same at both", seq)
		}
	}
}

func TestAReaderThatRestartsInAnUploadLosesNothing(t *testing.T) {
	r, port, d := bench(t, sim.ReaderConfig{Path: filepath.Join(t.TempDir(), "memory")}, time.Now().Add(-time.Hour))
	lived(t, r, 500)
	if err := r.Save(); err != nil {
		t.Fatal(err)
	}
	before := r.Stream()
	r.Fail(sim.ReaderFaults{RestartAfter: 250})
	start(t, r, port, d)
	d.wait("500 taps", func() bool { return len(d.taps) == 500 })
	d.wait("all acknowledged", func() bool { _, open := r.Stored(); return open == 0 })
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.starts[r.Stream()]; r.Stream() == before || s.Predecessor != before.Epoch || s.PredecessorLast != 500 {
		t.Errorf("after %v came %v: %+v", before, r.Stream(), s)
	}
}

func TestAFlatBatteryIsSilentUntilItIsSwapped(t *testing.T) {
	began := time.Now().Add(-40 * 24 * time.Hour)
	r, port, d := bench(t, sim.ReaderConfig{Battery: 100, BatteryLife: 30 * 24 * time.Hour}, began)
	for day, want := range map[int]uint8{0: 100, 15: 50, 29: 4, 30: 0, 40: 0} {
		if got := r.Battery(began.Add(time.Duration(day) * 24 * time.Hour)); got != want {
			t.Errorf("day %d: %d %%, want %d", day, got, want)
		}
	}
	if _, ok, err := r.Tap(began.Add(time.Hour), sim.Fob(1)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, _, err := r.Tap(time.Now(), sim.Fob(2)); !errors.Is(err, sim.ErrFlat) {
		t.Errorf("a flat reader stores a tap: %v", err)
	}
	flat := r.Stream()
	start(t, r, port, d)
	r.Swap(time.Now())
	d.wait("the tap from before", func() bool { return len(d.taps) == 1 && d.taps[wire.Name{Stream: flat, Seq: 1}].Seq == 1 })
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.starts[r.Stream()]; s.Predecessor != flat.Epoch || s.PredecessorLast != 1 {
		t.Errorf("%+v", s)
	}
	if s := d.link.State(); s.BatteryPercent != 100 {
		t.Errorf("battery %d %%", s.BatteryPercent)
	}
}

// A line of 9600 baud passes 960 bytes a second: 100 taps of 37 bytes take
// four of them, during which a person taps.
func TestALiveTapOvertakesAnUploadOnASlowLine(t *testing.T) {
	shown := make(chan wire.Colour, 10)
	r, port, d := bench(t, sim.ReaderConfig{Shown: func(_ wire.Name, c wire.Colour) { shown <- c }}, time.Now().Add(-time.Hour))
	lived(t, r, 100)
	port.Speed(9600)
	start(t, r, port, d)
	d.wait("the upload to begin", func() bool { return len(d.taps) > 0 })
	live(t, r, 5)
	<-shown
	d.wait("the live tap", func() bool { return d.taps[wire.Name{Stream: r.Stream(), Seq: 101}].Live })
	d.mu.Lock()
	early := len(d.taps)
	d.mu.Unlock()
	if early > 90 {
		t.Errorf("%d taps came before the live one", early)
	}
	d.wait("all", func() bool { return len(d.taps) == 101 })
}
