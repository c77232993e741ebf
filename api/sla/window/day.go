package window

import (
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Holidays gives the names, of calendar.HolidayNames, of the days that are
// officially recognised in the Netherlands (N-B4.15): those of article 3.1 of
// the Algemene termijnenwet. Good Friday is not among them: article 3.2 only
// treats it alike for the law's own terms. It so stays a working day, which is
// the customer's favour.
func Holidays() []string {
	return []string{"new_year", "easter_monday", "kings_day", "liberation_day", "ascension", "whit_monday", "christmas", "boxing_day"}
}

// Holiday says whether a day is one of Holidays. One that falls on a weekend is
// not moved to a Monday, but for King's Day, which is kept on the Saturday
// before a Sunday.
func Holiday(day calendar.Date) bool {
	return slices.ContainsFunc(Holidays(), func(name string) bool { return calendar.Observed(name, day.Year) == day })
}

// WorkingDay says whether a day is Monday to Friday and no holiday (N-B4.15).
func WorkingDay(day calendar.Date) bool {
	return MondayToFriday.Has(day.Weekday()) && !Holiday(day)
}

// AddWorkingDays gives the n-th working day after a day, n ≥ 1: within one
// working day of a Friday is Monday. With n 0 it gives the day itself, or the
// next that is worked on.
func AddWorkingDays(day calendar.Date, n int) calendar.Date {
	for n > 0 || !WorkingDay(day) {
		day = day.AddDays(1)
		if WorkingDay(day) {
			n--
		}
	}
	return day
}

// EndOfDay is the instant at which a day ends in the zone: until then something
// promised for that day is in time.
func EndOfDay(day calendar.Date, zone *time.Location) time.Time { return day.AddDays(1).In(zone) }
