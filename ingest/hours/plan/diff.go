package plan

import (
	"cmp"
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
)

// stored is a shift with where it came from.
type stored struct {
	Shift
	key      eventKey
	sequence int
	gone     bool // withdrawn
}

// diff says what becomes of the shifts that stand. A table tells the whole of
// each employee's day that it names; a calendar the whole of each event: what
// stands there and is not in the file is withdrawn, and the rest is left.
func (f File) diff(rows []wanted, standing []stored, zones map[int64]*time.Location) []Change {
	if f.calendar {
		return f.diffEvents(rows, standing, zones)
	}
	type dayOf struct {
		employee int64
		day      calendar.Date
	}
	days := map[dayOf][]wanted{}
	var order []dayOf
	for _, w := range rows {
		d := dayOf{w.shift.Employee, w.day}
		if days[d] == nil {
			order = append(order, d)
		}
		days[d] = append(days[d], w)
	}
	there := map[dayOf][]stored{}
	for _, s := range standing {
		d := dayOf{s.Employee, dayIn(s.From, zones[s.Employee])}
		there[d] = append(there[d], s)
	}
	var changes []Change
	for _, d := range order {
		changes = append(changes, diffDay(days[d], there[d])...)
	}
	return changes
}

func dayIn(minute int64, zone *time.Location) calendar.Date {
	return calendar.DateOf(time.Unix(minute*60, 0).In(zone))
}

// diffDay pairs what a day shall be with what it is: equal ones first, then
// the others in order of time.
func diffDay(rows []wanted, standing []stored) (changes []Change) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(w wanted) bool { return w.Off })
	slices.SortFunc(rows, func(a, b wanted) int { return cmp.Compare(a.shift.From, b.shift.From) })
	standing = slices.Clone(standing)
	rest := rows[:0:0]
	for _, w := range rows {
		i := slices.IndexFunc(standing, func(s stored) bool { return same(s.Shift, w.shift) })
		if i < 0 {
			rest = append(rest, w)
			continue
		}
		changes = append(changes, Change{Kind: Same, Line: w.Line, Old: standing[i].Shift, New: standing[i].Shift})
		standing = slices.Delete(standing, i, i+1)
	}
	for i, w := range rest {
		if i < len(standing) {
			changes = append(changes, moved(standing[i], w))
		} else {
			changes = append(changes, Change{Kind: Added, Line: w.Line, New: w.shift})
		}
	}
	for _, s := range standing[min(len(rest), len(standing)):] {
		changes = append(changes, Change{Kind: Withdrawn, Old: s.Shift})
	}
	return changes
}

func same(a, b Shift) bool {
	a.ID = b.ID
	return a == b
}

func moved(s stored, w wanted) Change {
	w.shift.ID = s.ID
	return Change{Kind: Moved, Line: w.Line, Old: s.Shift, New: w.shift, sequence: w.sequence}
}

// diffEvents compares by the event and the occurrence. A file that is older
// than what is stored, by SEQUENCE, changes nothing of an event: what a newer
// one withdrew stays so.
func (f File) diffEvents(rows []wanted, known []stored, zones map[int64]*time.Location) (changes []Change) {
	there, gone := map[eventKey]stored{}, map[eventKey]int{}
	var standing []stored
	for _, s := range known {
		if s.gone {
			gone[s.key] = max(gone[s.key], s.sequence)
			continue
		}
		there[s.key], standing = s, append(standing, s)
	}
	told := map[eventKey]bool{}
	for _, w := range rows {
		s, stands := there[w.key]
		told[w.key] = told[w.key] || !w.cancelled || w.replaces
		switch {
		case stands && w.sequence < s.sequence:
			told[w.key] = true
			changes = append(changes, Change{Kind: Same, Line: w.Line, Old: s.Shift, New: s.Shift})
		case w.cancelled:
			if stands && w.replaces {
				changes = append(changes, Change{Kind: Withdrawn, Line: w.Line, Old: s.Shift, sequence: w.sequence})
			}
		case !stands && w.sequence < gone[w.key]:
		case !stands:
			changes = append(changes, Change{Kind: Added, Line: w.Line, New: w.shift, key: w.key, sequence: w.sequence})
		case same(s.Shift, w.shift):
			changes = append(changes, Change{Kind: Same, Line: w.Line, Old: s.Shift, New: s.Shift})
		case s.Employee != w.shift.Employee:
			changes = append(changes, Change{Kind: Withdrawn, Line: w.Line, Old: s.Shift, sequence: w.sequence},
				Change{Kind: Added, Line: w.Line, New: w.shift, key: w.key, sequence: w.sequence})
		default:
			changes = append(changes, moved(s, w))
		}
	}
	for _, s := range standing {
		sequence, whole := f.whole[s.key.event]
		day := dayIn(s.From, zones[s.Employee])
		if whole && !told[s.key] && sequence >= s.sequence && !day.Before(f.from) && !f.to.Before(day) {
			changes = append(changes, Change{Kind: Withdrawn, Old: s.Shift, sequence: sequence})
		}
	}
	return changes
}

// clashes refuses changes that would plan an employee twice at a time: beside
// is what stands and is not changed.
func clashes(changes []Change, beside []Shift, zones map[int64]*time.Location) (problems []Problem) {
	with := overlapping(changes, beside)
	for i, c := range changes {
		if s, clash := with[i]; clash && len(problems) < maxProblems {
			at := time.Unix(s.From*60, 0).In(zones[s.Employee]).Format("2006-01-02 15:04")
			problems = append(problems, problem(c.Line, "", "overlap-plan", at))
		}
	}
	return problems
}

// overlapping gives the changes, by index, whose new times overlap a shift that
// stands, ascending by From, and is not changed itself.
func overlapping(changes []Change, beside []Shift) map[int]Shift {
	gone := map[int64]bool{}
	for _, c := range changes {
		gone[c.Old.ID] = c.Old.ID != 0 && c.Kind != Same
	}
	by := map[int64][]Shift{}
	for _, s := range beside {
		if !gone[s.ID] {
			by[s.Employee] = append(by[s.Employee], s)
		}
	}
	with := map[int]Shift{}
	for n, c := range changes {
		if c.Kind != Added && c.Kind != Moved {
			continue
		}
		all := by[c.New.Employee]
		i, _ := slices.BinarySearchFunc(all, c.New.From-longest, func(s Shift, from int64) int { return cmp.Compare(s.From, from) })
		for ; i < len(all) && all[i].From < c.New.To; i++ {
			if all[i].To > c.New.From {
				with[n] = all[i]
				break
			}
		}
	}
	return with
}
