package ending

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
)

// certificateWords are what a destruction's certificate says in one language.
type certificateWords struct {
	title, lead, customer, begun, ended, rows, entries, backups, none string
	early, export, number, sum, yes, no                               string
	tables                                                            string
	head                                                              []string
}

func certificateWordsOf(language string) certificateWords {
	if language == "en" {
		return certificateWords{title: "Certificate of destruction", lead: "All rows of this customer in the database were destroyed, with its keys, its audit log and what stood beside the database. Nothing on this paper leads to a person.",
			customer: "Customer number", begun: "Begun", ended: "Ended", rows: "Rows destroyed", entries: "Of them entries of the audit log", backups: "Last known backup is gone after", none: "no backup that the program knows of holds it",
			early: "Before the timetable's day, on instruction", export: "Fingerprint of the last export", number: "Certificate", sum: "SHA-256 of its content", yes: "yes", no: "no", tables: "By table", head: []string{"Table", "Rows"}}
	}
	return certificateWords{title: "Certificaat van vernietiging", lead: "Alle rijen van deze klant in de database zijn vernietigd, met de sleutels, het logboek en wat naast de database stond. Niets op dit papier leidt naar een persoon.",
		customer: "Klantnummer", begun: "Begonnen", ended: "Klaar", rows: "Vernietigde rijen", entries: "Waarvan regels van het logboek", backups: "Laatste bekende back-up is weg na", none: "geen back-up die het programma kent bevat ze",
		early: "Voor de dag van het tijdschema, op instructie", export: "Vingerafdruk van de laatste export", number: "Certificaat", sum: "SHA-256 van de inhoud", yes: "ja", no: "nee", tables: "Per tabel", head: []string{"Tabel", "Rijen"}}
}

// Paper is a destruction's certificate, to read (OB-P6).
func Paper(language string, of privacy.Certificate) (press.Document, error) {
	var c destroyed
	if err := json.Unmarshal(of.Content, &c); err != nil || of.Kind != privacy.CertDestruction {
		return press.Document{}, fmt.Errorf("certificate %d is not one of a destruction: %w", of.ID, err)
	}
	w := certificateWordsOf(language)
	early, backups := w.no, w.none
	if c.Early {
		early = w.yes
	}
	if c.BackupsUntil != "" {
		backups = c.BackupsUntil
	}
	moment := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }
	d := press.Document{Language: language, From: "Tikklok", Title: w.title, Lead: w.lead, At: c.Ended, Facts: []press.Fact{
		{Label: w.customer, Value: fmt.Sprint(c.Tenant)}, {Label: w.begun, Value: moment(c.Begun)}, {Label: w.ended, Value: moment(c.Ended)},
		{Label: w.early, Value: early}, {Label: w.rows, Value: fmt.Sprint(c.Rows)}, {Label: w.entries, Value: fmt.Sprint(c.AuditEntries)}, {Label: w.backups, Value: backups}}}
	if c.Exported != "" {
		d.Facts = append(d.Facts, press.Fact{Label: w.export, Value: c.Exported})
	}
	d.Facts = append(d.Facts, press.Fact{Label: w.number, Value: fmt.Sprint(of.ID)}, press.Fact{Label: w.sum, Value: fmt.Sprintf("%x", of.Hash)})
	tables := press.Part{Head: w.tables, Table: press.Table{Head: w.head, Widths: []int{4, 1}}}
	for _, name := range slices.Sorted(maps.Keys(c.Tables)) {
		tables.Table.Rows = append(tables.Table.Rows, []string{name, fmt.Sprint(c.Tables[name])})
	}
	d.Parts = []press.Part{tables}
	return d, nil
}
