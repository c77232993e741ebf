package sim

import (
	"time"

	"tikklok/gateway/wire"
)

func (t Presentation) line(reader string, at time.Time) Line {
	return Line{At: at, Employee: t.Employee, Fob: Number(t.Fob), Reader: reader, Kind: t.Kind, Double: t.Double}
}

// Forget writes down a tap that nobody made.
func (l *Ledger) Forget(t Presentation, reader string) error {
	line := t.line(reader, t.At)
	line.Outcome = Forgotten
	return l.Append(line)
}

// Live holds a fob before a reader with memory, now. The instant in the ledger
// is the reader's own now, not the presentation's.
func (l *Ledger) Live(t Presentation, name string, r *Reader) error {
	return r.Present(Fob(t.Fob), func(at time.Time, given wire.Name, ok bool) error {
		return l.Append(t.line(name, at).named(given, ok))
	})
}

// Past stores a tap in a reader with memory at the presentation's instant,
// which lies in the past: nothing is sent.
func (l *Ledger) Past(t Presentation, name string, r *Reader) error {
	given, ok, err := r.Tap(t.At, Fob(t.Fob))
	if err != nil {
		return err
	}
	return l.Append(t.line(name, t.At).named(given, ok))
}

// LiveEM4100 holds a fob before a reader without memory, now, for a while.
// With alive false the ledger says that nobody was there to keep it, and
// nothing is sent.
func (l *Ledger) LiveEM4100(t Presentation, name string, r *EM4100, held time.Duration, now time.Time, alive bool) error {
	line := t.line(name, now)
	line.Outcome = Presented
	if !alive {
		line.Outcome = Unstorable
	}
	if err := l.Append(line); err != nil || !alive {
		return err
	}
	r.Present(t.Fob, held)
	return nil
}

func (line Line) named(name wire.Name, ok bool) Line {
	line.Outcome = Stored
	if !ok {
		line.Outcome = Refused
	}
	line.Origin, line.Epoch, line.Seq = name.Origin, name.Epoch, name.Seq
	return line
}
