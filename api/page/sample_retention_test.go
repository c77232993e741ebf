package page

func sampleRetentionViews(lang string) map[string]View {
	frame := sampleFrame(lang, "/privacy/retention")
	w, m, y := func(n int) KeptFor { return KeptFor{n, "W"} }, func(n int) KeptFor { return KeptFor{n, "M"} }, func(n int) KeptFor { return KeptFor{n, "Y"} }
	terms := []RetentionTerm{
		{Class: "Ruwe tikken", Keep: m(3), Least: w(4), Most: m(3)},
		{Class: "Registratie van de arbeidstijd", Keep: w(52), Least: w(52), Most: y(7), Law: "Arbeidstijdenbesluit 3.2:1", Reference: "Brief 2026-11 AVG", Instruction: 4, Since: on(3, 9, 0)},
		{Class: "Goedgekeurde uren", Keep: y(7), Least: y(7), Most: y(10), Law: "Algemene wet inzake rijksbelastingen 52(4)", Wanting: true},
		{Class: "Contract"},
	}
	items := []RetentionItem{{Name: "Registraties", Removed: 1204, Left: on(3, 7, 58)}, {Name: "Accounts", Values: true, Removed: 2}, {Name: "Quarantaine", Stays: true}}
	night := RetentionNight{Certificate: 8, At: on(13, 2, 4), Hash: "9f3a11c0", Total: 1206, Days: 602, Unapproved: 2, Held: 1, Items: items}
	holds := []RetentionHold{{ID: 2, Employee: 5, Who: "Visser (1042)", Reason: "Geschil over ontslag, zaak 26-118", Until: on(30, 0, 0), By: "Ilse Verhoeven", Counts: true},
		{ID: 1, Reason: "Onderzoek Arbeidsinspectie", Until: on(20, 0, 0), Lifted: on(9, 9, 0), By: "Ilse Verhoeven"}, {ID: 3, Reason: "Onderzoek", Until: on(2, 0, 0)}}
	classes := []Option{{Value: "taps", Label: "Ruwe tikken"}}
	none := Form{Values: map[string]string{}, Problems: map[string]Message{}}
	full := &Retention{Frame: frame, May: true, Last: on(13, 2, 4), Contract: "direct", Longest: m(3), Terms: terms, Classes: classes, Instructions: []Option{{Value: "4", Label: "Brief 2026-11 AVG"}},
		Holds: holds, Nights: []RetentionNight{night, {At: on(12, 2, 3), Hash: "11aa22bb"}}, Counted: &night, Form: none, Hold: none}
	refused := *full
	refused.Frozen = "breach"
	refused.Form = Form{Values: map[string]string{"class": "taps", "count": "2", "unit": "W"}, Problems: map[string]Message{"count": Say("retention.refused.shorter"), "instruction": Say("retention.refused.choose")}}
	refused.Hold = Form{Values: map[string]string{"number": "99"}, Problems: map[string]Message{"number": Say("retention.refused.employee")}}
	return map[string]View{
		"retention":         full,
		"retention-refused": &refused,
		"retention-new":     &Retention{Frame: frame, May: true, Frozen: "contract", Terms: terms, Form: none, Hold: none},
		"retention-seen":    &Retention{Frame: frame, First: on(20, 0, 0), Terms: terms, Holds: holds, Frozen: "held"},
	}
}
