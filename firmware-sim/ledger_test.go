package sim

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"tikklok/gateway/wire"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestTheLedgerIsReadBackAndWrittenOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	r, err := NewReader(ReaderConfig{Origin: wire.FirstReader + 1, Capacity: 1, Seed: 4}, noon)
	if err != nil {
		t.Fatal(err)
	}
	tap := Presentation{At: noon.Add(time.Minute), Employee: 2, Fob: 0xABC, Kind: In}
	steps := []func(*Ledger) error{
		func(l *Ledger) error { return l.Past(tap, "front", r) },
		func(l *Ledger) error { return l.Past(tap, "front", r) },
		func(l *Ledger) error { return l.Forget(tap, "front") },
		func(l *Ledger) error { return l.LiveEM4100(tap, "side", nil, 0, noon, false) },
	}
	for _, step := range steps {
		l, err := OpenLedger(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(step(l), l.Close()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Stream()
	base := Line{At: tap.At, Employee: 2, Fob: 0xABC, Reader: "front", Kind: In}
	var want []Line
	for i, o := range []Outcome{Stored, Refused, Forgotten, Unstorable} {
		line := base
		line.ID, line.Outcome = i+1, o
		want = append(want, line)
	}
	want[0].Origin, want[0].Epoch, want[0].Seq = s.Origin, s.Epoch, 1
	want[3].Reader, want[3].At = "side", noon
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTheLedgerIsWrittenBeforeTheReaderSpeaks(t *testing.T) {
	port, err := OpenPort(filepath.Join(t.TempDir(), "port"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = port.Vanish() }()
	r, err := NewReader(ReaderConfig{Origin: wire.FirstReader + 1, Capacity: 9}, noon)
	if err != nil {
		t.Fatal(err)
	}
	l := &readerLine{port: port, news: make(chan struct{}, 1)}
	r.lines = append(r.lines, l)
	ctx, stop := context.WithCancel(t.Context())
	var sender sync.WaitGroup
	sender.Go(func() { l.run(ctx) })
	defer sender.Wait()
	defer stop()
	line, err := os.OpenFile(port.Path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	broken := errors.New("disk full")
	err = r.Present(Fob(1), func(time.Time, wire.Name, bool) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	l.say(wire.LinkEnd{Epoch: 1, Range: wire.Range{From: 1, To: 1}})
	buffer := make([]byte, 100)
	n, err := line.Read(buffer)
	if want := wire.AppendLink(nil, wire.LinkEnd{Epoch: 1, Range: wire.Range{From: 1, To: 1}}); err != nil || !reflect.DeepEqual(buffer[:n], want) {
		t.Errorf("% x before anything else (%v)", buffer[:n], err)
	}
}

func TestTrueShifts(t *testing.T) {
	at := func(h, m, s int) time.Time { return time.Date(2026, 3, 2, h, m, s, 0, time.UTC) }
	tap := func(employee int, kind Kind, at time.Time) Line { return Line{Employee: employee, Kind: kind, At: at} }
	double := tap(0, In, at(8, 0, 20))
	double.Double = true
	forgotten := tap(0, Out, at(17, 0, 59))
	forgotten.Outcome = Forgotten
	shifts := Shifts([]Line{
		tap(1, Out, at(6, 30, 0)), // began before the ledger
		tap(1, In, at(22, 0, 0)),  // ends after it
		tap(0, In, at(8, 0, 10)), double,
		tap(0, Break, at(12, 0, 30)), tap(0, Break, at(12, 31, 10)), forgotten,
	})
	if len(shifts) != 2 || !shifts[1].Out.IsZero() || shifts[1].Employee != 1 {
		t.Fatalf("%+v", shifts)
	}
	present, rest := shifts[0].Minutes()
	if present != 9*60 || rest != 31 || len(shifts[0].Lines) != 4 {
		t.Errorf("%d minutes, %d of break, %d lines", present, rest, len(shifts[0].Lines))
	}
}

func TestALedgerThatIsDamagedNamesTheLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	if err := os.WriteFile(path, []byte("{}\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadLedger(path); err == nil || err.Error() == "" {
		t.Errorf("got %v", err)
	}
}
