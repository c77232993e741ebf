package sla

import (
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/tenant"
)

// Cause is whose failing an outage was. The contract counts "a clear and
// demonstrable failing" of the supplier (N-B9). What nobody decided counts too,
// and what the parties don't agree on: the customer has the benefit of the doubt.
type Cause string

// The causes.
const (
	Undecided    Cause = ""          // neither party said anything: counts
	Contested    Cause = "contested" // one party says Supplier, the other that it wasn't: counts
	Supplier     Cause = "supplier"
	Customer     Cause = "customer"
	ForceMajeure Cause = "force_majeure"
)

// Causes gives those that a party can decide.
func Causes() []Cause { return []Cause{Supplier, Customer, ForceMajeure} }

// Counts says whether time of this cause counts against the supplier.
func (c Cause) Counts() bool { return c == Undecided || c == Contested || c == Supplier }

// Decision is a party's dated word on whose failing a stretch of time was.
// Decisions are only added; of several of one party over one minute its last
// holds (I3).
type Decision struct {
	ID       int64
	From, To time.Time // whole minutes; To isn't in it
	Cause    Cause
	Reason   string // 1…200 characters, about no person
	By       audit.Actor
	At       time.Time
}

// Party is whose word it is: of the customer what its people say on the page,
// of the supplier what is said at the server's command line.
func (d Decision) Party() tenant.Party {
	if d.By.Kind == audit.Account || d.By.Kind == audit.APIKey {
		return tenant.Customer
	}
	return tenant.Supplier
}

// Ruling is what both parties said last of a time; one without a cause said
// nothing.
type Ruling struct{ Supplier, Customer Decision }

// Cause gives what holds. The word of one party holds until the other says
// otherwise. Where they differ on whether it counts nothing is decided; where
// they differ only in why it doesn't, the later word names it.
func (r Ruling) Cause() Cause {
	s, c := r.Supplier.Cause, r.Customer.Cause
	switch {
	case s == c || c == Undecided:
		return s
	case s == Undecided:
		return c
	case s == Supplier || c == Supplier:
		return Contested
	case r.Customer.At.Before(r.Supplier.At):
		return s
	}
	return c
}

// Claimed says whether the time doesn't count on the supplier's word alone.
func (r Ruling) Claimed() bool {
	return r.Customer.Cause == Undecided && !r.Supplier.Cause.Counts()
}

// Outage is a run of minutes in which users could not get in, of one ruling.
// Minutes that nobody measured, between two in which they couldn't, part no
// outage, and count as unmeasured all the same.
type Outage struct {
	From, To  time.Time // To isn't in it; both may lie outside the month
	Down      int       // minutes in the month that count in the terms' time, whatever the cause
	Parts     []int     // Down of each of the report's Parts
	Excused   int       // minutes in the month outside that time, or in announced work
	Ruling    Ruling
	GoesOn    bool // down in the newest minute measured, just now
	Unsettled bool // began before, or goes on after what was looked at
}

// Cause is whose failing it was, as the ruling says.
func (o Outage) Cause() Cause { return o.Ruling.Cause() }

// Work is announced maintenance.
type Work struct {
	From, To  time.Time // To isn't in it
	Announced time.Time
}
