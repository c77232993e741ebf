// Package breach promises that who processes data for others knows, from the
// moment a breach (datalek) is known, how long there is to tell the
// controller, whom it affects at least and at most, and what the notice has to
// say (OB-P10, GDPR articles 33 and 34). It tells the controller and nobody
// else: neither the authority nor data subjects get a message from here.
package breach

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/privacy"
)

// Breach is what is known of one, and what was done about it.
type Breach struct {
	ID       int64
	Known    time.Time // to the processor, or to somebody it engaged
	Hours    int       // in which the controller is to be told, by the contract of that day
	At       time.Time // when it was written down
	By       audit.Actor
	Versions []Version // at least one, oldest first
	Steps    []Step    // oldest first
}

// Version is all that was known at a moment.
type Version struct {
	Facts
	At time.Time
	By audit.Actor
}

// Facts are what a notice has to say (W-4.17, P-7.4, GDPR article 33(3)). What
// isn't known yet is empty, and told later (article 33(4)).
type Facts struct {
	Nature       string         `json:"nature"`
	Cause        string         `json:"cause,omitempty"`
	From         time.Time      `json:"from,omitzero"`  // the breach itself, or the period in which it was
	Until        time.Time      `json:"until,omitzero"` // not before From; zero: one moment, or it goes on
	Learned      string         `json:"learned,omitempty"`
	Groups       string         `json:"groups,omitempty"`  // of people whose data it is
	Least        int            `json:"least"`             // people affected
	Most         int            `json:"most"`              // 0: not known
	Records      int            `json:"records,omitempty"` // of personal data, by approximation; 0: not known
	Kinds        []privacy.Kind `json:"kinds,omitempty"`   // of data
	Consequences string         `json:"consequences,omitempty"`
	Taken        string         `json:"taken,omitempty"`   // measures, against the breach and its consequences
	Planned      string         `json:"planned,omitempty"` // measures to come
	Contact      string         `json:"contact,omitempty"` // with whom to follow it up: name, telephone, e-mail
}

// StepKind is something that was done about a breach.
type StepKind string

// The kinds of steps. The controller is told by telephone and by e-mail, both
// (W-4.16); Other is somebody whom the controller or the law had informed.
const (
	Telephone StepKind = "telephone"
	Email     StepKind = "email"
	Other     StepKind = "other"
	FollowUp  StepKind = "follow-up"
	Closed    StepKind = "closed"
	Dismissed StepKind = "dismissed" // it turned out to be none (P-7.2)
	Reopened  StepKind = "reopened"
)

// Step is what was done, by whom it is written down.
type Step struct {
	What   StepKind
	DoneAt time.Time
	Whom   string // who was told, for Telephone, Email and Other
	Note   string
	At     time.Time
	By     audit.Actor
}

// State is how a breach stands.
type State string

// The states.
const (
	Untold  State = "untold"  // the clock runs
	HalfWay State = "halfway" // told by one of telephone and e-mail
	Told    State = "told"    // by both; followed up
	Shut    State = "closed"
	None    State = "none" // no breach after all
)

// Limits of what is written down.
const (
	textLength = 2000
	whomLength = 200
	noteLength = 1000
	mostPeople = 10_000_000

	mostRecords = 1_000_000_000
)

// Now gives what is known last.
func (b Breach) Now() Facts { return b.Versions[len(b.Versions)-1].Facts }

// Due is when the controller has to have been told.
func (b Breach) Due() time.Time { return b.Known.Add(time.Duration(b.Hours) * time.Hour) }

// ToldAt is when the controller had been told by telephone and by e-mail, by
// the earliest of each; zero: not yet.
func (b Breach) ToldAt() time.Time {
	telephone, email := b.first(Telephone), b.first(Email)
	switch {
	case telephone.IsZero() || email.IsZero():
		return time.Time{}
	case telephone.After(email):
		return telephone
	}
	return email
}

// first is when a step was done for the first time, whenever it was written
// down; zero: never.
func (b Breach) first(what StepKind) (at time.Time) {
	for _, s := range b.Steps {
		if s.What == what && (at.IsZero() || s.DoneAt.Before(at)) {
			at = s.DoneAt
		}
	}
	return at
}

// Late says whether the controller was told too late, or isn't told in time.
func (b Breach) Late(now time.Time) bool {
	told := b.ToldAt()
	return b.State() != None && (told.IsZero() && now.After(b.Due()) || told.After(b.Due()))
}

// State says how it stands.
func (b Breach) State() State {
	for _, s := range slices.Backward(b.Steps) {
		switch s.What {
		case Closed:
			return Shut
		case Dismissed:
			return None
		case Reopened:
			return b.told()
		}
	}
	return b.told()
}

func (b Breach) told() State {
	some := slices.ContainsFunc(b.Steps, func(s Step) bool { return s.What == Telephone || s.What == Email })
	switch {
	case !b.ToldAt().IsZero():
		return Told
	case some:
		return HalfWay
	}
	return Untold
}

// Open says whether it counts as open: nothing irreversible is done (P-7.5).
func (b Breach) Open() bool { s := b.State(); return s != Shut && s != None }

// Missing names the fields of a notice that nobody filled in yet.
func (f Facts) Missing() (out []string) {
	for _, part := range []struct {
		name  string
		known bool
	}{
		{"nature", f.Nature != ""}, {"cause", f.Cause != ""}, {"from", !f.From.IsZero()}, {"learned", f.Learned != ""}, {"groups", f.Groups != ""}, {"most", f.Most > 0},
		{"records", f.Records > 0}, {"kinds", len(f.Kinds) > 0}, {"consequences", f.Consequences != ""}, {"taken", f.Taken != "" || f.Planned != ""}, {"contact", f.Contact != ""},
	} {
		if !part.known {
			out = append(out, part.name)
		}
	}
	return out
}

// ErrNotFound says that there is no breach of a number.
var ErrNotFound = errors.New("no such breach")

// check says what is wrong with facts, as a *privacy.Refused.
func (f Facts) check(known, now time.Time) error {
	for name, text := range map[string]string{"nature": f.Nature, "cause": f.Cause, "groups": f.Groups, "learned": f.Learned,
		"consequences": f.Consequences, "taken": f.Taken, "planned": f.Planned, "contact": f.Contact} {
		if privacy.TooLong(text, textLength) {
			return privacy.Refuse(name, "long", fmt.Sprintf("takes at most %d characters", textLength))
		}
	}
	switch {
	case strings.TrimSpace(f.Nature) == "":
		return privacy.Refuse("nature", "empty", "say in a sentence what happened")
	case known.IsZero() || known.After(now):
		return privacy.Refuse("known", "ahead", "is the moment at which it became known, which can't lie ahead")
	case f.From.After(now):
		return privacy.Refuse("from", "ahead", "lies ahead; only what happened is a breach (P-7.2)")
	case !f.Until.IsZero() && f.Until.Before(f.From):
		return privacy.Refuse("until", "order", "lies before the beginning")
	case f.Least < 0 || f.Least > mostPeople:
		return privacy.Refuse("least", "number", "is a number of people")
	case f.Most != 0 && f.Most < f.Least || f.Most > mostPeople || f.Most < 0:
		return privacy.Refuse("most", "number", "is a number of people, not below the smallest")
	case f.Records < 0 || f.Records > mostRecords:
		return privacy.Refuse("records", "count", "is a number of records")
	}
	for _, k := range f.Kinds {
		if !slices.Contains(privacy.Kinds(), k) {
			return privacy.Refuse("kinds", "unknown", fmt.Sprintf("there is no kind %q; there are %v", k, privacy.Kinds()))
		}
	}
	return nil
}

// may says why a step can't be written down, as a *privacy.Refused.
func (b Breach) may(s Step, now time.Time) error {
	tells := s.What == Telephone || s.What == Email || s.What == Other
	switch {
	case !slices.Contains([]StepKind{Telephone, Email, Other, FollowUp, Closed, Dismissed, Reopened}, s.What):
		return privacy.Refuse("what", "unknown", "is not something that can be done about a breach")
	case s.DoneAt.IsZero() || s.DoneAt.After(now):
		return privacy.Refuse("at", "ahead", "is when it was done, which can't lie ahead")
	case s.DoneAt.Before(b.Known):
		return privacy.Refuse("at", "before", "lies before the breach was known")
	case tells && s.Whom == "":
		return privacy.Refuse("whom", "empty", "name who was told")
	case privacy.TooLong(s.Whom, whomLength):
		return privacy.Refuse("whom", "long", fmt.Sprintf("takes at most %d characters", whomLength))
	case !tells && s.Note == "":
		return privacy.Refuse("note", "empty", "has to be filled in")
	case privacy.TooLong(s.Note, noteLength):
		return privacy.Refuse("note", "long", fmt.Sprintf("takes at most %d characters", noteLength))
	case s.What == Reopened && b.Open():
		return privacy.Refuse("what", "open", "the breach is open")
	case s.What != Reopened && s.What != FollowUp && s.What != Other && !b.Open():
		return privacy.Refuse("what", "closed", "the breach is closed; open it again first")
	}
	return b.mayClose(s.What)
}

func (b Breach) mayClose(what StepKind) error {
	if what != Closed {
		return nil
	}
	if b.State() != Told {
		return privacy.Refuse("what", "untold", "the controller is told by telephone and by e-mail before a breach is closed (W-4.16)")
	}
	// How many records there are is told where possible (P-7.4, GDPR article 33(3)(a)).
	if missing := slices.DeleteFunc(b.Now().Missing(), func(part string) bool { return part == "records" }); len(missing) > 0 {
		return privacy.Refuse("what", "missing", "the notice still lacks "+strings.Join(missing, ", "))
	}
	return nil
}
