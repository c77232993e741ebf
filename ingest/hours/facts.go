package hours

import (
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
)

// Person is whose hours are computed.
type Person struct {
	ID    int64
	Zone  *time.Location
	From  calendar.Date // first working day; zero: from the beginning
	Until calendar.Date // last working day; zero: open
	Born  calendar.Date // zero: not kept (OB-P1), then an adult
	Terms []Terms       // ascending by From
	Work  []Assignment  // ascending by From
}

// Terms is what an employee agreed on from a day on.
type Terms struct {
	From     calendar.Date // zero: from the beginning
	Contract int64         // 0: none
	Minutes  int           // a week; 0: on call
}

// Assignment says for whom an employee works.
type Assignment struct {
	ID          int64
	Hirer, Site int64 // 0: any
	Number      string
	CostCentre  string
	From, Until calendar.Date // Until zero: open
}

// TermsOn gives what was agreed for a day; the zero Terms where nothing was.
func (p Person) TermsOn(d calendar.Date) (t Terms) {
	for _, terms := range p.Terms {
		if !d.Before(terms.From) {
			t = terms
		}
	}
	return t
}

// employed says whether a day is a working day of the employment (OB-C5).
func (p Person) employed(d calendar.Date) bool {
	return !d.Before(p.From) && (p.Until == calendar.Date{} || !p.Until.Before(d))
}

// Facts is all that an employee's days follow from, but the rules.
type Facts struct {
	Person    Person
	Punches   []Punch
	Decisions []Decision
	Plan      []plan.Shift // ascending by From; withdrawn ones included

	// Days are those that exist without a tap when they are paid holidays; the
	// zero Period: none.
	Days   calendar.Period
	Hirers Hirers
	Sealed Sealed
}
