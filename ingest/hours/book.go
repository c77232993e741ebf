package hours

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/nl"
)

// Book is a tenant's rule sets made ready for computing. It keeps what it
// worked out, so it is for one goroutine.
type Book struct {
	pages []page // ascending by from
}

type page struct {
	set      RuleSet
	bands    []band
	holidays []*cal.Holiday
	years    map[int]map[Date]bool
}

// NewBook takes rule sets in any order; there must be at least one. Where two
// start on the same day the higher version holds.
func NewBook(sets []RuleSet) (*Book, error) {
	if len(sets) == 0 {
		return nil, errors.New("there is no rule set")
	}
	sorted := slices.Clone(sets)
	slices.SortFunc(sorted, func(a, b RuleSet) int {
		if a.From != b.From {
			return a.From.Sub(b.From)
		}
		return a.Version - b.Version
	})
	b := &Book{}
	for _, s := range sorted {
		p, err := newPage(s)
		if err != nil {
			return nil, fmt.Errorf("rule set %d: %w", s.Version, err)
		}
		if n := len(b.pages); n > 0 && b.pages[n-1].set.From == s.From {
			b.pages = b.pages[:n-1]
		}
		b.pages = append(b.pages, p)
	}
	return b, nil
}

func newPage(s RuleSet) (page, error) {
	p := page{set: s, years: map[int]map[Date]bool{}}
	if err := s.Rules.Check(); err != nil {
		return p, err
	}
	for _, b := range s.Rules.Bands {
		ready, err := b.compile()
		if err != nil {
			return p, err
		}
		p.bands = append(p.bands, ready)
	}
	for _, h := range holidays() {
		if slices.Contains(s.Rules.Holidays, h.name) {
			p.holidays = append(p.holidays, h.day)
		}
	}
	return p, nil
}

// at gives the page for a day; days before the first have the first.
func (b *Book) at(d Date) *page {
	for i := len(b.pages) - 1; i > 0; i-- {
		if !d.Before(b.pages[i].set.From) {
			return &b.pages[i]
		}
	}
	return &b.pages[0]
}

// RulesOf gives the rule set in force on a day.
func (b *Book) RulesOf(d Date) RuleSet { return b.at(d).set }

// longest gives the longest shift of all pages in ms: what cuts chains.
func (b *Book) longest() int64 {
	most := 0
	for _, p := range b.pages {
		most = max(most, p.set.Rules.LongestShift)
	}
	return int64(most) * 60_000
}

// Holiday says whether a day is one of the rule set's holidays, on the date it
// is observed: King's Day of 2031 is on Saturday 26 April.
func (p *page) holiday(d Date) bool {
	days, ok := p.years[d.Year]
	if !ok {
		days = map[Date]bool{}
		for _, h := range p.holidays {
			_, observed := h.Calc(d.Year)
			days[DateOf(observed)] = true
		}
		p.years[d.Year] = days
	}
	return days[d]
}

// bandAt gives the code of a minute of a local day, and the minute of that day
// up to which nothing changes.
func (p *page) bandAt(d Date, minute int) (code string, until int) {
	code, percent, until := p.set.Rules.NormalCode, 100, 1440
	holiday, weekday := p.holiday(d), d.Weekday()
	for _, b := range p.bands {
		if !b.days[weekday] && !(holiday && b.days[holidayIndex]) {
			continue
		}
		switch {
		case minute < b.from:
			until = min(until, b.from)
		case minute < b.to:
			until = min(until, b.to)
			if b.percent > percent {
				code, percent = b.code, b.percent
			}
		}
	}
	return code, until
}

// split cuts a span of UTC minutes into stretches of one code, in local days
// of the zone. Elapsed minutes are counted: the night of a clock change has
// one hour more or less.
func (p *page) split(s Span, zone *time.Location) []Worked {
	var out []Worked
	for from := s.From; from < s.To; {
		t := time.Unix(from*60, 0).In(zone)
		minute := t.Hour()*60 + t.Minute()
		code, until := p.bandAt(DateOf(t), minute)
		to := min(s.To, from+int64(until-minute))
		if _, change := t.ZoneBounds(); !change.IsZero() {
			to = min(to, max(change.Unix()/60, from+1))
		}
		if n := len(out); n > 0 && out[n-1].Code == code {
			out[n-1].To = to
		} else {
			out = append(out, Worked{Span: Span{from, to}, Code: code})
		}
		from = to
	}
	return out
}

type namedHoliday struct {
	name string
	day  *cal.Holiday
}

func holidays() []namedHoliday {
	return []namedHoliday{
		{"new_year", nl.Nieuwjaar}, {"good_friday", nl.GoedeVrijdag}, {"easter_monday", nl.TweedePaasdag},
		{"kings_day", nl.Koningsdag}, {"liberation_day", nl.BevrijdingsDag}, {"ascension", nl.Hemelvaart},
		{"whit_monday", nl.TweedePinksterDag}, {"christmas", nl.EersteKerstdag}, {"boxing_day", nl.TweedeKerstdag},
	}
}

// HolidayNames gives the holidays a rule set can name.
func HolidayNames() []string {
	var names []string
	for _, h := range holidays() {
		names = append(names, h.name)
	}
	return names
}
