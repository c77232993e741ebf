// Package bi promises that approved hours can be analysed without anybody
// being looked at: what it publishes has no person in it, no row that stands
// out among fewer than five people, and nothing at all unless the customer's
// contract allows it (OB-P13, OB-P14).
//
// A publication takes the approved lines of a month that no publication took
// yet and parts them in cells: rows that share all that is said of them. Each
// cell holds at least Least people; where fewer share a site, a code or a day,
// that is left blank, and lines that even then stand alone wait for a later
// publication. A line is in one cell of one publication as long as publishing
// is allowed, so cells that are added up or subtracted, of one file or of files
// made later, are of Least people or more. Neither the order of rows nor their
// decimals say whose a blanked one is. Rows that keep their employee's surrogate
// are pseudonymous, not anonymous. The Parquet file and the SQL schema bi give
// the same rows.
//
// The workbook is not part of that: it is the customer's own list of lines by
// personnel number, for those who pay.
package bi

import (
	"errors"
	"iter"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// Least is the fewest people that a published cell holds (OB-P13).
const Least = 5

// Errors that callers branch on.
var (
	ErrInvalid    = errors.New("not valid")
	ErrNotAllowed = errors.New("publishing for analysis is not allowed: an administrator allows it, with the clause of the contract that does")
	ErrContract   = errors.New("the contract allows no statistics: agree on them, without persons, and record that version of the contract first")
	ErrNothing    = errors.New("nothing to publish")
	ErrMany       = errors.New("too many lines to wait for")
)

// Permission is whether the customer's contract allows publishing. There is
// none until somebody gives it.
type Permission struct {
	Allowed bool
	Basis   string // the clause of the contract, or why it was withdrawn: 1…200 characters
	By      audit.Actor
	At      time.Time
}

// Order asks for a publication.
type Order struct {
	By       audit.Actor
	Month    calendar.Date       // its first day
	Most     int                 // lines: where more wait, ErrMany; 0: however many
	Progress func(done, all int) // lines gone through; each is, twice. nil: nobody asks
}

// Publication is the lines of a month that were published at once.
type Publication struct {
	ID    int64
	Month calendar.Period // a calendar month
	By    audit.Actor
	At    time.Time
	Lines int
	Held  int  // lines that wait: fewer than Least people shared them
	Kept  bool // its rows are there: publishing was not withdrawn since
}

// Row is an approved line without its person. What is blank is shared by fewer
// than Least people.
type Row struct {
	Line        Surrogate
	Employee    Surrogate // zero: blank, as it is wherever anything else is
	Month       calendar.Date
	Day         calendar.Date // zero: blank
	Site        string
	CostCentre  string
	Code        string
	Kind        hours.LineKind
	Minutes     int    // negative in a correction
	Hundredths  int    // hours × 100; those of an Employee, code and month add up to their rounded total
	Zone        string // of the tenant: the zone that its days and months are looked at in
	PublishedAt time.Time
}

// Rows gives rows one by one. After an error it ends.
type Rows = iter.Seq2[Row, error]

// Surrogate names a line or an employee in place of its id.
type Surrogate [16]byte

// Blank says that it names nothing.
func (s Surrogate) Blank() bool { return s == Surrogate{} }
