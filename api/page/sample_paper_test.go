package page

func samplePaper(lang string) *Paper {
	hash := "9f3a22b10c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7"
	return &Paper{
		Frame: sampleFrame(lang, "/timesheets/paper"), MaySheets: true,
		Form:  Form{Values: map[string]string{"from": "2026-10-01", "to": "2026-10-31", "hash": hash[:16]}, Problems: map[string]Message{"number": Say("refused.paper-number")}},
		Sites: []Option{{Label: "–"}, {Value: "1", Label: "Haarlem"}}, Print: []Option{{Value: "nl", Label: "Nederlands", Chosen: true}, {Value: "en", Label: "English"}},
		Checked: &CheckedPaper{Unaltered: true, Findings: []string{"no-longer-set"}, Number: "10458", Name: "Aydın, Selin", Week: Week{on(9, 0, 0)}, At: on(13, 9, 4),
			By: []Message{Plain("Joost de Wit"), Say("level.for", "Marieke Vos", "Joost de Wit")}, Later: 1, Minutes: 932, Hash: hash, Entry: 48211, Chain: hash,
			Days: []PaperDay{{Date: on(9, 0, 0), Minutes: 452, Times: []PaperTime{{on(9, 7, 58), on(9, 12, 0), "Haarlem"}, {on(9, 12, 30), on(9, 16, 0), "Haarlem"}}},
				{Date: on(10, 0, 0), Minutes: 480, Times: []PaperTime{{From: on(10, 8, 0), Where: "Amsterdam"}}}}},
	}
}

// samplePaperViews are the page of papers, with a check that went well and one
// that did not.
func samplePaperViews(lang string) map[string]View {
	bad := samplePaper(lang)
	bad.Checked.Unaltered, bad.Checked.Findings, bad.Checked.Name, bad.Checked.Entry = false, []string{"altered", "not-in-log", "other-entry", "broken-chain"}, "", 0
	why := Say("refused.paper-nothing")
	bad.Problem = &why
	return map[string]View{"paper": samplePaper(lang), "paper-bad": bad}
}
