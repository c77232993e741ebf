// Package retention promises that nothing about people is kept longer than its
// term, nor goes before it (OB-P3), and that what went is provable: how many,
// up to when, and a hash, never what it was (I3).
//
// Each class of data has a term: a preset, or what the customer instructed in
// writing, between what the law asks and what the contract allows. A legal hold
// keeps a person's data, or all, past its term.
package retention

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// What callers branch on.
var (
	ErrInvalid = errors.New("not valid")
	ErrShorter = errors.New("shorter than is allowed")                       // an ErrInvalid too
	ErrLonger  = errors.New("longer than is allowed")                        // an ErrInvalid too
	ErrNoHold  = errors.New("there is no such legal hold, or it was lifted") // of LiftHold
	ErrFrozen  = errors.New("nothing is removed while a breach is open")     // of Purge (OB-P10)
	ErrHeld    = errors.New("nothing is removed under a legal hold")         // of everybody, or one that came while a purge ran

	ErrNoContract = errors.New("nothing is removed before a contract is recorded: nobody agreed to terms yet") // of Purge
	ErrAnnounced  = errors.New("the first night of removing comes a week after the contract was recorded")     // of Purge
)

// Unit is what a period is counted in, as ISO 8601 writes it.
type Unit byte

// The units.
const (
	Day   Unit = 'D'
	Week  Unit = 'W'
	Month Unit = 'M'
	Year  Unit = 'Y'
)

// longestCount keeps a period from being without end.
const longestCount = 5200

// Period is how long something is kept; the zero Period has no end of its own.
type Period struct {
	N    int
	Unit Unit
}

// ParsePeriod reads a period of one unit, like P3M, P52W or P7Y (ISO 8601).
func ParsePeriod(s string) (Period, error) {
	if n := len(s); n >= 3 && s[0] == 'P' && s[1] >= '1' && s[1] <= '9' {
		p := Period{Unit: Unit(s[n-1])}
		var err error
		p.N, err = strconv.Atoi(s[1 : n-1])
		if err == nil && p.N <= longestCount && p.known() {
			return p, nil
		}
	}
	return Period{}, fmt.Errorf("%w: a term is written like P3M, P52W or P7Y", ErrInvalid)
}

func (p Period) known() bool {
	return p.Unit == Day || p.Unit == Week || p.Unit == Month || p.Unit == Year
}

// String gives what ParsePeriod reads, and "" for the zero Period.
func (p Period) String() string {
	if p.N == 0 {
		return ""
	}
	return fmt.Sprintf("P%d%c", p.N, p.Unit)
}

// MarshalText makes JSON carry what String gives.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (p *Period) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*p = Period{}
		return nil
	}
	*p, err = ParsePeriod(string(b))
	return err
}

// Before gives the moment that lies the period before now: what is older is
// past its term. The month before 31 March ends with February.
func (p Period) Before(now time.Time) time.Time {
	switch p.Unit {
	case Day:
		return now.AddDate(0, 0, -p.N)
	case Week:
		return now.AddDate(0, 0, -7*p.N)
	case Month:
		return monthsBefore(now, p.N)
	default:
		return monthsBefore(now, 12*p.N)
	}
}

func monthsBefore(now time.Time, n int) time.Time {
	t := now.AddDate(0, -n, 0)
	if t.Day() != now.Day() { // that month has no such day
		t = t.AddDate(0, 0, -t.Day())
	}
	return t
}

// Longer says whether p can be longer than o: 13 weeks can be longer than 3
// months. No period is longer than the zero one.
func (p Period) Longer(o Period) bool {
	if o.N == 0 {
		return false
	}
	if p.N == 0 {
		return true
	}
	if a, b := p.sameUnits(), o.sameUnits(); a.Unit == b.Unit {
		return a.N > b.N
	}
	_, most := p.days()
	least, _ := o.days()
	return most > least
}

// Shorter says whether p can be shorter than o: 12 months are never shorter
// than 52 weeks.
func (p Period) Shorter(o Period) bool { return o.Longer(p) }

// sameUnits writes years as months and weeks as days.
func (p Period) sameUnits() Period {
	switch p.Unit {
	case Year:
		return Period{12 * p.N, Month}
	case Week:
		return Period{7 * p.N, Day}
	}
	return p
}

// days gives the fewest and the most days that the period can have.
func (p Period) days() (least, most int) {
	p = p.sameUnits()
	if p.Unit == Day {
		return p.N, p.N
	}
	for m := range 48 { // a leap year and three others
		end := time.Date(2028, time.January+time.Month(m), 1, 0, 0, 0, 0, time.UTC)
		n := int(end.Sub(monthsBefore(end, p.N)) / (24 * time.Hour))
		if least == 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	return least, most
}
