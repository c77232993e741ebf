package sla

import (
	"time"

	"tikklok/ingest/audit"
)

// Cause is whose failing an outage was. Only Supplier and Undecided count
// against the supplier: the contract counts "a clear and demonstrable failing"
// of the supplier (N-B9), and until somebody decided the customer has the
// benefit of the doubt.
type Cause string

// The causes.
const (
	Undecided    Cause = "" // nobody decided yet: counts
	Supplier     Cause = "supplier"
	Customer     Cause = "customer"
	ForceMajeure Cause = "force_majeure"
)

// Causes gives those that can be decided.
func Causes() []Cause { return []Cause{Supplier, Customer, ForceMajeure} }

// Counts says whether time of this cause counts against the supplier.
func (c Cause) Counts() bool { return c == Undecided || c == Supplier }

// Decision is the dated record of whose failing a stretch of time was. Decisions
// are only added; of several over one minute the last holds (I3).
type Decision struct {
	ID       int64
	From, To time.Time // whole minutes; To isn't in it
	Cause    Cause
	Reason   string // 1…200 characters, about no person
	By       audit.Actor
	At       time.Time
}

// Outage is a run of minutes in which users could not get in, of one cause.
// Minutes that nobody measured, between two in which they couldn't, part no
// outage, and count as unmeasured all the same.
type Outage struct {
	From, To  time.Time // To isn't in it; both may lie outside the month
	Down      int       // minutes in the month that count in the terms' time, whatever the cause
	Excused   int       // minutes in the month outside that time, or in announced work
	Cause     Cause
	Decision  Decision // whence the cause; zero: Undecided
	GoesOn    bool     // down in the newest minute measured
	Unsettled bool     // began before, or goes on after what was looked at
}

// Work is announced maintenance.
type Work struct {
	From, To  time.Time // To isn't in it
	Announced time.Time
}
