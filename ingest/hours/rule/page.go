package rule

import (
	"cmp"
	"slices"

	"tikklok/ingest/hours/calendar"
)

// Page is the rules of a day made ready for computing.
type Page struct {
	Set Set // Rules is the whole, layers merged; Version, From and Scope are those of the narrowest layer

	// Refused are layers that are left out because they contradict the wider
	// ones: a person has to mend them.
	Refused []Refusal

	from     int32
	versions []int
	bands    []band
	windows  []window
	breakAt  []int // minute of the day, -1: the middle
	dayStart int
	years    map[int]map[calendar.Date]Holiday
}

// Refusal is a layer that a page is without.
type Refusal struct {
	Set Set
	Err error // a *Contradiction is in it
}

func newPage(s Set, versions []int) (*Page, error) {
	p := &Page{Set: s, from: dayKey(s.From), versions: append(slices.Clip(versions), s.Version), years: map[int]map[calendar.Date]Holiday{}}
	r := s.Rules
	if err := r.ranges(); err != nil {
		return nil, err
	}
	for _, b := range r.Bands {
		ready, err := b.compile()
		if err != nil {
			return nil, err
		}
		p.bands = append(p.bands, ready)
	}
	for _, w := range r.Windows {
		ready, err := w.compile()
		if err != nil {
			return nil, err
		}
		p.windows = append(p.windows, ready)
	}
	for _, b := range r.Breaks {
		at, err := optionalClock(b.At, -1)
		if err != nil {
			return nil, err
		}
		p.breakAt = append(p.breakAt, at)
	}
	var err error
	p.dayStart, err = optionalClock(r.DayStart, 0)
	return p, err
}

// Versions gives the versions of the rule sets that the page was made of, the
// tenant's first: what a day, a shift and an approval rest on (I5). It must
// not be changed.
func (p *Page) Versions() []int { return p.versions }

// DayStart gives the minute of the local day at which a day begins.
func (p *Page) DayStart() int { return p.dayStart }

// BreakAt gives the minute of the local day at which the i-th of Rules.Breaks
// is taken; false: in the middle of the minutes worked.
func (p *Page) BreakAt(i int) (minute int, fixed bool) { return p.breakAt[i], p.breakAt[i] >= 0 }

// WindowAt gives what a tap on a toggling reader means at a minute of a local
// day, "in" or "out", under PairWindows; "": what it means otherwise.
func (p *Page) WindowAt(d calendar.Date, minute int) (mode string) {
	weekday, holiday := d.Weekday(), false
	for _, w := range p.windows {
		if w.days[holidayIndex] && !holiday {
			_, holiday = p.Holiday(d)
		}
		if minute >= w.from && minute < w.to && w.days.hold(int(weekday), holiday) {
			return w.mode
		}
	}
	return ""
}

// Holiday says whether a day is a holiday: one of the tenant's table; in a
// year that the table knows nothing of, one of Rules.Holidays (never paid), on
// the day it is observed.
func (p *Page) Holiday(d calendar.Date) (Holiday, bool) {
	y, ok := p.years[d.Year]
	if !ok {
		y = p.Set.Rules.year(d.Year)
		p.years[d.Year] = y
	}
	h, ok := y[d]
	return h, ok
}

// year gives the holidays of one year.
func (r Rules) year(n int) map[calendar.Date]Holiday {
	days := map[calendar.Date]Holiday{}
	for _, h := range r.HolidayTable {
		if h.Day.Year == n {
			days[h.Day] = h
		}
	}
	if len(days) > 0 {
		return days
	}
	for _, name := range r.Holidays {
		day := calendar.Observed(name, n)
		days[day] = Holiday{Day: day, Name: name}
	}
	return days
}

// CodeAt gives the code of a minute of a local day, and the minute of that day
// up to which nothing changes. Under PremiumStack it is always the normal
// code: the bands are Supplements.
func (p *Page) CodeAt(d calendar.Date, minute int) (code string, until int) {
	code, percent := p.Set.Rules.NormalCode, 100
	if p.Set.Rules.Premiums == PremiumStack {
		return code, 1440
	}
	until = p.bandsAt(d, minute, func(_ int, b band) {
		if b.percent > percent {
			code, percent = b.code, b.percent
		}
	})
	return code, until
}

// Supplements appends to dst which of Rules.Bands hold at a minute of a local
// day, by their place there, and gives the minute of that day up to which
// nothing changes. It is for PremiumStack; under PremiumHighest it gives all
// that CodeAt chose from.
func (p *Page) Supplements(dst []int, d calendar.Date, minute int) (bands []int, until int) {
	until = p.bandsAt(d, minute, func(i int, _ band) { dst = append(dst, i) })
	return dst, until
}

// bandsAt hands the bands that hold at a minute of a local day to holds, with
// their place in Rules.Bands, and gives the minute up to which nothing changes.
func (p *Page) bandsAt(d calendar.Date, minute int, holds func(i int, b band)) (until int) {
	until = 1440
	weekday := int(d.Weekday())
	_, holiday := p.Holiday(d)
	for i, b := range p.bands {
		switch {
		case !b.days.hold(weekday, holiday):
		case minute < b.from:
			until = min(until, b.from)
		case minute < b.to:
			until = min(until, b.to)
			holds(i, b)
		}
	}
	return until
}

// AbsentCode gives the code of absence.
func (p *Page) AbsentCode() string { return p.Set.Rules.absentCode() }

func (r Rules) absentCode() string { return cmp.Or(r.AbsentCode, DefaultAbsentCode) }
