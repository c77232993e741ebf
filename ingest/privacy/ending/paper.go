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

// Paper is a destruction's certificate, to read (OB-P6).
func Paper(language string, of privacy.Certificate) (press.Document, error) {
	var c destroyed
	if err := json.Unmarshal(of.Content, &c); err != nil || of.Kind != privacy.CertDestruction {
		return press.Document{}, fmt.Errorf("certificate %d is not one of a destruction: %w", of.ID, err)
	}
	w, err := press.WordsOf(texts, language)
	if err != nil {
		return press.Document{}, err
	}
	say := func(key string) string { return w.Say("certificate." + key) }
	early, backups := say("no"), say("none")
	if c.Early {
		early = say("yes")
	}
	if c.BackupsUntil != "" {
		backups = c.BackupsUntil
	}
	moment := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }
	d := press.Document{Language: language, From: "Tikklok", Title: say("title"), Lead: say("lead"), At: c.Ended, Facts: []press.Fact{
		{Label: say("customer"), Value: fmt.Sprint(c.Tenant)}, {Label: say("begun"), Value: moment(c.Begun)}, {Label: say("ended"), Value: moment(c.Ended)},
		{Label: say("early"), Value: early}, {Label: say("rows"), Value: fmt.Sprint(c.Rows)}, {Label: say("entries"), Value: fmt.Sprint(c.AuditEntries)}, {Label: say("backups"), Value: backups}}}
	if c.Exported != "" {
		d.Facts = append(d.Facts, press.Fact{Label: say("export"), Value: c.Exported})
	}
	d.Facts = append(d.Facts, press.Fact{Label: say("number"), Value: fmt.Sprint(of.ID)}, press.Fact{Label: say("sum"), Value: fmt.Sprintf("%x", of.Hash)})
	tables := press.Part{Head: say("tables"), Table: press.Table{Head: heads(say("head")), Widths: []int{4, 1}}}
	for _, name := range slices.Sorted(maps.Keys(c.Tables)) {
		tables.Table.Rows = append(tables.Table.Rows, []string{name, fmt.Sprint(c.Tables[name])})
	}
	d.Parts = []press.Part{tables}
	return d, nil
}
