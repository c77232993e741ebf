package hours

import (
	"cmp"
	"slices"

	"tikklok/ingest/hours/calendar"
)

// AssignmentOn gives the assignment of a day's hours at a site of a hirer (0:
// none, unknown). Where several hold, the one for the site counts, then the
// one for its hirer, then the one that began last; the zero Assignment where
// none does.
func (p Person) AssignmentOn(d calendar.Date, site, hirer int64) (best Assignment) {
	rank := 0
	for _, a := range p.Work { // ascending by From
		if r := a.fits(d, site, hirer); r > 0 && r >= rank {
			best, rank = a, r
		}
	}
	return best
}

// fits gives 3 for an assignment of the site, 2 for one of the hirer, 1 for
// one of anywhere, 0 for one that does not hold.
func (a Assignment) fits(d calendar.Date, site, hirer int64) int {
	switch {
	case !a.holds(d):
		return 0
	case a.Site != 0 && a.Site != site, a.Hirer != 0 && a.Hirer != hirer:
		return 0
	case a.Site != 0:
		return 3
	case a.Hirer != 0:
		return 2
	}
	return 1
}

func (a Assignment) holds(d calendar.Date) bool {
	return !d.Before(a.From) && (a.Until == calendar.Date{} || !a.Until.Before(d))
}

// assigned gives the assignment of a day on which nobody tapped: of those that
// hold the one that began last.
func (p Person) assigned(d calendar.Date) (last Assignment) {
	for _, a := range p.Work {
		if a.holds(d) {
			last = a
		}
	}
	return last
}

// Work says on which assignment hours were worked, of several employees.
type Work struct {
	people map[int64]Facts
	hirers Hirers
}

// Of gives the assignment of an employee's day at a site, or the zero one.
func (w Work) Of(employee int64, d calendar.Date, site int64) Assignment {
	return w.people[employee].Person.AssignmentOn(d, site, w.hirers.On(site, d))
}

// Hirer gives for whom an employee's day at a site was worked: the site's
// hirer, else the one whom the employee was assigned to; 0: nobody.
func (w Work) Hirer(employee int64, d calendar.Date, site int64) int64 {
	return cmp.Or(w.hirers.On(site, d), w.people[employee].Person.assigned(d).Hirer)
}

// projects gives what an employee's days were worked on, where that is known.
func (w Work) projects(employee int64, days []Day) (out []Project) {
	for _, d := range days {
		for _, l := range d.Lines {
			a := w.Of(employee, d.Date, l.Site)
			p := Project{d.Date, l.Site, w.Hirer(employee, d.Date, l.Site), a.Number, a.CostCentre}
			if l.Kind == LineWorked && p != (Project{Date: d.Date, Site: l.Site}) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// Hirers gives which hirer each site is of, ascending by From; a site that is
// of none is left out.
type Hirers map[int64][]SiteHirer

// SiteHirer is the hirer (0: none) of a site from a day on.
type SiteHirer struct {
	From  calendar.Date
	Hirer int64
}

// On gives the hirer of a site on a day; 0: none.
func (h Hirers) On(site int64, d calendar.Date) (hirer int64) {
	for _, s := range h[site] {
		if !d.Before(s.From) {
			hirer = s.Hirer
		}
	}
	return hirer
}
