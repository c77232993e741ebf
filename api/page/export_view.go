package page

import (
	"slices"
	"time"
)

// Exports is what leaves for payroll: PathExports?destination=&from=&to=.
type Exports struct {
	Frame
	Destinations []DestinationLine
	Chosen       int64 // destination in the preview; 0: none
	From, To     time.Time
	Preview      *Preview
	Runs         []RunLine
	Closed       bool // the register and the manifests disagree (I8): nothing leaves
	Formats      []FormatInfo
	Form         Form // name, format of a new destination
}

func (*Exports) name() string { return "exports" }

// DestinationLine is one destination in the list.
type DestinationLine struct {
	ID       int64
	Name     string
	Format   FormatInfo
	Codes    int
	Unmapped int
	LastRun  time.Time
}

// Preview is what a run would hold now.
type Preview struct {
	People   int
	Lines    int
	Totals   []CodeTotal
	Minutes  int         // worked
	Beside   []KindTotal // the other kinds
	Problems []Message   // each stops the run
	Waiting  int         // sheets of the period that aren't approved yet: a warning only
	Empty    bool        // nothing new to send
}

// CodeTotal is a control total.
type CodeTotal struct {
	Code    string
	Kind    string  // of its lines; "": worked
	Name    Message // when it holds
	Theirs  string
	Minutes int
	Decimal string // as in the file
}

// KindTotal is a control total of what stands beside the minutes worked.
type KindTotal struct {
	Kind    string
	Minutes int // signed
}

// RunLine is one run.
type RunLine struct {
	ID          int64
	Number      int64
	Destination string
	From, To    time.Time
	At          time.Time
	By          string
	State       string // "ready", "pulled", "void", "closed"
	Hash        string // SHA-256, hex
	People      int
	Lines       int
	Minutes     int         // worked
	Beside      []KindTotal // the other kinds
	File        string      // its name
	Pulled      time.Time
	VoidReason  string
}

// Run is one run with its control totals: PathRun+id.
type Run struct {
	Frame
	Run     RunLine
	Totals  []CodeTotal
	Form    Form // reason of voiding
	MayVoid bool
	Earlier []EarlierPeriod
}

func (*Run) name() string { return "run" }

// Keys is the API keys: PathKeys.
type Keys struct {
	Frame
	Rows   []Key
	Form   Form
	Scopes []string
	Shown  string // the key just made: only now
	For    string
}

func (*Keys) name() string { return "keys" }

// Key is one API key.
type Key struct {
	ID       int64
	Name     string
	Scopes   []string
	Created  time.Time
	LastUsed time.Time
	Revoked  time.Time
}

// EarlierPeriod is what a run pays of a period before its own.
type EarlierPeriod struct {
	From, To    time.Time // the period of origin
	Lines       int
	Corrections int
	Minutes     int         // worked, signed
	Beside      []KindTotal // the other kinds, in the order they come
}

// Add adds a line.
func (e *EarlierPeriod) Add(kind string, minutes int) {
	if kind == "" {
		e.Minutes += minutes
		return
	}
	i := slices.IndexFunc(e.Beside, func(k KindTotal) bool { return k.Kind == kind })
	if i < 0 {
		i, e.Beside = len(e.Beside), append(e.Beside, KindTotal{Kind: kind})
	}
	e.Beside[i].Minutes += minutes
}
