package hours

import (
	"slices"

	"tikklok/ingest/hours/rule"
)

// TapsOf gives the taps that a line rests on (I5), in order of time: those of
// the shifts in which its code was counted at its site; where overtime or
// rounding of the day moved minutes to it, those of all the day's shifts at
// the site. A line that only follows from a decision, a plan or a holiday has
// none.
func (d Day) TapsOf(l DayLine) []TapID {
	var own, all []TapID
	for _, s := range d.Shifts {
		at := slices.ContainsFunc(s.Worked, func(w Worked) bool { return w.Site == l.Site })
		if slices.ContainsFunc(s.Worked, func(w Worked) bool {
			return w.Site == l.Site && (w.Code == l.Code || slices.Contains(w.Also, l.Code))
		}) {
			own = append(own, s.Taps...)
		}
		if at {
			all = append(all, s.Taps...)
		}
	}
	if len(own) > 0 {
		return own
	}
	switch l.Kind {
	case LineWorked, LineSupplement:
		return all
	}
	return nil
}

// setsOf gives the rule sets that a day was counted by, the widest scope first
// (I5).
func (d Day) setsOf(all []rule.Set) []rule.Set {
	var out []rule.Set
	for _, s := range all {
		if s.Version == d.Rules || slices.Contains(d.Sets, s.Version) {
			out = append(out, s)
		}
	}
	return out
}
