package request

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
)

// Kind is what is asked for.
type Kind string

// The kinds, with their articles of the GDPR.
const (
	Access        Kind = "access"        // 15
	Rectification Kind = "rectification" // 16, first sentence
	Addition      Kind = "addition"      // 16, second sentence
	Erasure       Kind = "erasure"       // 17
	Restriction   Kind = "restriction"   // 18
	Portability   Kind = "portability"   // 20
	Objection     Kind = "objection"     // 21
)

// Kinds gives all.
func Kinds() []Kind {
	return []Kind{Access, Rectification, Addition, Erasure, Restriction, Portability, Objection}
}

// Requester is who asks.
type Requester string

// The requesters.
const (
	Self           Requester = "self"           // the person, by letter or in person: to be made sure of
	SignedIn       Requester = "signed-in"      // the person on their own page: signing in made sure of them
	Representative Requester = "representative" // somebody for them, with authority to be checked
)

// State is how far a request is.
type State string

// The states.
const (
	Open      State = "open"
	Granted   State = "granted" // decided, still to be carried out
	Refused   State = "refused"
	Done      State = "done"
	Withdrawn State = "withdrawn"
)

// Act is a step of a request.
type Act string

// The acts beside the states, which are acts too.
const (
	Received Act = "received"
	Checked  Act = "checked"
	Extended Act = "extended"
)

// Step is a step that was taken.
type Step struct {
	Act    Act
	Reason string
	By     audit.Actor
	At     time.Time
}

// Request is what a person asked for. Days are midnight UTC.
type Request struct {
	ID          int64
	Kind        Kind
	Employee    int64
	Requester   Requester
	Name        string // of a representative
	What        string // in the requester's words
	Received    time.Time
	Due         time.Time // the last day for an answer
	Extended    bool
	Checked     bool // who asks was made sure of
	State       State
	Certificate int64 // 0: none
	Steps       []Step
}

// IsOpen says whether an answer, or what was granted, is still owed.
func (r Request) IsOpen() bool { return r.State == Open || r.State == Granted }

// Late says whether the answer is owed since before today.
func (r Request) Late(today time.Time) bool { return r.IsOpen() && today.After(r.Due) }

// DueAfter gives the last day for an answer: that of the same number so many
// months on, or the month's last (GDPR article 12(3); Regulation 1182/71,
// article 3).
func DueAfter(received time.Time, months int) time.Time {
	y, m, d := received.Date()
	last := time.Date(y, m+time.Month(months)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return time.Date(y, m+time.Month(months), min(d, last), 0, 0, 0, 0, time.UTC)
}

// mostOpen is how many requests of one person may wait before another is made on
// their own page: each kind once, and some again.
const mostOpen = 10

// The months for an answer, and for one that is extended (article 12(3)).
const (
	months         = 1
	monthsExtended = 3
)

// check refuses a request that cannot be written down; today is the tenant's.
func (r Request) check(today time.Time) error {
	switch {
	case !slices.Contains(Kinds(), r.Kind):
		return fmt.Errorf("%w: %q is no kind of request", ErrInvalid, r.Kind)
	case !slices.Contains([]Requester{Self, SignedIn, Representative}, r.Requester):
		return fmt.Errorf("%w: %q is no requester", ErrInvalid, r.Requester)
	case (r.Requester == Representative) != (strings.TrimSpace(r.Name) != ""):
		return fmt.Errorf("%w: a representative has a name; the person has the one that is known", ErrInvalid)
	case len([]rune(r.Name)) > 200 || len([]rune(r.What)) > 1000:
		return fmt.Errorf("%w: a name has at most 200 characters, what is asked for 1000", ErrInvalid)
	case r.Received.After(today) || r.Received.Before(today.AddDate(-1, 0, 0)):
		return fmt.Errorf("%w: it was received within the last year, and not later than today", ErrInvalid)
	}
	return nil
}

// next gives the state that an act leads to, or ErrInvalid with the reason why
// it cannot be taken now. Nothing is done before an administrator granted it,
// and nothing granted before who asks was made sure of (OB-P7).
func (r Request) next(act Act, reason string) (State, error) {
	if n := len([]rune(strings.TrimSpace(reason))); n > 500 || n == 0 && act != Act(Done) {
		return "", fmt.Errorf("%w: a reason of 1 to 500 characters is noted with it", ErrInvalid)
	}
	if !r.IsOpen() {
		return "", fmt.Errorf("%w: request %d is %s", ErrInvalid, r.ID, r.State)
	}
	switch act {
	case Checked:
		return r.State, nil
	case Extended:
		if r.Extended {
			return "", fmt.Errorf("%w: it was extended already; more than two further months the law does not give", ErrInvalid)
		}
		return r.State, nil
	case Act(Granted):
		if !r.Checked {
			return "", fmt.Errorf("%w: make sure first who asks, and note how", ErrInvalid)
		}
		if r.State == Open {
			return Granted, nil
		}
	case Act(Refused): // what another administrator granted meanwhile stands
		if r.State == Open {
			return Refused, nil
		}
	case Act(Withdrawn):
		return Withdrawn, nil
	case Act(Done):
		if r.State == Granted {
			return Done, nil
		}
		return "", fmt.Errorf("%w: request %d was not granted; an administrator of the organisation decides first", ErrInvalid, r.ID)
	}
	return "", fmt.Errorf("%w: %q cannot follow %q", ErrInvalid, act, r.State)
}
