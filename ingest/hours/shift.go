package hours

import (
	"cmp"
	"slices"
	"time"

	"tikklok/ingest/hours/rule"
)

// work is a shift being made: the spans worked, and everything it rests on.
type work struct {
	shift Shift
	spans []Span
	stays []stay
}

// stay says at which site somebody worked from a minute on; 0: unknown.
type stay struct{ from, site int64 }

// cut gives a span in parts of one site; the shift's where it is unknown.
func (w *work) cut(s Span) (parts []Worked) {
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
	s, r := &w.shift, p.Set.Rules
	s.Attended = s.Span.Minutes()
	worked := total(w.spans)
	s.Tapped = s.Attended - worked
	s.AutoRule, s.Auto = autoBreak(r.Breaks, worked, s.Tapped)
	if s.Auto > 0 {
		var pauses []Span
		w.spans, pauses = takeFromMiddle(w.spans, s.Auto)
		for _, pause := range pauses {
			s.Breaks = append(s.Breaks, Pause{pause, true})
		}
		slices.SortFunc(s.Breaks, func(a, b Pause) int { return int(a.From - b.From) })
	}
	for _, span := range w.spans {
		for _, part := range w.cut(span) {
			for _, worked := range split(p, part.Span, zone) {
				worked.Site = part.Site
				s.Worked = append(s.Worked, worked)
			}
		}
	}
	net := worked - s.Auto
	s.RoundTo, s.Rounding = r.Rounding.To, rounded(net, r.Rounding.To)-net // per tap and per day: not yet
	s.Worked = adjustEnd(s.Worked, s.Rounding)
	s.Minutes = net + s.Rounding
	s.Lines = linesOf(p, s.Worked)
}

// autoBreak gives the rule that applies to so many minutes worked, and how
// many minutes it still takes after the tapped ones.
func autoBreak(rules []rule.AutoBreak, worked, tapped int) (*rule.AutoBreak, int) {
	var rule *rule.AutoBreak
	for i, r := range rules {
		if worked > r.Above {
			rule = &rules[i]
		}
	}
	if rule == nil {
		return nil, 0
	}
	copied := *rule
	return &copied, min(max(copied.Minutes-tapped, 0), worked)
}

// takeFromMiddle takes n minutes from the middle of the minutes in spans.
func takeFromMiddle(spans []Span, n int) (left, taken []Span) {
	from := int64(total(spans)-n) / 2
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

// rounded gives n to the nearest multiple of to, a half up; 0: as it is.
func rounded(n, to int) int {
	if to == 0 {
		return n
	}
	return (2*n + to) / (2 * to) * to
}

// adjustEnd lengthens or shortens the last minutes worked.
func adjustEnd(worked []Worked, by int) []Worked {
	for n := len(worked); n > 0 && by != 0; n = len(worked) {
		last := &worked[n-1]
		if by > 0 || last.Minutes() > -by {
			last.To += int64(by)
			return worked
		}
		by += last.Minutes()
		worked = worked[:n-1]
	}
	return worked
}

// lines sums stretches per code, in the order of the rule set.
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
