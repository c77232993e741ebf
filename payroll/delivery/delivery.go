// Package delivery promises that a run which is to be brought to a payroll
// package is brought, however often it takes and whoever is restarted, and
// that it is called delivered only when the other end has it whole (I8).
//
// The outbox is a table of its own: what is due follows from the register of
// runs (each run of a destination with a channel), so that nothing has to be
// handed over when a run is made and nothing is lost between two commits. It
// is what people look at and decide in. A library of jobs would hold a second
// truth beside it, of attempts and states, that had to agree with the first.
//
// An attempt holds its row's lock for as long as it takes: another replica
// passes over it, and a server that is killed lets go at once. Its beginning
// is committed apart, so that it is seen. What the other end acts upon (the
// renaming of a file) is committed before it is done: when nobody lived to see
// how it ended, and the other end cannot be asked, a person decides, since a
// package that takes a file in twice pays twice.
package delivery

import (
	"errors"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll"
)

// Errors that callers branch on.
var (
	ErrNotFound = errors.New("no such delivery or channel")
	ErrInvalid  = errors.New("not valid")
	ErrSending  = errors.New("this delivery is under way; look again in a minute")
	ErrState    = errors.New("this delivery is in another state; open the page again")
	ErrBrought  = errors.New("this run is brought to its package, which would have it twice if it pulled it as well (I8); take that way out of use first, or give the delivery up")
	ErrSealed   = errors.New("the channel's secrets cannot be read: the key file of the state folder is another one than they were sealed with; bring it back from its backup, or enter the secrets again")
)

// Event is what is told or brought.
type Event string

// The events.
const (
	Ready Event = "run.ready" // a run can leave
	Void  Event = "run.void"  // a run of which the other end was told is void
)

// State is how far a delivery is.
type State string

// The states of a delivery.
const (
	Waiting   State = "waiting"   // for its next attempt
	Done      State = "done"      // the other end has it
	Uncertain State = "uncertain" // the other end may have it: a person must look there
	GivenUp   State = "given_up"  // by a person
	Withdrawn State = "withdrawn" // no longer to be sent: its run is void, or was delivered otherwise
)

// Delivery is one event of a run on its way through one channel.
type Delivery struct {
	ID          int64
	Channel     int64
	Kind        Kind
	Destination int64
	Name        string // of the destination
	Run         int64
	Period      calendar.Period // of the run
	Event       Event
	State       State
	Made        time.Time
	Due         time.Time // of the next attempt
	Attempts    int
	Accepted    int // of its requests, where it takes several
	Sending     bool
	Ended       *time.Time
	By          audit.Actor // who ended it, or had it sent again; zero: nobody yet
	Reason      string
	Tried       []Attempt // filled by Outbox, the first first
	key         string    // the same at each attempt
	settled     int
	step        payroll.RunState // of the run, at which it is meant
}

// Last gives the last attempt that ended; zero: none.
func (d Delivery) Last() Attempt {
	for _, a := range slices.Backward(d.Tried) {
		if a.Ended != nil {
			return a
		}
	}
	return Attempt{}
}

// Attempt is one try.
type Attempt struct {
	Number  int
	Started time.Time
	Ended   *time.Time // nil: it is under way
	Outcome Outcome
	Status  int    // of HTTP; 0: none
	Answer  string // the beginning of what the other end said
	Detail  string // what failed
	Fault   Fault  // what kind of thing that is; "": nothing, or none of those
}

// Outcome is how an attempt ended.
type Outcome string

// The outcomes. An attempt under way has none.
const (
	Succeeded   Outcome = "done"
	Failed      Outcome = "failed"
	Unclear     Outcome = "uncertain"
	Interrupted Outcome = "interrupted" // the server ended first
)

// backoff is how long to wait after the nth attempt failed: 30 s, doubled each
// time, up to six hours. It never ends by itself: a person gives up.
func backoff(attempts int) time.Duration {
	wait := 30 * time.Second
	for range attempts - 1 {
		if wait *= 2; wait >= 6*time.Hour {
			return 6 * time.Hour
		}
	}
	return wait
}
