package page

import "time"

// States of a timesheet.
const (
	StateOpen      = "open"      // the week isn't over
	StateException = "exception" // a person must decide something first
	StateComplete  = "complete"  // ready to approve
	StateApproved  = "approved"
	StateRejected  = "rejected"
	StateSent      = "sent" // approved, and in a payroll run
)

// Kinds of exception; an unknown kind is shown as "other".
const (
	MissingIn         = "missing_in"
	MissingOut        = "missing_out"
	TooLong           = "too_long"
	Uncertain         = "uncertain"
	Unresolved        = "unresolved" // taps without any instant
	Overlap           = "overlap"
	AfterwardsChanged = "changed" // approved before; a late tap would change it
)

// Timesheets is a week of everybody: PathTimesheets. Fragments "list" (warning,
// chips, table and bar) and "panel".
type Timesheets struct {
	Frame
	Week   Week
	Show   string // "", "exceptions", "complete", "approved"
	Search string
	Sites  []Option // value: site id; the first with an empty value is "all"
	Counts SheetCounts
	// Holes name what is missing for this week.
	Holes []HoleLine
	// Rows come exceptions first, then by name.
	Rows       []Sheet
	Panel      *DayPanel // of ?employee=&day=
	MayApprove bool
	// Form is of the approve or reject that was refused (fields "reason").
	Form Form
	// Asked names what needs a reason: "approve" or "reject" when the form was
	// refused; the chosen employees are marked in Rows.
	Asked string
}

func (*Timesheets) name() string { return "timesheets" }

// SheetCounts are the figures in the chips, before Show is applied.
type SheetCounts struct{ All, Exceptions, Complete, Approved int }

// HoleLine is a part of the data that is not there (I2).
type HoleLine struct {
	Reader   string
	Site     string
	From, To int64 // seq; To 0: unknown tail
	Asked    bool  // the gateway is being asked; otherwise nobody has it
}

// Sheet is one employee's week.
type Sheet struct {
	Employee   int64
	Number     string
	Name       string // "Bakker, Joris"
	Days       []Day  // seven, Monday first
	Minutes    int
	Contract   int // minutes a week; 0: none
	State      string
	Exceptions []SheetException
	Incomplete bool // a hole touches it: approving asks for a reason (I2)
	Chosen     bool
	Warnings   []Message // checks: Working Hours Act, contract hours
}

// SheetException is where the sheet needs a person.
type SheetException struct {
	Day  time.Time
	Kind string
}

// Day is one cell of a sheet.
type Day struct {
	Date      time.Time // local midnight
	Strip     Strip
	Minutes   int
	Exception string // kind, or empty
	Absent    bool   // no taps, and none expected (weekend, holiday): hatched
}

// DayPanel explains one day of one employee, to the minute (I5).
type DayPanel struct {
	Employee   int64
	Number     string
	Name       string
	Site       string
	Day        Day
	Exceptions []ExceptionCard
	Taps       []TapLine
	Lines      []CountLine
	Minutes    int // the sum
	Decisions  []DecisionLine
	Rules      string // version of the rule set, as shown
	Zone       string // when it isn't the tenant's own
	MayDecide  bool
	Frozen     bool // approved: corrections only
	Form       Form // of the decision that was refused
}

// ExceptionCard is one question with, where there is one, a proposal.
type ExceptionCard struct {
	ID       string // what PathDecide gets back as "exception"
	Kind     string
	Proposal time.Time // zero: none
	Why      []Message // the proposal's reasons, one clause each
	Decide   string    // the decision's kind: "in", "out", "ignore"
}

// TapLine is a tap of the day.
type TapLine struct {
	At          time.Time // zero: the tap is missing
	Meaning     string    // "in", "out", "break_start", "break_end", "double", "ignored", "unknown"
	Reader      string
	Uncertainty int    // milliseconds, ±
	Known       string // "disciplined", "interpolated", "estimated", "arrival", "manual"
	Counts      bool
	Note        *Message // why it doesn't count
}

// Kinds of line in the arithmetic.
const (
	LineShift     = "shift"
	LineBreak     = "break"     // tapped
	LineAutoBreak = "autobreak" // by the rule
	LineRounding  = "rounding"
	LineCode      = "code" // a pay code's part of the day
	LineManual    = "manual"
)

// CountLine is one step of the arithmetic.
type CountLine struct {
	Kind     string
	From, To time.Time // for shift and break
	Band     string    // for code: see Band
	Code     string    // for code: ours
	Note     *Message
	Minutes  int // signed
}

// DecisionLine is a dated decision of a person.
type DecisionLine struct {
	At     time.Time
	By     string
	Text   Message
	Reason string
	Undo   int64 // decision id; 0: can't be undone any more
	Undone bool
}
