package hours

import (
	"slices"

	"tikklok/ingest/hours/calendar"
)

// Summary is a week of one employee without its explanation: what a list of
// thousands needs.
type Summary struct {
	Who        Who
	State      State
	Minutes    int
	Lines      []Difference // by day, site, code and kind
	Exceptions int          // on all days
	Running    bool
	Changed    bool // StateApproved, and the lines are not those approved
	Sites      []int64
}

// changed says whether lines are not those approved.
func changed(lines, approved []Difference) bool { return len(differences(lines, approved)) > 0 }

// sitesOfLines gives where lines are, in order.
func sitesOfLines(lines []Difference) []int64 {
	var sites []int64
	for _, l := range lines {
		if l.Site != 0 && !slices.Contains(sites, l.Site) {
			sites = append(sites, l.Site)
		}
	}
	slices.Sort(sites)
	return sites
}

// DatedLines gives a timesheet's lines as a Summary has them.
func (t Timesheet) DatedLines() []Difference {
	var out []Difference
	for _, d := range t.Days {
		for _, l := range d.Lines {
			out = append(out, Difference{d.Date, l.Site, l.Code, l.Kind, l.Minutes})
		}
	}
	return differences(out, nil)
}

// Within gives the minutes worked on the days of a period.
func (s Summary) Within(p calendar.Period) int {
	sum := 0
	for _, l := range s.Lines {
		if l.Kind == LineWorked && p.Holds(l.Date) {
			sum += l.Minutes
		}
	}
	return sum
}
