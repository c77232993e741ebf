// Package paper promises that what is printed is what stands: a timesheet for
// signing shows approved days as they were frozen (I5) and says which are not
// approved yet, and an evidence sheet names, for each week of hours, who
// approved it and the hashes by which anyone can check later that nothing was
// altered since. Parts add up to their total on every page.
//
// The evidence sheet is for chain and hirer's liability (Invorderingswet 1990
// art. 34 and 35; Uitvoeringsregeling inleners-, keten- en
// opdrachtgeversaansprakelijkheid 2004): who worked on what, when, and by whose
// word. It holds no citizen service number, birth date or identity document,
// which are the employer's own administration to add (OB-P2).
//
// The same content gives the same bytes.
package paper

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// Errors that callers branch on.
var (
	ErrInvalid = errors.New("not valid")
	ErrNothing = errors.New("nothing to print: nobody has such hours in this period; choose another period, employee or project")
	ErrUnknown = errors.New("no approval here has this hash; type it as it is printed, or ask whoever printed it: it may be another organisation's, or made up")
)

// Kind is what is printed.
type Kind string

// The kinds of papers.
const (
	Timesheets  Kind = "timesheets"   // for signing, per employee: PDF
	Evidence    Kind = "evidence"     // of approved hours, per employee, project and week: PDF
	EvidenceCSV Kind = "evidence-csv" // the same as a table, a row for each stretch of work
)

// Order asks for the papers of a period.
type Order struct {
	Kind       Kind
	Period     calendar.Period // at most 366 days
	Employee   int64           // 0: everybody who has hours
	Site       int64           // 0: all
	Assignment string          // of evidence: its number; "": all
	CostCentre string          // of evidence; "": all
	Hirers     []int64         // of evidence; none: all
	Language   string          // nl or en; "": the tenant's
	At         time.Time       // printed
}

func (o Order) check() error {
	switch {
	case o.Kind != Timesheets && o.Kind != Evidence && o.Kind != EvidenceCSV:
		return fmt.Errorf("%w: there is no paper %q; there are %s, %s and %s", ErrInvalid, o.Kind, Timesheets, Evidence, EvidenceCSV)
	case o.Period.To.Before(o.Period.From):
		return fmt.Errorf("%w: the last day %s comes before the first day %s", ErrInvalid, o.Period.To, o.Period.From)
	case o.Period.Days() > 366:
		return fmt.Errorf("%w: papers span at most 366 days, %s to %s is %d", ErrInvalid, o.Period.From, o.Period.To, o.Period.Days())
	case o.Kind == Timesheets && (o.Assignment != "" || o.CostCentre != "" || len(o.Hirers) > 0):
		return fmt.Errorf("%w: a timesheet is of all of an employee's projects; print evidence for one", ErrInvalid)
	case o.Language != "" && o.Language != "nl" && o.Language != "en":
		return fmt.Errorf("%w: papers are printed in nl or en, not in %q", ErrInvalid, o.Language)
	}
	return nil
}

// holds says whether an order for evidence asks for a project.
func (o Order) holds(p Project) bool {
	return (o.Site == 0 || o.Site == p.Site) && (o.Assignment == "" || o.Assignment == p.Assignment) && (o.CostCentre == "" || o.CostCentre == p.CostCentre)
}

// File says what was printed.
type File struct {
	Name      string
	MediaType string
	People    int
}

// Project is what hours were worked on: a site and the assignment of the
// employee there.
type Project struct {
	Site       int64 // 0: unknown
	SiteName   string
	Hirer      int64 // of the site, else whom the employee was assigned to; 0: none
	HirerName  string
	Assignment string // number
	CostCentre string
	Entered    bool // nothing of it was frozen with the approval: it is what the register says when printed
}

// register is what names the things on paper.
type register struct {
	tenant   string
	words    words
	zone     *time.Location
	accounts map[int64]string
	sites    map[int64]string
	hirers   map[int64]string
	work     hours.Work
}

// project gives what approved hours at a site were worked on: as it was frozen
// with them, or, where nothing was on record then, as the register has it now.
func (r *register) project(f hours.Snapshot, day calendar.Date, site int64) Project {
	for _, p := range f.Projects {
		if p.Date == day && p.Site == site {
			return Project{site, r.sites[site], p.Hirer, r.hirers[p.Hirer], p.Assignment, p.CostCentre, false}
		}
	}
	a, hirer := r.work.Of(f.Employee, day, site), r.work.Hirer(f.Employee, day, site)
	p := Project{site, r.sites[site], hirer, r.hirers[hirer], a.Number, a.CostCentre, false}
	p.Entered = hirer != 0 || a.Number != "" || a.CostCentre != ""
	return p
}

// zoneOf gives the zone that days are of: an employee may have another than the
// organisation. Where it changed within a paper the last one holds for all of it.
func (r *register) zoneOf(days []hours.Day) *time.Location {
	if len(days) == 0 {
		return r.zone
	}
	name := days[len(days)-1].Zone
	if name == "" || name == r.zone.String() {
		return r.zone
	}
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return r.zone
}

// reaches says whether hours are of the hirers that an order is kept to: as it
// was approved, and as the register has it by now.
func (r *register) reaches(o Order, p Project, employee int64, day calendar.Date) bool {
	return len(o.Hirers) == 0 || slices.Contains(o.Hirers, p.Hirer) && slices.Contains(o.Hirers, r.work.Hirer(employee, day, p.Site))
}
