package hours

import (
	"cmp"
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// work is a shift being made: the spans worked, in minutes as the taps count,
// and everything it rests on.
type work struct {
	shift Shift
	whole Span // in to out
	spans []Span
	stays []stay
	room  Span // no other shift lies in it: as far as rounding may reach

	few struct { // room for those of an ordinary shift
		spans [4]Span
		stays [4]stay
		parts [4]Worked
	}
}

// stay says at which site somebody worked from a minute on; 0: unknown.
type stay struct{ from, site int64 }

// cut gives a span in parts of one site; the shift's where it is unknown.
func (w *work) cut(s Span) []Worked {
	parts := w.few.parts[:0]
	for i, p := range w.stays {
		part := Worked{Span: s, Site: cmp.Or(p.site, w.shift.Site)}
		if i > 0 {
			part.From = max(part.From, p.from)
		}
		if i+1 < len(w.stays) {
			part.To = min(part.To, w.stays[i+1].from)
		}
		if part.From < part.To {
			parts = append(parts, part)
		}
	}
	return parts
}

// count fills in the arithmetic of a complete shift.
func (w *work) count(p *rule.Page, zone *time.Location) {
	s, r := &w.shift, &p.Set.Rules
	s.Attended = s.Span.Minutes()
	for _, b := range s.Breaks {
		s.Tapped += b.Minutes()
	}
	w.rest(p, zone)
	s.Worked = make([]Worked, 0, 2*len(w.spans))
	for _, span := range w.spans {
		for _, part := range w.cut(span) {
			s.Worked = split(s.Worked, p, part, zone)
		}
	}
	s.Minutes = total(w.spans)
	if r.Rounding.Per == rule.RoundShift {
		s.RoundTo = r.Rounding.To
		s.Worked, s.Rounding = adjust(s.Worked, rounded(s.Minutes, r.Rounding)-s.Minutes, w.room)
		s.Minutes += s.Rounding
	}
	s.Lines = linesOf(p, s.Worked)
}

// rest takes the automatic break from the minutes worked, and gives paid
// breaks back to them.
func (w *work) rest(p *rule.Page, zone *time.Location) {
	s, r := &w.shift, &p.Set.Rules
	worked := total(w.spans)
	var pauses []Span
	if i, n := autoBreak(r.Breaks, worked, w.whole.Minutes()-worked); i >= 0 {
		b := r.Breaks[i]
		s.AutoRule, s.Auto = &b, n
		if n > 0 {
			w.spans, pauses = takeAt(w.spans, w.breakStart(p, i, n, zone), n)
		}
	}
	for _, pause := range pauses {
		s.Breaks = append(s.Breaks, Pause{pause, true})
	}
	if len(pauses) > 0 {
		slices.SortFunc(s.Breaks, func(a, b Pause) int { return int(a.From - b.From) })
	}
	if r.PaidBreaks > 0 {
		w.pay(r.PaidBreaks, pauses)
	}
}

// autoBreak gives which of the rules applies to so many minutes worked, and
// how many minutes it takes besides the tapped ones; -1: none does.
func autoBreak(rules []rule.AutoBreak, worked, tapped int) (which, minutes int) {
	which = -1
	for i, r := range rules {
		if worked > r.Above {
			which = i
		}
	}
	if which < 0 {
		return which, 0
	}
	if rules[which].Always {
		tapped = 0
	}
	return which, min(max(rules[which].Minutes-tapped, 0), worked)
}

// breakStart gives after how many minutes worked an automatic break of n
// minutes begins: at its time of day, if there is work then, else so that it
// lies in the middle.
func (w *work) breakStart(p *rule.Page, i, n int, zone *time.Location) int64 {
	worked := total(w.spans)
	at, fixed := p.BreakAt(i)
	if !fixed {
		return int64(worked-n) / 2
	}
	for day := calendar.DateOf(time.Unix(w.whole.From*60, 0).In(zone)); ; day = day.AddDays(1) {
		minute := time.Date(day.Year, day.Month, day.Day, 0, at, 0, 0, zone).Unix() / 60
		if minute >= w.whole.To {
			return int64(worked-n) / 2
		}
		before := int64(0)
		for _, s := range w.spans {
			if minute >= s.From && minute < s.To {
				return min(before+minute-s.From, int64(worked-n))
			}
			before += s.To - s.From
		}
	}
}

// takeAt takes n minutes from those in spans, after the first from of them.
func takeAt(spans []Span, from int64, n int) (left, taken []Span) {
	to := from + int64(n)
	for _, s := range spans {
		size := s.To - s.From
		a, b := min(max(from, 0), size), min(max(to, 0), size)
		if a > 0 {
			left = append(left, Span{s.From, s.From + a})
		}
		if b > a {
			taken = append(taken, Span{s.From + a, s.From + b})
		}
		if b < size {
			left = append(left, Span{s.From + b, s.To})
		}
		from, to = from-size, to-size
	}
	return joinSpans(left), taken
}

// pay gives the first n minutes of breaks back to the minutes worked, where
// they lie; auto are the automatic ones.
func (w *work) pay(n int, auto []Span) {
	s := &w.shift
	var spans []Span
	at := w.whole.From
	for _, span := range append(w.spans, Span{w.whole.To, w.whole.To}) {
		if paid := min(span.From-at, int64(n-s.Paid)); paid > 0 {
			spans = append(spans, Span{at, at + paid})
			s.Paid += int(paid)
			for _, a := range auto {
				s.PaidAuto += int(max(min(a.To, at+paid)-max(a.From, at), 0))
			}
		}
		if span.From < span.To {
			spans = append(spans, span)
		}
		at = span.To
	}
	w.spans = joinSpans(spans)
}

// joinSpans makes one of spans that touch.
func joinSpans(spans []Span) []Span {
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].To == s.From {
			out[n-1].To = s.To
			continue
		}
		out = append(out, s)
	}
	return out
}

// adjust lengthens or shortens the minutes worked at their end. What is added
// lies where nobody works: after the end, then before the start; what has no
// room there is not added.
func adjust(worked []Worked, by int, room Span) (out []Worked, done int) {
	for n := len(worked); n > 0 && by != 0; n = len(worked) {
		last := &worked[n-1]
		switch {
		case by > 0:
			after := min(by, int(max(room.To-last.To, 0)))
			last.To += int64(after)
			before := min(by-after, int(max(worked[0].From-room.From, 0)))
			worked[0].From -= int64(before)
			return worked, after + before
		case last.Minutes() > -by:
			last.To += int64(by)
			return worked, done + by
		}
		by += last.Minutes()
		done -= last.Minutes()
		worked = worked[:n-1]
	}
	return worked, done
}

// linesOf sums stretches per code, in the order of the rule set.
func linesOf(p *rule.Page, worked []Worked) []HourLine {
	var out []HourLine
	add := func(code string) {
		if slices.ContainsFunc(out, func(l HourLine) bool { return l.Code == code }) {
			return
		}
		minutes := 0
		for _, w := range worked {
			if w.Code == code {
				minutes += w.Minutes()
			}
		}
		if minutes > 0 {
			out = append(out, HourLine{code, minutes})
		}
	}
	add(p.Set.Rules.NormalCode)
	for _, b := range p.Set.Rules.Bands {
		add(b.Code)
	}
	return out
}

func total(spans []Span) int {
	n := 0
	for _, s := range spans {
		n += s.Minutes()
	}
	return n
}
