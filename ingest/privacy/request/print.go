package request

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/wording"
)

// What is printed; all is in the JSON.
const (
	mostPrinted = 300 // rows of a table
	mostColumns = 8   // of a table across the page
	mostLetters = 300 // of a value
)

//go:embed text/*.json
var texts embed.FS

// paper writes a file for a person to read.
type paper struct {
	w        wording.Words
	language string
	zone     *time.Location
	say      func(key string, values ...any) string // what the paper says beside the catalogue's words
}

// PDF writes the file for a person to read, in "nl" or "en".
func (f File) PDF(out io.Writer, language string) error {
	d, err := f.document(language)
	if err == nil {
		err = d.PDF(out)
	}
	if err != nil {
		return fmt.Errorf("printing what is held about a person: %w", err)
	}
	return nil
}

// Text gives what PDF prints as plain text.
func (f File) Text(language string) (string, error) {
	d, err := f.document(language)
	if err != nil {
		return "", fmt.Errorf("printing what is held about a person: %w", err)
	}
	return d.Text(), nil
}

func (f File) document(language string) (press.Document, error) {
	w, err := wording.In(language)
	if err != nil {
		return press.Document{}, err
	}
	zone, err := time.LoadLocation(f.Zone)
	if err != nil {
		return press.Document{}, err
	}
	sentences, err := press.WordsOf(texts, language)
	if err != nil {
		return press.Document{}, err
	}
	p := paper{w, language, zone, sentences.Say}
	d := press.Document{Language: language, From: f.Controller, Title: p.say("title"), Lead: p.say("lead"), At: f.Made.In(zone),
		Facts: []press.Fact{{Label: p.say("who"), Value: f.Name}, {Label: p.say("number"), Value: f.Number}, {Label: p.say("controller"), Value: f.Controller}},
		Parts: []press.Part{{Head: p.say("your-rights"), Text: []string{p.say("rights")}}}}
	for _, s := range withContent(f.Sections) {
		d.Parts = append(d.Parts, p.part(s))
	}
	return d, nil
}

// withContent puts the content of the log's entries beside them: of the two
// tables one is read.
func withContent(all []FileSection) []FileSection {
	entries := slices.IndexFunc(all, func(s FileSection) bool { return s.Table == "audit_entry" })
	contents := slices.IndexFunc(all, func(s FileSection) bool { return s.Table == "audit_payload" })
	if entries < 0 || contents < 0 {
		return all
	}
	e, c := all[entries], all[contents]
	content, id := map[string]any{}, c.column("entry_id")
	for _, row := range c.Rows {
		content[fmt.Sprint(row[id])] = row[c.column("payload")]
	}
	e.Columns = append(slices.Clone(e.Columns), c.Columns[c.column("payload")])
	e.Rows = slices.Clone(e.Rows)
	for i, row := range e.Rows {
		e.Rows[i] = append(slices.Clone(row), content[fmt.Sprint(row[e.column("entry_id")])])
	}
	all = slices.Clone(all)
	all[entries] = e
	return slices.Delete(all, contents, contents+1)
}

// column gives where a column stands.
func (s FileSection) column(name string) int {
	return slices.IndexFunc(s.Columns, func(c FileColumn) bool { return c.Name == name })
}

// part gives a section: why it is kept, what it says, and what of it isn't
// printed.
func (p paper) part(s FileSection) press.Part {
	part := press.Part{Head: p.w.Table(s.Table), Facts: p.why(s)}
	columns, beside, secret := p.columns(s)
	switch {
	case len(columns) == 0:
	case len(columns) == 1 && len(s.Rows) > 2:
		part.Text = append(part.Text, counted(columns[0].head, columns[0].cells[:min(len(s.Rows), mostPrinted)]))
	case len(s.Rows) == 1 || len(columns) > mostColumns:
		part.Table = press.Table{Head: []string{p.say("datum"), p.say("value")}, Widths: []int{1, 2}, Rows: p.upright(columns, s.Rows)}
	default:
		var same []string
		if columns, same = shared(columns, len(s.Rows)); len(same) > 0 {
			part.Text = append(part.Text, p.say("same", strings.Join(same, ", ")))
		}
		part.Table = across(columns, min(len(s.Rows), mostPrinted))
	}
	for _, line := range []struct {
		say   string
		names []string
	}{{"beside", beside}, {"secret", secret}} {
		if len(line.names) > 0 {
			part.List = append(part.List, p.say(line.say, strings.Join(line.names, ", ")))
		}
	}
	if len(s.Rows) > mostPrinted {
		part.List = append(part.List, p.say("more", mostPrinted, len(s.Rows)))
	}
	if s.Acted > 0 {
		part.List = append(part.List, p.say("acted", s.Acted))
	}
	return part
}

func (p paper) why(s FileSection) []press.Fact {
	to := p.say("nobody")
	if len(s.Recipients) > 0 {
		to = wording.List(s.Recipients, p.w.Recipient)
	}
	return []press.Fact{{Label: p.say("why"), Value: p.w.Purpose(s.Purpose)}, {Label: p.say("basis"), Value: p.w.Basis(s.Basis)},
		{Label: p.say("term"), Value: p.w.Class(s.Class) + ": " + p.term(s.Term)}, {Label: p.say("source"), Value: p.w.Source(s.Source)},
		{Label: p.say("readers"), Value: wording.List(s.Readers, p.w.Reader)}, {Label: p.say("to"), Value: to}}
}

// printedColumn is a column with what it says in each row.
type printedColumn struct {
	head  string
	cells []string
}

// columns gives what is printed, and the names of what isn't: what nobody can
// read, and secrets. Empty columns are left out.
func (p paper) columns(s FileSection) (out []printedColumn, beside, secret []string) {
	for i, c := range s.Columns {
		one, holds, readable := printedColumn{head: capital(p.w.Column(c.Name))}, false, true
		for _, row := range s.Rows {
			text, ok := p.value(c, row[i])
			holds, readable = holds || text != "" || !ok, readable && ok && len(text) <= mostLetters
			one.cells = append(one.cells, text)
		}
		switch {
		case !holds:
		case c.Kind == privacy.Secret:
			secret = append(secret, p.w.Column(c.Name))
		case !readable:
			beside = append(beside, p.w.Column(c.Name))
		default:
			out = append(out, one)
			if c.Kind == privacy.Structured {
				beside = append(beside, p.say("whole", p.w.Column(c.Name)))
			}
		}
	}
	return out, beside, secret
}

func capital(text string) string {
	for i, r := range text {
		return strings.ToUpper(string(r)) + text[i+len(string(r)):]
	}
	return ""
}

// upright gives rows one below the other, each value with its name.
func (p paper) upright(columns []printedColumn, rows [][]any) (out [][]string) {
	for i := range min(len(rows), mostPrinted) {
		if i > 0 {
			out = append(out, []string{"", ""})
		}
		for _, c := range columns {
			if c.cells[i] != "" {
				out = append(out, []string{c.head, c.cells[i]})
			}
		}
	}
	return out
}

// shared takes out what is the same in all of several rows; one column stays.
func shared(columns []printedColumn, rows int) (rest []printedColumn, same []string) {
	for i, c := range columns {
		if rows > 2 && len(slices.Compact(slices.Clone(c.cells))) == 1 && (len(rest) > 0 || i < len(columns)-1) {
			same = append(same, strings.ToLower(c.head)+" "+c.cells[0])
			continue
		}
		rest = append(rest, c)
	}
	return rest, same
}

// counted says a single column: each value once, with how many times.
func counted(head string, cells []string) string {
	var said []string
	for i := 0; i < len(cells); {
		n := 1
		for i+n < len(cells) && cells[i+n] == cells[i] {
			n++
		}
		text := cells[i]
		if n > 1 {
			text += fmt.Sprintf(" (%d×)", n)
		}
		said, i = append(said, text), i+n
	}
	return head + ": " + strings.Join(said, ", ") + "."
}

// across gives rows as a table's; a column is as wide as what it says.
func across(columns []printedColumn, rows int) (t press.Table) {
	t.Rows = make([][]string, rows)
	for _, c := range columns {
		t.Head = append(t.Head, c.head)
		longest := len(c.head)
		for i := range rows {
			t.Rows[i] = append(t.Rows[i], c.cells[i])
			longest = max(longest, len(c.cells[i]))
		}
		t.Widths = append(t.Widths, min(max(longest+2, 10), 40))
	}
	return t
}

// term says a period such as P3M.
func (p paper) term(period string) string {
	if len(period) < 3 {
		return p.say("contract")
	}
	return p.say("term."+period[len(period)-1:], period[1:len(period)-1])
}

// read says what was read, of an entry of the access log.
func (p paper) read(payload map[string]any) (string, bool) {
	operation, ok := payload["operation"].(string)
	if _, of := payload["employees"]; !ok || !of {
		return "", false
	}
	return p.w.Operation(operation), true
}
