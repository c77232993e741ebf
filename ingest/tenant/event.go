package tenant

import (
	"strings"
	"time"

	"tikklok/ingest/audit"
)

// EventKind is what happens to a contract.
type EventKind string

// The kinds.
const (
	NoticeGiven  EventKind = "notice"        // the contract ends on Effective
	Indexed      EventKind = "indexation"    // prices rise from Effective on
	TermsChange  EventKind = "terms"         // other terms hold from Effective on
	ForceMajeure EventKind = "force_majeure" // since Effective
	Over         EventKind = "over"          // of force majeure, on Effective
	Warned       EventKind = "first_use"     // that a service was not taken yet
	Used         EventKind = "first_used"    // a service, on Effective for the first time
	TakenBack    EventKind = "taken_back"    // another event
)

// Party is a side of the contract.
type Party string

// The parties.
const (
	Customer Party = "customer"
	Supplier Party = "supplier"
)

// Event is something that happened to a contract; it stays, another takes it
// back.
type Event struct {
	ID        int64
	Kind      EventKind
	Of        Party
	Told      time.Time // when the other party was told, midnight UTC
	Effective time.Time // midnight UTC; of a notice the last day
	TakesBack int64     // Over and TakenBack: which event
	Service   Service   // Warned and Used
	Reference string    // the writing, 1…200 characters
	By        audit.Actor
	At        time.Time
}

// Service is what a customer takes.
type Service string

// The services that a contract is about (N-A16.1).
const (
	Registering Service = "registration" // taps
	Payroll     Service = "payroll"      // runs for a package
)

// Services gives all.
func Services() []Service { return []Service{Registering, Payroll} }

// Standing leaves out what was taken back, and what takes back.
func Standing(all []Event) []Event {
	back := map[int64]bool{}
	for _, e := range all {
		if e.Kind == TakenBack {
			back[e.TakesBack] = true
		}
	}
	var out []Event
	for _, e := range all {
		if e.Kind != TakenBack && !back[e.ID] {
			out = append(out, e)
		}
	}
	return out
}

// LastDay gives the last day of a contract under these terms after a notice of
// a day: with ToMonth the end of the calendar month after the notice's, 15
// September giving 31 October (W-2.4); else that many months on (N-A8.4).
func (n Notice) LastDay(told, starts time.Time) time.Time {
	last := Span{Months: n.Months}.After(told)
	if n.ToMonth {
		last = time.Date(told.Year(), told.Month()+time.Month(n.Months)+1, 0, 0, 0, 0, 0, time.UTC)
	}
	if n.OfMonths > 0 {
		if least := (Span{Months: n.OfMonths, Days: -1}).After(starts); last.Before(least) {
			last = least
		}
	}
	return last
}

// MayHappen says whether an event is in time under the contract, with the
// standing ones: a notice, an indexation or changed terms told too late name
// the first day that is in time. A notice without a day gets the first.
func (a Agreement) MayHappen(e *Event, standing []Event, today time.Time) error {
	e.Told, e.Reference = midnight(e.Told), strings.TrimSpace(e.Reference)
	if !e.Effective.IsZero() {
		e.Effective = midnight(e.Effective)
	}
	switch {
	case a.Version == 0:
		return invalid("kind", "no contract is recorded; record it first")
	case e.Of != Customer && e.Of != Supplier:
		return invalid("party", "choose customer or supplier")
	case e.Told.After(today) || e.Told.Before(a.Signed):
		return invalid("told", "the other party was told between the day of signing and today")
	case !between(e.Reference, 1, 200):
		return invalid("reference", "name the letter or message by which it was told, in 1 to 200 characters")
	}
	switch e.Kind {
	case NoticeGiven:
		return a.noticeInTime(e, standing)
	case Indexed:
		return a.indexInTime(e)
	case TermsChange:
		return inTime(e, a.Terms.ChangedTerms)
	case ForceMajeure:
		if e.Effective.IsZero() || e.Effective.After(today) {
			return invalid("effective", "force majeure begins today or earlier")
		}
		return nil
	}
	return invalid("kind", "choose notice, indexation, terms or force_majeure")
}

// noticeInTime holds a notice to the terms, save where the other party may end
// at once: after more than 30 days of force majeure (N-A9.4), or changed terms,
// whose last day before they hold is early enough (P-12.4).
func (a Agreement) noticeInTime(e *Event, standing []Event) error {
	first := a.Terms.Notice.LastDay(e.Told, a.Starts)
	for _, s := range standing {
		switch {
		case s.Kind == ForceMajeure && s.Of != e.Of && !isOver(s, standing, e.Told) && e.Told.After(s.Effective.AddDate(0, 0, a.Terms.ForceMajeure)):
			first = e.Told
		case s.Kind == TermsChange && s.Of == Supplier && e.Of == Customer && e.Told.Before(s.Effective):
			first = earlier(first, s.Effective.AddDate(0, 0, -1))
		}
	}
	if e.Effective.IsZero() {
		e.Effective = first
	}
	if e.Effective.Before(first) {
		return tooEarly(first, "the last day under these terms")
	}
	return nil
}

func isOver(majeure Event, standing []Event, by time.Time) bool {
	for _, s := range standing {
		if s.Kind == Over && s.TakesBack == majeure.ID && !s.Effective.After(by) {
			return true
		}
	}
	return false
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (a Agreement) indexInTime(e *Event) error {
	i := a.Terms.Indexation
	if i.Month != 0 && (e.Effective.Month() != i.Month || e.Effective.Day() != i.Day) {
		return invalid("effective", "prices rise on "+time.Date(2000, i.Month, i.Day, 0, 0, 0, 0, time.UTC).Format("2 January")+" only")
	}
	if e.Of != Supplier {
		return invalid("party", "prices are the supplier's to index")
	}
	return inTime(e, i.Ahead)
}

// inTime holds what has to be told some time ahead.
func inTime(e *Event, ahead Span) error {
	if e.Effective.IsZero() {
		return invalid("effective", "say from which day on")
	}
	if ahead.After(e.Told).After(e.Effective) {
		return tooEarly(ahead.After(e.Told), "told on "+e.Told.Format(time.DateOnly)+" it holds from")
	}
	return nil
}
