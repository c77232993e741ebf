package hours

import (
	"fmt"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
)

// Request is an employee's question to have a day of theirs corrected. It
// changes no hours: a person decides, and answers it.
type Request struct {
	ID       int64
	Employee int64
	Who      Who // filled when read
	Day      calendar.Date
	What     RequestKind
	At       time.Time // RequestIn, RequestOut, RequestBreak: when it was, by the employee; may be zero
	Text     string    // 0…300 bytes in the employee's own words; RequestOther needs some
	Made     time.Time
	State    RequestState
	By       audit.Actor // who answered
	ByName   string
	Answered time.Time
	Reason   string // of the answer: 1…500 bytes
}

// RequestKind says what the employee says is wrong.
type RequestKind string

// What can be asked for.
const (
	RequestIn    RequestKind = "in"    // an in is missing
	RequestOut   RequestKind = "out"   // an out is missing
	RequestBreak RequestKind = "break" // a begin or an end of a break is missing
	RequestOther RequestKind = "other"
)

// RequestState says how far a request is.
type RequestState string

// The states of a request.
const (
	RequestOpen    RequestState = "open"
	RequestGranted RequestState = "granted"
	RequestRefused RequestState = "refused"
)

// How much may be asked.
const (
	mostRequestText  = 300 // bytes
	mostRequests     = 20  // open ones of one employee
	oldestRequestDay = 400 // days ago
)

// check says what is wrong with a request that is to be made; today is that of
// the employee.
func (r Request) check(today calendar.Date, now time.Time) error {
	switch {
	case r.What != RequestIn && r.What != RequestOut && r.What != RequestBreak && r.What != RequestOther:
		return fmt.Errorf("%w: a request is about in, out, break or other, not %q", ErrInvalid, string(r.What))
	case len(r.Text) > mostRequestText:
		return fmt.Errorf("%w: the text has %d bytes; at most %d are kept", ErrInvalid, len(r.Text), mostRequestText)
	case r.What == RequestOther && r.Text == "":
		return fmt.Errorf("%w: say what is wrong", ErrInvalid)
	case today.Before(r.Day) || r.At.After(now.Add(time.Minute)):
		return fmt.Errorf("%w: %w", ErrInvalid, ErrFuture)
	case today.Sub(r.Day) > oldestRequestDay:
		return fmt.Errorf("%w: the day is more than %d days ago", ErrInvalid, oldestRequestDay)
	case !r.At.IsZero() && (r.At.Before(r.Day.In(time.UTC).Add(-24*time.Hour)) || r.At.After(r.Day.In(time.UTC).Add(72*time.Hour))):
		return fmt.Errorf("%w: the time does not lie on the day", ErrInvalid)
	}
	return nil
}
