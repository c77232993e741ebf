package sla

import (
	"cmp"
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/tenant"
)

// margin is how far around a month an outage is followed, in minutes.
const margin = 24 * 60

// stretch is every minute from a margin before a month to one after it.
type stretch struct {
	base    time.Time
	until   int // index of the first minute that isn't over
	minutes []Minute
	scope   []bool  // in the time that the terms of its day count; false around the month
	work    []bool  // in announced work that is left out
	ruling  []int32 // index in rulings
	rulings []Ruling
}

// lay puts what is known at its minutes.
func lay(r Report, agreed []Agreed, f Facts, now time.Time) *stretch {
	s := &stretch{base: r.From.Add(-margin * time.Minute)}
	n := s.index(r.To) + margin
	s.minutes, s.scope, s.work, s.ruling = make([]Minute, n), make([]bool, n), make([]bool, n), make([]int32, n)
	s.until = min(n, max(0, s.index(now)))
	for _, m := range f.Minutes {
		if i := s.index(m.At); i >= 0 && i < s.until {
			s.minutes[i] = m
		}
	}
	for day, last := calendar.DateOf(r.From), calendar.DateOf(r.To); day.Before(last); day = day.AddDays(1) {
		t := on(agreed, day).Terms
		if from, to, open := t.Hours.Hours(day); open && t.runs(day) {
			fill(s.scope, s.index(from), s.index(to), true)
		}
	}
	for _, p := range r.Parts {
		for _, w := range p.Work { // whole minutes only
			fill(s.work, s.index(later(p.From, w.From.Add(time.Minute-1))), s.index(earlier(p.To, w.To)), true)
		}
	}
	s.rule(f.Decisions)
	return s
}

// rule lays each party's last word on the minutes that it is about.
func (s *stretch) rule(all []Decision) {
	s.rulings = []Ruling{{}}
	for _, d := range slices.SortedStableFunc(slices.Values(all), taken) {
		from, to := max(0, s.index(d.From)), min(len(s.ruling), s.index(d.To))
		changed := map[int32]int32{}
		for i := from; i < to; i++ {
			was := s.ruling[i]
			if _, known := changed[was]; !known {
				changed[was] = int32(len(s.rulings))
				s.rulings = append(s.rulings, s.rulings[was].with(d))
			}
			s.ruling[i] = changed[was]
		}
	}
}

// with is a ruling after another decision.
func (r Ruling) with(d Decision) Ruling {
	if d.Party() == tenant.Customer {
		r.Customer = d
	} else {
		r.Supplier = d
	}
	return r
}

// taken puts decisions in the order in which they were taken.
func taken(a, b Decision) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }

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
