package payroll

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
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
	Gone       []Finding // approved hours that can leave in no run: a warning
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

// earlierSums adds up what is paid of earlier periods. All lines of an
// employee come at once.
type earlierSums map[calendar.Period]*earlierSum

type earlierSum struct {
	lines, corrections, people int
	last                       int64 // employee
	kinds                      map[hours.LineKind]int
}

func (s earlierSums) add(lines []format.Line, period calendar.Period) {
	for _, l := range lines {
		if !l.Day.Before(period.From) {
			continue
		}
		e := s[l.Period]
		if e == nil {
			e = &earlierSum{kinds: map[hours.LineKind]int{}}
			s[l.Period] = e
		}
		if e.last != l.Employee {
			e.last, e.people = l.Employee, e.people+1
		}
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
		out := Earlier{Period: period, Lines: e.lines, Corrections: e.corrections, People: e.people, Minutes: e.kinds[hours.LineWorked]}
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

// mostPeople is how many employees a Difference names.
const mostPeople = 100

// difference sets what the destination would have been sent of the period
// beside what it was sent of the last one before it.
func (c *composition) difference(ctx context.Context, tx pg.Tx) (Difference, error) {
	var d Difference
	for _, r := range c.earlier {
		if r.Period.To.Before(c.period.From) && (d.None() || d.Last.To.Before(r.Period.To)) {
			d.Last = r.Period
		}
	}
	var before paid
	if !d.None() {
		var err error
		if before, err = paidIn(ctx, tx, c.destination.ID, d.Last); err != nil {
			return Difference{}, err
		}
	}
	now, err := paidIn(ctx, tx, c.destination.ID, c.period)
	if err != nil {
		return Difference{}, err
	}
	for _, t := range c.totals.codes {
		now.codes[kindKey{t.Code, t.Kind}] += t.Minutes
	}
	for _, p := range c.totals.worked {
		p.Now += now.people[p.Employee].Now
		now.people[p.Employee] = p
	}
	d.Codes = codeChanges(before.codes, now.codes)
	d.people(before.people, now.people)
	return d, nil
}

// kindKey is a code that is one kind of line.
type kindKey struct {
	code string
	kind hours.LineKind
}

// paid is what a destination was sent in runs of a period.
type paid struct {
	codes  map[kindKey]int
	people map[int64]PersonChange // minutes worked are in Now
}

func codeChanges(before, now map[kindKey]int) []CodeChange {
	all := map[kindKey]CodeChange{}
	for k, m := range before {
		all[k] = CodeChange{Code: k.code, Kind: k.kind, Before: m}
	}
	for k, m := range now {
		all[k] = CodeChange{Code: k.code, Kind: k.kind, Before: before[k], Now: m}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b CodeChange) int {
		return cmp.Or(cmp.Compare(size(b.Now-b.Before), size(a.Now-a.Before)), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Kind, b.Kind))
	})
}

func (d *Difference) people(before, now map[int64]PersonChange) {
	for id, p := range before {
		n := now[id]
		now[id] = PersonChange{Employee: id, Number: p.Number, Before: p.Now, Now: n.Now}
	}
	for _, p := range now {
		if p.Before == p.Now {
			d.Same++
		} else {
			d.Employees = append(d.Employees, p)
		}
	}
	slices.SortFunc(d.Employees, func(a, b PersonChange) int {
		return cmp.Or(cmp.Compare(size(b.Now-b.Before), size(a.Now-a.Before)), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Employee, b.Employee))
	})
	if more := len(d.Employees) - mostPeople; more > 0 {
		d.More, d.Employees = more, d.Employees[:mostPeople:mostPeople]
	}
}

func size(n int) int { return max(n, -n) }
