// Package plan promises that what was planned, and when that was changed, is
// known of every shift: a plan is never overwritten, it gets a newer version,
// so that a late withdrawal can be told from an early one; that an employee is
// planned once at a time; and that a file is taken up whole or not at all.
package plan

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what is planned.
type Kind string

// The kinds.
const (
	Work    Kind = "work"
	Call    Kind = "call"    // on call: the employee comes when called up, paid at least a minimum
	Standby Kind = "standby" // reachable, not at work
)

// Shift is one planned shift of an employee, as its newest version says, or as
// an older one said that was withdrawn or got other times.
type Shift struct {
	ID        int64 `json:"id"`
	Employee  int64 `json:"employee"`
	Site      int64 `json:"site,omitempty"` // 0: any
	Kind      Kind  `json:"kind"`
	From      int64 `json:"from"`                // UTC minutes since 1970
	To        int64 `json:"to"`                  // after From, at most 24 hours later
	Break     int   `json:"break,omitempty"`     // planned minutes of it
	Withdrawn int64 `json:"withdrawn,omitempty"` // Unix ms since when it is no longer so; 0: it stands
}

// Minutes gives the planned minutes to be worked.
func (s Shift) Minutes() int { return int(s.To-s.From) - s.Break }

// What callers branch on. The texts name the remedy.
var (
	ErrNotFound = errors.New("there is no such planned shift")
	ErrInvalid  = errors.New("not valid")
	ErrOverlap  = errors.New("the employee is planned at that time already; move or withdraw that shift first")
	ErrEmployed = errors.New("the employee is not employed on that day; correct it, or the days of employment")
	ErrGone     = errors.New("this shift was withdrawn; add a new one")
)

// longest is the longest shift, in minutes.
const longest = 24 * 60

// Check says what is wrong with a shift; ErrInvalid.
func (s Shift) Check() error {
	if kind, values := s.fault(); kind != "" {
		return fmt.Errorf("%w: "+reasons[kind], append([]any{ErrInvalid}, values...)...)
	}
	return nil
}

// fault gives what is wrong with a shift, as a kind of problem with its values.
func (s Shift) fault() (kind string, values []any) {
	switch {
	case s.Kind != Work && s.Kind != Call && s.Kind != Standby:
		return "kind", []any{string(s.Kind)}
	case s.From < firstMinute || s.To > lastMinute:
		return "year", nil
	case s.To <= s.From:
		return "backwards", nil
	case s.To-s.From > longest:
		return "longest", nil
	case s.Break < 0 || int64(s.Break) >= s.To-s.From:
		return "break", []any{s.Break}
	}
	return "", nil
}

// Plans lie between these UTC minutes: 2015 and 2100.
const (
	firstMinute = 1_420_070_400 / 60
	lastMinute  = 4_102_444_800 / 60
)

// Late says whether the shift was withdrawn, or got other times, less than so
// many days before its start; 0: that is never late. The days are counted on
// the wall's clock, so that a clock change takes no hour of anybody's notice.
func (s Shift) Late(notice int, zone *time.Location) bool {
	if notice <= 0 || s.Withdrawn == 0 {
		return false
	}
	start := time.Unix(s.From*60, 0).In(zone)
	return time.UnixMilli(s.Withdrawn).After(start.AddDate(0, 0, -notice))
}
