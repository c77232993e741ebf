package rule

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tikklok/ingest/hours/calendar"
)

func TestContradictionsAreRefusedWithThePairNamed(t *testing.T) {
	night := Band{Code: "N", Percent: 130, From: "22:00", To: "24:00"}
	for _, c := range []struct {
		what string
		a, b string // the pair
		set  func(*Rules)
	}{
		{"questioned only beyond the longest", "questioned_shift", "longest_shift", func(r *Rules) { r.QuestionedShift = r.LongestShift + 1 }},
		{"too short and too long at once", "shortest_shift", "questioned_shift", func(r *Rules) { r.ShortestShift, r.QuestionedShift = 240, 60 }},
		{"a gap as long as the longest shift", "shortest_gap", "longest_shift", func(r *Rules) { r.LongestShift, r.QuestionedShift, r.ShortestGap, r.Breaks = 120, 120, 120, nil }},
		{"shorter than a double tap", "shortest_shift", "double_tap_seconds", func(r *Rules) { r.ShortestShift, r.DoubleTapSeconds = 1, 60 }},
		{"windows that nobody looks at", "windows", "pairing", func(r *Rules) { r.Windows = []Window{{Mode: "in", From: "05:00", To: "09:00"}} }},
		{"first and last with windows", "windows", "pairing", func(r *Rules) {
			r.Pairing, r.Windows = PairFirstLast, []Window{{Mode: "in", From: "05:00", To: "09:00"}}
		}},
		{"pairing by no window", "pairing", "windows", func(r *Rules) { r.Pairing = PairWindows }},
		{"first and last over midnight", "pairing", "shift_day", func(r *Rules) { r.Pairing, r.ShiftDay = PairFirstLast, DayOfMost }},
		{"in and out at once", "windows[0]", "windows[1]", func(r *Rules) {
			r.Pairing, r.Windows = PairWindows, []Window{{Mode: "in", From: "05:00", To: "09:00"}, {Mode: "out", From: "08:59", To: "18:00", Days: []string{"mon"}}}
		}},
		{"in and out on a holiday that may be a Monday", "windows[0]", "windows[1]", func(r *Rules) {
			r.Pairing, r.Windows = PairWindows, []Window{{Mode: "in", From: "05:00", To: "09:00", Days: []string{"holiday"}}, {Mode: "out", From: "08:00", To: "18:00", Days: []string{"mon"}}}
		}},
		{"a break for shifts that can't be", "breaks[0].above", "longest_shift", func(r *Rules) { r.Breaks = []AutoBreak{{Above: r.LongestShift, Minutes: 30}} }},
		{"longer work, shorter break", "breaks[0].minutes", "breaks[1].minutes", func(r *Rules) {
			r.Breaks = []AutoBreak{{Above: 330, Minutes: 45}, {Above: 600, Minutes: 30}}
		}},
		{"a break that can't be tapped", "breaks[0].minutes", "double_tap_seconds", func(r *Rules) { r.Breaks, r.DoubleTapSeconds = []AutoBreak{{Above: 330, Minutes: 10}}, 600 }},
		{"rounding of nothing", "rounding.per", "rounding.to", func(r *Rules) { r.Rounding = Rounding{To: 5} }},
		{"rounding outs of shifts", "rounding.out", "rounding.per", func(r *Rules) { r.Rounding = Rounding{Per: RoundShift, To: 5, Out: RoundUp} }},
		{"a half that is never asked", "rounding.half", "rounding.way", func(r *Rules) { r.Rounding = Rounding{Per: RoundShift, To: 5, Way: RoundUp, Half: RoundDown} }},
		{"a tap moved twice", "rounding.per", "plan.snap", func(r *Rules) {
			r.Rounding, r.Plan = Rounding{Per: RoundTap, To: 15}, PlanRules{Early: 10, Late: 5, Snap: true}
		}},
		{"a band under the normal percentage", "bands[0].percent", "normal_code", func(r *Rules) { r.Bands[0].Percent = 100 }},
		{"stacking less than nothing", "bands[0].percent", "premiums", func(r *Rules) { r.Premiums, r.Bands[0].Percent = PremiumStack, 99 }},
		{"the second of two alike", "bands[0]", "bands[1]", func(r *Rules) {
			other := night
			other.Code, other.Days = "M", dayNames()
			r.Bands = []Band{night, other}
		}},
		{"above an unknown full time", "overtime[0].base", "full_time", func(r *Rules) { r.Overtime = []Overtime{{Per: OverWeek, Base: BaseFullTime, Code: "O"}} }},
		{"two codes from the same minute on", "overtime[0].above", "overtime[1].above", func(r *Rules) {
			r.Overtime = []Overtime{{Per: OverDay, Above: 480, Code: "O1"}, {Per: OverDay, Above: 480, Code: "O2"}}
		}},
		{"the same minute, told in two ways", "overtime[0].above", "overtime[1].above", func(r *Rules) {
			r.FullTime, r.Overtime = 2400, []Overtime{{Per: OverWeek, Above: 2400, Code: "O1"}, {Per: OverWeek, Base: BaseFullTime, Code: "O2"}}
		}},
		{"more work, less pay", "overtime[0].percent", "overtime[1].percent", func(r *Rules) {
			r.Overtime = []Overtime{{Per: OverDay, Above: 480, Code: "O1", Percent: 150}, {Per: OverDay, Above: 600, Code: "O2", Percent: 125}}
		}},
		{"meeruren above overuren", "overtime[0].percent", "overtime[1].percent", func(r *Rules) {
			r.FullTime, r.Overtime = 2400, []Overtime{{Per: OverWeek, Base: BaseContract, Code: "M", Percent: 150}, {Per: OverWeek, Base: BaseFullTime, Code: "O", Percent: 125}}
		}},
		{"minutes without a code", "minimum_call.minutes", "minimum_call.code", func(r *Rules) { r.MinimumCall = MinimumCall{Minutes: 180} }},
		{"a code without minutes", "travel.minutes", "travel.code", func(r *Rules) { r.Travel = Travel{Extra: Extra{Code: "T"}} }},
		{"a call paid and questioned", "minimum_call.minutes", "shortest_shift", func(r *Rules) { r.MinimumCall, r.ShortestShift = MinimumCall{Minutes: 10, Code: "C"}, 15 }},
		{"a call longer than a shift", "minimum_call.minutes", "longest_shift", func(r *Rules) {
			r.MinimumCall, r.LongestShift, r.QuestionedShift = MinimumCall{Minutes: 420, Code: "C"}, 400, 400
		}},
		{"travel for nothing", "travel.minutes", "travel.per", func(r *Rules) { r.Travel = Travel{Extra: Extra{30, "T"}} }},
		{"a split within one shift", "split_shift.gap", "shortest_gap", func(r *Rules) { r.SplitShift = SplitShift{Extra: Extra{30, "S"}, Gap: r.ShortestGap - 1} }},
		{"a gap for nothing", "split_shift.gap", "split_shift.minutes", func(r *Rules) { r.SplitShift.Gap = 180 }},
		{"standby without a code", "standby.worked", "standby.code", func(r *Rules) { r.Standby.Worked = true }},
		{"snapping within nothing", "plan.snap", "plan.early", func(r *Rules) { r.Plan.Snap = true }},
		{"a no-show on time", "plan.no_show", "plan.late", func(r *Rules) { r.Plan = PlanRules{Late: 30, NoShow: 15} }},
		{"late without a notice", "plan.late_code", "plan.notice", func(r *Rules) { r.Plan.LateCode = "L" }},
		{"a paid day without a code", "holiday_table[0].paid", "holiday_code", func(r *Rules) {
			r.HolidayTable = []Holiday{{Day: calendar.On(2026, 12, 25), Name: "x", Paid: true}}
		}},
		{"a day twice", "holiday_table[0].day", "holiday_table[1].day", func(r *Rules) {
			r.HolidayTable = []Holiday{{Day: calendar.On(2026, 12, 25), Name: "x"}, {Day: calendar.On(2026, 12, 25), Name: "y"}}
		}},
		{"worked and added", "bands[0].code", "minimum_call.code", func(r *Rules) { r.MinimumCall = MinimumCall{180, r.Bands[0].Code} }},
		{"worked and a supplement", "normal_code", "bands[0].code", func(r *Rules) {
			r.Premiums, r.Bands = PremiumStack, []Band{{Code: "100", Percent: 130, From: "20:00", To: "24:00"}}
		}},
		{"worked and absent", "normal_code", "absent_code", func(r *Rules) { r.AbsentCode = r.NormalCode }},
		{"earned and taken up", "overtime[0].code", "take_up_codes[0]", func(r *Rules) {
			r.Overtime, r.TakeUpCodes = []Overtime{{Per: OverDay, Above: 480, Code: "TVT"}}, []string{"TVT"}
		}},
		{"a holiday and absence by its default code", "holiday_code", "absent_code", func(r *Rules) { r.HolidayCode = DefaultAbsentCode }},
		{"one code, two percentages", "bands[0].code", "bands[1].code", func(r *Rules) { r.Bands[1].Code = r.Bands[0].Code }},
	} {
		r := Default().Rules
		c.set(&r)
		found := false
		for _, pair := range Contradictions(r.Check()) {
			found = found || pair.Fields == [2]string{c.a, c.b} && pair.Why != "" && strings.Contains(pair.Error(), c.a+" and "+c.b)
		}
		if !found {
			t.Errorf("%s: want %s and %s refused; got %v", c.what, c.a, c.b, r.Check())
		}
	}
}

func TestWhatIsWrongIsFoundInsideOtherErrors(t *testing.T) {
	r := Default().Rules
	r.QuestionedShift, r.Rounding = r.LongestShift+1, Rounding{To: 5}
	if found := Contradictions(fmt.Errorf("not valid: %w", fmt.Errorf("with version 3: %w", r.Check()))); len(found) != 2 || found[0].Key != "questioned-longest" {
		t.Errorf("found %v", found)
	}
	r.LongestShift = 2000
	if found := OutOfRange(fmt.Errorf("%w: %w", errors.New("not valid"), r.Check())); len(found) != 1 || *found[0] != (Range{"longest_shift", 2000, 60, 1440}) {
		t.Errorf("found %v", found)
	}
	if Contradictions(nil) != nil || Contradictions(errors.New("something")) != nil {
		t.Error("something is found in nothing")
	}
}

func TestWhatAgreesIsTaken(t *testing.T) {
	full := Default().Rules
	full.Pairing, full.Windows = PairWindows, []Window{{Mode: "in", From: "05:00", To: "09:00"}, {Mode: "out", From: "09:00", To: "18:00"}}
	full.DayStart, full.ShiftDay, full.ShortestShift, full.PaidBreaks = "05:00", DayOfMost, 10, 15
	full.Breaks = []AutoBreak{{Above: 330, Minutes: 30, At: "12:30"}, {Above: 600, Minutes: 45, Always: true}}
	full.Rounding = Rounding{Per: RoundDay, To: 15, Half: RoundEmployee}
	full.FullTime, full.Overtime = 2400, []Overtime{
		{Per: OverDay, Above: 540, Code: "O125", Percent: 125}, {Per: OverDay, Above: 660, Code: "O150", Percent: 150},
		{Per: OverWeek, Base: BaseContract, Code: "MEER"}, {Per: OverWeek, Base: BaseFullTime, Code: "O125", Percent: 125},
		{Per: OverPeriod, Base: BaseFullTime, Above: 60, Code: "TVT"}}
	full.MinimumCall, full.Travel = MinimumCall{180, "CALL"}, Travel{Extra{30, "TRAVEL"}, "day"}
	full.Standby, full.SplitShift = Standby{Code: "STBY", Worked: true}, SplitShift{Extra{45, "SPLIT"}, 180}
	full.Plan = PlanRules{Early: 15, Late: 5, Snap: true, NoShow: 30, Notice: 4, LateCode: "LATE"}
	full.HolidayTable = []Holiday{{Day: calendar.On(2026, 12, 25), Name: "Eerste Kerstdag", Paid: true}}
	full.HolidayCode, full.AbsentCode, full.TakeUpCodes = "FEEST", "AFW", []string{"TVT-OP", "ADV"}
	stacked := full
	stacked.Premiums = PremiumStack
	for what, r := range map[string]Rules{"the default": Default().Rules, "everything at once": full, "everything, stacked": stacked} {
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
