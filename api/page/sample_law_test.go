package page

func sampleLaw(lang string) *Law {
	return &Law{
		Frame: sampleFrame(lang, "/law"), From: on(1, 0, 0), To: on(30, 0, 0), Rows: []string{"week", "daily_rest", "break", "late_nights"}, File: "/law/file?from=2026-11-01",
		Counts: map[string]int{"": 5, "week": 1, "daily_rest": 2, "break": 1, "late_nights": 1}, Severities: map[string]int{"breach": 3, "edge": 1, "unknown": 1}, More: 12,
		Lines: []LawLine{
			{Employee: 2, Name: "Bakker, Joris", Day: on(13, 0, 0), Severity: "breach", Row: "week", Text: Say("law.week", Minutes(3612), Minutes(3600))},
			{Employee: 1, Name: "Aydın, Selin", Day: on(12, 0, 0), Severity: "breach", Row: "daily_rest", Text: Say("law.daily_rest", Minutes(420), Minutes(660))},
			{Employee: 3, Name: "van den Berg, Fleur", Day: on(11, 0, 0), Severity: "edge", Row: "daily_rest", Text: Say("law.daily_rest", Minutes(552), Minutes(660))},
			{Employee: 2, Name: "Bakker, Joris", Day: on(10, 0, 0), Severity: "unknown", Row: "break", Text: Say("law.break", Minutes(0), Minutes(30))},
			{Employee: 2, Name: "Bakker, Joris", Day: on(9, 0, 0), Severity: "breach", Row: "late_nights", Text: Say("law.late_nights", 37, 36)},
		},
	}
}

func sampleLawFigures(lang string) *LawFigures {
	return &LawFigures{
		Frame: sampleFrame(lang, "/law/figures"), Open: true,
		Versions: []LawVersion{{Version: 1, Name: "Cao Metaal", From: on(1, 0, 0), Now: true, Differs: []Message{Say("law.figures.differs", Say("law.figures.adults"), Say("law.figure.shift"), "9:00", "12:00")}}},
		Groups: []FigureGroup{
			{Row: "shift", Article: "5:7", Figures: []Figure{{Name: "shift", Article: "5:7", Adults: FigureValue{Value: "12:01", Least: "1:00", Most: "12:00", Problem: Say("law.figures.wrong", "1:00", "12:00")}, Minors: FigureValue{Value: "9:00", Least: "1:00", Most: "9:00"}}}},
			{Row: "series", Figures: []Figure{{Name: "series_ends", Adults: FigureValue{Value: "32:00", Least: "24:00", Most: "168:00"}, Minors: FigureValue{Value: "32:00", Least: "24:00", Most: "168:00"}}}},
		},
		Contracts: []Option{{Label: "–"}, {Value: "1", Label: "Full time"}},
		Form:      Form{Values: map[string]string{"name": "Cao", "from": "2026-12-01"}, Problems: map[string]Message{"adults.shift": Say("law.figures.wrong", "1:00", "12:00")}},
	}
}

func sampleContracts(lang string) *Contracts {
	sites := []Option{{Value: "1", Label: "Haarlem", Chosen: true}, {Value: "2", Label: "Amsterdam"}}
	return &Contracts{
		Frame: sampleFrame(lang, "/people/contracts"), Contracts: []ContractLine{{1, "Fulltime", 19}, {2, "Oproep", 1}, {3, "Stage", 0}},
		Hirers: []HirerLine{{1, "Vries Transport", sites, []string{"Haarlem"}}, {2, "Noord Logistiek", sites, nil}}, Sites: sites,
		FormFor: "contract2", Form: Form{Values: map[string]string{"name": "Fulltime"}, Problems: map[string]Message{"name": Say("refused.name-taken")}},
	}
}

func sampleAgreed() Agreed {
	return Agreed{
		Terms: []Terms{{From: on(1, 0, 0), Contract: "Oproep"}, {From: on(1, 0, 0).AddDate(-1, 0, 0), Contract: "Fulltime", Minutes: 2280}},
		Assignments: []Assignment{
			{ID: 1, Number: "A-2044", CostCentre: "410", Hirer: "Vries Transport", Site: "Haarlem", From: on(1, 0, 0), Form: Form{Values: map[string]string{"assignment": "A-2044"}}},
			{ID: 2, Number: "A-1990", From: on(1, 0, 0).AddDate(-1, 0, 0), Until: on(1, 0, 0).AddDate(0, -1, 0)},
		},
		Contracts: []Option{{Label: "–"}, {Value: "1", Label: "Fulltime"}}, Hirers: []Option{{Label: "–"}, {Value: "1", Label: "Vries Transport"}},
		SiteChoice: []Option{{Label: "–"}, {Value: "1", Label: "Haarlem"}}, Born: "de regels voor 16 en 17",
		TermsForm: Form{Values: map[string]string{"terms_from": "2026-11-13"}, Problems: map[string]Message{"minutes": Say("problem.hours")}},
	}
}

func samplePrevent() []Preventable {
	return []Preventable{
		{Employee: 2, Name: "Bakker, Joris", Day: on(13, 0, 0), Text: Say("law.break", Minutes(0), Minutes(30)), Last: on(13, 13, 30), Over: true},
		{Employee: 1, Name: "Aydın, Selin", Day: on(13, 0, 0), Text: Say("law.shift", Minutes(721), Minutes(720)), Last: on(13, 19, 40)},
		{Employee: 3, Name: "van den Berg, Fleur", Day: on(14, 0, 0), Text: Say("law.daily_rest", Minutes(552), Minutes(660)), Last: on(14, 7, 0), Rare: true, Planned: on(14, 7, 0)},
	}
}

// sampleLawViews are the pages of the Working Hours Act and of what people
// agreed on.
func sampleLawViews(lang string) map[string]View {
	none := &Law{Frame: sampleFrame(lang, "/law"), From: on(1, 0, 0), To: on(30, 0, 0), Counts: map[string]int{}, Severities: map[string]int{}}
	kept := sampleLawFigures(lang)
	kept.Open, kept.Purpose, kept.Versions = false, "jongeren", nil
	today := sampleToday(lang)
	today.Prevent = samplePrevent()
	employee := sampleEmployee(lang)
	employee.Agreed = sampleAgreed()
	return map[string]View{
		"law": sampleLaw(lang), "law-none": none, "law-figures": sampleLawFigures(lang), "law-figures-kept": kept,
		"contracts": sampleContracts(lang), "contracts-none": &Contracts{Frame: sampleFrame(lang, "/people/contracts")},
		"today-prevent": today, "employee-agreed": employee,
	}
}
