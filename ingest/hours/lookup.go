package hours

import (
	"cmp"
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// lookup finds the rules of one employee's days.
type lookup struct {
	book   *rule.Book
	person Person
	hirers Hirers

	found struct { // last: taps of one day at one site come together
		day  calendar.Date
		site int64
		page *rule.Page
	}
}

// page gives the rules of a day at a site; 0: unknown.
func (l *lookup) page(d calendar.Date, site int64) *rule.Page {
	if f := &l.found; f.page == nil || f.day != d || f.site != site {
		f.day, f.site, f.page = d, site, l.book.For(d, l.of(d, site))
	}
	return l.found.page
}

// idle gives the rules of a day on which nobody tapped: those of where the
// employee is assigned.
func (l *lookup) idle(d calendar.Date) *rule.Page {
	a := l.person.assigned(d)
	return l.book.For(d, rule.Of{Employee: l.person.ID, Contract: l.person.TermsOn(d).Contract,
		Assignment: a.ID, Hirer: cmp.Or(a.Hirer, l.hirers.On(a.Site, d)), Site: a.Site})
}

// of names what layers of rules may hold for.
func (l *lookup) of(d calendar.Date, site int64) rule.Of {
	hirer := l.hirers.On(site, d)
	return rule.Of{Employee: l.person.ID, Contract: l.person.TermsOn(d).Contract,
		Assignment: l.person.AssignmentOn(d, site, hirer).ID, Hirer: hirer, Site: site}
}

// dateAt gives the day that an instant stands in, wherever it was.
func (l *lookup) dateAt(ms int64) calendar.Date { return l.dayAt(ms, 0) }

// dayAt gives the day that an instant at a site stands in: the calendar's, or
// the one before when the rules let that one end later (rule.Rules.DayStart).
func (l *lookup) dayAt(ms, site int64) calendar.Date {
	t := time.UnixMilli(ms).In(l.person.Zone)
	d := calendar.DateOf(t)
	if p := l.page(d, site); p.DayStart() > 0 && floorDiv(ms, 60_000) < l.starts(d, p) {
		d = d.AddDays(-1)
	}
	return d
}

// shiftDay gives the day that a shift belongs to. Of one that lacks a tap, or
// runs, it is the day of the first tap there is.
func (l *lookup) shiftDay(s Span, site int64) calendar.Date {
	from := l.dayAt(s.From*60_000, site)
	last := max(s.To-1, s.From) * 60_000
	switch p := l.page(from, site); p.Set.Rules.ShiftDay {
	case rule.DayOfEnd:
		return l.dayAt(last, site)
	case rule.DayOfMost:
		best, most := from, int64(0)
		for d, to := from, l.dayAt(last, site); !to.Before(d); d = d.AddDays(1) {
			if n := min(s.To, l.starts(d.AddDays(1), p)) - max(s.From, l.starts(d, p)); n > most {
				best, most = d, n
			}
		}
		return best
	}
	return from
}

// starts gives the UTC minute at which a day begins. On the night of a clock
// change that is one minute too, be it skipped by the wall clock or shown twice:
// a later instant never stands in an earlier day.
func (l *lookup) starts(d calendar.Date, p *rule.Page) int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, p.DayStart(), 0, 0, l.person.Zone).Unix() / 60
}

// also gives the versions of a page when it is more than one set, or another.
func also(p *rule.Page, version int) []int {
	if v := p.Versions(); len(v) > 1 || v[0] != version {
		return v
	}
	return nil
}

// gather adds versions to a day's.
func (d *Day) gather(versions []int) {
	if len(versions) == 0 {
		return
	}
	if len(d.Sets) == 0 {
		d.Sets = []int{d.Rules}
	}
	d.Sets = append(slices.Clip(d.Sets), versions...)
	slices.Sort(d.Sets)
	d.Sets = slices.Compact(d.Sets)
}
