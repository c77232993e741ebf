package ending

import (
	"fmt"
	"maps"
	"slices"

	"tikklok/ingest/press"
)

// words are what an export says in one language.
type words struct {
	language                    string
	workbook, summary, readMe   string // names of files
	explained                   string
	totals, employees           string // names of sheets
	hours, approved             string
	employeeColumns             []string
	hourColumns                 []string
	people, accounts            string
	registrations, punches      string
	runs, entries               string
	minutes, approvedMinutes    string
	paidMinutes                 string
	title, lead, tables         string
	tableHead                   []string
	kinds                       map[string]string // of lines
	secrets, made, version, sum string
}

func wordsOf(language string) words {
	if language == "en" {
		return english()
	}
	return dutch()
}

func dutch() words {
	return words{
		language: "nl", workbook: "overzicht.xlsx", summary: "overzicht.pdf", readMe: "LEESMIJ.txt",
		totals: "Totalen", employees: "Medewerkers", hours: "Uren", approved: "Goedgekeurde uren",
		employeeColumns: []string{"Nummer", "Achternaam", "E-mail", "In dienst van", "In dienst tot en met", "Contracturen per week"},
		hourColumns:     []string{"Nummer", "Achternaam", "Dag", "Locatie", "Code", "Soort", "Minuten", "Uren"},
		people:          "Medewerkers", accounts: "Accounts", registrations: "Registraties", punches: "Tikken met een tijd", runs: "Loonruns", entries: "Regels van het logboek",
		minutes: "Berekende minuten", approvedMinutes: "Goedgekeurde minuten", paidMinutes: "Minuten naar loonverwerking",
		title: "Alle gegevens van een klant", lead: "Dit is de teruggave van alle gegevens, zoals de verwerkersovereenkomst die belooft. Elk bestand staat met zijn SHA-256 in manifest.json.",
		tables: "Tabellen", tableHead: []string{"Tabel", "Rijen", "SHA-256"},
		kinds:   map[string]string{"supplement": "toeslag", "added": "bijgeschreven", "absent": "afwezig", "holiday": "feestdag"},
		secrets: "De export bevat ook sleutels en versleutelde wachtwoorden: bewaar hem als een back-up.", made: "Stand van", version: "Versie", sum: "Controletotalen",
		explained: `Teruggave van alle gegevens van een klant van Tikklok

manifest.json   waaruit deze export bestaat: elk bestand met zijn SHA-256, en
                de controletotalen. De SHA-256 van dit bestand zelf is de
                vingerafdruk; hij staat op het certificaat van de export.
tables/         elke tabel als CSV (UTF-8, komma's; leeg: niets, "": lege
                tekst). Tijden in UTC.
json/           dezelfde rijen als JSON.
files/payroll/  de bestanden voor loonpakketten, zoals ze zijn opgehaald.
overzicht.xlsx  medewerkers en uren om te lezen.
overzicht.pdf   de totalen op papier.

Terugzetten:  tikklok import tenant BESTAND --fingerprint VINGERAFDRUK

De export bevat ook sleutels en versleutelde wachtwoorden, zonder welke het
niet dezelfde klant zou zijn: bewaar hem als een back-up.
`,
	}
}

func english() words {
	return words{
		language: "en", workbook: "overview.xlsx", summary: "overview.pdf", readMe: "README.txt",
		totals: "Totals", employees: "Employees", hours: "Hours", approved: "Approved hours",
		employeeColumns: []string{"Number", "Surname", "E-mail", "Employed from", "Employed until", "Contract hours a week"},
		hourColumns:     []string{"Number", "Surname", "Day", "Site", "Code", "Kind", "Minutes", "Hours"},
		people:          "Employees", accounts: "Accounts", registrations: "Registrations", punches: "Taps with a time", runs: "Payroll runs", entries: "Entries of the log",
		minutes: "Computed minutes", approvedMinutes: "Approved minutes", paidMinutes: "Minutes to payroll",
		title: "All data of a customer", lead: "This is the return of all data that the processing agreement promises. Each file stands in manifest.json with its SHA-256.",
		tables: "Tables", tableHead: []string{"Table", "Rows", "SHA-256"},
		kinds:   map[string]string{"supplement": "supplement", "added": "added", "absent": "absent", "holiday": "paid holiday"},
		secrets: "The export holds keys and hashed passwords too: keep it as you would a backup.", made: "As of", version: "Version", sum: "Control totals",
		explained: `All data of a customer of Tikklok

manifest.json   what this export is made of: each file with its SHA-256, and
                the control totals. The SHA-256 of this file itself is the
                fingerprint, which the certificate of the export has.
tables/         each table as CSV (UTF-8, commas; empty: nothing, "": an empty
                text). Times in UTC.
json/           the same rows as JSON.
files/payroll/  the files for payroll packages, as they were fetched.
overview.xlsx   employees and hours, to read.
overview.pdf    the totals on paper.

To put it back:  tikklok import tenant FILE --fingerprint FINGERPRINT

The export holds keys and hashed passwords too, as the customer couldn't be the
same without them: keep it as you would a backup.
`,
	}
}

// summary is an export on paper.
func summary(w words, m Manifest) press.Document {
	d := press.Document{Language: w.language, From: m.Name, Title: w.title, Lead: w.lead, At: m.At,
		Facts: []press.Fact{{Label: w.made, Value: m.At.Format("2006-01-02 15:04:05") + " UTC"}, {Label: w.version, Value: m.Version}}}
	totals := press.Part{Head: w.sum, Text: []string{w.secrets}}
	for _, f := range w.figures(m.Totals) {
		totals.Facts = append(totals.Facts, press.Fact{Label: f.label, Value: fmt.Sprint(f.value)})
	}
	tables := press.Part{Head: w.tables, Table: press.Table{Head: w.tableHead, Widths: []int{3, 1, 6}}}
	for _, name := range slices.Sorted(maps.Keys(m.Totals.Tables)) {
		t := m.Totals.Tables[name]
		tables.Table.Rows = append(tables.Table.Rows, []string{name, fmt.Sprint(t.Rows), t.SHA256})
	}
	d.Parts = []press.Part{totals, tables}
	return d
}
