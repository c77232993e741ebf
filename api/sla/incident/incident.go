// Package incident promises that of whatever disturbs the service it is known
// when it arose, how grave it is by the contract's own questions, by when it
// has to be answered and solved, and whether it was (OB-S5, OB-S6, OB-S7,
// OB-S9). What was reported and done is written down with its date and never
// changed (I3): an answer comes as a step, a mistake as another step.
package incident

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/privacy"
	"tikklok/ingest/tenant"
)

// Kind is what sort of thing was reported.
type Kind string

// The kinds.
const (
	Fault       Kind = "fault"
	Login       Kind = "login"       // users can't get in
	Question    Kind = "question"    // about the contents
	Bookkeeping Kind = "bookkeeping" // a question about accounts: an aim of its own (W-3.14)
)

// Kinds gives all.
func Kinds() []Kind { return []Kind{Fault, Login, Question, Bookkeeping} }

// Channel is the way a report came.
type Channel string

// The channels. What comes by e-mail outside the service window is taken up on
// the next working day (N-B7); a probe's finding comes by itself.
const (
	ByTelephone Channel = "telephone"
	ByEmail     Channel = "email"
	ByPage      Channel = "page"
	ByProbe     Channel = "probe"
)

// Channels gives those of people.
func Channels() []Channel { return []Channel{ByTelephone, ByEmail, ByPage} }

// Incident is one with all that was done about it.
type Incident struct {
	ID       int64
	Channel  Channel
	Kind     Kind
	AroseAt  time.Time // as reported: Arose tells what is known since
	Reported time.Time // when it reached us, not before AroseAt
	Report   Report
	Impact   Impact
	Category Category        // as agreed with the report
	Priority tenant.Priority // likewise: Now tells what holds
	Why      string          // why the priority isn't the one that was proposed; "": it is
	Terms    Terms           // of the contract of that day
	At       time.Time       // when it was written down
	By       audit.Actor
	Steps    []Step // in the order in which they were written down
}

// Report is what helps to find the cause (W-3.9). No name, number or hour of a
// person is needed in it.
type Report struct {
	Message    string `json:"message"`
	Steps      string `json:"steps"`
	Computer   string `json:"computer"`
	Screenshot string `json:"screenshot,omitempty"` // where there is one: the picture itself isn't kept, as it would show people
}

// StepKind is something that was done about an incident.
type StepKind string

// The kinds of steps.
const (
	Confirmed StepKind = "confirmed" // a person (no automatic reply) confirmed the receipt (W-3.12, W-3.13)
	Answered  StepKind = "answered"  // the direction of the solution was reported (N-B4.12), or the diagnosis (W-3.14)
	Contact   StepKind = "contact"   // the daily word on how it goes (N-B8)
	Solved    StepKind = "solved"
	Reopened  StepKind = "reopened" // it wasn't solved: the solution counts no more
	Weighed   StepKind = "weighed"  // another priority was agreed on
	Earlier   StepKind = "earlier"  // it turned out to have arisen at DoneAt
	UpAgain   StepKind = "up-again" // the probe gets in again; a person says whether it is solved
	Duplicate StepKind = "duplicate"
	Dismissed StepKind = "dismissed" // it turned out not to be one of the service
)

// StepKinds gives those that people take.
func StepKinds() []StepKind {
	return []StepKind{Confirmed, Answered, Contact, Solved, Reopened, Weighed, Earlier, Duplicate, Dismissed}
}

// Step is what was done, by whom it is written down.
type Step struct {
	What     StepKind
	DoneAt   time.Time
	Note     string
	Priority tenant.Priority // of Weighed
	Of       int64           // of Duplicate: the one that goes on
	At       time.Time       // when it was written down
	By       audit.Actor
}

// State is how an incident stands.
type State string

// The states.
const (
	Open     State = "open"
	Underway State = "answered"
	Done     State = "solved"
	Double   State = "duplicate"
	None     State = "dismissed"
)

// Limits of what is written down, in characters, and of numbers of users.
const (
	textLength = 2000
	lineLength = 200
	noteLength = 1000
	mostUsers  = 10_000_000
)

// ErrNotFound says that there is no incident of a number.
var ErrNotFound = errors.New("no such incident")

// Arose is when it arose, by all that is known.
func (i Incident) Arose() time.Time {
	at := i.AroseAt
	for _, s := range i.Steps {
		if s.What == Earlier && s.DoneAt.Before(at) {
			at = s.DoneAt
		}
	}
	return at
}

// Now is the priority that holds.
func (i Incident) Now() tenant.Priority {
	for _, s := range slices.Backward(i.Steps) {
		if s.What == Weighed {
			return s.Priority
		}
	}
	return i.Priority
}

// State says how it stands.
func (i Incident) State() State {
	for _, s := range slices.Backward(i.Steps) {
		switch s.What {
		case Duplicate:
			return Double
		case Dismissed:
			return None
		case Solved:
			return Done
		case Reopened:
			return i.underway()
		}
	}
	return i.underway()
}

func (i Incident) underway() State {
	if i.first(Answered).IsZero() {
		return Open
	}
	return Underway
}

// IsOpen says whether somebody has to act.
func (i Incident) IsOpen() bool { s := i.State(); return s == Open || s == Underway }

// Counts says whether it is one of the service, once.
func (i Incident) Counts() bool { s := i.State(); return s != Double && s != None }

// ConfirmedAt is when a person confirmed the receipt; zero: not yet.
func (i Incident) ConfirmedAt() time.Time { return earliest(i.first(Confirmed), i.AnsweredAt()) }

// AnsweredAt is when the direction of the solution was reported, or the
// solution itself; zero: not yet.
func (i Incident) AnsweredAt() time.Time { return earliest(i.first(Answered), i.SolvedAt()) }

// SolvedAt is when it was solved; zero: it isn't, or no longer.
func (i Incident) SolvedAt() (at time.Time) {
	for _, s := range i.Steps {
		switch s.What {
		case Solved:
			at = s.DoneAt
		case Reopened:
			at = time.Time{}
		}
	}
	return at
}

func (i Incident) first(what StepKind) (at time.Time) {
	for _, s := range i.Steps {
		if s.What == what {
			at = earliest(at, s.DoneAt)
		}
	}
	return at
}

// earliest takes a zero time for none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// check says what is wrong with a report, as a *privacy.Refused.
func (i Incident) check(now time.Time) error {
	switch {
	case !slices.Contains(Kinds(), i.Kind):
		return privacy.Refuse("kind", "unknown", fmt.Sprintf("is one of %v", Kinds()))
	case i.Channel != ByProbe && !slices.Contains(Channels(), i.Channel):
		return privacy.Refuse("channel", "unknown", fmt.Sprintf("is one of %v", Channels()))
	case i.AroseAt.IsZero() || i.AroseAt.After(now):
		return privacy.Refuse("arose", "ahead", "is when it arose, which can't lie ahead")
	case i.AroseAt.Before(now.AddDate(-1, 0, 0)):
		return privacy.Refuse("arose", "old", "lies more than a year back")
	case i.Reported.Before(i.AroseAt) || i.Reported.After(now):
		return privacy.Refuse("reported", "order", "is when it was reported: not before it arose, and not ahead")
	case !slices.ContainsFunc(i.Terms.Promises, func(p Promise) bool { return p.Priority == i.Priority }):
		return privacy.Refuse("priority", "unknown", fmt.Sprintf("the contract knows %v", i.Terms.Priorities()))
	case privacy.TooLong(i.Why, noteLength):
		return privacy.Refuse("why", "long", fmt.Sprintf("takes at most %d characters", noteLength))
	}
	if _, proposed := Propose(i.Kind, i.Impact, i.Terms); proposed != i.Priority && strings.TrimSpace(i.Why) == "" {
		return privacy.Refuse("why", "empty", "say why, and with whom, another priority was agreed on than the one proposed")
	}
	if err := i.Impact.check(); err != nil {
		return err
	}
	return i.Report.check()
}

func (r Report) check() error {
	for _, f := range []struct {
		name, text string
		limit      int
		must       bool
	}{{"message", r.Message, textLength, true}, {"steps", r.Steps, textLength, true}, {"computer", r.Computer, lineLength, true}, {"screenshot", r.Screenshot, lineLength, false}} {
		if f.must && strings.TrimSpace(f.text) == "" {
			return privacy.Refuse(f.name, "empty", "has to be filled in (W-3.9)")
		}
		if privacy.TooLong(f.text, f.limit) {
			return privacy.Refuse(f.name, "long", fmt.Sprintf("takes at most %d characters", f.limit))
		}
	}
	return nil
}
