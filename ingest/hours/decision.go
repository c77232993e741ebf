package hours

import (
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
)

// DecisionKind says what a person decided.
type DecisionKind string

// The kinds of decisions.
const (
	AddPunch   DecisionKind = "add_punch"   // At and Mode (in, out, break): a manual registration
	SetTime    DecisionKind = "set_time"    // Tap and At
	IgnoreTap  DecisionKind = "ignore_tap"  // Tap
	Accept     DecisionKind = "accept"      // an exception as it stands: Tap and At of it, or Day and About
	UndoOf     DecisionKind = "undo"        // Undoes; made by Undo
	AssignTap  DecisionKind = "assign_tap"  // Tap: of a fob that nobody held, or held by two, was this employee's
	Absent     DecisionKind = "absent"      // Day and Minutes; Code: "" or one of the rules' take-up codes
	AddMinutes DecisionKind = "add_minutes" // Day, Site, Code and Minutes (negative: taken off): a correction by hand, the only one that a sealed day takes (I5)
)

// Decision is a dated record of what a named person decided (I3). It is never
// changed: an undo is another decision.
type Decision struct {
	ID       int64         `json:"id,omitempty"`
	Employee int64         `json:"employee"`
	Kind     DecisionKind  `json:"kind"`
	Tap      TapID         `json:"tap,omitempty"`
	At       time.Time     `json:"at,omitzero"`
	Mode     Mode          `json:"mode,omitempty"` // AddPunch: In, Out or Break
	Site     int64         `json:"site,omitempty"` // AddPunch: where; 0: unknown
	Undoes   int64         `json:"undoes,omitempty"`
	Day      calendar.Date `json:"day,omitzero"`
	Minutes  int           `json:"minutes,omitempty"`
	Code     string        `json:"code,omitempty"`
	About    ExceptionKind `json:"about,omitempty"`    // Accept of something without a tap: what is accepted, on Day
	Proposed bool          `json:"proposed,omitempty"` // it was a Proposal
	Reason   string        `json:"reason"`             // 1…500 bytes
	By       audit.Actor   `json:"by"`
	Made     time.Time     `json:"made,omitzero"`
	Undone   bool          `json:"undone,omitempty"`  // another decision undid it
	ByName   string        `json:"by_name,omitempty"` // filled when read
}
