package bi

import (
	"errors"
	"io"
	"iter"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

// Workbook is all that an XLSX is made of. It names employees by personnel
// number (OB-P1).
type Workbook struct {
	Period     calendar.Period
	At         time.Time // when it was made, in the tenant's zone
	Language   string    // "nl" or "en"
	Employees  format.Employees
	Exceptions iter.Seq2[Exception, error]
}

// Exception is something of a day that a person has to look at, or did not.
type Exception struct {
	Number string // personnel number
	Day    calendar.Date
	Kind   hours.ExceptionKind
	Site   string
	At     time.Time // of the tap, in the employee's zone; zero: about the day
	Frozen bool      // its week is approved: it was seen
}

// WriteXLSX writes a workbook with a sheet of lines, one of totals that are
// there as values and as formulas over the lines, and one of exceptions.
func WriteXLSX(w io.Writer, b Workbook) error {
	return errors.New("the workbook is not written yet")
}
