package page

func sampleRegisterViews(lang string) map[string]View {
	frame := sampleFrame(lang, "/privacy/registers")
	books := []RegisterBook{{"subprocessor", 1}, {"instruction", 0}, {"disclosure", 0}, {"audit", 0}, {"council", 0}, {"measure", 0}, {"support", 0}}
	fields := []RegisterField{{Name: "name", Kind: "line", Required: true}, {Name: "start", Kind: "day", Required: true},
		{Name: "urgent", Kind: "choice", Required: true, Choices: []string{"no", "yes"}}, {Name: "contact", Kind: "line"}}
	entries := []RegisterEntry{
		{ID: 2, Title: "Hosting Rotterdam B.V.", State: "consent-needed", What: "consented", Due: on(12, 0, 0), Late: true, By: "Ilse Verhoeven", At: on(3, 9, 0), Opened: true,
			Facts: []RegisterFact{{Name: "name", Value: "Hosting Rotterdam B.V."}, {Name: "start", Value: "2026-11-12", Day: on(12, 0, 0)}, {Name: "urgent", Value: "no", Choice: true}},
			Steps: []RegisterStep{{What: "told", Day: on(3, 0, 0), Note: "per e-mail", By: "Ilse Verhoeven", At: on(3, 9, 4)}},
			Next:  []Option{{Value: "consented"}, {Value: "objected"}, {Value: "ended"}}},
		{ID: 1, Title: "Mail Utrecht", State: "in-use", What: "updated", Due: on(30, 0, 0), At: on(1, 9, 0)},
	}
	refused := Form{Values: map[string]string{"name": ""}, Problems: map[string]Message{"name": Say("register.refused.empty")}}
	step := Form{Values: map[string]string{"what": "consented"}, Problems: map[string]Message{"note": Say("register.refused.empty"), "what": Say("register.refused.not-now")}}
	instruction := []RegisterField{{Name: "reference", Kind: "line", Required: true}, {Name: "text", Kind: "text", Required: true}}
	looked := []SupportLine{
		{Account: 9, Who: "Rik Smeets", By: "Ilse Verhoeven", Reason: "Totaal van week 45 klopt niet", Region: "NL", Operator: "EU", At: on(13, 13, 50), Until: on(13, 14, 50), Now: true, Looks: 4},
		{Account: 9, Who: "Rik Smeets", By: "Ilse Verhoeven", Reason: "Koppeling met salaris", At: on(10, 9, 0), Until: on(10, 9, 20), Ended: true, Looks: 12},
	}
	return map[string]View{
		"registers":          &Registers{Frame: frame, Book: "subprocessor", Books: books, Fields: fields, Entries: entries, May: true, Form: step, StepOf: 2, Rules: []Message{Say("register.rule.consent"), Say("register.rule.update", 12)}},
		"registers-refused":  &Registers{Frame: frame, Book: "subprocessor", Books: books, Fields: fields, May: true, Form: refused},
		"registers-words":    &Registers{Frame: frame, Book: "instruction", Books: books, Fields: instruction, May: true, Form: Form{Values: map[string]string{}, Problems: map[string]Message{"text": Say("register.refused.long")}}},
		"registers-seen":     &Registers{Frame: frame, Book: "subprocessor", Books: books, Fields: fields, Entries: entries, Rules: []Message{Say("register.rule.notice", 30, 30), Say("register.rule.urgent", 7)}},
		"registers-support":  &Registers{Frame: frame, Book: "support", Books: books, May: true, Support: &Support{Accounts: []Option{{Value: "9", Label: "Rik Smeets"}}, Rows: looked}},
		"registers-helpless": &Registers{Frame: frame, Book: "support", Books: books, May: true, Support: &Support{}},
		"today-off":          &Today{Frame: sampleFrame(lang, "/today"), Off: true, MayConsent: true, FirstSteps: &FirstSteps{People: true, Gateways: true}},
	}
}

func sampleBreachViews(lang string) map[string]View {
	frame := sampleFrame(lang, "/privacy/breaches")
	kinds := []Option{{Value: "name", Label: "naam", Chosen: true}, {Value: "number", Label: "nummer"}, {Value: "contact", Label: "contactgegeven"}, {Value: "moment", Label: "tijdstip", Chosen: true}}
	open := BreachLine{ID: 2, Nature: "Een urenlijst van de hal is naar een verkeerd adres gestuurd.", Known: on(13, 8, 0), Due: on(14, 8, 0), State: "halfway", Least: 3, Most: 12}
	late := open
	late.State, late.Late, late.Due = "untold", true, on(13, 9, 0)
	facts := Form{Values: map[string]string{"nature": open.Nature, "known": "2026-11-13T08:00", "from": "2026-11-12T16:30", "least": "3", "most": "12"}, Problems: map[string]Message{}}
	wrong := Form{Values: facts.Values, Problems: map[string]Message{"nature": Say("breach.refused.empty"), "most": Say("breach.refused.number")}}
	steps := []BreachStep{{What: "telephone", DoneAt: on(13, 9, 10), Whom: "Karin Post, 010 1234567", By: "Ilse Verhoeven"}, {What: "follow-up", DoneAt: on(13, 11, 0), Note: "De ontvanger heeft de lijst verwijderd.", By: "Ilse Verhoeven"}}
	next := []Option{{Value: "telephone"}, {Value: "email"}, {Value: "closed"}}
	none := Form{Values: map[string]string{}}
	who := []Option{{Label: "–"}, {Value: "account.3", Label: "Joris Bakker"}}
	one := &Breach{Frame: frame, BreachLine: open, Hours: 24, Missing: []string{"cause", "records", "consequences"}, Form: facts, Kinds: kinds, Recorded: facts.Values, RecordedKinds: kinds, Do: none, Counts: none, Steps: steps, Next: next,
		Count: &BreachCount{Least: 3, Most: 12, Looks: 7}, Who: who, Tables: who, Version: 2, At: on(13, 10, 0), By: "Ilse Verhoeven", May: true, Open: true, Contact: "Karin Post, 010 1234567"}
	closed := *one
	closed.State, closed.Open, closed.Missing, closed.Told, closed.Contact, closed.Count = "closed", false, nil, on(13, 9, 30), "", nil
	refused := *one
	refused.Form, refused.Do = wrong, Form{Values: map[string]string{"what": "closed"}, Problems: map[string]Message{"what": Say("breach.refused.untold")}}
	return map[string]View{
		"breaches":         &Breaches{Frame: frame, Hours: 24, Rows: []BreachLine{open, {ID: 1, Nature: "Gestolen gateway.", Known: on(1, 8, 0), Due: on(2, 8, 0), State: "closed"}}, Open: 1, Form: facts, Kinds: kinds, May: true},
		"breaches-none":    &Breaches{Frame: frame, Hours: 48},
		"breaches-refused": &Breaches{Frame: frame, Hours: 24, Rows: []BreachLine{late}, Open: 1, Form: wrong, Kinds: kinds, May: true},
		"breach":           one,
		"breach-closed":    &closed,
		"breach-refused":   &refused,
	}
}
