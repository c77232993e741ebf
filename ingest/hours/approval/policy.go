// Package approval promises that a week's hours are frozen only when everybody
// whom the tenant's policy asks for has said so: of what they saw, in order,
// by a person who may, never of their own hours; and that who said what, for
// whom and in whose place is kept. What freezes, and what is corrected later,
// is hours' own business (I5).
//
// Approval is per employee and ISO week, whatever the pay period.
package approval

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Level is one of those who approve.
type Level string

// The levels, in the order they are given in.
const (
	ByEmployee Level = "employee" // the employee states the hours: no approval by itself
	ByHirer    Level = "hirer"    // each hirer at whose sites hours were
	ByAgency   Level = "agency"   // an approver who is of no hirer
)

func levels() []Level { return []Level{ByEmployee, ByHirer, ByAgency} }

// Policy says who approves the weeks from a Monday on, until the next policy
// of the same scope.
type Policy struct {
	Version   int           `json:"-"`
	From      calendar.Date `json:"-"` // a Monday
	Hirer     int64         `json:"-"` // 0: everybody's
	Levels    []Level       `json:"levels"`
	Optional  bool          `json:"statement_optional,omitempty"` // the others need not wait for ByEmployee
	FourEyes  bool          `json:"four_eyes,omitempty"`          // nobody gives two levels
	Automatic *Automatic    `json:"automatic,omitempty"`          // nil: a person gives each level
	Deadline  *Deadline     `json:"deadline,omitempty"`           // nil: none
}

// Automatic lets the system give every level but a statement that is not
// optional, where a week is complete and as planned.
type Automatic struct {
	Tolerance int `json:"tolerance"` // 0…120 minutes a day between worked and planned
}

// Deadline is when a week should be approved.
type Deadline struct {
	Days   int    `json:"days"`   // 1…28 after the week's Sunday: 2 is Tuesday
	At     string `json:"at"`     // "12:00", in the tenant's zone
	Remind int    `json:"remind"` // 0…168 hours before it
}

// Default is the policy of a tenant that set none: one approver of the agency,
// no deadline.
func Default() Policy {
	return Policy{Version: 1, From: calendar.On(2014, 12, 29), Levels: []Level{ByAgency}}
}

// ErrInvalid refuses what is no policy, deputy or hirer's approver.
var ErrInvalid = errors.New("not valid")

// Check says what is wrong with a policy, all of it, as ErrInvalid.
func (p Policy) Check() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.From.Weekday() != time.Monday {
		refuse("it starts on %s, which is no Monday: approval is per ISO week", p.From)
	}
	at := -1
	for _, l := range p.Levels {
		i := slices.Index(levels(), l)
		switch {
		case i < 0:
			refuse("level %q is unknown; use employee, hirer or agency", string(l))
		case i <= at:
			refuse("level %s comes after %s; the order is employee, hirer, agency, each once", l, levels()[at])
		}
		at = max(at, i)
	}
	if !slices.Contains(p.Levels, ByHirer) && !slices.Contains(p.Levels, ByAgency) {
		refuse("a statement is no approval: add the level hirer or agency")
	}
	if p.Optional && !slices.Contains(p.Levels, ByEmployee) {
		refuse("the employee's statement is optional, but not among the levels")
	}
	if p.FourEyes && len(p.Levels) < 2 {
		refuse("four eyes need two levels")
	}
	if p.FourEyes && p.Automatic != nil {
		refuse("four eyes and automatic approval contradict each other: the system would give every level, and nobody would look; leave one of them out")
	}
	if a := p.Automatic; a != nil && (a.Tolerance < 0 || a.Tolerance > 120) {
		refuse("the tolerance is %d; it must be 0 to 120 minutes", a.Tolerance)
	}
	if p.Hirer != 0 && p.Deadline != nil {
		refuse("a hirer's policy has no deadline of its own; the tenant's holds for everybody")
	}
	if d := p.Deadline; d != nil {
		errs = append(errs, d.check())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func (d Deadline) check() error {
	if d.Days < 1 || d.Days > 28 {
		return fmt.Errorf("the deadline is %d days after the week; it must be 1 to 28", d.Days)
	}
	if d.Remind < 0 || d.Remind > 168 {
		return fmt.Errorf("the reminder is %d hours before the deadline; it must be 0 to 168", d.Remind)
	}
	_, err := time.Parse("15:04", d.At)
	if err != nil || len(d.At) != 5 {
		return fmt.Errorf("the deadline's time %q is not of the form 12:00", d.At)
	}
	return nil
}

// Of gives the deadline of a week. An hour that the clock skips is the one
// after it.
func (d Deadline) Of(week calendar.Week, zone *time.Location) time.Time {
	at, _ := time.Parse("15:04", d.At) // checked when it was set
	day := week.Sunday().AddDays(d.Days)
	return time.Date(day.Year, day.Month, day.Day, at.Hour(), at.Minute(), 0, 0, zone)
}

// Policies are all of a tenant's, in any order.
type Policies []Policy

// Of gives the policy for a week at these hirers: the hirer's own where there
// is one hirer that has one, else everybody's. Of those that have begun, the
// latest holds; of two of one day the higher version.
func (all Policies) Of(week calendar.Week, hirers []int64) Policy {
	if len(hirers) == 1 && hirers[0] != 0 {
		if p, ok := all.latest(week, hirers[0]); ok {
			return p
		}
	}
	if p, ok := all.latest(week, 0); ok {
		return p
	}
	return Default()
}

func (all Policies) latest(week calendar.Week, hirer int64) (best Policy, ok bool) {
	for _, p := range all {
		newer := best.From.Before(p.From) || best.From == p.From && p.Version > best.Version
		if p.Hirer == hirer && !week.Monday().Before(p.From) && (!ok || newer) {
			best, ok = p, true
		}
	}
	return best, ok
}
