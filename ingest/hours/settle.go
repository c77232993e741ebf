package hours

import (
	"cmp"
	"slices"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// Settle makes the lines of one employee's days, ascending by date, from their
// shifts and what else is on them: rounding per day, overtime per day, week and
// pay period, supplements, and what is paid without being worked. It makes them
// anew each time, so that it may be done again when a day of the stretch
// changed. The days must be all that there are of each stretch (Stretch); what
// is missing is taken for not worked. Of a sealed day only what people put right
// by hand is made anew (I5); it counts for the stretch as it is.
func Settle(b *rule.Book, f Facts, days []Day) {
	s := settling{lookup: lookup{book: b, person: f.Person, hirers: f.Hirers}, days: days, pages: make([]*rule.Page, len(days))}
	s.pieces = make([]piece, 0, stretchesOf(days))
	overtime := false
	for i := range days {
		s.begin(i)
		overtime = overtime || len(s.pages[i].Set.Rules.Overtime) > 0
	}
	if overtime {
		for _, per := range []rule.OverPer{rule.OverDay, rule.OverWeek, rule.OverPeriod} {
			s.overtime(per)
		}
	}
	at := 0
	for i := range days {
		n := at
		for n < len(s.pieces) && s.pieces[n].day == i {
			n++
		}
		if days[i].isSealed() {
			s.rebook(i)
		} else {
			s.explain(i, s.pieces[at:n])
			s.lines(i, s.pieces[at:n])
			s.beside(i, s.pieces[at:n])
		}
		at = n
	}
}

func stretchesOf(days []Day) (n int) {
	for i := range days {
		for k := range days[i].Shifts {
			n += len(days[i].Shifts[k].Worked)
		}
	}
	return n
}

// Stretch gives the days that must be settled together with a day under the
// widest of the rules.
func Stretch(b *rule.Book, d calendar.Date) calendar.Period {
	out := calendar.Period{From: d, To: d}
	week, period := b.Overtimes()
	if week {
		out = calendar.Weeks.Of(d)
	}
	if period {
		of := b.Period(d)
		if of.From.Before(out.From) {
			out.From = of.From
		}
		if out.To.Before(of.To) {
			out.To = of.To
		}
	}
	return out
}

// settling is days being settled.
type settling struct {
	lookup
	days   []Day
	pages  []*rule.Page // of the days
	pieces []piece      // what was worked on them, in order
	taken  []overtime
}

// piece is minutes worked on a day of one code at one site, and the overtime
// that they are.
type piece struct {
	Worked
	day, shift int
	page       *rule.Page // of its shift
	over       rank       // the zero rank: none
}

// begin clears what Settle makes of a day, and takes up what was worked.
func (s *settling) begin(i int) {
	d := &s.days[i]
	if len(d.Shifts) > 0 {
		s.pages[i] = s.page(d.Date, d.Shifts[0].Site)
	} else {
		s.pages[i] = s.idle(d.Date)
	}
	if d.isSealed() {
		s.counted(i)
		return
	}
	d.Lines, d.Settled, d.Minutes, d.Rounding, d.RoundTo, d.Corrected, d.Taken, d.Sets = nil, nil, 0, 0, 0, 0, 0, nil
	d.gather(also(s.pages[i], d.Rules))
	first := len(s.pieces)
	for n := range d.Shifts {
		shift := &d.Shifts[n]
		d.gather(shift.Sets)
		d.Minutes += shift.Minutes
		d.Taken += shift.Auto - shift.PaidAuto - shift.Rounding - shift.shifted()
		page := s.page(d.Date, shift.Site)
		for _, w := range shift.Worked {
			s.pieces = append(s.pieces, piece{Worked: w, day: i, shift: n, page: page})
		}
	}
	s.roundDay(d, first)
}

// shifted gives what counting taps as at other minutes than their own added to
// a shift.
func (s *Shift) shifted() (minutes int) {
	for _, t := range s.Counted {
		minutes += t.Minutes
	}
	return minutes
}

// roundDay rounds the minutes of a day, at the end of what was worked last. A
// site whose rules round in another way, or not, keeps its own.
func (s *settling) roundDay(d *Day, first int) {
	var done []rule.Rounding
	for i := first; i < len(s.pieces); i++ {
		r := s.pieces[i].page.Set.Rules.Rounding
		if r.Per != rule.RoundDay || slices.Contains(done, r) {
			continue
		}
		done = append(done, r)
		alike := func(p *piece) bool { return p.page.Set.Rules.Rounding == r }
		minutes := 0
		for n := i; n < len(s.pieces); n++ {
			if alike(&s.pieces[n]) {
				minutes += s.pieces[n].Minutes()
			}
		}
		by := rounded(minutes, r) - minutes
		s.lengthen(first, by, alike)
		d.RoundTo, d.Rounding, d.Minutes, d.Taken = r.To, d.Rounding+by, d.Minutes+by, d.Taken-by
		d.Settled = append(d.Settled, Step{Kind: StepDayRounding, RoundTo: r.To, Minutes: by})
	}
	s.pieces = append(s.pieces[:first], slices.DeleteFunc(s.pieces[first:], func(p piece) bool { return p.From == p.To })...)
}

// lengthen makes the last of those pieces longer, or shorter.
func (s *settling) lengthen(first, by int, those func(*piece) bool) {
	for n := len(s.pieces) - 1; n >= first && by != 0; n-- {
		p := &s.pieces[n]
		switch {
		case !those(p):
		case by >= -p.Minutes():
			p.To += int64(by)
			return
		default:
			by += p.Minutes()
			p.To = p.From
		}
	}
}

// lines makes a day's lines of what was worked on it, and of what somebody
// corrected of that by hand.
func (s *settling) lines(i int, pieces []piece) {
	d, p := &s.days[i], s.pages[i]
	for n := range pieces {
		piece := &pieces[n]
		code := piece.Code
		if piece.moved() {
			code = piece.over.code
		}
		d.add(DayLine{Site: piece.Site, Code: code, Minutes: piece.Minutes()})
	}
	for _, b := range d.Booked {
		site, there := s.bookedAt(i, b)
		d.gather(also(there, d.Rules))
		if b.Kind == AddMinutes && kindOf(there, b.Code) == LineWorked {
			d.Corrected += b.Minutes
			d.Minutes += b.Minutes
			d.add(DayLine{Site: site, Code: b.Code, Minutes: b.Minutes})
			d.Settled = append(d.Settled, Step{Kind: StepCorrected, Code: b.Code, Site: site, Decision: b.Decision, Minutes: b.Minutes})
		}
	}
	d.Lines = slices.DeleteFunc(d.Lines, func(l DayLine) bool { return l.Minutes == 0 })
	for n := range pieces {
		for _, code := range pieces[n].Also {
			d.add(DayLine{Site: pieces[n].Site, Code: code, Kind: LineSupplement, Minutes: pieces[n].Minutes()})
		}
	}
	if len(d.Lines) > 1 {
		slices.SortStableFunc(d.Lines, func(a, b DayLine) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(orderOf(p, a.Code), orderOf(p, b.Code)))
		})
	}
	for _, l := range d.Lines {
		if l.Kind == LineSupplement {
			d.Settled = append(d.Settled, Step{Kind: StepSupplement, Code: l.Code, Site: l.Site, Minutes: l.Minutes})
		}
	}
}

// bookedAt gives the site of minutes that somebody decided, and the rules that
// hold there. Minutes by hand that name none are of the day's first site.
func (s *settling) bookedAt(i int, b Booked) (int64, *rule.Page) {
	d := &s.days[i]
	switch {
	case b.Site != 0:
		return b.Site, s.page(d.Date, b.Site)
	case b.Kind == AddMinutes && len(d.Shifts) > 0:
		return d.Shifts[0].Site, s.pages[i]
	}
	return 0, s.pages[i]
}

func (d *Day) add(l DayLine) {
	for i := range d.Lines {
		if d.Lines[i].Site == l.Site && d.Lines[i].Code == l.Code && d.Lines[i].Kind == l.Kind {
			d.Lines[i].Minutes += l.Minutes
			return
		}
	}
	d.Lines = append(d.Lines, l)
}
