package hours

import (
	"cmp"
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Strip gives the picture of a calendar day from the days whose shifts may lie
// on it: the day itself and the one before.
func Strip(date calendar.Date, days []Day, zone *time.Location) []Segment {
	var out []Segment
	for _, d := range days {
		for _, s := range d.Shifts {
			out = append(out, s.segments(date, d.Date, zone)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Segment) int { return cmp.Compare(a.From, b.From) })
	return out
}

func (s Shift) segments(date, day calendar.Date, zone *time.Location) []Segment {
	var out []Segment
	add := func(span Span, kind SegmentKind, code string) {
		from, to := minuteOn(date, span.From, zone), minuteOn(date, span.To, zone)
		if from < to {
			out = append(out, Segment{from, to, kind, code})
		}
	}
	switch {
	case s.State == Complete:
		for _, w := range s.Worked {
			add(w.Span, SegmentWorked, w.Code)
		}
		for _, b := range s.Breaks {
			add(b.Span, SegmentBreak, "")
		}
	case s.State == Running:
		if from := minuteOn(date, s.Span.From, zone); date == day {
			out = append(out, Segment{from, 1440, SegmentRunning, ""})
		}
	case s.Span.From != 0 && s.Span.To != 0:
		add(s.Span, SegmentUnknown, "")
	case date == day && s.Span.From != 0: // fades out over some two hours
		from := minuteOn(date, s.Span.From, zone)
		out = append(out, Segment{from, min(from+120, 1440), SegmentUnknown, ""})
	case date == day && s.Span.To != 0:
		to := minuteOn(date, s.Span.To, zone)
		out = append(out, Segment{max(to-120, 0), to, SegmentUnknown, ""})
	}
	return out
}

// minuteOn gives where a UTC minute lies on a local day, 0…1440; times of
// other days lie on its edges.
func minuteOn(date calendar.Date, minute int64, zone *time.Location) int {
	t := time.Unix(minute*60, 0).In(zone)
	switch d := calendar.DateOf(t); {
	case d.Before(date):
		return 0
	case date.Before(d):
		return 1440
	}
	return t.Hour()*60 + t.Minute()
}

// differences gives what was computed less what was approved, by day, site
// and code.
func differences(computed, approved []Difference) []Difference {
	sums := map[Difference]int{}
	for _, d := range computed {
		sums[Difference{Date: d.Date, Site: d.Site, Code: d.Code, Kind: d.Kind}] += d.Minutes
	}
	for _, d := range approved {
		sums[Difference{Date: d.Date, Site: d.Site, Code: d.Code, Kind: d.Kind}] -= d.Minutes
	}
	var out []Difference
	for d, minutes := range sums {
		if d.Minutes = minutes; minutes != 0 {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Difference) int {
		return cmp.Or(a.Date.Sub(b.Date), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// codeTotals sums day lines per code, in order of code.
func codeTotals(days []Day) []HourLine {
	var out []HourLine
	for _, d := range days {
		for _, l := range d.Lines {
			i := slices.IndexFunc(out, func(h HourLine) bool { return h.Code == l.Code })
			if i < 0 {
				i, out = len(out), append(out, HourLine{Code: l.Code})
			}
			out[i].Minutes += l.Minutes
		}
	}
	slices.SortFunc(out, func(a, b HourLine) int { return cmp.Compare(a.Code, b.Code) })
	return out
}
