package plan

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Employee is whom a file may mean.
type Employee struct {
	ID            int64
	Number, Email string
	Zone          *time.Location
	From, Until   calendar.Date // first and last day of work; Until zero: open
}

// employed says whether a shift that starts then is one of somebody employed.
func (e Employee) employed(minute int64) bool {
	d := dayIn(minute, e.Zone)
	return !d.Before(e.From) && (e.Until == calendar.Date{} || !e.Until.Before(d))
}

// Directory is who and what a file may name.
type Directory struct {
	Employees []Employee
	Sites     map[string]int64 // by name in lower case
}

// wanted is a row of which it is known whose it is.
type wanted struct {
	Row
	shift Shift         // zero of a day off
	day   calendar.Date // of its start, in the employee's zone
	key   eventKey
}

// resolver finds whose rows are.
type resolver struct {
	byNumber, byEmail map[string]Employee
	sites             map[string]int64
	problems          []Problem
}

// resolve says whose rows are and when they are; Problems name the rows of
// which that can't be said, and those that overlap each other.
func (f File) resolve(dir Directory) ([]wanted, []Problem) {
	r := resolver{byNumber: map[string]Employee{}, byEmail: map[string]Employee{}, sites: dir.Sites}
	for _, e := range dir.Employees {
		r.byNumber[e.Number] = e
		if e.Email != "" {
			r.byEmail[strings.ToLower(e.Email)] = e
		}
	}
	var all []wanted
	for _, row := range f.Rows {
		if len(r.problems) >= maxProblems {
			return nil, r.problems
		}
		if w, ok := r.row(row); ok {
			all = append(all, w)
		}
	}
	all = withoutReplaced(all)
	r.overlaps(all)
	return all, r.problems
}

func (r *resolver) refuse(line int, column, kind string, values ...any) {
	r.problems = append(r.problems, problem(line, column, kind, values...))
}

func (r *resolver) row(row Row) (w wanted, ok bool) {
	before := len(r.problems)
	w = wanted{Row: row, day: row.From.Date}
	e := r.employee(row)
	if len(r.problems) > before {
		return w, false
	}
	w.shift.Employee = e.ID
	w.key.event = row.event
	if row.occurrence != nil && row.occurrence.Zone == nil && e.Zone == nil {
		r.refuse(row.Line, "", "who") // in whose zone it is
		return w, false
	}
	if row.occurrence != nil {
		at, err := row.occurrence.Instant(e.Zone)
		if err != nil {
			r.clock(row.Line, err)
			return w, false
		}
		w.key.occurrence = at
	}
	if row.Off || row.cancelled {
		return w, true
	}
	w.shift = Shift{Employee: e.ID, Site: r.site(row), Kind: row.Kind, Break: row.Break}
	var err error
	if row.Length > 0 {
		w.shift.From, err = row.From.Instant(e.Zone)
		w.shift.To = w.shift.From + int64(row.Length)
	} else {
		w.shift.From, w.shift.To, err = r.span(row, e.Zone)
	}
	if err != nil {
		r.clock(row.Line, err)
		return w, false
	}
	kind, values := w.shift.fault()
	switch {
	case kind != "":
		r.refuse(row.Line, "", kind, values...)
	case e.employed(w.shift.From):
	case row.occurrence != nil && !row.replaces: // of a series that goes on
		return w, false
	default:
		r.refuse(row.Line, "", "employed", dayIn(w.shift.From, e.Zone).String())
	}
	w.day = dayIn(w.shift.From, e.Zone)
	return w, len(r.problems) == before
}

// span of a table may end on the next day; a calendar's end has its own date.
func (r *resolver) span(row Row, zone *time.Location) (from, to int64, err error) {
	if row.event == ([32]byte{}) {
		return span(row.From, row.To, zone)
	}
	if from, err = row.From.Instant(zone); err == nil {
		to, err = row.To.Instant(zone)
	}
	return from, to, err
}

// clock notes what is wrong with a time that was read: the only thing there
// can be is that the clock changes then.
func (r *resolver) clock(line int, err error) {
	if e := (&ClockError{}); errors.As(err, &e) {
		r.refuse(line, "", e.Kind(), e.Local, e.Zone, strings.Join(e.Instead, ", "))
	}
}

func (r *resolver) employee(row Row) (found Employee) {
	if row.Number != "" {
		e, ok := r.byNumber[row.Number]
		if !ok && !row.cancelled {
			r.refuse(row.Line, "", "number", row.Number)
		}
		return e
	}
	for _, address := range row.Emails {
		e, ok := r.byEmail[address]
		switch {
		case !ok || e.ID == found.ID:
		case found.ID != 0:
			r.refuse(row.Line, "", "several")
			return found
		default:
			found = e
		}
	}
	if found.ID == 0 && !row.cancelled {
		r.refuse(row.Line, "", "who")
	}
	return found
}

func (r *resolver) site(row Row) int64 {
	id, ok := r.sites[strings.ToLower(row.Site)]
	if row.Site != "" && !ok && !row.AnySite {
		r.refuse(row.Line, "", "site", row.Site)
	}
	return id
}

// withoutReplaced leaves out the occurrences that a row of their own replaces.
func withoutReplaced(all []wanted) []wanted {
	replaced := map[eventKey]bool{}
	for _, w := range all {
		if w.replaces {
			replaced[w.key] = true
		}
	}
	return slices.DeleteFunc(all, func(w wanted) bool {
		return !w.replaces && w.key.event != [32]byte{} && replaced[w.key]
	})
}

// overlaps refuses rows that plan one employee twice at a time.
func (r *resolver) overlaps(all []wanted) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b wanted) int {
		return cmp.Or(cmp.Compare(a.shift.Employee, b.shift.Employee), cmp.Compare(a.shift.From, b.shift.From))
	})
	latest := -1
	type dayOf struct {
		employee int64
		day      calendar.Date
	}
	off := map[dayOf]int{}
	for i, w := range sorted {
		if w.Off {
			off[dayOf{w.shift.Employee, w.day}] = w.Line
		}
		if w.Off || w.cancelled || len(r.problems) >= maxProblems {
			continue
		}
		if latest >= 0 && sorted[latest].shift.Employee == w.shift.Employee && sorted[latest].shift.To > w.shift.From {
			r.refuse(w.Line, "", "overlap", sorted[latest].Line)
		}
		if latest < 0 || sorted[latest].shift.Employee != w.shift.Employee || sorted[latest].shift.To < w.shift.To {
			latest = i
		}
	}
	for _, w := range sorted {
		if line, is := off[dayOf{w.shift.Employee, w.day}]; is && !w.Off && !w.cancelled && len(r.problems) < maxProblems {
			r.refuse(line, "", "day-off", w.Line)
		}
	}
}
