package page

func sampleRuns() []RunLine {
	hash := "9f2c4e1b7d0a83c65512ab90ef34cd7781e6a0b3f4d2c1958e7a6b5c4d3e2f10"
	loket := RunLine{Destination: "Loket Salaris", DestinationID: 1, MapVersion: 4, From: on(2, 0, 0), To: on(8, 0, 0), By: Plain("Ilse Verhoeven"), Hash: hash}
	lines := []RunLine{loket, loket, loket, loket, loket}
	for i, state := range []string{"delivered", "void", "created", "rejected", "acknowledged"} {
		lines[i].ID, lines[i].Number, lines[i].State, lines[i].At = int64(5-i), int64(5-i), state, on(10-i, 9, 2)
		lines[i].People, lines[i].Lines, lines[i].Minutes = 25-i, 178-i, 57712-i*60
	}
	lines[0].Beside, lines[0].File, lines[0].Pulled = []KindTotal{{Kind: "supplement", Minutes: -60}}, "tikklok-5-2026-11-02-2026-11-08.csv", on(10, 9, 30)
	lines[1].VoidReason, lines[2].Pulled = "verkeerde week", on(9, 17, 12)
	return lines
}

func sampleExports(lang string) *Exports {
	return &Exports{
		Frame: sampleFrame(lang, "/exports"), Chosen: 1, From: on(9, 0, 0), To: on(15, 0, 0), Runs: sampleRuns(),
		Formats:      []FormatInfo{sampleCSV(), sampleLoket()},
		Destinations: []DestinationLine{{ID: 1, Name: "Loket Salaris", Format: sampleCSV(), Codes: 5, Unmapped: 1, LastRun: on(10, 9, 2)}, {ID: 2, Name: "Uitzendbureau", Format: sampleLoket(), Codes: 4, LastRun: on(9, 17, 12)}},
		Preview:      samplePreviewOfRun(),
	}
}

func samplePreviewOfRun() *Preview {
	v := &Preview{
		People: 25, Lines: 181, Minutes: 58734, Beside: []KindTotal{{Kind: "absent", Minutes: 480}, {Kind: "supplement", Minutes: 2280}}, Totals: sampleTotals(),
		Stops:   []Message{Say("problem.unmapped", "150", Minutes(2280))},
		Steps:   []RunStep{{Name: "prepared", Done: true}, {Name: "checked", Current: true, Wrong: true}, {Name: "created"}, {Name: "delivered"}, {Name: "acknowledged"}},
		Earlier: []EarlierPeriod{{From: on(2, 0, 0), To: on(8, 0, 0), Lines: 3, Corrections: 2, People: 2, Minutes: -45, Beside: []KindTotal{{Kind: "supplement", Minutes: 30}}}},
		Difference: &Difference{From: on(2, 0, 0), To: on(8, 0, 0), Same: 11, More: 3,
			Codes: []Change{{Label: "100", Name: Plain("Normale uren"), Before: 50100, Now: 52344}, {Label: "150", Kind: "supplement", Before: 2460, Now: 2280}, {Label: "125", Before: 4110, Now: 4110}}},
	}
	for _, kind := range []string{"half-approved", "unapproved", "incomplete", "changed"} {
		w := Warning{Kind: kind}
		for i := range 22 {
			w.Add(WaitingWeek{Employee: int64(i), Number: "104" + string(rune('0'+i%10)), Name: "Bakker, Joris", Week: "2026-W46"})
		}
		v.Warnings = append(v.Warnings, w)
	}
	for i := range 13 {
		v.Difference.People = append(v.Difference.People, Change{Label: "Bakker, Joris", Number: "10458", Before: 2400, Now: 2400 - 60*(13-i)*(i%2*2-1)})
	}
	return v
}

func sampleRun(lang string) *Run {
	return &Run{
		Frame: sampleFrame(lang, "/exports/runs/5"), Run: sampleRuns()[0], Totals: sampleTotals()[:2], MayVoid: true, Next: []string{"acknowledged", "rejected"},
		Earlier: samplePreviewOfRun().Earlier,
		Steps: []RunStep{{Name: "prepared", Done: true, At: on(10, 9, 2), By: Plain("Ilse Verhoeven")}, {Name: "checked", Done: true, At: on(10, 9, 2)}, {Name: "created", Done: true, At: on(10, 9, 2), By: Plain("Ilse Verhoeven")},
			{Name: "delivered", Done: true, At: on(10, 9, 30), By: Say("actor.system"), Reason: "sftp: uploads/tikklok-5.csv"}, {Name: "acknowledged", Current: true}},
	}
}

func sampleRunRejected(lang string) *Run {
	v := sampleRun(lang)
	v.Run.State, v.Next = "rejected", []string{"delivered", "acknowledged"}
	v.Steps = append(v.Steps[:4], RunStep{Name: "rejected", Done: true, Wrong: true, Current: true, At: on(11, 9, 2), By: Plain("Karim Haddad"), Reason: "Looncomponent 28 bestaat niet bij deze werkgever."}, RunStep{Name: "delivered"}, RunStep{Name: "acknowledged"})
	v.Form.Problems = map[string]Message{"reason": Say("problem.reason")}
	return v
}

func sampleRunAsked(lang string) *Run {
	v := sampleRun(lang)
	v.Form.Problems = map[string]Message{"reason-rejected": Say("problem.reason")}
	return v
}
