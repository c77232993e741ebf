package sla

import (
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Facts is all that a month is reckoned from.
type Facts struct {
	Minutes   []Minute // joined (Join), from a day before the month to a day after it
	Decisions []Decision
	Work      []Work
}

// Report is a calendar month of a tenant, or as much of it as is over.
type Report struct {
	Month    Month
	From, To time.Time // in the zone; To isn't in it
	Until    time.Time // what was looked at: To, or the last whole minute before now
	Terms    Terms
	Promised int // minutes that count in the whole month: in the terms' time, without announced work
	Count    Count
	Ratio    Ratio // of what was measured
	Worst    Ratio // as if every minute that nobody measured had been down
	Credit   Credit
	Worsts   Credit // of Worst
	Outages  []Outage
	Budget   Budget
	Work     []Work // what was left out
	Late     []Work // announced too late to be left out; counted as other time
	Days     []Day
}

// Count counts minutes up to Report.Until. Those in the terms' time are
// Up + Down + Other + Unmeasured.
type Count struct {
	Up, Down   int // Down: by a failing of the supplier, or of an undecided cause
	Other      int // down, by a cause that isn't the supplier's: not against it
	Unmeasured int
	Outside    int // outside the hours that the terms count, or the contract's days
	LeftOut    int // in announced work
	Taps       Taps
}

// Taps is what synthetic taps met, of the whole month: reported beside, it
// decides nothing.
type Taps struct{ Arrived, Lost int }

// Over says whether the month is.
func (r Report) Over() bool { return !r.Until.Before(r.To) }

// Report reckons a month in the zone, as far as it is over at now.
func (t Terms) Report(m Month, zone *time.Location, f Facts, now time.Time) Report {
	r := Report{Month: m, From: m.In(zone), To: m.Add(1).In(zone), Terms: t}
	r.Until = earlier(r.To, later(r.From, now.Truncate(time.Minute)))
	r.Work, r.Late = t.divide(f.Work, r.From, r.To)
	s := t.stretch(r, f, now)
	for i, o := s.index(r.From), s.index(r.To); i < o; i++ {
		if s.scope[i] && !s.work[i] {
			r.Promised++
		}
	}
	of := causes(f.Decisions)
	r.count(s, of)
	c := r.Count
	r.Ratio = Ratio{Up: c.Up + c.Other, Of: c.Up + c.Other + c.Down}
	r.Worst = Ratio{Up: c.Up + c.Other, Of: c.Up + c.Other + c.Down + c.Unmeasured}
	r.Credit, r.Worsts = t.Credit(r.Ratio), t.Credit(r.Worst)
	r.Outages = s.outages(r, f.Decisions)
	r.Budget = s.budget(r, of)
	return r
}

// divide parts the work that touches a month into what is left out and what
// was announced too late for it: exactly the notice is in time.
func (t Terms) divide(all []Work, from, to time.Time) (left, late []Work) {
	for _, w := range all {
		switch {
		case !t.LeaveOut || !w.From.Before(to) || !w.To.After(from):
		case w.Announced.After(w.From.Add(-t.Notice)):
			late = append(late, w)
		default:
			left = append(left, w)
		}
	}
	return left, late
}

// margin is how far around a month an outage is followed.
const margin = 24 * 60

// stretch is every minute from a margin before a month to one after it.
type stretch struct {
	base    time.Time
	until   int // index of the first minute that isn't over
	minutes []Minute
	scope   []bool  // in the terms' time
	work    []bool  // in announced work
	ruling  []int32 // index+1 of the decision that holds; 0: none
}

func (t Terms) stretch(r Report, f Facts, now time.Time) *stretch {
	s := &stretch{base: r.From.Add(-margin * time.Minute)}
	n := s.index(r.To) + margin
	s.minutes, s.scope, s.work, s.ruling = make([]Minute, n), make([]bool, n), make([]bool, n), make([]int32, n)
	s.until = min(n, max(0, s.index(now)))
	for _, m := range f.Minutes {
		if i := s.index(m.At); i >= 0 && i < s.until && !m.At.Before(s.base) {
			s.minutes[i] = m
		}
	}
	for day, last := calendar.DateOf(s.base.In(r.From.Location())), calendar.DateOf(r.To); !last.Before(day); day = day.AddDays(1) {
		if from, to, open := t.Hours.Hours(day); open && t.runs(day) {
			fill(s.scope, s.index(from), s.index(to), true)
		}
	}
	for _, w := range r.Work {
		fill(s.work, s.index(w.From.Add(time.Minute-1)), s.index(w.To), true) // whole minutes only
	}
	for _, i := range byTime(f.Decisions) {
		fill(s.ruling, s.index(f.Decisions[i].From), s.index(f.Decisions[i].To), int32(i)+1)
	}
	return s
}

// byTime gives the decisions' indices in the order in which they were taken.
func byTime(all []Decision) []int {
	order := make([]int, len(all))
	for i := range all {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if c := all[a].At.Compare(all[b].At); c != 0 {
			return c
		}
		return int(min(1, max(-1, all[a].ID-all[b].ID)))
	})
	return order
}

// index is where a minute stands; it may lie outside.
func (s *stretch) index(t time.Time) int {
	d := t.Sub(s.base)
	if d < 0 {
		return -1 - int(-d/time.Minute)
	}
	return int(d / time.Minute)
}

func (s *stretch) at(i int) time.Time { return s.base.Add(time.Duration(i) * time.Minute) }

// fill sets a part of a row, cut off at the row's ends.
func fill[T any](row []T, from, to int, v T) {
	for i := max(0, from); i < min(to, len(row)); i++ {
		row[i] = v
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
