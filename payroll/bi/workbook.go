package bi

import (
	"io"
	"iter"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

// Workbook is all that an XLSX is made of. It names employees by personnel
// number only (OB-P1).
type Workbook struct {
	Period     calendar.Period
	At         time.Time // when it was made, in the tenant's zone
	Language   string    // "nl", or English
	Employees  format.Employees
	Exceptions iter.Seq2[Exception, error]
}

// Exception is something of an employee's day that a person has to look at, or
// that somebody approved as it was.
type Exception struct {
	Number string // personnel number
	Day    calendar.Date
	Site   string
	Text   string // what is asked, in the workbook's language
	Seen   bool   // its week is approved
}

// WriteXLSX writes a workbook with a sheet of totals and one of each
// employee's, there as values and as formulas over the lines; the lines, on
// several sheets where one does not hold them; and exceptions. It is made in
// temporary files, and nothing reaches w before all of it is. The same
// workbook gives the same bytes.
func WriteXLSX(w io.Writer, b Workbook) error {
	return b.write(w, mostRows)
}

func (b Workbook) write(w io.Writer, most int) error {
	return writeSorted(w, func(w io.Writer) error {
		book, err := newBook(b.Language, most)
		if err != nil {
			return err
		}
		defer book.file.Close()
		if err := book.fill(b); err != nil {
			return err
		}
		return book.save(w)
	})
}

// excelDay gives a day as Excel counts them.
func excelDay(d calendar.Date) int { return d.Sub(calendar.On(1899, 12, 30)) }
