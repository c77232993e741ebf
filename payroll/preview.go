package payroll

import (
	"cmp"
	"maps"
	"slices"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

// Preview is what a run would hold if it were made now.
type Preview struct {
	Totals     Totals
	Findings   []Finding // what the check found: those that stop the run first
	Difference Difference
	Earlier    []Earlier // what would be paid of earlier periods, the oldest first
	Unmapped   []string  // codes without a component: they stop the run
	Refused    string    // why the format cannot write it: stops the run; "": it can
	Waiting    []Waiting // weeks of the period not approved: a warning
}

// Stopped says whether something stops the run.
func (p Preview) Stopped() bool { return len(p.Unmapped) > 0 || p.Refused != "" }

// EarlierLines gives how many lines are of earlier periods.
func (p Preview) EarlierLines() (n int) {
	for _, e := range p.Earlier {
		n += e.Lines
	}
	return n
}

// Earlier is what a run pays of a period before its own: the period that the
// lines belong to, beside that of the run, in which they are paid.
type Earlier struct {
	Period      calendar.Period
	Lines       int
	Corrections int // of the lines
	People      int
	Minutes     int         // worked
	Beside      []KindTotal // the other kinds
}

// Difference sets a period beside the last one that a destination was sent:
// all that was sent with each that is not void, and what a preview would add.
type Difference struct {
	Last      calendar.Period // zero where there is none: then all is new
	Codes     []CodeChange    // the biggest change first
	Employees []PersonChange  // of minutes worked, the biggest change first; at most 100
	More      int             // employees whose hours changed that are not in the list
	Same      int             // employees with the same minutes in both
}

// None says that there is no earlier period to compare with.
func (d Difference) None() bool { return d.Last == calendar.Period{} }

// CodeChange is how the minutes of a code differ.
type CodeChange struct {
	Code        string
	Kind        hours.LineKind
	Before, Now int // minutes
}

// PersonChange is how an employee's minutes worked differ.
type PersonChange struct {
	Employee    int64
	Number      string
	Before, Now int
}

// earlierOf sums the lines of periods before the order's.
func earlierOf(lines []format.Line, period calendar.Period) []Earlier {
	sums := earlierSums{}
	sums.add(lines, period)
	return sums.list()
}

// earlierSums adds up what is paid of earlier periods.
type earlierSums map[calendar.Period]*earlierSum

type earlierSum struct {
	corrections int
	people      map[int64]bool
	kinds       map[hours.LineKind]int
	lines       int
}

func (s earlierSums) add(lines []format.Line, period calendar.Period) {
	for _, l := range lines {
		if !l.Day.Before(period.From) {
			continue
		}
		e := s[l.Period]
		if e == nil {
			e = &earlierSum{people: map[int64]bool{}, kinds: map[hours.LineKind]int{}}
			s[l.Period] = e
		}
		e.people[l.Employee] = true
		e.lines++
		e.kinds[l.Kind] += l.Minutes
		if l.Corrects != 0 {
			e.corrections++
		}
	}
}

func (s earlierSums) list() []Earlier {
	var all []Earlier
	for period, e := range s {
		out := Earlier{Period: period, Lines: e.lines, Corrections: e.corrections, People: len(e.people), Minutes: e.kinds[hours.LineWorked]}
		for _, k := range slices.Sorted(maps.Keys(e.kinds)) {
			if k != hours.LineWorked {
				out.Beside = append(out.Beside, KindTotal{k, e.kinds[k]})
			}
		}
		all = append(all, out)
	}
	slices.SortFunc(all, func(a, b Earlier) int {
		return cmp.Or(a.Period.From.Sub(b.Period.From), a.Period.To.Sub(b.Period.To))
	})
	return all
}
