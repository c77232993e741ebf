package ending

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tikklok/ingest/press"
)

//go:embed text/*.json
var texts embed.FS

// heads are those of columns, which stand in one sentence, parted by |.
func heads(sentence string) []string { return strings.Split(sentence, "|") }

// summary is an export on paper.
func summary(w press.Words, m Manifest) press.Document {
	d := press.Document{Language: w.Language, From: m.Name, Title: w.Say("export.title"), Lead: w.Say("export.lead"), At: m.At,
		Facts: []press.Fact{{Label: w.Say("export.made"), Value: m.At.Format("2006-01-02 15:04:05") + " UTC"}, {Label: w.Say("export.version"), Value: m.Version}}}
	totals := press.Part{Head: w.Say("export.sum"), Text: []string{w.Say("export.secrets")}}
	for _, f := range figures(w, m.Totals) {
		totals.Facts = append(totals.Facts, press.Fact{Label: f.label, Value: fmt.Sprint(f.value)})
	}
	tables := press.Part{Head: w.Say("export.tables"), Table: press.Table{Head: heads(w.Say("export.head")), Widths: []int{3, 1, 6}}}
	for _, name := range slices.Sorted(maps.Keys(m.Totals.Tables)) {
		t := m.Totals.Tables[name]
		tables.Table.Rows = append(tables.Table.Rows, []string{name, fmt.Sprint(t.Rows), t.SHA256})
	}
	d.Parts = []press.Part{totals, tables}
	return d
}
