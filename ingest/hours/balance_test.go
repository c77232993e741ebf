package hours

import (
	"testing"

	"tikklok/ingest/hours/calendar"
)

func TestWhatWasAgreedFollowsTheTermsDayByDay(t *testing.T) {
	november := calendar.Period{From: calendar.On(2026, 11, 1), To: calendar.On(2026, 11, 30)}
	week := calendar.Period{From: calendar.On(2026, 11, 9), To: calendar.On(2026, 11, 15)}
	full := []Terms{{Minutes: 2400}}
	for name, c := range map[string]struct {
		person Person
		days   calendar.Period
		want   int
	}{
		"a week is the week's hours":        {Person{Terms: full}, week, 2400},
		"a month is by its days":            {Person{Terms: full}, november, 10286}, // 2400 × 30 ÷ 7
		"half a week after a change":        {Person{Terms: append(full, Terms{From: calendar.On(2026, 11, 12), Minutes: 1200})}, week, 1714},
		"on call nothing is agreed":         {Person{Terms: []Terms{{Minutes: 0}}}, week, 0},
		"days before the first don't count": {Person{Terms: full, From: calendar.On(2026, 11, 15)}, week, 343},
		"days after the last don't count":   {Person{Terms: full, Until: calendar.On(2026, 11, 9)}, week, 343},
	} {
		if got := c.person.agreed(c.days); got != c.want {
			t.Errorf("%s: %d minutes, want %d", name, got, c.want)
		}
	}
}
