// Package press promises that a document reads the same wherever it is read: on
// a page, on A4 and as plain text. It knows no trade: whoever writes a document
// brings its words, in one language. The same document gives the same bytes.
package press

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrInvalid refuses a document that can't be drawn.
var ErrInvalid = errors.New("not a document")

// Document is what is to be read.
type Document struct {
	Language string // nl or en: of the words at the foot
	From     string // whose it is, above the title
	Title    string
	Lead     string // "": none
	Facts    []Fact // below the title
	Parts    []Part
	At       time.Time // made, in the zone in which it is to be read
}

// Fact is a label with its value.
type Fact struct{ Label, Value string }

// Part is a heading with what stands below it, in this order; all may be empty.
type Part struct {
	Head  string
	Text  []string // paragraphs
	Facts []Fact
	List  []string
	Table Table
}

// Table has heads and rows of as many cells.
type Table struct {
	Head   []string
	Widths []int // shares of the width; none: all alike
	Sums   []int // columns, from 0, of numbers, which stand below each other at the right
	Rows   [][]string
}

// check says why a document can't be drawn.
func (d Document) check() error {
	if d.Language != "nl" && d.Language != "en" {
		return fmt.Errorf("%w: documents are made in nl or en, not in %q", ErrInvalid, d.Language)
	}
	for _, p := range d.Parts {
		t := p.Table
		if len(t.Widths) > 0 && (len(t.Widths) != len(t.Head) || slices.Min(t.Widths) < 1) {
			return fmt.Errorf("%w: the table of %q has %d heads and widths %v", ErrInvalid, p.Head, len(t.Head), t.Widths)
		}
		if slices.ContainsFunc(t.Sums, func(i int) bool { return i < 0 || i >= len(t.Head) }) {
			return fmt.Errorf("%w: the table of %q has %d heads and sums in %v", ErrInvalid, p.Head, len(t.Head), t.Sums)
		}
		for _, r := range t.Rows {
			if len(r) != len(t.Head) {
				return fmt.Errorf("%w: a row of the table of %q has %d cells below %d heads", ErrInvalid, p.Head, len(r), len(t.Head))
			}
		}
	}
	return nil
}

// Text gives the document as plain text, with lines as long as they come: for
// a mail, or to read aloud.
func (d Document) Text() string {
	var b strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&b, format+"\n", values...) }
	line("%s\n%s", d.Title, strings.Repeat("=", utf8.RuneCountInString(d.Title)))
	line("%s", d.From)
	if d.Lead != "" {
		line("\n%s", d.Lead)
	}
	if len(d.Facts) > 0 {
		line("")
	}
	for _, f := range d.Facts {
		line("%s: %s", f.Label, f.Value)
	}
	for _, p := range d.Parts {
		p.text(line)
	}
	line("\n%s", d.MadeAt())
	return b.String()
}

func (p Part) text(line func(string, ...any)) {
	if p.Head != "" {
		line("\n%s\n%s", p.Head, strings.Repeat("-", utf8.RuneCountInString(p.Head)))
	}
	for _, text := range p.Text {
		line("%s", text)
	}
	for _, f := range p.Facts {
		line("%s: %s", f.Label, f.Value)
	}
	for _, item := range p.List {
		line("- %s", item)
	}
	for _, row := range p.Table.Rows {
		line("")
		for i, cell := range row {
			if cell != "" {
				line("%s: %s", p.Table.Head[i], strings.ReplaceAll(cell, "\n", "; "))
			}
		}
	}
}

// foot is what the press itself says, by language.
var foot = map[string]struct{ made, page, months string }{
	"nl": {"Opgemaakt op %s (%s)", "Pagina %d van %d", "jan feb mrt apr mei jun jul aug sep okt nov dec"},
	"en": {"Made on %s (%s)", "Page %d of %d", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"},
}

// MadeAt says when it was made, as the foot of its pages does.
func (d Document) MadeAt() string {
	return fmt.Sprintf(foot[d.Language].made, Date(d.Language, d.At)+d.At.Format(" 15:04"), d.At.Location())
}

// Date writes a day as 21 nov 2026; "" where there is none.
func Date(language string, t time.Time) string {
	months := strings.Fields(foot[language].months)
	if t.IsZero() || len(months) == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s %d", t.Day(), months[t.Month()-1], t.Year())
}
