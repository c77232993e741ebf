package paper

import (
	"cmp"
	"slices"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// Sheet is the evidence of one employee's hours on one project.
type Sheet struct {
	Who     hours.Who
	Project Project
	Zone    *time.Location
	Weeks   []ProvedWeek
}

// ProvedWeek is a week of it. Only approved hours are evidence.
type ProvedWeek struct {
	Week    calendar.Week
	Days    []Day
	Minutes int
	Proofs  []Proof // of the first approval and each correction, oldest first
}

// Proof is what an approval is checked by.
type Proof struct {
	Approval int64
	Corrects bool
	Levels   []Level
	Reason   string
	Hash     [32]byte // of the snapshot
	Entry    int64    // of the audit log; 0: none found
	Chain    [32]byte // that entry's place in the chain
	At       time.Time
	Altered  bool // what is stored no longer has the hash: it is no evidence
}

// Minutes gives what was worked on the project.
func (s Sheet) Minutes() (sum int) {
	for _, w := range s.Weeks {
		sum += w.Minutes
	}
	return sum
}

// sheetsOf makes the evidence of an employee's approvals, a sheet for each
// project asked for.
func sheetsOf(who hours.Who, o Order, frozen []hours.Frozen, proofs map[int64]Proof, r *register) []Sheet {
	var sheets []Sheet
	for w := o.Period.From.Week(); !o.Period.To.Before(w.Monday()); w = w.Add(1) {
		last, ok := lastOf(frozen, w)
		if !ok {
			continue
		}
		for _, d := range last.Snapshot.Days {
			if o.Period.Holds(d.Date) {
				sheets = addDay(sheets, who, last.Snapshot, d, o, r)
			}
		}
		for i := range sheets {
			if n := len(sheets[i].Weeks); n > 0 && sheets[i].Weeks[n-1].Week == w {
				sheets[i].Weeks[n-1].Proofs = proofsOf(frozen, w, proofs)
			}
		}
	}
	slices.SortStableFunc(sheets, func(a, b Sheet) int {
		return cmp.Or(cmp.Compare(a.Project.SiteName, b.Project.SiteName), cmp.Compare(a.Project.Site, b.Project.Site), cmp.Compare(a.Project.Assignment, b.Project.Assignment),
			cmp.Compare(a.Project.CostCentre, b.Project.CostCentre), cmp.Compare(a.Project.HirerName, b.Project.HirerName))
	})
	return sheets
}

func addDay(sheets []Sheet, who hours.Who, f hours.Snapshot, d hours.Day, o Order, r *register) []Sheet {
	for _, site := range sitesOf(d) {
		p, day := r.project(f, d.Date, site), dayOn(d, site)
		if !o.holds(p) || !r.reaches(o, p, who.ID, d.Date) || day.Minutes == 0 && len(day.Stretches) == 0 {
			continue
		}
		i := slices.IndexFunc(sheets, func(s Sheet) bool { return s.Project == p })
		if i < 0 {
			sheets, i = append(sheets, Sheet{Who: who, Project: p, Zone: r.zone}), len(sheets)
		}
		sheets[i].Zone = r.zoneOf(f.Days)
		sheets[i].add(d.Date.Week(), day)
	}
	return sheets
}

func (s *Sheet) add(w calendar.Week, d Day) {
	if n := len(s.Weeks); n == 0 || s.Weeks[n-1].Week != w {
		s.Weeks = append(s.Weeks, ProvedWeek{Week: w})
	}
	week := &s.Weeks[len(s.Weeks)-1]
	week.Days, week.Minutes = append(week.Days, d), week.Minutes+d.Minutes
}

// dayOn gives the hours worked at one site, which may be the unknown one;
// what a tap is missing of is no evidence.
func dayOn(d hours.Day, site int64) Day {
	at := d
	at.Lines = slices.DeleteFunc(slices.Clone(d.Lines), func(l hours.DayLine) bool { return l.Site != site || l.Kind != hours.LineWorked })
	at.Shifts = slices.DeleteFunc(slices.Clone(d.Shifts), func(s hours.Shift) bool { return s.State != hours.Complete })
	day := dayOf(at, 0)
	day.Stretches = slices.DeleteFunc(day.Stretches, func(s Stretch) bool { return s.Site != site })
	day.Rests = nil
	left := day.Minutes
	for _, s := range day.Stretches {
		left -= s.Minutes()
	}
	if left != 0 {
		day.Rests = []Rest{{site, left}}
	}
	return day
}

// sitesOf gives where the hours of a day were worked, in order.
func sitesOf(d hours.Day) []int64 {
	var sites []int64
	for _, l := range d.Lines {
		if l.Kind == hours.LineWorked && !slices.Contains(sites, l.Site) {
			sites = append(sites, l.Site)
		}
	}
	slices.Sort(sites)
	return sites
}

func proofsOf(frozen []hours.Frozen, w calendar.Week, proofs map[int64]Proof) (out []Proof) {
	for _, f := range frozen {
		if f.Snapshot.Week == w {
			out = append(out, proofs[f.Approval])
		}
	}
	return out
}
