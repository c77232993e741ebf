package bi

import "tikklok/ingest/hours"

// words is what a workbook says in one language.
type words struct {
	totals, persons, lines, exceptions                         string // sheets
	title, made, worked, yes, open, seen                       string
	totalColumns, personColumns, lineColumns, exceptionColumns []string
	kinds                                                      map[hours.LineKind]string
}

func (w words) kind(k hours.LineKind) string { return w.kinds[k] }

func wordsOf(language string) words {
	if language == "nl" {
		return words{
			totals: "Totalen", persons: "Per medewerker", lines: "Regels", exceptions: "Uitzonderingen",
			title: "Goedgekeurde uren van %s tot en met %s", made: "Gemaakt %s (%s)", worked: "Gewerkt, samen", yes: "ja", open: "open", seen: "goedgekeurd",
			totalColumns:     []string{"Looncode", "Soort", "Minuten", "Uren"},
			personColumns:    []string{"Personeelsnr.", "Looncode", "Soort", "Minuten", "Uren"},
			lineColumns:      []string{"Personeelsnr.", "Dag", "Vestiging", "Kostenplaats", "Opdracht", "Looncode", "Soort", "Minuten", "Uren", "Correctie", "Goedgekeurd"},
			exceptionColumns: []string{"Personeelsnr.", "Dag", "Vestiging", "Wat is er", "Stand"},
			kinds: map[hours.LineKind]string{hours.LineWorked: "Gewerkt", hours.LineSupplement: "Toeslag", hours.LineAdded: "Toegevoegd",
				hours.LineAbsent: "Afwezig", hours.LineHoliday: "Feestdag"},
		}
	}
	return words{
		totals: "Totals", persons: "Per employee", lines: "Lines", exceptions: "Exceptions",
		title: "Approved hours from %s to %s", made: "Made %s (%s)", worked: "Worked, together", yes: "yes", open: "open", seen: "approved",
		totalColumns:     []string{"Pay code", "Kind", "Minutes", "Hours"},
		personColumns:    []string{"Number", "Pay code", "Kind", "Minutes", "Hours"},
		lineColumns:      []string{"Number", "Day", "Site", "Cost centre", "Assignment", "Pay code", "Kind", "Minutes", "Hours", "Correction", "Approved"},
		exceptionColumns: []string{"Number", "Day", "Site", "What it is", "State"},
		kinds: map[hours.LineKind]string{hours.LineWorked: "Worked", hours.LineSupplement: "Supplement", hours.LineAdded: "Added",
			hours.LineAbsent: "Absent", hours.LineHoliday: "Public holiday"},
	}
}
