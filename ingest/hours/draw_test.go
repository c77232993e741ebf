package hours

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
)

// life is somebody's taps, plan, contract and decisions around a difficult
// night, in a zone.
type life struct {
	sets  []rule.Set
	facts Facts
	now   time.Time
}

func (l life) book(t *rapid.T) *rule.Book {
	book, err := rule.NewBook(l.sets)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// nights in which a day is not like another: clock changes of several zones,
// a leap day, year ends, Saturday into Sunday into a holiday.
var nights = []calendar.Date{
	calendar.On(2026, 3, 29), calendar.On(2026, 10, 25), calendar.On(2026, 11, 1), calendar.On(2026, 4, 5), calendar.On(2026, 10, 4),
	calendar.On(2028, 2, 29), calendar.On(2026, 12, 31), calendar.On(2027, 1, 3), calendar.On(2028, 4, 16), calendar.On(2026, 11, 10),
}

func drawLife(t *rapid.T) life {
	zone, err := time.LoadLocation(rapid.SampledFrom([]string{
		"Europe/Amsterdam", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC"}).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	night := rapid.SampledFrom(nights).Draw(t, "night")
	l := life{sets: []rule.Set{drawSet(t, 1, calendar.On(2015, 1, 1))}}
	if rapid.Bool().Draw(t, "new rules") {
		l.sets = append(l.sets, drawSet(t, 2, night.AddDays(rapid.IntRange(-2, 2).Draw(t, "new rules from"))))
	}
	if rapid.Bool().Draw(t, "layers") {
		l.sets = append(l.sets,
			rule.Set{Version: 3, From: night, Scope: rule.Scope{Kind: rule.ScopeSite, ID: 1}, Patch: []byte(`{"rounding": {"per": "tap", "to": 15, "way": "employer"}}`)},
			rule.Set{Version: 4, From: night, Scope: rule.Scope{Kind: rule.ScopeContract, ID: 7}, Patch: []byte(`{"breaks": [], "day_start": "04:00"}`)})
	}
	p := Person{ID: 1, Zone: zone, Terms: []Terms{{Minutes: rapid.SampledFrom([]int{0, 600, 2400}).Draw(t, "contract")},
		{From: night, Contract: rapid.SampledFrom([]int64{0, 7}).Draw(t, "kind of contract"), Minutes: 1200}}}
	if rapid.IntRange(0, 4).Draw(t, "leaves") == 0 {
		p.Until = night
	}
	start := night.AddDays(-2).In(zone).UnixMilli()
	l.now = time.UnixMilli(start).Add(time.Duration(rapid.IntRange(24, 200).Draw(t, "now")) * time.Hour)
	l.facts = Facts{Person: p, Punches: drawTaps(t, start), Plan: drawPlan(t, start), Decisions: drawDecisions(t, start, night),
		Days: calendar.Period{From: night.AddDays(-2), To: night.AddDays(3)}, Hirers: Hirers{1: {{Hirer: 5}}}}
	return l
}

// drawTaps gives taps as people forget them and clocks lose them, or, so that
// much of it counts, of shifts one after the other.
func drawTaps(t *rapid.T, start int64) (out []Punch) {
	if rapid.IntRange(0, 2).Draw(t, "anyhow") > 0 {
		return drawShifts(t, start)
	}
	at := start
	for i := range rapid.IntRange(0, 20).Draw(t, "taps") {
		// Mostly as people tap: hours apart; now and then seconds, or days.
		at += rapid.OneOf(rapid.Int64Range(0, 10*60_000), rapid.Int64Range(1_800_000, 5*3_600_000), rapid.Int64Range(3_600_000, 9*3_600_000), rapid.Int64Range(0, 30*3_600_000)).Draw(t, "later")
		p := tapOf(i, at, int64(rapid.IntRange(0, 2).Draw(t, "site")), rapid.SampledFrom([]Mode{Toggle, Toggle, Toggle, Toggle, In, Out, Break}).Draw(t, "mode"))
		p.Uncertainty = rapid.SampledFrom([]int64{0, 0, 0, 0, 0, 100, 29_000, 45_000, 7_200_000, Unbounded}).Draw(t, "uncertainty")
		if p.Uncertainty == Unbounded {
			p.Known = KnownArrival
		}
		out = append(out, p)
	}
	return out
}

// drawShifts gives shifts of minutes to half a day, with a break or none.
func drawShifts(t *rapid.T, start int64) (out []Punch) {
	at := start
	for range rapid.IntRange(1, 7).Draw(t, "shifts") {
		at += rapid.OneOf(rapid.Int64Range(2*60_000, 3*3_600_000), rapid.Int64Range(3*3_600_000, 16*3_600_000)).Draw(t, "free")
		site := int64(rapid.IntRange(0, 2).Draw(t, "site"))
		modes := rapid.SampledFrom([][]Mode{{Toggle, Toggle}, {In, Out}, {Toggle, Break, Break, Toggle}}).Draw(t, "shift")
		for i, mode := range modes {
			if i > 0 {
				at += rapid.Int64Range(2*60_000, 12*3_600_000/int64(len(modes))).Draw(t, "later")
			}
			out = append(out, tapOf(len(out), at, site, mode))
		}
	}
	return out
}

func tapOf(i int, at, site int64, mode Mode) Punch {
	return Punch{Tap: TapID(fmt.Sprintf("1/1/%03d", i)), Known: KnownServer, At: at, Arrived: at + 1000, Site: site, Mode: mode}
}

func drawPlan(t *rapid.T, start int64) (out []plan.Shift) {
	from := start / 60_000
	for i := range rapid.IntRange(0, 3).Draw(t, "planned shifts") {
		from += int64(rapid.IntRange(0, 30*60).Draw(t, "planned later"))
		s := plan.Shift{ID: int64(i + 1), Employee: 1, From: from, To: from + int64(rapid.IntRange(30, 720).Draw(t, "planned length")),
			Kind: rapid.SampledFrom([]plan.Kind{plan.Work, plan.Call, plan.Standby}).Draw(t, "planned kind")}
		if rapid.IntRange(0, 4).Draw(t, "withdrawn") == 0 {
			s.Withdrawn = (s.From - 300 + int64(rapid.IntRange(0, 600).Draw(t, "withdrawn then"))) * 60_000
		}
		from = s.To
		out = append(out, s)
	}
	return out
}

func drawDecisions(t *rapid.T, start int64, night calendar.Date) (out []Decision) {
	for i := range rapid.IntRange(0, 3).Draw(t, "decisions") {
		d := Decision{ID: int64(i + 1), Employee: 1, Kind: rapid.SampledFrom([]DecisionKind{AddPunch, Absent, AddMinutes, UndoOf}).Draw(t, "decided")}
		d.Day, d.Minutes = night.AddDays(rapid.IntRange(-1, 1).Draw(t, "decided day")), rapid.IntRange(1, 480).Draw(t, "decided minutes")
		switch d.Kind {
		case AddPunch:
			d.Day, d.Minutes = calendar.Date{}, 0
			d.At = time.UnixMilli(start + rapid.Int64Range(0, 4*86_400_000).Draw(t, "added at"))
			d.Mode = rapid.SampledFrom([]Mode{In, Out, Break}).Draw(t, "added mode")
		case AddMinutes:
			d.Code = rapid.SampledFrom([]string{"100", "120", "OVER", "KM"}).Draw(t, "added code")
			if rapid.Bool().Draw(t, "taken off") {
				d.Minutes = -d.Minutes
			}
		case UndoOf:
			d.Undoes = int64(i)
		}
		out = append(out, d)
	}
	return out
}

// drawSet gives rules that contradict themselves nowhere: a field whose value
// would is left as it was.
func drawSet(t *rapid.T, version int, from calendar.Date) rule.Set {
	s := rule.Default()
	s.Version, s.From = version, from
	try := func(change func(*rule.Rules)) {
		r := s.Rules
		r.Bands = slices.Clone(r.Bands)
		if change(&r); r.Check() == nil {
			s.Rules = r
		}
	}
	ways := rapid.SampledFrom([]rule.RoundWay{rule.RoundNearest, rule.RoundUp, rule.RoundDown, rule.RoundEmployee, rule.RoundEmployer})
	clock := rapid.SampledFrom([]string{"", "00:00", "02:30", "05:00", "12:00"})
	extra := func(code string) rule.Extra {
		return rule.Extra{Minutes: rapid.SampledFrom([]int{0, 30, 180}).Draw(t, code), Code: code}
	}
	try(func(r *rule.Rules) {
		r.Rounding = rule.Rounding{Per: rapid.SampledFrom([]rule.RoundPer{rule.RoundTap, rule.RoundShift, rule.RoundDay}).Draw(t, "rounding per"),
			To: rapid.SampledFrom([]int{1, 5, 15, 30, 60}).Draw(t, "rounding to"), Way: ways.Draw(t, "way"), Half: ways.Draw(t, "half")}
		if r.Rounding.Per == rule.RoundTap {
			r.Rounding.Out = ways.Draw(t, "way out")
		}
	})
	try(func(r *rule.Rules) {
		r.LongestShift = rapid.SampledFrom([]int{60, 300, 840, 840, 1440}).Draw(t, "longest")
		r.QuestionedShift = min(r.QuestionedShift, r.LongestShift)
		r.ShortestGap = 0
		r.Breaks = nil
	})
	try(func(r *rule.Rules) { r.ShortestGap = rapid.SampledFrom([]int{0, 30, 120}).Draw(t, "gap") })
	try(func(r *rule.Rules) {
		r.Breaks = rapid.SampledFrom([][]rule.AutoBreak{nil, {{Above: 330, Minutes: 30}}, {{Above: 0, Minutes: 15, Always: true}, {Above: 300, Minutes: 60, At: "02:30"}},
			{{Above: 60, Minutes: 45, At: "12:30"}}}).Draw(t, "breaks")
	})
	try(func(r *rule.Rules) { r.PaidBreaks = rapid.SampledFrom([]int{0, 15, 240}).Draw(t, "paid breaks") })
	try(func(r *rule.Rules) { r.DayStart = clock.Draw(t, "day start") })
	try(func(r *rule.Rules) {
		r.ShiftDay = rapid.SampledFrom([]rule.ShiftDay{rule.DayOfStart, rule.DayOfEnd, rule.DayOfMost}).Draw(t, "shift day")
	})
	try(func(r *rule.Rules) { r.ShortestShift = rapid.SampledFrom([]int{0, 30}).Draw(t, "shortest") })
	switch rapid.IntRange(0, 4).Draw(t, "pairing") {
	case 0:
		try(func(r *rule.Rules) {
			r.Pairing = rule.PairWindows
			r.Windows = []rule.Window{{Mode: "in", From: "05:00", To: "10:00"}, {Mode: "out", From: "15:00", To: "24:00", Days: []string{"mon", "sat", "sun"}}}
		})
	case 1:
		try(func(r *rule.Rules) { r.Pairing = rule.PairFirstLast })
	}
	try(func(r *rule.Rules) {
		r.Premiums = rapid.SampledFrom([]rule.Premiums{"", rule.PremiumStack}).Draw(t, "premiums")
	})
	drawOvertime(t, try)
	try(func(r *rule.Rules) { r.MinimumCall = rule.MinimumCall(extra("OPROEP")) })
	try(func(r *rule.Rules) {
		r.Travel = rule.Travel{Extra: extra("REIS"), Per: rapid.SampledFrom([]string{"shift", "day"}).Draw(t, "travel per")}
	})
	try(func(r *rule.Rules) {
		r.SplitShift = rule.SplitShift{Extra: rule.Extra{Minutes: 30, Code: "GEBR"}, Gap: 121}
	})
	try(func(r *rule.Rules) {
		r.Standby = rule.Standby{Code: "PIKET", Worked: rapid.Bool().Draw(t, "standby worked")}
	})
	try(func(r *rule.Rules) {
		r.Plan = rule.PlanRules{Early: 60, Late: 30, Snap: rapid.Bool().Draw(t, "snap"), NoShow: 60, Notice: 4, LateCode: "AFGEZEGD"}
	})
	try(func(r *rule.Rules) {
		r.HolidayTable = []rule.Holiday{{Day: calendar.On(2026, 12, 31), Name: "Oudejaarsdag", Paid: true}, {Day: calendar.On(2026, 11, 10), Name: "Dies", Paid: true}}
		r.HolidayCode = "FEEST"
	})
	return s
}

func drawOvertime(t *rapid.T, try func(func(*rule.Rules))) {
	try(func(r *rule.Rules) {
		r.FullTime = 2400
		r.PayPeriod = rapid.SampledFrom([]calendar.Table{"", calendar.Weeks, calendar.FourWeeks}).Draw(t, "pay period")
	})
	for i := range rapid.IntRange(0, 3).Draw(t, "overtime") { // one at a time: a contradiction leaves the others
		try(func(r *rule.Rules) {
			r.Overtime = append(slices.Clone(r.Overtime), rule.Overtime{
				Per:     rapid.SampledFrom([]rule.OverPer{rule.OverDay, rule.OverWeek, rule.OverPeriod}).Draw(t, "overtime per"),
				Base:    rapid.SampledFrom([]rule.OverBase{rule.BaseZero, rule.BaseContract, rule.BaseFullTime}).Draw(t, "overtime base"),
				Above:   rapid.SampledFrom([]int{0, 60, 480}).Draw(t, "overtime above"),
				Code:    []string{"MEER", "OVER", "TVT"}[i],
				Percent: rapid.SampledFrom([]int{0, 100, 125, 250}).Draw(t, "overtime percent"),
			})
		})
	}
}

// check holds I5 for each of the days, and that no minute is paid twice, on
// whatever days it lies.
func (l life) check(t *rapid.T, days []Day) {
	var worked []Span
	for _, d := range days {
		for _, s := range d.Shifts {
			for _, w := range s.Worked {
				worked = append(worked, w.Span)
			}
		}
	}
	slices.SortFunc(worked, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	for i := 1; i < len(worked); i++ {
		if worked[i].From < worked[i-1].To {
			t.Fatalf("%v and %v are both paid", worked[i-1], worked[i])
		}
	}
	for i, d := range days {
		if err := d.AddsUp(); err != nil {
			t.Fatalf("%v\n%s", err, d.Text(l.facts.Person.Zone))
		}
		if i > 0 && !days[i-1].Date.Before(d.Date) {
			t.Fatalf("%s comes after %s", d.Date, days[i-1].Date)
		}
	}
}

func TestRulesAreDrawnOfEachKind(t *testing.T) {
	kinds := map[StepKind]int{}
	lives := rapid.Custom(func(t *rapid.T) []Day {
		l := drawLife(t)
		return Compute(l.book(t), l.facts, l.now)
	})
	for seed := range 1000 {
		for _, d := range lives.Example(seed) {
			for _, s := range d.Steps() {
				kinds[s.Kind]++
			}
		}
	}
	var errs []error
	for _, kind := range []StepKind{StepOpen, StepAttended, StepTap, StepTapped, StepAuto, StepPaidBreak, StepRounding, StepDayRounding, StepCorrected, StepOvertime,
		StepSupplement, StepMinimumCall, StepTravel, StepSplit, StepStandby, StepHoliday, StepAbsent, StepAdded} {
		if kinds[kind] == 0 {
			errs = append(errs, fmt.Errorf("no step of kind %s", kind))
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}
