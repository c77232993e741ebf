package hours

import (
	"slices"

	"tikklok/ingest/hours/calendar"
)

// Summary is a week of one employee without its explanation: what a list of
// thousands needs.
type Summary struct {
	Who     Who
	Week    calendar.Week
	State   State
	Days    [7]SummaryDay // Monday first
	Lines   []Difference  // by day, site, code and kind
	Changed bool          // StateApproved, and the lines are not those approved
	Sites   []int64       // where its lines are, in order
	Missing []MissingData
}

// SummaryDay is one day of it.
type SummaryDay struct {
	Minutes    int
	Running    bool
	Exceptions []Exception
}

// Minutes gives what was worked in the week.
func (s Summary) Minutes() (sum int) {
	for _, d := range s.Days {
		sum += d.Minutes
	}
	return sum
}

// Exceptions gives how many there are.
func (s Summary) Exceptions() (n int) {
	for _, d := range s.Days {
		n += len(d.Exceptions)
	}
	return n
}

// Running says whether a shift still runs.
func (s Summary) Running() bool {
	return slices.ContainsFunc(s.Days[:], func(d SummaryDay) bool { return d.Running })
}

// Within gives the minutes worked on the days of a period.
func (s Summary) Within(p calendar.Period) (sum int) {
	for i, d := range s.Days {
		if p.Holds(s.Week.Monday().AddDays(i)) {
			sum += d.Minutes
		}
	}
	return sum
}

// Summary gives the timesheet without its explanation.
func (t Timesheet) Summary() Summary {
	s := Summary{Who: t.Who, Week: t.Week, State: t.State, Changed: len(t.Pending) > 0, Missing: t.Missing}
	for i, d := range t.Days {
		s.Days[i] = SummaryDay{d.Minutes, d.Running, d.Exceptions}
		for _, l := range d.Lines {
			s.Lines = append(s.Lines, Difference{d.Date, l.Site, l.Code, l.Kind, l.Minutes})
		}
	}
	s.Lines = differences(s.Lines, nil)
	s.Sites = sitesOfLines(s.Lines)
	return s
}

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
