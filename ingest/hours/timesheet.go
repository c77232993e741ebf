package hours

import (
	"fmt"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
)

// State is the state of a timesheet.
type State string

// The states of a timesheet.
const (
	StateOpen     State = "open"
	StateApproved State = "approved"
	StateRejected State = "rejected"
)

// Who is an employee as a timesheet names them.
type Who struct {
	ID              int64
	Number          string
	Surname         string
	FirstName       string
	ContractMinutes int // a week
}

// Name gives what the employee is listed by.
func (w Who) Name() people.Name {
	return people.Name{Surname: w.Surname, FirstName: w.FirstName, Number: w.Number}
}

// Timesheet is one employee's week.
type Timesheet struct {
	Who        Who
	Week       calendar.Week
	State      State
	By         audit.Actor // who approved or rejected
	ByName     string      // "" unless an account
	At         time.Time
	Reason     string
	Days       [7]WeekDay // Monday first
	Minutes    int
	Codes      []HourLine    // totals per code
	Exceptions int           // on all days
	Pending    []Difference  // StateApproved: what changed since; becomes correction lines at the next approval (I5)
	Missing    []MissingData // open holes and silence of the sites' devices in the week (I2)
	Sites      []int64       // where its shifts were, in order; those of an unknown site are left out
	Warnings   []Warning     // what the Working Hours Act asks to be looked at; nothing waits for it
}

// WeekDay is one day of a timesheet.
type WeekDay struct {
	Date       calendar.Date
	Minutes    int
	Running    bool // a shift that still runs
	Worked     bool // there is a shift, complete or not
	Strip      []Segment
	Planned    []Segment // what was planned to be worked, in order
	Lines      []DayLine
	Exceptions []Exception
	Employed   bool
}

// Segment is a stretch of a day's picture: minutes of the local day, From < To,
// 0…1440. A night shift lies on two days' strips, though its minutes belong to
// the first.
type Segment struct {
	From, To int
	Kind     SegmentKind
	Code     string // for SegmentWorked
}

// SegmentKind says what a segment shows.
type SegmentKind string

// The kinds of segments.
const (
	SegmentWorked  SegmentKind = "worked"
	SegmentBreak   SegmentKind = "break"
	SegmentRunning SegmentKind = "running" // until now: To is 1440, the page cuts it
	SegmentUnknown SegmentKind = "unknown" // a missing tap: draw it fading out, with a question mark
	SegmentPlanned SegmentKind = "planned" // of WeekDay.Planned
)

// Difference is what was computed less what was approved.
type Difference struct {
	Date    calendar.Date `json:"date"`
	Site    int64         `json:"site"`
	Code    string        `json:"code"`
	Kind    LineKind      `json:"kind,omitempty"`
	Minutes int           `json:"minutes"` // never 0
}

// MissingData is data that a week may lack (I2).
type MissingData struct {
	Site     int64
	SiteName string
	Device   string // reader or gateway
	Kind     MissingKind
	From, To int64
	Since    time.Time
}

// MissingKind says what is missing.
type MissingKind string

// The kinds of missing data.
const (
	MissingHole    MissingKind = "hole"    // taps From…To of the device
	MissingTail    MissingKind = "tail"    // its last taps before it started anew, nobody knows how many
	MissingSilence MissingKind = "silence" // not heard of since Since
)

// NeedsReason refuses an approval until the approver gives a reason (I2, I5).
type NeedsReason struct {
	Employee   int64
	Week       calendar.Week
	Exceptions []Exception
	Missing    []MissingData
	Running    bool // a shift still runs, or the week has not ended
}

func (e *NeedsReason) Error() string {
	var why []string
	if n := len(e.Exceptions); n > 0 {
		why = append(why, fmt.Sprintf("exceptions: %d", n))
	}
	if n := len(e.Missing); n > 0 {
		why = append(why, fmt.Sprintf("gaps in the data: %d", n))
	}
	if e.Running {
		why = append(why, "it is not over yet")
	}
	return fmt.Sprintf("timesheet of week %s: %s; give a reason to approve it all the same", e.Week, strings.Join(why, ", "))
}

// Line is a frozen line for payroll (I5). Minutes may be negative in a
// correction; lines of one (employee, day, site, code, kind) add up to what counts.
type Line struct {
	ID         int64 // stable for ever
	Approval   int64
	Employee   int64
	Number     string
	Day        calendar.Date
	Site       int64
	SiteName   string
	Code       string
	Kind       LineKind
	Minutes    int
	Corrects   int64 // the approval it corrects; 0: a first approval
	Reason     string
	ApprovedAt time.Time
	ApprovedBy audit.Actor
}

// Presence is an employee who is in.
type Presence struct {
	Who        Who
	Since      time.Time
	OnBreak    bool
	Reader     int64
	ReaderName string
	Site       int64
	SiteName   string
}

// LatestTap is a tap as the live list shows it.
type LatestTap struct {
	Tap         TapID
	Who         Who // ID 0: nobody holds the fob
	At          time.Time
	Uncertainty int64
	Known       Known
	Role        Role // "" when not yet computed
	Reader      int64
	ReaderName  string
	SiteName    string
	Arrived     time.Time
}

// UnknownTap sums the taps of a token that nobody held when it tapped (OB-H1).
type UnknownTap struct {
	KeyVersion uint32
	Token      [8]byte
	Count      int
	First      time.Time
	Last       time.Time
	Reader     int64 // of the last one
	ReaderName string
	SiteName   string
	Fob        int64 // 0: the token is of no fob
	FobLabel   string
	FobStatus  string
}

// Explanation is a day minute by minute: what Compute made, with the words of
// the decisions and the proposals for its exceptions.
type Explanation struct {
	Who       Who
	Day       Day
	Steps     []Step     // the arithmetic, top to bottom
	Decisions []Decision // that touch the day, oldest first, undone ones included
	Requests  []Request  // of the employee about the day, that nobody answered
	Rules     rule.Set
	Sets      []rule.Set // that the day was counted by, the widest scope first (I5)
}

// Changes says what Recompute did.
type Changes struct {
	Taps      int  // new or with a changed time or holder
	Employees int  // recomputed
	Days      int  // written
	Behind    bool // rows of unfinished transactions were seen and are left for the next time
}
