package paper

import (
	"cmp"
	"slices"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// Stretch is work at one site: From and To in UTC minutes as they count, less
// Break.
type Stretch struct {
	From, To int64
	Break    int
	Site     int64
	Open     bool       // From or To may be 0, and nothing counts: a tap is missing, or is still to come
	Running  bool       // … still to come
	Tapped   hours.Span // of the shift, where it counts otherwise than it was tapped; else zero
}

// Minutes gives what of it counts.
func (s Stretch) Minutes() int {
	if s.Open {
		return 0
	}
	return int(s.To-s.From) - s.Break
}

// Rest is minutes worked that lie at no time of the day: rounding of a day, or
// added or taken by hand.
type Rest struct {
	Site    int64
	Minutes int
}

// CodeSum is the minutes of a pay code.
type CodeSum struct {
	Code    string
	Kind    hours.LineKind
	Minutes int
}

// Day is one day on paper. Its stretches and rests add up to Minutes, and so
// do its codes of hours worked (I5).
type Day struct {
	Date      calendar.Date
	Stretches []Stretch
	Rests     []Rest
	Codes     []CodeSum
	Minutes   int // worked
}

// dayOf puts a day on paper; site 0: all of it.
func dayOf(d hours.Day, site int64) Day {
	out := Day{Date: d.Date}
	left := map[int64]int{}
	for _, l := range d.Lines {
		if site != 0 && l.Site != site {
			continue
		}
		out.Codes = addCode(out.Codes, CodeSum{l.Code, l.Kind, l.Minutes})
		if l.Kind == hours.LineWorked {
			out.Minutes += l.Minutes
			left[l.Site] += l.Minutes
		}
	}
	for _, s := range d.Shifts {
		for _, x := range stretchesOf(s) {
			if site == 0 || x.Site == site {
				out.Stretches = append(out.Stretches, x)
				left[x.Site] -= x.Minutes()
			}
		}
	}
	for site, minutes := range left {
		if minutes != 0 {
			out.Rests = append(out.Rests, Rest{site, minutes})
		}
	}
	slices.SortFunc(out.Rests, func(a, b Rest) int { return cmp.Compare(a.Site, b.Site) })
	return out
}

// stretchesOf cuts a shift where it went on at another site; a gap within a
// stretch is its break.
func stretchesOf(s hours.Shift) (out []Stretch) {
	if s.State != hours.Complete {
		return []Stretch{{From: s.Span.From, To: s.Span.To, Site: s.Site, Open: true, Running: s.State == hours.Running}}
	}
	for _, w := range s.Worked {
		if n := len(out); n > 0 && out[n-1].Site == w.Site {
			out[n-1].Break += int(w.From - out[n-1].To)
			out[n-1].To = w.To
			continue
		}
		out = append(out, Stretch{From: w.From, To: w.To, Site: w.Site})
	}
	if n := len(out); n > 0 && (out[0].From != s.Span.From || out[n-1].To != s.Span.To) {
		out[0].Tapped = s.Span
	}
	return out
}

func addCode(sums []CodeSum, c CodeSum) []CodeSum {
	for i := range sums {
		if sums[i].Code == c.Code && sums[i].Kind == c.Kind {
			sums[i].Minutes += c.Minutes
			return sums
		}
	}
	return append(sums, c)
}

// sortCodes puts hours worked first, then by kind and code.
func sortCodes(sums []CodeSum) {
	slices.SortFunc(sums, func(a, b CodeSum) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code)) })
}
