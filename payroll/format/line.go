package format

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// Line is hours on their way to payroll, in no package's dialect.
type Line struct {
	ID         int64 // of the approved line; stable for ever
	Employee   int64
	Number     string          // personnel number
	Period     calendar.Period // that its total belongs to: its run's, or the earlier one that it corrects
	Day        calendar.Date
	Code       string
	Kind       hours.LineKind
	Component  string // the destination's name for the code: of the code map, or what the total it corrects was sent as
	Minutes    int    // negative in a correction
	Hundredths int    // hours × 100 as sent; the lines of a total add up to it
	SiteID     int64  // 0: worked at none
	Site       string // its name: of now, or what the hours it corrects were sent with
	CostCentre string
	Assignment string
	Corrects   int64 // the approval it corrects; 0: a first approval
	ApprovedAt time.Time
	ApprovedBy audit.Actor // who gave the approval the line came with
}

// ByPlace orders lines as files have them: by number, employee, period, day,
// code and id. It stops at the first difference: millions of lines are sorted.
func ByPlace(a, b Line) int {
	if c := cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Employee, b.Employee)); c != 0 {
		return c
	}
	if c := cmp.Or(compareDates(a.Period.From, b.Period.From), compareDates(a.Period.To, b.Period.To), compareDates(a.Day, b.Day)); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.ID, b.ID))
}

// compareDates orders days by their digits, as making instants of them would
// cost more than all the rest of a sort.
func compareDates(a, b calendar.Date) int {
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Day, b.Day))
}

// Employee is one employee's part of a run.
type Employee struct {
	ID        int64
	Number    string // personnel number
	Surname   string // "" unless the format needs names (OB-P1)
	FirstName string
	Lines     []Line // of the run, ByPlace; never empty
	Sent      []Line // what stands sent of the periods in Lines, by id, for formats that replace
}

// Employees gives a run's employees one by one, by number and id, so that a
// run of any size is written in the memory of a few. After an error it ends.
type Employees = iter.Seq2[Employee, error]

// Group makes employees of lines and what was sent, both in any order. Of the
// names only the number is filled in.
func Group(lines, sent []Line) Employees {
	return func(yield func(Employee, error) bool) {
		lines, before := slices.SortedFunc(slices.Values(lines), ByPlace), map[int64][]Line{}
		for _, l := range sent {
			before[l.Employee] = append(before[l.Employee], l)
		}
		for len(lines) > 0 {
			first, end := lines[0], slices.IndexFunc(lines, func(l Line) bool { return l.Employee != lines[0].Employee })
			if end < 0 {
				end = len(lines)
			}
			if !yield(Employee{ID: first.Employee, Number: first.Number, Lines: lines[:end], Sent: before[first.Employee]}, nil) {
				return
			}
			lines = lines[end:]
		}
	}
}
