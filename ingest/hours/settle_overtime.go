package hours

import (
	"cmp"
	"slices"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// Overtime goes stretch by stretch, the short ones first. In each, the rule
// with the highest percentage comes first and takes the last minutes worked
// above its threshold, in order of time; of equal percentages the later one in
// the list comes first. A minute that a shorter stretch made overtime of the
// same or a higher percentage does not count towards a longer one: nobody is
// paid twice for staying late on Monday.

// rank is which overtime a minute is of; the zero rank is below all.
type rank struct {
	percent, at int // at: place in the list, and one
	per         rule.OverPer
	code        string
}

func (r rank) above(o rank) bool {
	return cmp.Or(cmp.Compare(r.percent, o.percent), cmp.Compare(r.at, o.at)) > 0
}

func rankOf(o rule.Overtime, i int) rank {
	return rank{cmp.Or(o.Percent, 100), i + 1, o.Per, o.Code}
}

// overtime moves minutes of all stretches of a length. The rules of a stretch
// are those of the first day in it on which something was worked.
func (s *settling) overtime(per rule.OverPer) {
	for from := 0; from < len(s.pieces); {
		first := s.days[s.pieces[from].day].Date
		stretch := s.stretch(per, first)
		page := s.pages[s.pieces[from].day]
		for _, r := range ranks(page.Set.Rules.Overtime, per) {
			if above, ok := s.threshold(page, page.Set.Rules.Overtime[r.at-1], stretch); ok {
				s.take(r, from, s.end(from, stretch), above)
			}
		}
		from = s.end(from, stretch)
	}
}

// end gives the first piece after a stretch.
func (s *settling) end(from int, stretch calendar.Period) int {
	to := from
	for to < len(s.pieces) && stretch.Holds(s.days[s.pieces[to].day].Date) {
		to++
	}
	return to
}

// ranks gives the rules of a length, highest first.
func ranks(list []rule.Overtime, per rule.OverPer) (out []rank) {
	for i, o := range list {
		if o.Per == per {
			out = append(out, rankOf(o, i))
		}
	}
	slices.SortFunc(out, func(a, b rank) int {
		if a.above(b) {
			return -1
		}
		return 1
	})
	return out
}

func (s *settling) stretch(per rule.OverPer, d calendar.Date) calendar.Period {
	switch per {
	case rule.OverWeek:
		return calendar.Weeks.Of(d)
	case rule.OverPeriod:
		return s.book.Period(d)
	}
	return calendar.Period{From: d, To: d}
}

// threshold gives the minutes of a stretch above which overtime begins. A week
// is spread evenly over seven days, so that a contract that begins or changes
// in a stretch counts for the days it holds; a single day is a fifth of a week.
// Who agreed on no minutes (on call) has none to be above: false.
func (s *settling) threshold(p *rule.Page, o rule.Overtime, stretch calendar.Period) (minutes int, ok bool) {
	days := stretch.Days()
	switch o.Base {
	case rule.BaseFullTime:
		if minutes = p.Set.Rules.FullTime * days; minutes == 0 {
			return 0, false
		}
	case rule.BaseContract:
		for d := stretch.From; !stretch.To.Before(d); d = d.AddDays(1) {
			if s.person.employed(d) {
				minutes += s.person.TermsOn(d).Minutes
			}
		}
		if minutes == 0 {
			return 0, false
		}
	}
	if o.Per == rule.OverDay {
		return minutes/5 + o.Above, true
	}
	return minutes/7 + o.Above, true
}

// take makes the last minutes above a threshold, of the pieces from…to (not
// included), overtime of a rank.
func (s *settling) take(r rank, from, to, above int) {
	worked := 0
	for i := from; i < to; i++ {
		if s.pieces[i].countsFor(r) {
			worked += s.pieces[i].Minutes()
		}
	}
	excess := int64(worked - above)
	for i := to - 1; i >= from && excess > 0; i-- {
		p := &s.pieces[i]
		if !p.countsFor(r) {
			continue
		}
		if n := p.To - p.From; n > excess {
			head := *p
			head.To = p.To - excess
			p.From = head.To
			s.pieces = slices.Insert(s.pieces, i, head)
			p, to = &s.pieces[i+1], to+1
		}
		excess -= p.To - p.From
		if r.above(p.over) {
			p.over = r
		}
	}
	s.taken = append(s.taken, overtime{r, s.stretch(r.per, s.days[s.pieces[from].day].Date), worked, above})
}

// countsFor says whether a piece counts towards overtime of a rank: not when a
// shorter stretch made it overtime of the same percentage or a higher one.
func (p *piece) countsFor(r rank) bool {
	return p.over == rank{} || p.over.per == r.per || r.percent > p.over.percent
}

// moved says whether a piece has the code of its overtime: unless a band with
// a higher percentage gave it its own, under rule.PremiumHighest.
func (p *piece) moved() bool {
	if (p.over == rank{}) {
		return false
	}
	for _, b := range p.page.Set.Rules.Bands {
		if b.Code == p.Code && b.Percent >= p.over.percent && p.Code != p.page.Set.Rules.NormalCode {
			return false
		}
	}
	return true
}

// overtime is that a rule made overtime of a stretch.
type overtime struct {
	rank
	stretch       calendar.Period
	worked, above int
}

// explain adds a step to a day for each overtime that its minutes are of, once
// all is known: a longer stretch may have taken minutes with a higher
// percentage.
func (s *settling) explain(day int, pieces []piece) {
	d := &s.days[day]
	for _, o := range s.taken {
		if !o.stretch.Holds(d.Date) {
			continue
		}
		step := Step{Kind: StepOvertime, Per: string(o.per), Code: o.code, Of: o.worked, Above: o.above}
		for i := range pieces {
			switch p := &pieces[i]; {
			case p.over != o.rank:
			case p.moved():
				step.Moved += p.Minutes()
			default:
				step.Kept += p.Minutes()
			}
		}
		if step.Moved+step.Kept > 0 {
			d.Settled = append(d.Settled, step)
		}
	}
}

// kindOf gives the kind of a line that somebody adds under a code: of minutes
// worked when the rules give it to those.
func kindOf(p *rule.Page, code string) LineKind {
	r := &p.Set.Rules
	if code == r.NormalCode || slices.ContainsFunc(r.Overtime, func(o rule.Overtime) bool { return o.Code == code }) {
		return LineWorked
	}
	if slices.ContainsFunc(r.Bands, func(b rule.Band) bool { return b.Code == code }) {
		if r.Premiums == rule.PremiumStack {
			return LineSupplement
		}
		return LineWorked
	}
	return LineAdded
}

// orderOf gives the order of lines: as the rules name their codes.
func orderOf(p *rule.Page, code string) int {
	r := &p.Set.Rules
	if code == r.NormalCode {
		return 0
	}
	if i := slices.IndexFunc(r.Bands, func(b rule.Band) bool { return b.Code == code }); i >= 0 {
		return 1 + i
	}
	return 1 + len(r.Bands) + slices.IndexFunc(r.Overtime, func(o rule.Overtime) bool { return o.Code == code })
}
