package page

import "time"

// Today is who is in, now: PathToday. Its fragment is "live".
type Today struct {
	Frame
	Sites      []PresentSite // with somebody in, or who was
	In         int
	OnBreak    int
	Done       []Left
	Day        Strip // today, for the hours above the pictures
	LastTaps   []LastTap
	Reminders  []ReminderLine
	Exceptions []TodayException
	Prevent    []Preventable // what can still be prevented, the first to come first
	// Silent is what stops the page from being complete; empty: everything
	// reports.
	Silent []Message
	// Waiting: nothing has been computed yet, a skeleton is drawn.
	Waiting bool
	// Off: the works council's consent is not recorded (WOR article 27), and
	// nothing of the above is filled in. MayConsent: who looks may record it.
	Off, MayConsent bool
	FirstSteps      *FirstSteps // nil: taps can become hours
}

// FirstSteps is what a new organisation has done already, of what it takes.
type FirstSteps struct{ People, Fobs, Gateways, Contract, Payroll bool }

func (*Today) name() string { return "today" }

// exceptionsShown is how many Today lists before it sends to the timesheets:
// the taps beside them stay in sight.
const exceptionsShown = 5

// FirstExceptions are those that are listed.
func (t *Today) FirstExceptions() []TodayException {
	return t.Exceptions[:min(len(t.Exceptions), exceptionsShown)]
}

// MoreExceptions counts those that aren't.
func (t *Today) MoreExceptions() int { return len(t.Exceptions) - len(t.FirstExceptions()) }

// PresentSite groups who is in.
type PresentSite struct {
	Name   string
	People []Present
}

// Present is one person who is in.
type Present struct {
	Employee int64
	Name     string
	Since    time.Time
	Minutes  int // worked so far
	Day      Day // so far
	Break    bool
	Long     bool // longer than the longest shift would allow: an out-tap was probably forgotten
}

// Left is one person who was in today and left.
type Left struct {
	Employee int64
	Name     string
	Day      Day
}

// LastTap is one tap in the stream. Name is empty for an unknown fob.
type LastTap struct {
	At       time.Time
	Name     string
	Employee int64
	Reader   string
	Site     string
	Meaning  string // "in", "out", "break", "double", "unknown", "blocked"
	New      bool   // arrived since the page was last drawn
}

// TodayException asks for a person.
type TodayException struct {
	Employee int64
	Name     string
	Day      time.Time
	Kind     string // see Exception kinds
}
