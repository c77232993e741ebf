package page

import "time"

// sampleConflict is the timesheets page after one of them changed meanwhile.
func sampleConflict(lang string) *Timesheets {
	v := sampleTimesheets(lang)
	v.Approving = Approving{Deadline: on(17, 12, 0), Late: true, Waiting: 23, Page: 2, Pages: 3, Conflicts: []SheetConflict{{
		Employee: 2, Name: "Bakker, Joris", Seen: "00", Changes: []SeenChange{
			{Day: on(10, 0, 0), Kind: "minutes", Code: "100", Seen: 480, Now: 450},
			{Day: on(10, 0, 0), Kind: "minutes", Code: "120", LineKind: "supplement", Now: 30},
			{Day: on(12, 0, 0), Kind: "exceptions", Seen: 0, Now: 1},
			{Day: on(9, 0, 0), Kind: "gaps", Seen: 0, Now: 1},
		}}, {Employee: 3, Name: "van den Berg, Fleur", Seen: "01"}}}
	v.Rows[1].Waits = Say("waits.for", Say("level.short.hirer"), 1, 2)
	v.Counts.Changed = 2
	return v
}

func sampleBulk(lang string) *Bulk {
	return &Bulk{Frame: sampleFrame(lang, "/timesheets/bulk"), Week: Week{on(9, 0, 0)}, Count: 4812, Minutes: 4812 * 2310, Digest: "00", Changed: true,
		Left: []LeftOut{{"exceptions", 131}, {"missing", 40}, {"not_yours", 17}}}
}

func sampleBulkProgress(lang string) *BulkProgress {
	return &BulkProgress{Frame: sampleFrame(lang, "/timesheets/bulk/1"), Week: Week{on(9, 0, 0)}, Total: 4812, Done: 1300,
		Refused: []BulkRefused{{Employee: 2, Name: "Bakker, Joris", Why: "changed"}}}
}

func samplePeriod(lang string) *Period {
	v := &Period{Frame: sampleFrame(lang, "/timesheets/period"), Title: "2026-P12", From: on(2, 0, 0), To: on(29, 0, 0), Before: on(1, 0, 0), After: on(30, 0, 0)}
	for i := range 4 {
		v.Weeks = append(v.Weeks, Week{on(2+7*i, 0, 0)})
	}
	for i, w := range sampleWeeks {
		row := PeriodRow{Employee: int64(i + 1), Number: w.number, Name: w.name}
		for k, week := range v.Weeks {
			cell := PeriodWeek{Week: week}
			if k < 2 {
				cell.Minutes, cell.State = 2310+i, []string{StateApproved, StateException}[k]
			}
			row.Weeks, row.Minutes = append(row.Weeks, cell), row.Minutes+cell.Minutes
		}
		v.Rows = append(v.Rows, row)
	}
	v.Shown = Approving{Page: 1, Pages: 2}
	return v
}

func sampleApproval(lang string) *Approval {
	hirers := []Option{{Label: "-"}, {Value: "1", Label: "Kwekerij Noord"}, {Value: "2", Label: "Distributie West", Chosen: true}}
	return &Approval{
		Frame: sampleFrame(lang, "/approval"), MayChange: true, Hirers: hirers,
		Policies: []PolicyLine{
			{Version: 3, From: on(9, 0, 0), Hirer: "Kwekerij Noord", Now: true, Levels: []string{"hirer"}, Automatic: 10},
			{Version: 2, From: on(2, 0, 0), Now: true, Levels: []string{"employee", "hirer", "agency"}, Optional: true, FourEyes: true, Automatic: -1, Deadline: Say("deadline.value", 2, "12:00", 24)},
			{Version: 1, From: time.Date(2014, 12, 29, 0, 0, 0, 0, time.UTC), Levels: []string{"agency"}, Automatic: -1, Deadline: Say("deadline.none")},
		},
		Form:      Form{Values: map[string]string{"from": "2026-11-10", "agency": "yes"}, Problems: map[string]Message{"policy": Say("refused.because", "no Monday"), "days": Say("problem.whole")}},
		Deputies:  []DeputyLine{{ID: 1, Name: "Cor Visser", For: "Anna Jansen", From: on(9, 0, 0), Until: on(20, 0, 0), Now: true}},
		Accounts:  []Option{{Value: "1", Label: "Anna Jansen"}, {Value: "2", Label: "Cor Visser"}},
		Approvers: []ApproverLine{{Account: 1, Name: "Anna Jansen", Hirers: hirers[1:2], All: true}, {Account: 2, Name: "Cor Visser", Hirers: hirers[1:]}},
	}
}
