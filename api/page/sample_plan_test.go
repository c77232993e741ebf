package page

func samplePlan(lang string) *Plan {
	v := &Plan{Frame: sampleFrame(lang, "/plan?employee=2&day=2026-11-10"), Week: Week{on(9, 0, 0)}, MayPlan: true, MayCopy: true}
	for n := range 7 {
		v.Days = append(v.Days, on(9+n, 0, 0))
	}
	for i, w := range sampleWeeks {
		row := PlanRow{Employee: int64(i + 1), Number: w.number, Name: w.name, Contract: w.contract}
		for n, day := range v.Days {
			d := PlanDay{Date: day, Away: i == 8 && n > 3}
			switch {
			case d.Away || n > 4 && i%3 > 0:
			case i%4 == 0:
				d.Shifts = []PlanShift{{ID: int64(10*i + n + 1), From: "22:00", To: "06:00", Kind: "work", Break: 30}}
				row.Minutes += 450
			case n == 2 && i == 1:
				d.Shifts = []PlanShift{{ID: 12, From: "08:00", To: "12:00", Kind: "work"}, {ID: 13, From: "18:00", To: "22:00", Kind: "standby"}}
				row.Minutes += 240
			default:
				d.Shifts = []PlanShift{{ID: int64(10*i + n + 1), From: "08:00", To: "16:30", Kind: []string{"work", "call"}[i%2], Break: 30, Site: "Haarlem"}}
				row.Minutes += 480
			}
			row.Days = append(row.Days, d)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

func samplePlanPanel(lang string) *Plan {
	v := samplePlan(lang)
	sites := []Option{{Value: "0"}, {Value: "1", Label: "Haarlem", Chosen: true}, {Value: "2", Label: "Amsterdam"}}
	kinds := []Option{{Value: "work"}, {Value: "call", Chosen: true}, {Value: "standby"}}
	v.Panel = &PlanPanel{
		Employee: 2, Name: v.Rows[1].Name, Date: on(10, 0, 0), Before: on(9, 0, 0), After: on(11, 0, 0), Zone: "Europe/Bucharest", Days: v.Rows[1].Days,
		Forms: []PlanForm{
			{ID: 12, Kinds: kinds, Sites: sites, Open: true, Form: Form{Values: map[string]string{"was": "08:00–16:30", "from": "02:30", "to": "16:30", "break": "30"},
				Problems: map[string]Message{"from": Say("plan-problem.twice", "2026-10-25 02:30", "Europe/Amsterdam", "02:30+02, 02:30+01"), "to": Say("refused.plan-overlap"), "break": Say("refused.plan-minutes")}}},
			{Kinds: kinds, Sites: sites, Form: Form{Values: map[string]string{}}},
		},
		Old: []PlanOld{{From: "07:00", To: "15:30", Kind: "call", Until: on(8, 16, 20)}, {From: "07:30", To: "16:00", Kind: "work", Until: on(6, 9, 2)}},
	}
	return v
}

func samplePlanImport(lang string) *PlanImport {
	return &PlanImport{
		Frame: sampleFrame(lang, "/plan/import"), Shown: true, Added: 1, Moved: 1, Withdrawn: 1, Same: 212, Outside: 14, Text: "number;date", More: 12,
		Changes: []PlanChange{
			{Kind: "added", Line: 2, Name: "Bakker, Joris", Day: on(10, 0, 0), New: "08:00–16:30"},
			{Kind: "moved", Line: 3, Name: "Aydın, Selin", Day: on(10, 0, 0), Old: "08:00–16:30", New: "10:00–18:30"},
			{Kind: "withdrawn", Name: "van den Berg, Fleur", Day: on(12, 0, 0), Old: "22:00–06:00"},
		},
	}
}

func samplePlanProblems(lang string) *PlanImport {
	return &PlanImport{
		Frame: sampleFrame(lang, "/plan/import"), Shown: true, Text: "number;date",
		Problems: []Message{
			Say("plan-problem.line-of", 2, "van", Say("plan-problem.time", "8 uur")),
			Say("plan-problem.line", 3, Say("plan-problem.skipped", "2027-03-28 02:30", "Europe/Amsterdam", "01:59, 03:00")),
		},
	}
}
