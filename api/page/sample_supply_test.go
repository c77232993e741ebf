package page

import "time"

func sampleSupplyViews(lang string) map[string]View {
	frame := sampleFrame(lang, PathSupply)
	months := func(n int) Message { return Say("supply.months", n) }
	day := func(text string) time.Time { d, _ := time.Parse(time.DateOnly, text); return d }
	terms := []SupplyTerm{
		{Key: "precedence", Values: []Message{Say("supply.before", Say("supply.document.processing"), Say("supply.document.agreement"))}, From: "article", Where: "B3.1, C9.1"},
		{Key: "availability", Values: []Message{Say("supply.percent", "99"), Say("supply.credit", "99", 25), Say("supply.credit", "97", 50)}, From: "article", Where: "B9"},
		{Key: "response", Values: []Message{Say("supply.answer", Say("supply.priority.high"), Say("supply.hours", 2), Say("supply.hours", 8))}, From: "article", Where: "B8"},
		{Key: "end", Values: []Message{Say("supply.end.access", months(1)), Say("supply.end.data", months(1)), Say("supply.end.backups", Say("supply.days", 14))}, From: "own"},
		{Key: "breach", Values: []Message{Say("supply.within", Say("supply.hours", 24))}, From: "strict"},
	}
	wrong := Form{Values: map[string]string{"profile": "nedap", "signed": "2026-01-05"}, Problems: map[string]Message{"data_months": Say("invalid-supply.data_months"), "profile": Say("invalid-supply.profile")}}
	return map[string]View{
		"supply-none": &Supply{Frame: frame, May: true, Missing: []Message{Say("supply.missing.contract")}, Terms: terms, Form: wrong},
		"supply": &Supply{Frame: frame, May: true, Recorded: true, Terms: terms, Missing: []Message{Say("supply.missing.administrator")},
			Facts: []SupplyFact{{"supply.profile", Say("supply.profile.nedap")}, {"supply.reference", Plain("Overeenkomst 2026-17")}, {"supply.ends", Say("supply.full-date", Date(day("2026-12-31")), 2026)}},
			Days: []SupplyDay{
				{Day: day("2026-12-31"), What: Say("supply.on.ends"), In: Say("supply.in.days", 48), Warn: true},
				{Day: day("2027-01-31"), What: Say("supply.on.data_until"), In: Say("supply.in.days", 79), Warn: true},
				{Day: day("2027-02-14"), What: Say("supply.on.backups_until"), In: Say("supply.in.days", 93)},
			},
			Events: []SupplyEvent{
				{ID: 2, Kind: "notice", Party: "customer", Told: day("2026-09-15"), On: day("2026-12-31"), Reference: "brief van 15 september", By: "Ilse Verhoeven", May: true},
				{ID: 1, Kind: "indexation", Party: "supplier", Told: day("2026-02-20"), On: day("2026-04-01"), Reference: "mail", Gone: true},
			},
			Versions: []SupplyVersion{{Version: 2, Profile: "nedap", Reference: "Overeenkomst 2026-17", At: on(2, 9, 0), By: "Ilse Verhoeven"}, {Version: 1, Profile: "strict", Reference: "concept", At: on(1, 9, 0)}},
			Places:   []SupplyPlace{{Name: Say("supply.place.database"), Region: "NL", Operator: "NL"}, {Name: Say("supply.place.backups"), Region: "other", Operator: "other", Outside: true}, {Name: Say("supply.place.channel", "Loket", "webhook")}},
		},
	}
}
