package page

import "time"

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
	Steps      []RunStep
	People     int
	Lines      int
	Totals     []CodeTotal
	Minutes    int         // worked
	Beside     []KindTotal // the other kinds
	Stops      []Message   // each stops the run
	Unmapped   bool        // some of them are mended on the page of codes
	Warnings   []Warning
	Difference *Difference // nil: no period was sent before
	Earlier    []EarlierPeriod
	Empty      bool // nothing new to send
}

// Warning is weeks that the check found something of; they leave later, or as
// they are.
type Warning struct {
	Kind  string        // its words are "finding." and this
	Weeks []WaitingWeek // the first twenty
	Count int           // of all
}

// Add adds a week.
func (w *Warning) Add(week WaitingWeek) {
	if w.Count++; len(w.Weeks) < 20 {
		w.Weeks = append(w.Weeks, week)
	}
}

// More is how many weeks are not named.
func (w Warning) More() int { return w.Count - len(w.Weeks) }

// WaitingWeek is an employee's week.
type WaitingWeek struct {
	Employee     int64
	Number, Name string
	Week         string // 2026-W46
}

// Difference sets a preview beside the last period that was sent.
type Difference struct {
	From, To time.Time // the last period
	Codes    []Change  // the biggest change first
	People   []Change  // of minutes worked, the biggest change first
	More     int       // changed, and not in People
	Same     int       // employees with the same minutes
}

// Change is minutes before and now.
type Change struct {
	Label, Number string
	Kind          string  // of a code's lines; "": worked
	Name          Message // of a code
	Before, Now   int
}

// By is the difference, signed.
func (c Change) By() int { return c.Now - c.Before }

// RunStep is a step of a run: "prepared", "checked", "created", "delivered",
// "acknowledged", "rejected", "void".
type RunStep struct {
	Name    string
	Done    bool
	Current bool // the next to be taken, or where it stands still
	Wrong   bool
	At      time.Time
	By      Message
	Reason  string
}

// CodeTotal is a control total.
type CodeTotal struct {
	Code       string
	Kind       string  // of its lines; "": worked
	Name       Message // when it holds
	Theirs     string
	Minutes    int
	Hundredths int // of an hour, as in the file
}

// KindTotal is a control total of what stands beside the minutes worked.
type KindTotal struct {
	Kind    string
	Minutes int // signed
}

// RunLine is one run.
type RunLine struct {
	ID            int64
	Number        int64
	Destination   string
	DestinationID int64
	From, To      time.Time
	At            time.Time
	By            Message
	State         string // "prepared", "created", "delivered", "acknowledged", "rejected", "void"
	Hash          string // SHA-256, hex
	People        int
	Lines         int
	Minutes       int         // worked
	Beside        []KindTotal // the other kinds
	File          string      // its name; "": it can't be pulled
	Pulled        time.Time
	VoidReason    string
	MapVersion    int
}

// Run is one run with its steps and control totals: PathRun+id.
type Run struct {
	Frame
	Run     RunLine
	Steps   []RunStep
	Next    []string // steps that can be marked: RunMark (state, reason-STATE)
	Totals  []CodeTotal
	Form    Form // reason of voiding or of a step
	MayVoid bool
	Earlier []EarlierPeriod
}

// Asked is the step whose form was refused; "": none.
func (r *Run) Asked() string {
	for _, next := range r.Next {
		if _, ok := r.Form.Problems["reason-"+next]; ok {
			return next
		}
	}
	return ""
}

func (*Run) name() string { return "run" }

// EarlierPeriod is what a run pays of a period before its own.
type EarlierPeriod struct {
	From, To    time.Time // the period of origin
	Lines       int
	Corrections int
	People      int
	Minutes     int         // worked, signed
	Beside      []KindTotal // the other kinds
}
