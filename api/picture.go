package api

import (
	"math"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/rule"
)

// openShift is how much is drawn of a shift whose other end nobody knows.
const openShift = 2 * time.Hour

// pictureOf draws the day that is explained; now ends a shift that still runs.
func pictureOf(x hours.Explanation, zone *time.Location, now time.Time) page.Picture {
	var spans, present, planned []page.Span
	for _, s := range x.Day.Shifts {
		spans = append(spans, shiftSpans(s, x.Rules.Rules, zone, now)...)
		if s.State == hours.Complete {
			present = append(present, page.Span{From: atMinute(s.Span.From, zone), To: atMinute(s.Span.To, zone)})
		}
	}
	for _, p := range x.Day.Plan {
		planned = append(planned, page.Span{From: atMinute(p.From, zone), To: atMinute(p.To, zone)})
	}
	marks := each(x.Day.Punches, func(p hours.Punch) page.Mark {
		m := page.Mark{At: time.UnixMilli(p.Placed()).In(zone), Counts: p.Role.Counts(), Added: p.Tap == ""}
		if p.Known != hours.KnownDecided { // that is exactly what somebody said
			m.Give = time.Duration(min(p.Uncertainty, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
		}
		return m
	})
	return page.DayPicture(x.Day.Date.In(zone), spans, marks, present, planned)
}

// shiftSpans is a shift as far as it is known.
func shiftSpans(s hours.Shift, rules rule.Rules, zone *time.Location, now time.Time) (spans []page.Span) {
	from, to := atMinute(s.Span.From, zone), atMinute(s.Span.To, zone)
	switch {
	case s.State == hours.Complete:
		for _, w := range s.Worked {
			spans = append(spans, page.Span{From: atMinute(w.From, zone), To: atMinute(w.To, zone), Band: bandOf(rules, w.Code)})
		}
		for _, b := range s.Breaks {
			spans = append(spans, page.Span{From: atMinute(b.From, zone), To: atMinute(b.To, zone), Band: page.Break})
		}
		return spans
	case s.State == hours.Running:
		return []page.Span{{From: from, To: now.In(zone), Band: page.Normal, Running: true}}
	case from.IsZero() && to.IsZero():
		return nil
	case from.IsZero():
		return []page.Span{{From: to.Add(-openShift), To: to, Band: page.Normal, NoStart: true}}
	case to.IsZero():
		return []page.Span{{From: from, To: from.Add(openShift), Band: page.Normal, NoEnd: true}}
	}
	return []page.Span{{From: from, To: to, Band: page.Normal, NoStart: true, NoEnd: true}}
}
