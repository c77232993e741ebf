package hours

import "tikklok/ingest/hours/calendar"

// Balance is the hours of a stretch of days against what was agreed for it.
// Balances that go on for longer (leave, tijd voor tijd) live in payroll.
type Balance struct {
	Days    calendar.Period
	Counted int // minutes worked, absent, on a paid holiday or paid otherwise; supplements count no minute twice
	Agreed  int // minutes by the terms of each day of the employment: a seventh of the week's; 0: none
}

// agreed sums what was agreed for the days of a period.
func (p Person) agreed(days calendar.Period) int {
	sevenths := 0
	for d := days.From; !days.To.Before(d); d = d.AddDays(1) {
		if p.employed(d) {
			sevenths += p.TermsOn(d).Minutes
		}
	}
	return (2*sevenths + 7) / 14
}
