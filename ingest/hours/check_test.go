package hours

import (
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
)

// dayOf is a day with one shift from an hour to another, counted from midnight.
func dayOf(date calendar.Date, from, to int) Day {
	midnight := date.In(time.UTC).Unix() / 60
	return Day{Date: date, Shifts: []Shift{{
		State: Complete, Span: Span{midnight + int64(from)*60, midnight + int64(to)*60}, Minutes: (to - from) * 60,
	}}}
}

func TestAWeekIsCheckedAgainstTheWorkingHoursAct(t *testing.T) {
	monday := calendar.On(2026, 11, 9)
	at := func(n, from, to int) Day { return dayOf(monday.AddDays(n), from, to) }
	open := at(1, 6, 14)
	open.Shifts[0].State = Incomplete
	split := at(0, 6, 10)
	split.Shifts = append(split.Shifts, at(0, 16, 20).Shifts...)
	for name, c := range map[string]struct {
		days     []Day
		want     []Warning
		contract int
	}{
		"an ordinary week":                     {[]Day{at(0, 8, 17), at(1, 8, 17)}, nil, 0},
		"sixty hours":                          {[]Day{at(0, 8, 20), at(1, 8, 20), at(2, 8, 20), at(3, 8, 20), at(4, 8, 20)}, nil, 0},
		"more than sixty":                      {[]Day{at(0, 8, 20), at(1, 8, 20), at(2, 8, 20), at(3, 8, 20), at(4, 8, 20), at(5, 8, 9)}, []Warning{{Kind: WarnLongWeek, Minutes: 61 * 60}}, 0},
		"early after late, once":               {[]Day{at(0, 14, 22), at(1, 6, 14)}, nil, 0},
		"early after late, twice":              {[]Day{at(0, 14, 22), at(1, 6, 14), at(2, 14, 22), at(3, 6, 14)}, []Warning{{WarnShortRest, monday.AddDays(3), 480}}, 0},
		"hardly any rest":                      {[]Day{at(0, 15, 23), at(1, 6, 14)}, []Warning{{WarnShortRest, monday.AddDays(1), 420}}, 0},
		"after the Sunday before":              {[]Day{at(-1, 16, 24), at(0, 6, 14)}, []Warning{{WarnShortRest, monday, 360}}, 0},
		"a quarter above the contract":         {[]Day{at(0, 8, 18)}, nil, 8 * 60},
		"more above the contract":              {[]Day{at(0, 8, 19)}, []Warning{{Kind: WarnContract, Minutes: 180}}, 8 * 60},
		"a split day":                          {[]Day{split}, nil, 0},
		"a shift of which a tap is missing":    {[]Day{at(0, 15, 23), open}, nil, 0},
		"after a shift of which one's missing": {[]Day{open, at(2, 0, 4)}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := checkWeek(monday.Week(), c.days, c.contract)
			if len(got) != len(c.want) {
				t.Fatalf("warnings %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("warning %v, want %v", got[i], c.want[i])
				}
			}
		})
	}
}
