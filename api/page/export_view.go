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
	Formats      []Option
	Form         Form // name, format of a new destination
}

func (*Exports) name() string { return "exports" }

// DestinationLine is one destination in the list.
type DestinationLine struct {
	ID       int64
	Name     string
	Format   string // "csv", "setu"
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

// Destination is one destination's settings and code map:
// PathDestination+id (name, setting.X, code.X).
type Destination struct {
	Frame
	ID       int64 // 0: it is to be made
	Title    string
	Format   string // "csv", "setu"
	Name     string // of the format, as it is posted for a new one
	Settings []Setting
	Codes    []CodeLine // unmapped first
	Unmapped int
	Form     Form
}

func (*Destination) name() string { return "destination" }

// Setting is one value that the format needs; posted as setting.Key.
type Setting struct {
	Key      string // its words are "setting." and this
	Value    string
	Choices  []string // empty: free text
	Required bool
}

// CodeLine maps ours to the package's; posted as code.Code.
type CodeLine struct {
	Code   string
	Name   Message // when it holds
	Theirs string
	Used   int // minutes waiting under this code
}

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
