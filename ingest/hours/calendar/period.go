package calendar

import "fmt"

// Period is a range of days, both included.
type Period struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// Days gives how many days the period has.
func (p Period) Days() int { return p.To.Sub(p.From) + 1 }

// Holds says whether a day lies in the period.
func (p Period) Holds(d Date) bool { return !d.Before(p.From) && !p.To.Before(d) }

// Table is how a tenant divides its years into pay periods.
type Table string

// The tables. Four weeks run from week 1; the last period of a year with a week
// 53 has five, so that each year starts anew with week 1.
const (
	Weeks     Table = "week" // ISO
	FourWeeks Table = "four_weeks"
	Months    Table = "month"
)

// Check refuses a table that does not exist.
func (t Table) Check() error {
	if t != Weeks && t != FourWeeks && t != Months {
		return fmt.Errorf("period %q is unknown; use week, four_weeks or month", string(t))
	}
	return nil
}

// Of gives the period that a day stands in. An unknown table counts months.
func (t Table) Of(d Date) Period {
	w := d.Week()
	switch t {
	case Weeks:
		return Period{w.Monday(), w.Sunday()}
	case FourWeeks:
		first := min((w.Week-1)/4, 12) // 0…12
		from := Week{w.Year, first*4 + 1}
		if first < 12 {
			return Period{from.Monday(), from.Add(3).Sunday()}
		}
		return Period{from.Monday(), Week{w.Year + 1, 1}.Monday().AddDays(-1)}
	}
	next := On(d.Year, d.Month+1, 1)
	if d.Month == 12 {
		next = On(d.Year+1, 1, 1)
	}
	return Period{On(d.Year, d.Month, 1), next.AddDays(-1)}
}

// Name gives "2026-W46", "2026-P12" (four weeks) or "2026-11" of the period
// that a day stands in.
func (t Table) Name(d Date) string {
	w := d.Week()
	switch t {
	case Weeks:
		return w.String()
	case FourWeeks:
		return fmt.Sprintf("%04d-P%02d", w.Year, min((w.Week-1)/4, 12)+1)
	}
	return d.String()[:7]
}
