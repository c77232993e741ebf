package press

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// sample is longer than a page, with cells of many lines.
func sample() Document {
	long := strings.Repeat("Zo lang als de overeenkomst duurt, en daarna tot de uitvoer is bevestigd. ", 4)
	d := Document{
		Language: "nl", From: "Van Dam Logistiek", Title: "Register van verwerkingsactiviteiten", Lead: long,
		Facts: []Fact{{"Verwerkingsverantwoordelijke", "Van Dam Logistiek"}, {"Verwerker", long}},
		At:    time.Date(2026, 11, 21, 14, 5, 0, 0, time.UTC),
	}
	for i := range 8 {
		p := Part{Head: fmt.Sprintf("Deel %d", i), Text: []string{long, "Kort."}, List: []string{"een", long}, Table: Table{Head: []string{"Gegeven", "Doel", "Bewaartermijn"}, Widths: []int{2, 3, 2}}}
		for k := range 9 {
			p.Table.Rows = append(p.Table.Rows, []string{fmt.Sprintf("gegeven_%d_met_een_heel_lange_naam_zonder_spatie", k), long, "52 weken\n7 jaar"})
		}
		d.Parts = append(d.Parts, p)
	}
	return d
}

func TestTheSameDocumentGivesTheSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	if err := errors.Join(sample().PDF(&a), sample().PDF(&b)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two drawings of one document differ")
	}
	if file := os.Getenv("PRESS_SAMPLE"); file != "" {
		if err := os.WriteFile(file, a.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoRowIsDrawnBelowThePage(t *testing.T) {
	s := &sheet{newPDF(sample()), sample()}
	for n, page := range cut(s.rows(), bottom-top) {
		height := 0.0
		for _, r := range page {
			height += r.height
		}
		if height > bottom-top+0.01 {
			t.Errorf("page %d is %.1f mm high, there is room for %.1f", n+1, height, bottom-top)
		}
	}
}

func TestNoLineIsWiderThanItsColumn(t *testing.T) {
	s := &sheet{newPDF(sample()), sample()}
	for _, line := range s.wrap("een "+strings.Repeat("onafbreekbaar", 20)+" en verder □ ❤️ 漢", 40, cellText, regular) {
		if w := s.pdf.GetStringWidth(line); w > 40 {
			t.Errorf("%q is %.1f mm wide", line, w)
		}
	}
}

func TestADocumentThatCannotBeDrawnIsRefused(t *testing.T) {
	for name, d := range map[string]Document{
		"another language":   {Language: "fr"},
		"a row too short":    {Language: "nl", Parts: []Part{{Table: Table{Head: []string{"a", "b"}, Rows: [][]string{{"1"}}}}}},
		"widths of no heads": {Language: "nl", Parts: []Part{{Table: Table{Head: []string{"a"}, Widths: []int{1, 2}}}}},
		"no width":           {Language: "nl", Parts: []Part{{Table: Table{Head: []string{"a"}, Widths: []int{0}}}}},
	} {
		if err := d.PDF(&bytes.Buffer{}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextHoldsAllThatThePageHolds(t *testing.T) {
	text := sample().Text()
	for _, want := range []string{"Register van verwerkingsactiviteiten\n====", "Verwerker: Zo lang", "Deel 7\n------", "- een", "Gegeven: gegeven_8", "Bewaartermijn: 52 weken; 7 jaar", "Opgemaakt op 21 nov 2026 14:05 (UTC)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
}

func TestAHeadStaysWithTheFactsBelowItsText(t *testing.T) {
	d := Document{Language: "nl", Parts: []Part{{Head: "Uitkomst", Text: []string{strings.Repeat("Beloofd is veel. ", 12)}, Facts: []Fact{{"a", "1"}, {"b", "2"}}}}}
	s := &sheet{newPDF(d), d}
	rows := s.part(d.Parts[0])
	if n, _ := together(rows); n < len(rows)-1 { // the last is room below
		t.Errorf("of %d rows %d stay together", len(rows), n)
	}
}

func TestShortPartsFillAPageBeforeTheNextBegins(t *testing.T) {
	d := Document{Language: "nl", Title: "Melding", Facts: []Fact{{"a", "1"}, {"b", "2"}}}
	for range 12 {
		d.Parts = append(d.Parts, Part{Head: "Deel", Text: []string{strings.Repeat("Beloofd is veel. ", 12)}})
	}
	s := &sheet{newPDF(d), d}
	pages := cut(s.rows(), bottom-top)
	left := bottom - top
	for _, r := range pages[0] {
		left -= r.height
	}
	if len(pages) != 2 || left > 30 {
		t.Errorf("of %d pages the first has %.0f mm left", len(pages), left)
	}
}

func TestNumbersStandBelowEachOtherAtTheRight(t *testing.T) {
	table := Table{Head: []string{"Dag", "Minuten"}, Sums: []int{1}, Rows: [][]string{{"maandag", "1.440"}}}
	if table.align(0) != "L" || table.align(1) != "R" {
		t.Errorf("columns stand %s and %s", table.align(0), table.align(1))
	}
	table.Sums = []int{2}
	if err := (Document{Language: "nl", Parts: []Part{{Table: table}}}).check(); !errors.Is(err, ErrInvalid) {
		t.Errorf("numbers in a column that isn't there: %v", err)
	}
}
