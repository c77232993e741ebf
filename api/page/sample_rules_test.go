package page

import "time"

func sampleDraft() RuleDraft {
	return RuleDraft{Scope: "site-7", Kind: "site", Name: "Haarlem", Version: 3, From: "2026-12-01", DaysFrom: "2026-11-01", DaysTo: "2026-11-30"}
}

func sampleRules(lang string) *Rules {
	lines := func(names ...string) (out []RuleLine) {
		for _, name := range names {
			out = append(out, RuleLine{Say("rule.label." + name), Say("rule.value.minutes", 30)})
		}
		return out
	}
	layer := RuleVersion{Version: 3, Scope: "site-7", Kind: "site", Name: "Haarlem", From: on(1, 0, 0), By: "Ilse Verhoeven", Made: on(2, 9, 0)}
	return &Rules{
		Frame: sampleFrame(lang, "/rules"), MayEdit: true, NoTable: 2027, Holds: RuleVersion{Version: 1, From: on(1, 0, 0)},
		Groups: []RuleFacts{{"pairing", lines("double_tap_seconds", "pairing")}, {"shifts", lines("longest_shift", "questioned_shift")},
			{"bands", []RuleLine{{Say("rule.label.bands"), Say("plain", Parts{Say("rule.value.band", "125", Say("rule.band.value", Parts{Say("band-days.sun")}, Say("rule.band.all-day"), 200))})}}}},
		Layers:  []RuleLayer{{layer, lines("paid_breaks")}, {RuleVersion: RuleVersion{Version: 4, Kind: "contract", Name: "Oproep", From: on(3, 0, 0)}}},
		Later:   []RuleVersion{{Version: 5, From: on(30, 0, 0), Made: on(2, 9, 0), By: "Ilse Verhoeven", Changes: sampleChanges()}},
		Refused: []Message{Say("rule.left-out", Say("rule.scope.named", Say("rule.scope.contract"), "Oproep"), 4, Parts{Say("rule.contradict", Say("rule.label.rounding.per"), Say("rule.label.plan.snap"), Say("rule.clash.rounding-snap"))})},
		For:     []RuleFor{{"site", []Option{{Value: "site-7", Label: "Haarlem"}}}, {"hirer", nil}},
		Form:    Form{Values: map[string]string{"number": "99"}, Problems: map[string]Message{"number": Say("rule.problem.scope")}},
	}
}

func sampleChanges() []RuleChange {
	return []RuleChange{{Say("rule.label.rounding"), Say("rule.value.nothing"), Say("rule.value.rounding", Say("rule.choice.rounding.per.shift"), 15, Say("rule.choice.rounding.way.none"))}}
}

func sampleEditor(lang string) *RuleEditor {
	wrong := Say("rule.contradict", Say("rule.label.questioned_shift"), Say("rule.label.longest_shift"), Say("rule.clash.questioned-longest", 840))
	cell := func(path, column string, kind RuleKind, value string) RuleField {
		label := Say("rule.label." + column)
		return RuleField{Path: path, Label: label, Row: Say("rule.row", label, 1), Kind: kind, Value: value}
	}
	days := cell("bands.0.days", "bands.days", RuleSome, "")
	days.Choices = []RuleOption{{"mon", Say("band-days.mon"), true}, {"holiday", Say("band-days.holiday"), false}}
	return &RuleEditor{
		Frame: sampleFrame(lang, "/rules/edit?scope=site-7"), RuleDraft: sampleDraft(), Problems: []Message{wrong},
		Groups: []RuleForm{
			{"shifts", []RuleField{
				{Path: "longest_shift", Label: Say("rule.label.longest_shift"), Hint: Say("rule.hint.longest_shift"), Unit: "hours", Kind: RuleHours, Value: "14:00", Own: true, Field: "longest_shift", Problem: wrong},
				{Path: "shift_day", Label: Say("rule.label.shift_day"), Kind: RuleChoice, Choices: []RuleOption{{"", Say("rule.choice.shift_day.none"), true}, {"end", Say("rule.choice.shift_day.end"), false}}},
				{Path: "standby.worked", Label: Say("rule.label.standby.worked"), Kind: RuleTick, Value: "yes"}}},
			{"bands", []RuleField{{Path: "bands", Label: Say("rule.label.bands"), Hint: Say("rule.hint.bands"), Kind: RuleTable, Own: true, Field: "bands", Rows: [][]RuleField{{
				cell("bands.0.code", "bands.code", RuleText, "125"), cell("bands.0.percent", "bands.percent", RuleNumber, "125"), cell("bands.0.from", "bands.from", RuleText, "20:00"), days, cell("bands.0.always", "breaks.always", RuleTick, "")}}}}},
			{"holidays", []RuleField{{Path: "holidays", Label: Say("rule.label.holidays"), Hint: Say("rule.hint.holidays"), Kind: RuleSome, Choices: []RuleOption{{"christmas", Say("rule.holiday.christmas"), true}}}}},
		},
	}
}

func samplePreview(lang string) *RulePreview {
	frozen := Say("rule.confirm", 12, 9, "2026-W45", "2026-W46")
	total := RuleTotal{Code: "100", Kind: "worked", Before: 48120, After: 48300}
	return &RulePreview{
		Frame: sampleFrame(lang, "/rules/edit"), RuleDraft: sampleDraft(), Document: `{"rounding":{"per":"shift","to":15}}`, Changes: sampleChanges(), Starts: on(30, 0, 0),
		Employees: 1000, Concerned: 2400, Changed: 31, Days: [2]time.Time{on(1, 0, 0), on(30, 0, 0)}, Exceptions: [2]int{4, 6}, Cut: true, Frozen: &frozen,
		Totals: []RuleTotal{total, {"CALL", "added", 600, 480}},
		Effects: []RuleEffect{
			{3, "Visser, Noor", true, []RuleEffectLine{{RuleTotal{"100", "worked", 453, 450}, on(10, 0, 0)}}},
			{4, "Bakker, Joris", false, []RuleEffectLine{{RuleTotal{"100", "worked", 453, 455}, on(11, 0, 0)}, {RuleTotal{"CALL", "added", 0, 90}, on(11, 0, 0)}}},
		},
	}
}

func sampleHistory(lang string) *RuleHistory {
	return &RuleHistory{Frame: sampleFrame(lang, "/rules/history"), Versions: []RuleVersion{
		{Version: 2, Scope: "site-7", Kind: "site", Name: "Haarlem", From: on(3, 0, 0), By: "Ilse Verhoeven", Made: on(2, 9, 0), Changes: sampleChanges()},
		{Version: 1, From: on(1, 0, 0)},
	}}
}

func sampleHolidays(lang string) *HolidayTable {
	return &HolidayTable{
		Frame: sampleFrame(lang, "/rules/holidays?year=2027"), RuleDraft: RuleDraft{From: "2027-01-01", DaysFrom: "2026-11-01", DaysTo: "2026-11-30"}, Year: 2027, Proposed: true, Code: "FEEST",
		Problems: []Message{Say("rule.problem.holiday", Plain("Suikerfeest"), 2027)},
		Rows:     []HolidayRow{{Day: "2027-01-01", Word: "new_year", Keep: true, Paid: true}, {Day: "2027-05-05", Word: "liberation_day"}, {Day: "2027-07-05", Name: "Keti Koti", Keep: true}, {}},
	}
}
