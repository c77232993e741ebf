package rule

import (
	"errors"
	"fmt"
	"slices"

	"tikklok/ingest/hours/calendar"
)

// Book is a tenant's rule sets made ready for computing. It keeps what it
// worked out, so it is for one goroutine.
type Book struct {
	pages []Page // ascending by from
}

// Page is a rule set made ready for computing.
type Page struct {
	Set   Set
	bands []band
	years map[int]map[calendar.Date]bool
}

// NewBook takes rule sets in any order; there must be at least one. Where two
// start on the same day the higher version holds.
func NewBook(sets []Set) (*Book, error) {
	if len(sets) == 0 {
		return nil, errors.New("there is no rule set")
	}
	sorted := slices.Clone(sets)
	slices.SortFunc(sorted, func(a, b Set) int {
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
		if n := len(b.pages); n > 0 && b.pages[n-1].Set.From == s.From {
			b.pages = b.pages[:n-1]
		}
		b.pages = append(b.pages, p)
	}
	return b, nil
}

func newPage(s Set) (Page, error) {
	p := Page{Set: s, years: map[int]map[calendar.Date]bool{}}
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
	return p, nil
}

// At gives the page for a day; days before the first have the first.
func (b *Book) At(d calendar.Date) *Page {
	for i := len(b.pages) - 1; i > 0; i-- {
		if !d.Before(b.pages[i].Set.From) {
			return &b.pages[i]
		}
	}
	return &b.pages[0]
}

// RulesOf gives the rule set in force on a day.
func (b *Book) RulesOf(d calendar.Date) Set { return b.At(d).Set }

// Longest gives the longest shift of all pages in ms: what cuts chains.
func (b *Book) Longest() int64 {
	most := 0
	for _, p := range b.pages {
		most = max(most, p.Set.Rules.LongestShift)
	}
	return int64(most) * 60_000
}

// holiday says whether a day is one of the rule set's holidays, on the date it
// is observed.
func (p *Page) holiday(d calendar.Date) bool {
	days, ok := p.years[d.Year]
	if !ok {
		days = map[calendar.Date]bool{}
		for _, name := range p.Set.Rules.Holidays {
			days[calendar.Observed(name, d.Year)] = true
		}
		p.years[d.Year] = days
	}
	return days[d]
}

// CodeAt gives the code of a minute of a local day, and the minute of that day
// up to which nothing changes.
func (p *Page) CodeAt(d calendar.Date, minute int) (code string, until int) {
	code, percent, until := p.Set.Rules.NormalCode, 100, 1440
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
