package sim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	"tikklok/gateway/wire"
)

// Outcome is what became of a presentation, as the reader knows it.
type Outcome string

// The outcomes.
const (
	Stored     Outcome = "stored"     // a reader with memory named it
	Refused    Outcome = "refused"    // a reader with memory was full and showed red
	Presented  Outcome = "presented"  // to a reader without memory, the gateway being alive
	Unstorable Outcome = "unstorable" // to a reader without memory, nobody there to keep it
	Forgotten  Outcome = "forgotten"  // never presented
)

// Line is one presentation in the ledger.
type Line struct {
	ID       int       `json:"id"` // from 1
	At       time.Time `json:"at"` // true instant
	Employee int       `json:"employee"`
	Fob      Number    `json:"fob"`
	Reader   string    `json:"reader"`
	Kind     Kind      `json:"kind"`
	Double   bool      `json:"double,omitempty"`
	Outcome  Outcome   `json:"outcome"`
	Origin   uint64    `json:"origin,omitempty,string"`
	Epoch    uint64    `json:"epoch,omitempty,string"`
	Seq      uint64    `json:"seq,omitempty"`
}

// Name is what a reader with memory called the tap; zero for others.
func (l Line) Name() wire.Name {
	return wire.Name{Stream: wire.Stream{Origin: l.Origin, Epoch: l.Epoch}, Seq: l.Seq}
}

// Number is a fob's number, written as ten hexadecimal digits.
type Number uint64

// MarshalText gives ten digits.
func (n Number) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%010X", uint64(n)), nil }

// UnmarshalText reads them.
func (n *Number) UnmarshalText(b []byte) error {
	v, err := strconv.ParseUint(string(b), 16, 40)
	*n = Number(v)
	return err
}

// Ledger is the truth, in a file that only grows: a line a presentation,
// written before the reader says a word. It is safe for concurrent use.
type Ledger struct {
	mu   sync.Mutex
	file *os.File
	next int
}

// OpenLedger opens or makes a ledger, to write on at its end.
func OpenLedger(path string) (*Ledger, error) {
	lines, err := ReadLedger(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := &Ledger{file: f, next: 1}
	if n := len(lines); n > 0 {
		l.next = lines[n-1].ID + 1
	}
	return l, nil
}

// Close closes the file.
func (l *Ledger) Close() error { return l.file.Close() }

// Append writes a line and gives it its ID.
func (l *Ledger) Append(line Line) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	line.ID, line.At = l.next, line.At.UTC()
	b, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if _, err := l.file.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	l.next++
	return nil
}

// ReadLedger reads all lines.
func ReadLedger(path string) ([]Line, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	defer f.Close()
	var lines []Line
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		var line Line
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("read ledger: line %d: %w", len(lines)+1, err)
		}
		lines = append(lines, line)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return lines, nil
}

// Shift is work as it truly was: from in to out, in UTC minutes.
type Shift struct {
	Employee int
	In, Out  time.Time // floored to the minute (I5); Out zero: still at work
	Breaks   []Rest
	Lines    []Line // that made it, doubles left out, forgotten ones included
}

// Rest is a break within a shift.
type Rest struct{ From, To time.Time }

// Minutes of presence, and those of them that were tapped breaks.
func (s Shift) Minutes() (present, rest int) {
	if s.Out.IsZero() {
		return 0, 0
	}
	for _, b := range s.Breaks {
		if b.To.IsZero() {
			continue // it ended with the shift, or its end lies after the ledger
		}
		rest += int(b.To.Sub(b.From).Minutes())
	}
	return int(s.Out.Sub(s.In).Minutes()), rest
}

// Shifts gives the shifts of each employee by time, forgotten taps counted as
// if they had been made.
func Shifts(lines []Line) []Shift {
	sorted := append([]Line(nil), lines...)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, b := sorted[i], sorted[j]
		if a.Employee != b.Employee {
			return a.Employee < b.Employee
		}
		return a.At.Before(b.At)
	})
	var shifts []Shift
	for _, l := range sorted {
		if !l.Double {
			shifts = add(shifts, l)
		}
	}
	return shifts
}

// add lets one tap begin a shift, or change the last one.
func add(shifts []Shift, l Line) []Shift {
	at := l.At.UTC().Truncate(time.Minute)
	n := len(shifts) - 1
	if l.Kind == In {
		return append(shifts, Shift{Employee: l.Employee, In: at, Lines: []Line{l}})
	}
	if n < 0 || shifts[n].Employee != l.Employee || !shifts[n].Out.IsZero() {
		return shifts // its beginning lies before the ledger
	}
	s := &shifts[n]
	s.Lines = append(s.Lines, l)
	if l.Kind == Out {
		s.Out = at
		return shifts
	}
	if k := len(s.Breaks) - 1; k >= 0 && s.Breaks[k].To.IsZero() {
		s.Breaks[k].To = at
		return shifts
	}
	s.Breaks = append(s.Breaks, Rest{From: at})
	return shifts
}
