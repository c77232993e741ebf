package calendar

import (
	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/nl"
)

type namedHoliday struct {
	name string
	day  *cal.Holiday
}

func holidays() []namedHoliday {
	return []namedHoliday{
		{"new_year", nl.Nieuwjaar}, {"good_friday", nl.GoedeVrijdag}, {"easter_monday", nl.TweedePaasdag},
		{"kings_day", nl.Koningsdag}, {"liberation_day", nl.BevrijdingsDag}, {"ascension", nl.Hemelvaart},
		{"whit_monday", nl.TweedePinksterDag}, {"christmas", nl.EersteKerstdag}, {"boxing_day", nl.TweedeKerstdag},
	}
}

// HolidayNames gives the Dutch holidays that are known by name.
func HolidayNames() []string {
	var names []string
	for _, h := range holidays() {
		names = append(names, h.name)
	}
	return names
}

// Observed gives the day a year's holiday is kept on: King's Day of 2031 is on
// Saturday 26 April. The zero Date is for a name that is not of HolidayNames.
func Observed(name string, year int) Date {
	for _, h := range holidays() {
		if h.name == name {
			_, observed := h.day.Calc(year)
			return DateOf(observed)
		}
	}
	return Date{}
}
