package register

import (
	"errors"
	"time"
)

// Support lets a supplier's person look, read-only, for a time, while the user
// who consents is signed in (OB-P15: with the user's consent and presence).
type Support struct {
	ID      int64
	Account int64    // the supplier's person
	By      int64    // the account of who consents
	Session [32]byte // hash of the token of the session in which they do
	Reason  string
	// Where the supplier's person looks from, and under whose law whoever they
	// work for stands (OB-P9): NL, EU, EEA or other; "": of before it was asked.
	Region, Operator string

	At    time.Time
	Until time.Time
	Ended *time.Time // by somebody, before its time
	Looks int        // of the supplier's person under it
}

// MostSupport is the longest that support is granted at once.
const MostSupport = 8 * time.Hour

// What support is refused with.
var (
	ErrNoSupport = errors.New("nobody of the organisation allows support at this moment, or who allowed it has signed out; ask them to allow it and to stay signed in")
	ErrTime      = errors.New("support is allowed for 1 minute to 8 hours, with a reason of 1 to 200 characters")
)

// Counts says whether it still holds by the clock.
func (s Support) Counts(now time.Time) bool { return s.Ended == nil && now.Before(s.Until) }
