package gateway

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

// aRun starts a gateway's clock and journal anew, as a restarted program does.
func aRun(t *testing.T, dir string, f *fakeMachine) (*pairKeeper, func()) {
	t.Helper()
	m := f.machine()
	m.BootID = func() string { return "boot" }
	c, err := newClock(m)
	must(t, err)
	j, err := journal.Open(dir, gatewayID)
	must(t, err)
	a := &agent{clock: c, journal: j, boot: loadBoot(dir, m.BootID()), log: slog.New(slog.DiscardHandler)}
	a.boot.restore(c)
	return &pairKeeper{agent: a, boot: a.boot}, func() { must(t, j.Close()) }
}

// Killed twice without a network, then connected: the taps of the first run
// get their time from the third one's clock.
func TestARunThatNeverKnewTheTimeGetsItFromALaterOne(t *testing.T) { // I4
	dir, f := folder(t), &fakeMachine{boot: time.Hour}
	var first wire.Stream
	for n := range 2 {
		k, stop := aRun(t, dir, f)
		if n == 0 {
			first = k.journal.Own()
			_, err := k.journal.Name(1, wire.Tap{Tick: 5000, Reader: "door"})
			must(t, err)
		}
		k.look()
		stop()
		f.boot += time.Hour
	}
	k, stop := aRun(t, dir, f)
	defer stop()
	f.receive(k.clock, 0)
	k.look()
	parcel, err := k.journal.Take(true, 10)
	must(t, err)
	backlog, err := k.journal.Take(false, 10)
	must(t, err)
	logs := parcel.Batch.Logs
	if backlog != nil {
		logs = append(logs, backlog.Batch.Logs...)
	}
	for _, l := range logs {
		for _, p := range l.Pairs {
			if l.Stream != first || p.Source != wire.SourceServer {
				continue
			}
			tap := p.Instant - int64(p.Tick) + 5000
			if off := tap - (began + 3_600_000 + 5000); max(off, -off) > int64(p.Bound) {
				t.Errorf("the tap would be %d ms off, stated ± %d", off, p.Bound)
			}
			return
		}
	}
	t.Errorf("the first run got no pair: %+v", logs)
}

func TestTheServersTimeOutlivesTheProgram(t *testing.T) { // I4
	dir, f := folder(t), &fakeMachine{boot: time.Hour}
	k, stop := aRun(t, dir, f)
	f.receive(k.clock, 0)
	k.look()
	stop()
	f.boot += 24 * time.Hour
	k, stop = aRun(t, dir, f)
	defer stop()
	m := k.clock.now()
	if off := m.Instant - f.truth().UnixMilli(); m.Source != wire.SourceServer || max(off, -off) > int64(m.Bound) || m.Bound < 8640 {
		t.Errorf("source %d, %d ms off, stated ± %d", m.Source, off, m.Bound)
	}
}

func TestNothingIsCarriedOverARestartOfTheMachine(t *testing.T) { // I4
	dir, f := folder(t), &fakeMachine{boot: time.Hour}
	k, stop := aRun(t, dir, f)
	f.receive(k.clock, 0)
	k.look()
	stop()
	if n := loadBoot(dir, "another"); n.Server != nil || n.Epochs != nil {
		t.Errorf("%+v", n)
	}
	must(t, os.WriteFile(filepath.Join(dir, bootFile), []byte("{torn"), 0o600))
	if n := loadBoot(dir, "boot"); n.Server != nil || n.Epochs != nil {
		t.Errorf("%+v", n)
	}
	f.boot = 0 // a machine whose name didn't change, and whose count did
	k, stop = aRun(t, dir, f)
	defer stop()
	if m := k.clock.now(); m.Source != wire.SourceUndisciplined {
		t.Errorf("source %d", m.Source)
	}
}

// Three runs on one boot: the note of the second could not be written. What the
// first is given later must not say that it still ran while the second did.
func TestARunIsNotGivenATimeThatLiesAfterIt(t *testing.T) { // I4
	dir, f := folder(t), &fakeMachine{boot: time.Hour}
	k, stop := aRun(t, dir, f)
	first := k.journal.Own()
	_, err := k.journal.Name(1, wire.Tap{Tick: 5000, Reader: "door"})
	must(t, err)
	k.look()
	stop()
	f.boot += time.Hour
	second := f.truth().UnixMilli()
	full := filepath.Join(dir, bootFile+".new")
	must(t, os.Mkdir(full, 0o700))
	k, stop = aRun(t, dir, f)
	k.look()
	stop()
	must(t, os.Remove(full))
	f.boot += time.Hour
	k, stop = aRun(t, dir, f)
	defer stop()
	f.receive(k.clock, 0)
	k.look()
	found := false
	for _, live := range []bool{true, false} {
		parcel, err := k.journal.Take(live, 10)
		must(t, err)
		if parcel == nil {
			continue
		}
		for _, l := range parcel.Batch.Logs {
			for _, p := range l.Pairs {
				if l.Stream == first && p.Source == wire.SourceServer {
					found = true
					if p.Instant-int64(p.Bound) > second {
						t.Errorf("the first run is said to have run %d ms into the second", p.Instant-int64(p.Bound)-second)
					}
				}
			}
		}
	}
	if !found {
		t.Error("the first run got no pair")
	}
}

func TestANoteThatCouldNotBeWrittenIsWrittenOnceThereIsRoom(t *testing.T) { // I4
	dir, f := folder(t), &fakeMachine{boot: time.Hour}
	full := filepath.Join(dir, bootFile+".new")
	must(t, os.MkdirAll(full, 0o700))
	k, stop := aRun(t, dir, f)
	defer stop()
	k.look()
	if !k.failing {
		t.Error("it is not said that the note could not be written")
	}
	must(t, os.Remove(full))
	k.look()
	if n := loadBoot(dir, "boot"); len(n.Epochs) != 1 {
		t.Errorf("runs noted %v, want this one", n.Epochs)
	}
	must(t, os.Mkdir(full, 0o700))
	f.receive(k.clock, 0)
	k.look()
	must(t, os.Remove(full))
	k.look()
	if n := loadBoot(dir, "boot"); len(n.Epochs) != 0 || n.Server == nil {
		t.Errorf("runs noted %v, server's time %v; want none, and that", n.Epochs, n.Server)
	}
}
