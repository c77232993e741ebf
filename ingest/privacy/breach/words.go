package breach

// sayer gives the words of a notice in nl or en.
func sayer(language string) func(string) string {
	words := english()
	if language == "nl" {
		words = dutch()
	}
	return func(key string) string { return words[key] }
}

func dutch() map[string]string {
	return map[string]string{
		"title":        "Kennisgeving van een datalek",
		"lead":         "Hiermee melden wij als verwerker aan u als verwerkingsverantwoordelijke een inbreuk in verband met persoonsgegevens (AVG artikel 33 lid 2). Wat nog niet bekend is, volgt zodra wij het weten.",
		"number":       "Nummer",
		"version":      "versie",
		"to":           "Aan",
		"known":        "Bekend sinds",
		"due":          "Uiterlijk gemeld",
		"hours":        "uur volgens contract",
		"unknown":      "Nog niet bekend.",
		"nature":       "Aard van het datalek",
		"when":         "Datum of periode",
		"before":       "Vóór",
		"goes-on":      "mogelijk tot nu",
		"up-to":        "tot en met",
		"learned":      "Hoe en bij wie het bekend werd",
		"cause":        "(Vermoedelijke) oorzaak",
		"groups":       "Categorieën van betrokkenen",
		"people":       "Aantal betrokkenen",
		"records":      "Aantal persoonsgegevens, bij benadering (records)",
		"least":        "minimaal",
		"most":         "maximaal",
		"kinds":        "Soorten persoonsgegevens",
		"consequences": "Bekende en te verwachten gevolgen",
		"taken":        "Genomen maatregelen",
		"planned":      "Voorgenomen maatregelen",
		"informed":     "Wie is geïnformeerd",
		"nobody":       "Nog niemand.",
		"at":           "Wanneer",
		"how":          "Hoe",
		"whom":         "Wie",
		"by.telephone": "telefonisch",
		"by.email":     "per e-mail",
		"by.other":     "anders",
		"contact":      "Contact voor de opvolging",
		"yours":        "Wat bij u ligt",
		"yours.text":   "Of dit gemeld moet worden aan de Autoriteit Persoonsgegevens en aan betrokkenen, beslist u als verwerkingsverantwoordelijke (AVG artikelen 33 lid 1 en 34): aan de autoriteit zonder onredelijke vertraging en zo mogelijk binnen 72 uur nadat u er kennis van nam. Wij doen die meldingen niet. Zolang het datalek openstaat, verwijderen wij niets.",
	}
}

func english() map[string]string {
	return map[string]string{
		"title":        "Notice of a personal data breach",
		"lead":         "As processor we notify you, the controller, of a personal data breach (GDPR article 33(2)). What is not known yet follows as soon as we know it.",
		"number":       "Number",
		"version":      "version",
		"to":           "To",
		"known":        "Known since",
		"due":          "Told at the latest",
		"hours":        "hours by contract",
		"unknown":      "Not known yet.",
		"nature":       "Nature of the breach",
		"when":         "Date or period",
		"before":       "Before",
		"goes-on":      "possibly until now",
		"up-to":        "to",
		"learned":      "How and to whom it became known",
		"cause":        "(Supposed) cause",
		"groups":       "Categories of data subjects",
		"people":       "Number of data subjects",
		"records":      "Number of personal data records, approximately",
		"least":        "at least",
		"most":         "at most",
		"kinds":        "Kinds of personal data",
		"consequences": "Known and expected consequences",
		"taken":        "Measures taken",
		"planned":      "Measures to come",
		"informed":     "Who was informed",
		"nobody":       "Nobody yet.",
		"at":           "When",
		"how":          "How",
		"whom":         "Whom",
		"by.telephone": "by telephone",
		"by.email":     "by e-mail",
		"by.other":     "otherwise",
		"contact":      "Contact for follow-up",
		"yours":        "What is yours to decide",
		"yours.text":   "Whether this is to be notified to the supervisory authority and to data subjects is decided by you, the controller (GDPR articles 33(1) and 34): to the authority without undue delay and, where feasible, within 72 hours after you became aware of it. We send neither. While the breach is open we remove nothing.",
	}
}
