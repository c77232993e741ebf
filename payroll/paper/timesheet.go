package paper

import (
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// Timesheet is one employee's period for signing.
type Timesheet struct {
	Who         hours.Who
	Zone        *time.Location
	Weeks       []Week
	Codes       []CodeSum
	Minutes     int          // worked: the sum of the weeks
	Corrections []Correction // of days of the period: part of the sums
	Earlier     []Correction // of days before it, approved in it: beside the sums
}

// Week is a week's days that lie in the period.
type Week struct {
	Week     calendar.Week
	Days     []Day // those with something on them
	Minutes  int
	Approved bool    // its days are as frozen, else as computed now
	Levels   []Level // who approved, in order
	Changed  bool    // approved, and something changed since that waits for approval
	Altered  bool    // approved, and what is stored of it no longer has its hash
}

// Level is one level of an approval on paper.
type Level struct {
	Name string // employee, hirer, agency; "": the only one
	By   string
	For  string // in whose place; "": their own
	At   time.Time
}

// Correction is minutes that a later approval added or took.
type Correction struct {
	Day     calendar.Date
	Code    string
	Kind    hours.LineKind
	Minutes int
	By      string
	At      time.Time
	Reason  string
}

// timesheetOf makes a timesheet of the approvals and computed days of an
// employee, in order; site 0: all.
func timesheetOf(who hours.Who, period calendar.Period, frozen []hours.Frozen, computed []hours.Day, site int64, r *register) Timesheet {
	t := Timesheet{Who: who, Zone: r.zoneOf(computed)}
	if n := len(frozen); n > 0 && len(computed) == 0 {
		t.Zone = r.zoneOf(frozen[n-1].Snapshot.Days)
	}
	for w := period.From.Week(); !period.To.Before(w.Monday()); w = w.Add(1) {
		week := weekOf(w, period, frozen, computed, site, r)
		for _, d := range week.Days {
			for _, c := range d.Codes {
				t.Codes = addCode(t.Codes, c)
			}
		}
		t.Minutes += week.Minutes
		if len(week.Days) > 0 || week.Approved {
			t.Weeks = append(t.Weeks, week)
		}
	}
	sortCodes(t.Codes)
	t.corrections(period, frozen, site, r)
	return t
}

// weekOf takes the days as the last approval froze them, or as they are
// computed where none stands.
func weekOf(w calendar.Week, period calendar.Period, frozen []hours.Frozen, computed []hours.Day, site int64, r *register) Week {
	week := Week{Week: w}
	days := slices.DeleteFunc(slices.Clone(computed), func(d hours.Day) bool { return d.Date.Week() != w })
	if last, ok := lastOf(frozen, w); ok {
		week.Approved, week.Levels, week.Altered = true, r.levels(last), last.Altered
		week.Changed = !sameLines(days, last.Snapshot.Days)
		days = last.Snapshot.Days
	}
	for _, d := range days {
		if day := dayOf(d, site); period.Holds(d.Date) && (len(day.Stretches) > 0 || len(day.Codes) > 0) {
			week.Days = append(week.Days, day)
			week.Minutes += day.Minutes
		}
	}
	return week
}

// lastOf gives the approval that a week stands by.
func lastOf(frozen []hours.Frozen, w calendar.Week) (last hours.Frozen, ok bool) {
	for _, f := range frozen {
		if f.Snapshot.Week == w && f.Stands {
			last, ok = f, true
		}
	}
	return last, ok
}

// sameLines says whether two readings of a week have the same minutes.
func sameLines(a, b []hours.Day) bool {
	type place struct {
		day  calendar.Date
		line hours.DayLine
	}
	sum := map[place]int{}
	add := func(days []hours.Day, sign int) {
		for _, d := range days {
			for _, l := range d.Lines {
				minutes := l.Minutes
				l.Minutes = 0
				sum[place{d.Date, l}] += sign * minutes
			}
		}
	}
	add(a, 1)
	add(b, -1)
	for _, minutes := range sum {
		if minutes != 0 {
			return false
		}
	}
	return true
}

// approved counts the weeks that are.
func (t Timesheet) approved() (n int) {
	for _, w := range t.Weeks {
		n += boolInt(w.Approved)
	}
	return n
}

func (t *Timesheet) corrections(period calendar.Period, frozen []hours.Frozen, site int64, r *register) {
	from, before := bounds(period, r.zone)
	for _, f := range frozen {
		if f.Corrects == 0 || !f.Stands {
			continue
		}
		for _, l := range f.Snapshot.Lines {
			c := Correction{l.Date, l.Code, l.Kind, l.Minutes, r.actor(f.By), f.At, f.Snapshot.Reason}
			switch {
			case site != 0 && l.Site != site:
			case period.Holds(l.Date):
				t.Corrections = append(t.Corrections, c)
			case l.Date.Before(period.From) && !f.At.Before(from) && f.At.Before(before):
				t.Earlier = append(t.Earlier, c)
			}
		}
	}
}

// bounds gives the instants at which a period begins and is over.
func bounds(p calendar.Period, zone *time.Location) (from, before time.Time) {
	return p.From.In(zone), p.To.AddDays(1).In(zone)
}

// levels gives who approved; an approval without levels has one.
func (r *register) levels(f hours.Frozen) (out []Level) {
	for _, s := range f.Snapshot.Levels {
		l := Level{Name: s.Level, By: r.actor(s.By), At: s.At}
		if s.For != 0 {
			l.For = r.actor(audit.Actor{Kind: audit.Account, ID: s.For})
		}
		out = append(out, l)
	}
	if out == nil {
		out = []Level{{By: r.actor(f.By), At: f.At}}
	}
	return out
}
