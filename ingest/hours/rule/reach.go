package rule

import (
	"encoding/json"
	"slices"

	"tikklok/ingest/hours/calendar"
)

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

// PaidHolidays gives the days from…to that any of the rules name as paid
// holidays, ascending.
func (b *Book) PaidHolidays(from, to calendar.Date) (days []calendar.Date) {
	note := func(table []Holiday) {
		for _, h := range table {
			if h.Paid && !h.Day.Before(from) && !to.Before(h.Day) {
				days = append(days, h.Day)
			}
		}
	}
	for _, p := range b.pages {
		note(p.Set.Rules.HolidayTable)
	}
	for _, s := range b.patches {
		var r struct {
			HolidayTable []Holiday `json:"holiday_table"`
		}
		if json.Unmarshal(s.Patch, &r) == nil {
			note(r.HolidayTable)
		}
	}
	slices.SortFunc(days, func(a, b calendar.Date) int { return a.Sub(b) })
	return slices.Compact(days)
}
