package page

func sampleCSV() FormatInfo {
	return FormatInfo{Name: "csv", Title: "CSV, a line each", For: "any package with an import screen", Source: "RFC 4180, with the columns that you choose", Proof: "document", Example: "28"}
}

func sampleLoket() FormatInfo {
	return FormatInfo{Name: "elsewhere", Title: "Elsewhere (CSV)", For: "offices elsewhere", Source: "https://www.example.org/import", Proof: "layout", Example: "T28"}
}

func samplePlace() Place { return Place{ID: 1, Title: "Loket Salaris", Format: sampleCSV(), May: true} }

func sampleDestination(lang string) *Destination {
	return &Destination{
		Frame: sampleFrame(lang, "/exports/destinations/1/settings"), Place: samplePlace(),
		Form: Form{Values: map[string]string{"name": "Loket Salaris"}},
		Settings: []Setting{
			{Key: "columns", Value: "employee_number,date,component,hours", Required: true},
			{Key: "delimiter", Value: "semicolon", Choices: []string{"comma", "semicolon"}},
			{Key: "nobody-knows", Example: "7"},
		},
	}
}

func sampleDestinationNew(lang string) *Destination {
	v := sampleDestination(lang)
	v.Place = Place{Title: "Kantoor", Format: sampleLoket(), May: true}
	v.Form.Problems = map[string]Message{"name": Say("refused.name-taken"), "setting.columns": Say("refused.setting-needed")}
	return v
}

func sampleCodeLines() []CodeLine {
	return []CodeLine{
		{Code: "150", Name: Plain("Nachturen"), Used: 2280, Missing: true},
		{Code: "TRIP", Name: Say("rule.label.travel"), Missing: true},
		{Code: "100", Name: Plain("Normale uren"), Theirs: "1", Used: 52344},
		{Code: "125", Name: Plain("Avonduren"), Theirs: "28"},
		{Code: "130", Theirs: "28"},
	}
}

func sampleCodes(lang string) *Codes {
	return &Codes{
		Frame: sampleFrame(lang, "/exports/destinations/1"), Place: samplePlace(), Version: 4, By: Plain("Ilse Verhoeven"), At: on(10, 9, 2),
		Rows: sampleCodeLines(), Unmapped: 2, Waiting: 2280, Shared: []SharedCode{{Theirs: "28", Ours: Parts{Plain("125"), Plain("130")}}},
	}
}

func sampleCodesChanged(lang string) *Codes {
	v := sampleCodes(lang)
	v.Changed, v.Format, v.Shared, v.Unmapped = true, sampleLoket(), nil, 0
	v.Refused = []Message{Say("code-fault.cycle", "100 → 125 → 100")}
	v.Form.Problems = map[string]Message{
		"code.125": Say("code-fault.component.example", "Elsewhere (CSV)", "T28"),
	}
	return v
}

func sampleVersions(lang string) *CodeVersions {
	return &CodeVersions{Frame: sampleFrame(lang, "/exports/destinations/1/versions"), Place: samplePlace(), Rows: []CodeVersion{
		{Version: 4, By: Plain("Ilse Verhoeven"), At: on(10, 9, 2), Back: 2, Codes: 3, Current: true, Changes: []CodeChange{{"125", "29", "28"}}},
		{Version: 3, By: Say("actor.operator"), At: on(9, 9, 2), Codes: 3, Changes: []CodeChange{{"125", "28", "29"}, {"130", "", "28"}, {"140", "7", ""}}},
		{Version: 2, By: Plain("Karim Haddad"), At: on(1, 9, 2), Codes: 3},
	}}
}

func sampleCodeImport(lang string) *CodeImport {
	return &CodeImport{Frame: sampleFrame(lang, "/exports/destinations/1/import"), Place: samplePlace(), Shown: true, Seen: 4, CSV: "code;component\n100;1",
		Changes: []CodeChange{{"125", "28", "29"}, {"130", "", "28"}, {"140", "7", ""}}, Shared: sampleCodes(lang).Shared}
}

func sampleCodeImportRefused(lang string) *CodeImport {
	v := sampleCodeImport(lang)
	v.Faults = []CodeFault{{Line: 1, Text: Say("code-fault.columns", "component")}, {Line: 4, Code: "100", Text: Say("code-fault.twice", "2")}, {Line: 7, Code: "999", Text: Say("code-fault.unknown")}}
	return v
}

func sampleExportViews(lang string) map[string]View {
	empty := &CodeVersions{Frame: sampleFrame(lang, "/exports/destinations/1/versions"), Place: samplePlace()}
	whole := sampleCodes(lang)
	whole.Unmapped, whole.Waiting, whole.Place.May = 0, 0, false
	return map[string]View{
		"run-rejected": sampleRunRejected(lang), "run-asked": sampleRunAsked(lang),
		"destination": sampleDestination(lang), "destination-new": sampleDestinationNew(lang),
		"codes": sampleCodes(lang), "codes-changed": sampleCodesChanged(lang), "codes-read": whole,
		"code-versions": sampleVersions(lang), "code-versions-none": empty,
		"code-import": sampleCodeImport(lang), "code-import-refused": sampleCodeImportRefused(lang),
		"code-import-start": &CodeImport{Frame: sampleFrame(lang, "/exports/destinations/1/import"), Place: samplePlace()},
	}
}
