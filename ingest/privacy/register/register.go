// Package register promises that what a processor must agree with, announce to
// or ask of the controller is written down with its dates, and that what comes
// before its time is refused with the reason: sub-processors (OB-P8),
// instructions (OB-P16), disclosures (OB-P17), audits (OB-C15), measures
// (OB-C19), restores that a customer asks for (OB-C18), and the works council's consent to what shows people live (WOR 27).
package register

import (
	"errors"
	"time"

	"tikklok/ingest/audit"
)

// Book is one of the registers.
type Book string

// The books.
const (
	Subprocessors Book = "subprocessor" // whom the processor engages
	Instructions  Book = "instruction"  // what the controller wrote that is to be done
	Disclosures   Book = "disclosure"   // what was handed over by legal duty
	Audits        Book = "audit"        // checks by or for the controller
	Councils      Book = "council"      // consent of the works council
	Measures      Book = "measure"      // versions of the security measures
	Restores      Book = "restore"      // what the customer asks to have back from a backup
)

// Books gives all.
func Books() []Book {
	return []Book{Subprocessors, Instructions, Disclosures, Audits, Councils, Measures, Restores}
}

// Entry is one matter of a book. Nothing in it changes; what happened since
// stands in Steps, oldest first.
type Entry struct {
	ID     int64
	Book   Book
	Values map[string]string // by the names of its form's fields; dates as 2026-07-01
	At     time.Time         // when it was written down
	By     audit.Actor
	Steps  []Step
}

// Step is what was done about an entry on a day.
type Step struct {
	What string    // one of its form's
	Day  time.Time // midnight UTC of a calendar day
	Note string    // at most 500 characters
	At   time.Time // when it was written down
	By   audit.Actor
}

// What stores answer.
var (
	ErrNoEntry    = errors.New("no such entry in this register")
	ErrNotInForce = errors.New("this instruction is not in force: an objection to it stands, or it was withdrawn")
)

// Title is what an entry is called.
func (e Entry) Title() string {
	return e.Values[map[Book]string{Subprocessors: "name", Instructions: "reference", Disclosures: "requester",
		Audits: "auditor", Councils: "body", Measures: "version", Restores: "reference"}[e.Book]]
}

// Last gives the newest step that is one of some.
func (e Entry) Last(what ...string) (Step, bool) {
	for i := len(e.Steps) - 1; i >= 0; i-- {
		for _, w := range what {
			if e.Steps[i].What == w {
				return e.Steps[i], true
			}
		}
	}
	return Step{}, false
}
