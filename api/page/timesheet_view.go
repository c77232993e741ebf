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

// Kinds of exception, as hours names them; an unknown kind is shown as "other".
const (
	MissingIn    = "missing_in"
	MissingOut   = "missing_out"
	MissingTap   = "missing_tap"
	MissingBreak = "missing_break"
	TooLong      = "too_long"
	Uncertain    = "uncertain_time"
	Impossible   = "impossible_time"
	NotEmployed  = "not_employed"
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
	Approving  Approving
	MayApprove bool
	MayPrint   bool
	// Form is of the approve or reject that was refused (fields "reason").
	Form Form
	// Asked names what needs a reason: "approve", "reject" or "reopen" when the
	// form was refused; the chosen employees are marked in Rows.
	Asked string
}

func (*Timesheets) name() string { return "timesheets" }

// SheetCounts are the figures in the chips, before Show is applied.
type SheetCounts struct{ All, Exceptions, Complete, Approved, Changed int }

// HoleLine is a part of the week's data that is not there (I2).
type HoleLine struct {
	Kind     string // "hole", "tail" (unknown last taps), "silence"
	Device   string
	Site     string
	From, To int64 // seq, for "hole"
	Since    time.Time
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
	Incomplete bool   // a hole touches it: approving asks for a reason (I2)
	Changed    bool   // approved, and something changed since: approve again for a correction (I5)
	Running    bool   // somebody is still in
	Reason     string // why it was rejected, or approved all the same
	By         string // who approved or rejected
	Chosen     bool
	Seen       string    // what is drawn here: comes back with an approval
	Waits      Message   // whose level is to be given, of several; none: nobody's
	Warnings   []Message // checks: Working Hours Act, contract hours
}

// FirstDay is the day to open: the first exception's, else Monday.
func (s Sheet) FirstDay() time.Time {
	if len(s.Exceptions) > 0 {
		return s.Exceptions[0].Day
	}
	if len(s.Days) > 0 {
		return s.Days[0].Date
	}
	return time.Time{}
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
	Unknown   bool   // the minutes wait for the exception
	Absent    bool   // no taps, and none expected (weekend, holiday): hatched
}

// DayPanel explains one day of one employee, to the minute (I5).
type DayPanel struct {
	Employee   int64
	Number     string
	Name       string
	Site       string
	Day        Day
	Picture    Picture
	Week       []Day     // seven: to step through, and the week's picture on a phone
	State      string    // of the sheet
	Warnings   []Message // checks, in full
	Exceptions []ExceptionCard
	Taps       []TapLine
	MoreTaps   int // that are not listed
	Lines      []CountLine
	Minutes    int // the sum
	Decisions  []DecisionLine
	Rules      string // version of the rule set, as shown
	Zone       string // when it isn't the tenant's own
	MayDecide  bool
	Seen       string // of the sheet, as Sheet.Seen
	Steps      []ApprovalStep
	Frozen     bool      // approved: what is decided now becomes a correction
	Sealed     time.Time // the day on which it was sealed (I5); zero: it is not
	Correction *Correction
	ByHand     ByHand
}

// Before and After are the days beside the one explained.
func (p *DayPanel) Before() time.Time { return p.Day.Date.AddDate(0, 0, -1) }
func (p *DayPanel) After() time.Time  { return p.Day.Date.AddDate(0, 0, 1) }

// TapLine is a tap of the day in words, or one that should have been there.
type TapLine struct {
	At      string // 07:58:12
	What    string // In, or why it does not count
	Where   string
	Known   string // how certain its time is
	Counts  bool
	Missing string // in, out, break: there is no such tap; the others are empty
}

// CountLine is one step of the arithmetic in words.
type CountLine struct {
	Text    string
	Minutes int // signed
	Open    bool
	Beside  bool   // not part of the sum
	Code    string // of a pay code's part of the day
	Band    string // of that; see Band
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
