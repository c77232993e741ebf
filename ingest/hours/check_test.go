package hours

import (
	"slices"
	"testing"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/law"
)

func TestAWeekIsWarnedOf(t *testing.T) {
	monday := calendar.On(2026, 11, 9)
	day := func(minutes, taken int) Day { return Day{Date: monday, Minutes: minutes, Taken: taken} }
	finding := func(s law.Severity) LawFinding {
		return LawFinding{1, law.Finding{Row: law.DailyRest, Severity: s, Day: monday, Allowed: 660, Found: 600}}
	}
	for name, c := range map[string]struct {
		days     []Day
		contract int
		found    []LawFinding
		want     []WarningKind
	}{
		"an ordinary week":               {[]Day{day(480, 0), day(480, 0)}, 960, nil, nil},
		"a quarter above the contract":   {[]Day{day(600, 0)}, 480, nil, nil},
		"more above the contract":        {[]Day{day(601, 0)}, 480, nil, []WarningKind{WarnContract}},
		"on call there is no contract":   {[]Day{day(601, 0)}, 0, nil, nil},
		"a quarter of an hour was taken": {[]Day{day(480, 10), day(480, 5)}, 960, nil, []WarningKind{WarnTaken}},
		"a few minutes were taken":       {[]Day{day(480, 10), day(480, 4)}, 960, nil, nil},
		"what one gave, another took":    {[]Day{day(480, 20), day(480, -10)}, 960, nil, nil},
		"a short rest that may be once":  {nil, 0, []LawFinding{finding(law.Edge)}, []WarningKind{WarnLaw}},
		"a breach is an exception":       {nil, 0, []LawFinding{finding(law.Breach)}, nil},
		"what can't be told is none":     {nil, 0, []LawFinding{finding(law.Unknown)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []WarningKind
			for _, w := range checkWeek(c.days, c.contract, c.found) {
				got = append(got, w.Kind)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("warnings %v, want %v", got, c.want)
			}
		})
	}
}

func TestShiftsGoToTheirSpansAndBack(t *testing.T) {
	day := calendar.On(2026, 11, 9)
	d := Day{Date: day, Punches: []Punch{{At: 1_000 * 60_000, Role: RoleIn}, {At: 1_200 * 60_000, Role: RoleBreakStart}}, Shifts: []Shift{
		{State: Complete, Span: Span{100, 600}, Breaks: []Pause{{Span{200, 215}, false}, {Span{300, 326}, false}, {Span{340, 344}, true}}},
		{State: Complete, Span: Span{700, 800}, Breaks: []Pause{{Span{750, 780}, true}}},
		{State: Incomplete, Span: Span{To: 900}},
		{State: Running, Span: Span{From: 1000}, OnBreak: true},
	}}
	if got, want := d.spans(), "{100,600,0,2,200,215,300,330,700,800,0,1,750,780,0,900,2,0,1000,0,1,1,1200,0}"; got != want {
		t.Fatalf("spans %s, want %s", got, want)
	}
	back := readSpans(day, []int64{100, 600, 0, 2, 200, 230, 300, 315, 0, 900, 2, 0, 1000, 0, 1, 1, 1200, 0})
	if len(back) != 3 || len(back[0].Breaks) != 2 || back[0].Breaks[1] != (law.Span{From: 300, To: 315}) ||
		back[1].State != law.Unsure || back[1].To != 900 || back[2].State != law.Running || back[2].Breaks[0] != (law.Span{From: 1200}) {
		t.Errorf("%+v", back)
	}
	if got := (Day{}).spans(); got != "{}" {
		t.Errorf("an empty day is %s", got)
	}
}

func TestFiguresAreThoseOfTheContractTheDayAndTheAge(t *testing.T) {
	everybody, night := TheAct(), TheAct()
	everybody.Version, everybody.From, everybody.Adults.Shift = 1, calendar.On(2026, 3, 1), 600
	night.Version, night.Contract, night.From, night.Adults.Series = 2, 7, calendar.On(2026, 2, 1), 8
	later := everybody
	later.Version, later.From, later.Adults.Shift = 3, calendar.On(2026, 5, 1), 540
	all := []Agreement{everybody, night, later}
	p := Person{Born: calendar.On(2008, 2, 10), Terms: []Terms{{Minutes: 2400}, {From: calendar.On(2026, 6, 1), Contract: 7}}}
	l := LawOf(all, p)
	for day, want := range map[calendar.Date]law.Figures{
		calendar.On(2026, 2, 9):  law.Minors(),
		calendar.On(2026, 2, 10): law.Default(),
		calendar.On(2026, 3, 1):  everybody.Adults,
		calendar.On(2026, 5, 31): later.Adults,
		calendar.On(2026, 6, 1):  night.Adults,
	} {
		if got := l.At(day); got != want {
			t.Errorf("on %s: %+v", day, got)
		}
	}
	if got := LawOf(nil, Person{}).At(calendar.On(2026, 1, 1)); got != law.Default() {
		t.Errorf("of nobody in particular: %+v", got)
	}
}
