// Package hours promises that worked time is exact and explained: every minute
// that is paid follows from taps, the instants they happened, decisions by
// named people and a dated rule set, and can be computed again from them (I3,
// I5); what is not certain is not counted but shown to a person (I4).
//
// The way: registrations → instants → punches → shifts → hour lines → days →
// timesheets → approval. Everything up to days is pure; store*.go keeps the
// results and is the only part that knows the database.
package hours

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// TapID names a tap in text: "origin/epoch/seq", the first two hexadecimal.
type TapID string

// IDOf gives a tap's name in text.
func IDOf(n wire.Name) TapID {
	return TapID(n.Stream.String() + "/" + strconv.FormatUint(n.Seq, 10))
}

// Name reads the text form back.
func (id TapID) Name() (wire.Name, error) {
	parts := strings.Split(string(id), "/")
	if len(parts) != 3 {
		return wire.Name{}, fmt.Errorf("tap %q is not of the form origin/epoch/seq", string(id))
	}
	origin, err1 := strconv.ParseUint(parts[0], 16, 63)
	epoch, err2 := strconv.ParseUint(parts[1], 16, 64)
	seq, err3 := strconv.ParseUint(parts[2], 10, 63)
	if err1 != nil || err2 != nil || err3 != nil {
		return wire.Name{}, fmt.Errorf("tap %q is not of the form origin/epoch/seq", string(id))
	}
	return wire.Name{Stream: wire.Stream{Origin: origin, Epoch: epoch}, Seq: seq}, nil
}

// Mode says what a tap on a reader, or an added punch, means.
type Mode string

// The modes. Toggle: in when out, out when in. Break: starts a break, or ends
// the one that runs.
const (
	Toggle Mode = "toggle"
	In     Mode = "in"
	Out    Mode = "out"
	Break  Mode = "break"
)

// Role says what became of a tap or an added punch.
type Role string

// The roles.
const (
	RoleIn         Role = "in"
	RoleOut        Role = "out"
	RoleBreakStart Role = "break_start"
	RoleBreakEnd   Role = "break_end"
	RoleBetween    Role = "between"    // between the first and the last of a day, under rules that ask for no more
	RoleUnsure     Role = "unsure"     // a tap is missing around it and it can't be told which
	RoleDouble     Role = "double"     // within the double-tap window of one that counts
	RoleIgnored    Role = "ignored"    // by a decision
	RoleUncertain  Role = "uncertain"  // its time is less certain than the limit (I4)
	RoleImpossible Role = "impossible" // its time cannot be: before 2015 or after it arrived (I4)
	RoleSealed     Role = "sealed"     // it came after its day was sealed (I5)
)

// Counts says whether a role takes part in shifts.
func (r Role) Counts() bool {
	switch r {
	case RoleIn, RoleOut, RoleBreakStart, RoleBreakEnd:
		return true
	}
	return false
}

// Punch is a tap with its instant, or a punch added by a decision, as a day's
// explanation shows it.
type Punch struct {
	Tap         TapID  `json:"tap,omitempty"`      // "": added by a decision
	Decision    int64  `json:"decision,omitempty"` // what added it, set its time or ignored it
	At          int64  `json:"at"`                 // Unix ms
	Uncertainty int64  `json:"uncertainty"`        // ± ms; Unbounded: arrival only
	Known       Known  `json:"known"`
	Device      int64  `json:"device,omitempty"` // Unix ms that the device's own clock showed; 0: none
	Arrived     int64  `json:"arrived,omitempty"`
	Reader      int64  `json:"reader,omitempty"`
	Site        int64  `json:"site,omitempty"`
	Mode        Mode   `json:"mode"`
	Role        Role   `json:"role"`
	Window      int    `json:"window,omitempty"` // seconds, for RoleDouble
	Rival       int64  `json:"rival,omitempty"`  // who held its fob just as well, by another token (I7)
	ReaderName  string `json:"-"`                // filled when read for a page
	SiteName    string `json:"-"`
}

// Minute gives the punch's UTC minute since 1970, floored (I5).
func (p Punch) Minute() int64 { return floorDiv(p.At, 60_000) }

// Time gives the punch's instant.
func (p Punch) Time() time.Time { return time.UnixMilli(p.At) }

// Span is a stretch of UTC minutes since 1970: From ≤ minute < To. A span with
// an unknown end has 0 there.
type Span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Minutes gives its length.
func (s Span) Minutes() int { return int(s.To - s.From) }

// ShiftState says how far a shift is known.
type ShiftState string

// The states of a shift. Only a complete one has minutes.
const (
	Complete   ShiftState = "complete"
	Running    ShiftState = "running"    // in, and not longer ago than the longest shift
	Incomplete ShiftState = "incomplete" // a tap is missing
)

// Shift is one stretch of work, with its breaks.
type Shift struct {
	State    ShiftState      `json:"state"`
	Span     Span            `json:"span"` // first in to last out; 0: unknown
	Site     int64           `json:"site"` // of the first tap that has one; its minutes may be of several
	OnBreak  bool            `json:"on_break,omitempty"`
	Deadline int64           `json:"deadline,omitempty"` // Running: Unix ms after which its out is missing
	Taps     []TapID         `json:"taps"`
	Decided  []int64         `json:"decided,omitempty"` // decisions it depends on
	Breaks   []Pause         `json:"breaks,omitempty"`
	Attended int             `json:"attended"`            // minutes in to out
	Tapped   int             `json:"tapped"`              // minutes of tapped breaks
	Counted  []CountedTap    `json:"counted,omitempty"`   // taps that count as at another minute than their own
	Auto     int             `json:"auto"`                // minutes taken by the automatic break
	Paid     int             `json:"paid,omitempty"`      // minutes of breaks that are paid
	PaidAuto int             `json:"paid_auto,omitempty"` // … of them automatic ones
	Rounding int             `json:"rounding"`            // minutes added (positive) or taken by rounding the shift
	Minutes  int             `json:"minutes"`             // Attended − Tapped + what Counted says − Auto + Paid + Rounding = the sum of Lines
	AutoRule *rule.AutoBreak `json:"auto_rule,omitempty"`
	RoundTo  int             `json:"round_to,omitempty"`
	Lines    []HourLine      `json:"lines,omitempty"`  // per code before overtime, which is of a day or more (Settle)
	Worked   []Worked        `json:"worked,omitempty"` // where the lines' minutes lie, in order
	Sets     []int           `json:"sets,omitempty"`   // versions of the rule sets it rests on, where they are not Day.Rules alone (I5)
}

// Pause is a break within a shift.
type Pause struct {
	Span
	Automatic bool `json:"automatic,omitempty"`
}

// Worked is a stretch of paid minutes of one code at one site.
type Worked struct {
	Span
	Code string   `json:"code"`
	Site int64    `json:"site,omitempty"`
	Also []string `json:"also,omitempty"` // codes of the bands that are paid besides (rule.PremiumStack)
}

// HourLine is minutes of one code in one shift (I5: its taps, decisions and
// rule version are those of the shift and the day it stands in).
type HourLine struct {
	Code    string `json:"code"`
	Minutes int    `json:"minutes"`
}

// Day is all that was made of one employee's day. A shift belongs to the local
// day it started on, or as rule.Rules.ShiftDay says. Minutes is what its shifts
// say, with Rounding and Corrected; Lines, Settled and what follows from them
// are made by Settle, from the day and those around it.
type Day struct {
	Employee   int64         `json:"employee"`
	Date       calendar.Date `json:"date"`
	Zone       string        `json:"zone"`
	Rules      int           `json:"rules"`          // version of the rule set
	Sets       []int         `json:"sets,omitempty"` // versions of all rule sets it rests on, where they are not Rules alone (I5)
	Minutes    int           `json:"minutes"`        // worked: the sum of the lines of that kind
	Punches    []Punch       `json:"punches"`
	More       int           `json:"more,omitempty"` // punches besides, that count for nothing: a day lists mostShown
	Shifts     []Shift       `json:"shifts"`
	Lines      []DayLine     `json:"lines"`
	Plan       []Planned     `json:"plan,omitempty"` // of shifts that start on it
	Exceptions []Exception   `json:"exceptions,omitempty"`
	Decisions  []int64       `json:"decisions,omitempty"` // those standing that touch the day
	Booked     []Booked      `json:"booked,omitempty"`    // what somebody decided of the day's minutes
	Standby    []StandbySpan `json:"standby,omitempty"`
	Holiday    *PaidHoliday  `json:"holiday,omitempty"`
	Rounding   int           `json:"rounding,omitempty"`  // minutes that rounding the day added or took
	RoundTo    int           `json:"round_to,omitempty"`  // … to so many
	Corrected  int           `json:"corrected,omitempty"` // minutes worked that somebody added or took by hand
	Taken      int           `json:"taken,omitempty"`     // minutes worked that automatic breaks and rounding took, less what rounding gave: minimum wage is per hour
	Settled    []Step        `json:"settled,omitempty"`   // the steps of Settle
	Sealed     calendar.Date `json:"sealed,omitzero"`     // the day on which it was sealed: since then it takes corrections by hand only (I5)
	Again      int64         `json:"again,omitempty"`     // Unix ms from which it has to be computed again, 0: never by itself; running shifts have their own
}

// DayLine is the minutes of one code at one site on one day. A code is of one
// kind on a day.
type DayLine struct {
	Site    int64    `json:"site"`
	Code    string   `json:"code"`
	Kind    LineKind `json:"kind,omitempty"`
	Minutes int      `json:"minutes"`
}

// LineKind says what a line's minutes are. Those worked add up to the day's
// minutes; the others stand beside them.
type LineKind string

// The kinds of lines.
const (
	LineWorked     LineKind = ""
	LineSupplement LineKind = "supplement" // minutes worked that a premium is paid for besides (rule.PremiumStack), or a split shift's
	LineAdded      LineKind = "added"      // paid, not worked: a call's minimum, travel, standby, a late withdrawal, a correction by hand
	LineAbsent     LineKind = "absent"     // no kind and no reason (OB-P2); or taken up: tijd voor tijd, ADV
	LineHoliday    LineKind = "holiday"    // a paid holiday not worked
)

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
