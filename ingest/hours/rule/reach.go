package rule

import "encoding/json"

// Overtimes says whether any of the rules count overtime by the week, or by
// the pay period: then what happens on one day changes others.
func (b *Book) Overtimes() (week, period bool) {
	b.each(func(list []Overtime, _ string) {
		for _, o := range list {
			week, period = week || o.Per == OverWeek, period || o.Per == OverPeriod
		}
	})
	return week, period
}

// LatestStart gives the latest minute of the calendar's day at which a day
// begins under any of the rules.
func (b *Book) LatestStart() (latest int) {
	b.each(func(_ []Overtime, start string) {
		if minute, err := optionalClock(start, 0); err == nil {
			latest = max(latest, minute)
		}
	})
	return latest
}

// each calls f with what all sets and layers say of overtime and of the day's
// start.
func (b *Book) each(f func(list []Overtime, dayStart string)) {
	for _, p := range b.pages {
		f(p.Set.Rules.Overtime, p.Set.Rules.DayStart)
	}
	for _, s := range b.patches {
		var r struct {
			Overtime []Overtime `json:"overtime"`
			DayStart string     `json:"day_start"`
		}
		if json.Unmarshal(s.Patch, &r) == nil {
			f(r.Overtime, r.DayStart)
		}
	}
}
