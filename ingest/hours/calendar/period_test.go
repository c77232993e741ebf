package calendar

import "testing"

func TestEveryDayHasOnePeriodOfEachTable(t *testing.T) {
	for _, table := range []Table{Weeks, FourWeeks, Months} {
		for d := On(2019, 12, 1); d.Before(On(2033, 2, 1)); d = d.AddDays(1) {
			p := table.Of(d)
			if !p.Holds(d) || table.Of(p.From) != p || table.Of(p.To) != p || table.Name(p.From) != table.Name(p.To) {
				t.Fatalf("%s: %s has %v", table, d, p)
			}
			if next := table.Of(p.To.AddDays(1)); next.From != p.To.AddDays(1) || table.Name(next.From) == table.Name(d) {
				t.Fatalf("%s: after %v comes %v", table, p, next)
			}
		}
	}
}

func TestPeriodsAsTheTradeKnowsThem(t *testing.T) {
	for _, c := range []struct {
		table    Table
		day      Date
		name     string
		from, to Date
	}{
		{Weeks, On(2026, 12, 31), "2026-W53", On(2026, 12, 28), On(2027, 1, 3)},
		{FourWeeks, On(2026, 1, 1), "2026-P01", On(2025, 12, 29), On(2026, 1, 25)},
		{FourWeeks, On(2026, 12, 31), "2026-P13", On(2026, 11, 30), On(2027, 1, 3)}, // five weeks: 2026 has a week 53
		{FourWeeks, On(2025, 12, 28), "2025-P13", On(2025, 12, 1), On(2025, 12, 28)},
		{Months, On(2024, 2, 29), "2024-02", On(2024, 2, 1), On(2024, 2, 29)},
		{Months, On(2026, 12, 31), "2026-12", On(2026, 12, 1), On(2026, 12, 31)},
	} {
		if p := c.table.Of(c.day); p != (Period{c.from, c.to}) || c.table.Name(c.day) != c.name {
			t.Errorf("%s: %s is in %s, %v", c.table, c.day, c.table.Name(c.day), p)
		}
	}
}
