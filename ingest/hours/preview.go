package hours

import (
	"cmp"
	"slices"

	"tikklok/ingest/hours/calendar"
)

// Preview is what a rule set would change in the days of a period, as they are
// known now.
type Preview struct {
	Days       calendar.Period
	Employees  int          // computed
	Concerned  int          // whom the rules are for in the period; more than Employees: the preview stopped there
	Changed    int          // employees of whom something changes
	Effects    []Effect     // by employee, day and code; at most previewRows
	Cut        bool         // there are more than Effects lists
	Totals     []Total      // of all that was computed, by code
	Exceptions [2]int       // before and after
	Frozen     *FrozenWeeks // what the rules reach of what was approved, in the period and beyond; nil: nothing
}

// Stopped says whether not everybody was computed.
func (p Preview) Stopped() bool { return p.Employees < p.Concerned }

// Effect is what becomes of the minutes of one code on one employee's day.
type Effect struct {
	Who           Who
	Date          calendar.Date
	Code          string
	Kind          LineKind
	Before, After int
	Frozen        bool // the week is approved: it becomes a correction line
}

// Total is what becomes of all minutes of one code.
type Total struct {
	Code          string
	Kind          LineKind
	Before, After int
}

// codeOfDay names minutes of one code on one employee's day.
type codeOfDay struct {
	employee int64
	date     calendar.Date
	code     string
	kind     LineKind
}

// comparison adds up what two rule books make of the same days.
type comparison struct {
	days       calendar.Period
	minutes    map[codeOfDay]*[2]int
	exceptions [2]int
}

// add takes the days that one book made; which is 0 for before, 1 for after.
func (c *comparison) add(which int, days []Day) {
	for _, d := range days {
		if !c.days.Holds(d.Date) {
			continue
		}
		c.exceptions[which] += len(d.Exceptions)
		for _, l := range d.Lines {
			key := codeOfDay{d.Employee, d.Date, l.Code, l.Kind}
			if c.minutes[key] == nil {
				c.minutes[key] = &[2]int{}
			}
			c.minutes[key][which] += l.Minutes
		}
	}
}

// into adds what was compared to a preview: totals of everything, effects of
// what differs, in order.
func (c *comparison) into(p *Preview, totals map[Total]*[2]int) {
	var effects []Effect
	who := map[int64]bool{}
	for key, m := range c.minutes {
		t := Total{Code: key.code, Kind: key.kind}
		if totals[t] == nil {
			totals[t] = &[2]int{}
		}
		totals[t][0] += m[0]
		totals[t][1] += m[1]
		if m[0] != m[1] {
			who[key.employee] = true
			effects = append(effects, Effect{Who: Who{ID: key.employee}, Date: key.date, Code: key.code, Kind: key.kind, Before: m[0], After: m[1]})
		}
	}
	slices.SortFunc(effects, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(a.Who.ID, b.Who.ID), a.Date.Sub(b.Date), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Kind, b.Kind))
	})
	p.Changed += len(who)
	room := previewRows - len(p.Effects)
	p.Cut = p.Cut || len(effects) > room
	p.Effects = append(p.Effects, effects[:min(room, len(effects))]...)
	p.Exceptions[0] += c.exceptions[0]
	p.Exceptions[1] += c.exceptions[1]
}

// sorted gives totals in order of code.
func sorted(totals map[Total]*[2]int) (out []Total) {
	for t, m := range totals {
		out = append(out, Total{t.Code, t.Kind, m[0], m[1]})
	}
	slices.SortFunc(out, func(a, b Total) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code)) })
	return out
}
