package cmd_test

import (
	"path/filepath"
	"testing"
	"time"

	sim "tikklok/firmware-sim"
)

func TestAFobHeldOverARestartIsOneTap(t *testing.T) { // I1
	t.Parallel()
	path := filepath.Join(t.TempDir(), "front")
	b := newBox(t, path+"=em4100")
	port, err := sim.OpenPort(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = port.Vanish() }()
	hold := func(number, taps uint64) { // the reader repeats its frame
		t.Helper()
		b.wait("a tap", func() bool { port.Send(sim.EM4100Frame(number, false)); return b.stored(taps)() })
	}
	b.start()
	hold(1, 1)
	if err := b.end(); err != nil {
		t.Fatal(err)
	}
	if err := port.Reset(); err != nil {
		t.Fatal(err)
	}
	b.start()
	defer func() {
		if err := b.end(); err != nil {
			t.Error(err)
		}
	}()
	sent := time.Now()
	b.wait("the port to be read", func() bool { // what nobody reads is dropped when it is opened
		port.Send(sim.EM4100Frame(1, false))
		return time.Since(sent) > 500*time.Millisecond
	})
	hold(2, 2) // a third one would be the first fob's
	if r := b.stored(2)(); !r {
		t.Error("the fob that was held all the while was stored again")
	}
}
