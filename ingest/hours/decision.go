package hours

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// DecisionKind says what a person decided.
type DecisionKind string

// The kinds of decisions.
const (
	AddPunch   DecisionKind = "add_punch"   // At and Mode (in, out, break): a manual registration
	SetTime    DecisionKind = "set_time"    // Tap and At
	IgnoreTap  DecisionKind = "ignore_tap"  // Tap; without an employee: a tap of a fob that nobody held is nobody's
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
	About    ExceptionKind `json:"about,omitempty"`    // the exception that it answers (Exception.About); Accept of a day needs it
	Proposed bool          `json:"proposed,omitempty"` // it was a Proposal
	Reason   string        `json:"reason"`             // 1…500 bytes
	By       audit.Actor   `json:"by"`
	Made     time.Time     `json:"made,omitzero"`
	Undone   bool          `json:"undone,omitempty"`  // another decision undid it
	ByName   string        `json:"by_name,omitempty"` // filled when read
}

// AbsentReason is the reason that is stored with every absence: why somebody
// is absent is not asked and not kept (OB-P2).
const AbsentReason = "absent"

// check says what is wrong with a decision that is to be made, as far as it
// can be told from the decision alone.
func (d Decision) check(now time.Time) error {
	switch {
	case len(d.Reason) < 1 || len(d.Reason) > 500:
		return ErrNoReason
	case d.By.Kind != audit.Account && d.By.Kind != audit.APIKey && d.By.Kind != audit.Operator:
		return errors.New("a decision is made by a person")
	case d.Employee == 0 && d.Kind != IgnoreTap:
		return fmt.Errorf("%s is about an employee; only a tap that is nobody's is left out without one", d.Kind)
	}
	switch d.Kind {
	case UndoOf:
		return errors.New("use undo to take a decision back")
	case AddPunch:
		return errors.Join(d.checkAdded(), d.checkAt(now))
	case SetTime:
		return errors.Join(d.checkTap(), d.checkAt(now))
	case IgnoreTap, AssignTap:
		return d.checkTap()
	case Accept:
		return d.checkAccept(now)
	case Absent, AddMinutes:
		return d.checkMinutes()
	}
	return fmt.Errorf("decision %q is unknown; known are add_punch, set_time, ignore_tap, assign_tap, accept, absent and add_minutes", string(d.Kind))
}

func (d Decision) checkAdded() error {
	switch {
	case d.Mode != In && d.Mode != Out && d.Mode != Break:
		return fmt.Errorf("an added punch is in, out or break, not %q", string(d.Mode))
	case d.Tap != "":
		return errors.New("an added punch has no tap; use set_time to give a tap its time")
	}
	return nil
}

func (d Decision) checkAt(now time.Time) error {
	switch {
	case d.At.UnixMilli() < firstPlausible:
		return fmt.Errorf("%s needs a time after 2014", d.Kind)
	case d.At.After(now.Add(time.Minute)):
		return ErrFuture
	}
	return nil
}

func (d Decision) checkTap() error {
	if d.Tap == "" {
		return fmt.Errorf("%s needs the tap it is about", d.Kind)
	}
	return nil
}

// checkAccept takes a tap and its instant, or a day and what of it is accepted.
func (d Decision) checkAccept(now time.Time) error {
	switch {
	case d.About != "" && !d.About.acceptable():
		return fmt.Errorf("%q is not accepted as it stands; give what lacks, or leave the tap out", string(d.About))
	case d.hasDay() && d.About == "":
		return errors.New("accept of a day needs what of it is accepted (about)")
	case d.hasDay():
		return nil
	}
	return d.checkAt(now)
}

func (d Decision) checkMinutes() error {
	least := 1
	if d.Kind == AddMinutes {
		least = -1440
	}
	switch {
	case !d.hasDay():
		return fmt.Errorf("%s needs the day it is about", d.Kind)
	case d.Minutes < least || d.Minutes > 1440 || d.Minutes == 0:
		return fmt.Errorf("%s of %d minutes; it must be %d to 1440, and not 0", d.Kind, d.Minutes, least)
	case d.Tap != "" || d.Mode != "":
		return fmt.Errorf("%s is about a day, not about a tap", d.Kind)
	}
	return nil
}

func (d Decision) hasDay() bool { return d.Day != calendar.Date{} }

// checkPerson says whether a decision's days are those of the employment, and
// have come; today is the employee's.
func (d Decision) checkPerson(p Person, today calendar.Date) error {
	day := d.Day
	if d.Kind == AddPunch || d.Kind == SetTime {
		day = calendar.DateOf(d.At.In(p.Zone))
	}
	switch {
	case day == calendar.Date{}:
		return nil
	case d.hasDay() && today.Before(d.Day):
		return ErrFuture
	case day.Before(p.From):
		return fmt.Errorf("the day lies before the first working day, %s; change that first if it is wrong", p.From)
	case (d.Kind == Absent || d.Kind == AddMinutes) && !p.employed(day):
		return fmt.Errorf("the day lies after the last working day, %s; change that first if it is wrong", p.Until)
	}
	return nil
}

// checkCode says whether the rules of the day know a decision's code.
func (d Decision) checkCode(r rule.Rules) error {
	switch {
	case d.Kind == Absent && d.Code != "" && !r.Absence(d.Code):
		return fmt.Errorf("code %q is none of absence by the rules of %s", d.Code, d.Day)
	case d.Kind == AddMinutes && !slices.Contains(r.Codes(), d.Code):
		return fmt.Errorf("code %q is unknown to the rules of %s; known are %s", d.Code, d.Day, strings.Join(r.Codes(), ", "))
	}
	return nil
}

// AssignedTaps gives whose a tap is by the decisions that stand, whoever held
// its fob.
func AssignedTaps(decisions []Decision) map[TapID]int64 {
	out := map[TapID]int64{}
	for _, d := range standing(decisions, AssignTap) {
		out[d.Tap] = d.Employee
	}
	return out
}

// NobodysTaps gives the taps that somebody said are nobody's.
func NobodysTaps(decisions []Decision) map[TapID]bool {
	out := map[TapID]bool{}
	for _, d := range standing(decisions, IgnoreTap) {
		if d.Employee == 0 {
			out[d.Tap] = true
		}
	}
	return out
}
