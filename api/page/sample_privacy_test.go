package page

import "tikklok/ingest/press"

func samplePrivacy(lang string) *Privacy {
	return &Privacy{
		Frame: sampleFrame(lang, "/privacy"), Fields: 5, All: 341, MaySet: true, FormFor: "birth_date", Form: Form{Problems: map[string]Message{"purpose": Say("problem.reason")}},
		Groups: []Option{{Label: "–"}, {Value: "employees", Label: "Medewerkers", Chosen: true}}, Purposes: []Option{{Label: "–"}}, Classes: []Option{{Label: "–"}}, Kinds: []Option{{Label: "–"}},
		Due: []PrivacyDue{{What: "breach", Path: "/privacy/breaches/1", By: on(12, 9, 30), Late: true}, {What: "requests", Path: "/privacy/requests", Count: 2, Day: on(30, 0, 0)},
			{What: "contract", Path: "/privacy/contract"}, {What: "end", Path: "/privacy/contract"}, {What: "places", Path: "/privacy/contract#places"}, {What: "details", Path: "/privacy/documents#details"},
			{What: "council", Path: "/privacy/registers?book=council"}, {What: "terms", Path: "/privacy/registers?book=instruction"}},
		Tables: []PrivacyTable{
			{Name: "Medewerkers", Table: "employee", About: "Medewerkers", Why: "Juiste, volledige en tijdige registratie van uren", Basis: "Uitvoering van de arbeidsovereenkomst", Class: "Dienstverband", Keep: "2 jaar",
				Readers: "beheerder, goedkeurder", To: "salarispakket", Source: "Ingevoerd", Erased: "de regels worden verwijderd",
				Fields: []PrivacyField{{Name: "achternaam", Column: "surname", Kind: "naam"}, {Name: "voornaam", Column: "first_name", Kind: "naam", State: "on"}, {Name: "geboortedatum", Column: "birth_date", Kind: "geboortedatum", State: "off", Why: "Arbeidstijdenwet"}}},
			{Name: "Tikken per medewerker", Table: "punch", About: "Medewerkers", Why: "Registratie", Basis: "Overeenkomst", Class: "Ruwe tikken", Keep: "3 maanden", Readers: "beheerder", Source: "De lezer", Erased: "verwijderd",
				Fields: []PrivacyField{{Name: "tijdstip", Column: "at", Kind: "tijdstip"}}},
		},
		Optional: []OptionalField{{Field: "first_name", Name: "voornaam", Purpose: "om twee Jansens uit elkaar te houden", Since: on(1, 9, 0)}, {Field: "birth_date", Name: "geboortedatum"}},
	}
}

func sampleDocument(lang string) press.Document {
	d := press.Document{Language: lang, From: "Van Dam Logistiek", Title: "Privacyverklaring voor medewerkers", Lead: "Uw uren worden geregistreerd met een tag en een lezer.", At: on(13, 14, 12),
		Facts: []press.Fact{{Label: "Verwerkingsverantwoordelijke", Value: "Van Dam Logistiek, Haarlem"}}}
	d.Parts = []press.Part{
		{Head: "Wat er van u wordt bewaard", Text: []string{"Alleen wat nodig is."}, Table: press.Table{Head: []string{"Doel", "Gegevens", "Bewaartermijn"}, Rows: [][]string{{"Registratie", "naam, nummer", "3 maanden\n2 jaar"}, {"Planning", "tijdstip", "52 weken"}}}},
		{Head: "Wat u kunt vragen", List: []string{"inzage", "rectificatie"}, Facts: []press.Fact{{Label: "Vragen", Value: "privacy@example.nl"}}},
	}
	return d
}

func samplePrivacyViews(lang string) map[string]View {
	fields := []DetailField{{"controller", true}, {"controller_contact", true}, {"controller_officer", false}, {"questions", false}, {"processor", true}, {"processor_contact", true}, {"processor_officer", false}}
	filled := map[string]string{"controller": "Van Dam Logistiek, Spaarne 1, Haarlem", "controller_contact": "privacy@example.nl"}
	all := &Documents{Frame: sampleFrame(lang, "/privacy/documents"), Kinds: []string{"activities", "assessment", "notice", "measures"}, Fields: fields, MaySet: true,
		Form: Form{Values: filled, Problems: map[string]Message{"processor": Say("problem.required")}}}
	seen := *all
	seen.Version, seen.At, seen.By, seen.MaySet, seen.Form, seen.Recorded = 2, on(1, 9, 0), "Ilse Verhoeven", false, Form{Values: filled}, filled
	none := samplePrivacy(lang)
	none.Tables, none.Fields, none.MaySet = nil, 0, false
	own := sampleFrame(lang, "/me/privacy")
	own.Account = &Signed{Name: "Selin Aydın", Email: "selin@example.nl", Own: true}
	shown := lang
	if lang != "nl" {
		shown = "en"
	}
	return map[string]View{
		"privacy": samplePrivacy(lang), "privacy-none": none, "documents": all, "documents-seen": &seen,
		"document":   &DocumentPage{Frame: sampleFrame(lang, "/privacy/documents/notice"), Kind: "notice", Shown: shown, Document: sampleDocument(shown)},
		"me-privacy": &MePrivacy{Frame: own, Shown: shown, Document: sampleDocument(shown)},
	}
}
