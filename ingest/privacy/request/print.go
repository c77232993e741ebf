package request

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"golang.org/x/text/unicode/norm"

	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/wording"
)

// mostPrinted is how many rows of a table are printed; all are in the JSON.
const mostPrinted = 300

// sheet is a PDF that is written from top to bottom.
type sheet struct {
	pdf *fpdf.Fpdf
	w   wording.Words
	say map[string]string
}

// sentences are what the paper says beside the catalogue's words.
func sentences(language string) map[string]string {
	if language == "nl" {
		return map[string]string{"title": "Inzage in uw persoonsgegevens", "of": "van", "made": "Gemaakt op %s namens de verwerkingsverantwoordelijke, %s.",
			"rights": "U kunt de verwerkingsverantwoordelijke vragen om rectificatie, aanvulling, wissing, beperking of overdracht van deze gegevens, en bezwaar maken (AVG artikelen 16 tot en met 21). Bent u het niet eens met het antwoord, dan kunt u een klacht indienen bij de Autoriteit Persoonsgegevens. Er worden geen besluiten genomen die alleen op geautomatiseerde verwerking berusten.",
			"why":    "Doel", "basis": "Grondslag", "term": "Bewaartermijn", "contract": "zolang de overeenkomst loopt", "source": "Bron", "readers": "Wie het ziet", "to": "Ontvangers", "nobody": "geen",
			"rows": "%d regels", "more": "… en nog %d; alle staan in het bestand voor programma’s (JSON).", "acted": "Daarnaast %d regels over iets anders die u hebt gemaakt of gewijzigd.", "page": "blad %d van {nb}",
			"Y": "jaar", "M": "maanden", "W": "weken", "D": "dagen"}
	}
	return map[string]string{"title": "Your personal data", "of": "of", "made": "Made on %s on behalf of the controller, %s.",
		"rights": "You may ask the controller for rectification, addition, erasure, restriction or transfer of these data, and object (GDPR articles 16 to 21). If you disagree with the answer you may lodge a complaint with the supervisory authority. No decisions are taken that rest on automated processing alone.",
		"why":    "Purpose", "basis": "Legal basis", "term": "Kept for", "contract": "as long as the contract", "source": "Source", "readers": "Who sees it", "to": "Recipients", "nobody": "none",
		"rows": "%d rows", "more": "… and %d more; all are in the file for programs (JSON).", "acted": "Beside these, %d rows about something else that you made or changed.", "page": "page %d of {nb}",
		"Y": "years", "M": "months", "W": "weeks", "D": "days"}
}

// PDF writes the file for a person to read, in "nl" or "en".
func (f File) PDF(out io.Writer, language string) error {
	w, err := wording.In(language)
	if err != nil {
		return fmt.Errorf("printing what is held about a person: %w", err)
	}
	p := &sheet{fpdf.New("P", "mm", "A4", ""), w, sentences(language)}
	p.pdf.SetCatalogSort(true) // the same content, the same bytes
	p.pdf.SetCreationDate(f.Made)
	p.pdf.SetModificationDate(f.Made)
	p.pdf.SetProducer("Tikklok", true)
	p.pdf.SetTitle(p.say["title"], true)
	p.pdf.SetLang(language)
	p.pdf.SetMargins(18, 16, 18)
	p.pdf.SetAutoPageBreak(true, 18)
	p.pdf.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	p.pdf.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	p.pdf.AliasNbPages("")
	p.pdf.SetFooterFunc(func() {
		p.pdf.SetY(-12)
		p.font("", 7.5, 95)
		p.pdf.CellFormat(0, 4, fmt.Sprintf(p.say["page"], p.pdf.PageNo()), "", 0, "RM", false, 0, "")
	})
	p.pdf.AddPage()
	p.head(f)
	for _, s := range f.Sections {
		p.section(s)
	}
	if err := p.pdf.Output(out); err != nil {
		return fmt.Errorf("printing what is held about a person: %w", err)
	}
	return nil
}

func (p *sheet) font(style string, size float64, grey int) {
	p.pdf.SetFont("sans", style, size)
	p.pdf.SetTextColor(grey, grey, grey+4)
}

// text writes a paragraph.
func (p *sheet) text(height float64, text string) {
	p.pdf.MultiCell(0, height, printable(text), "", "L", false)
}

func (p *sheet) head(f File) {
	p.font("B", 18, 27)
	p.text(9, p.say["title"])
	p.font("", 11, 27)
	p.text(6, f.Name+" · "+f.Number)
	p.pdf.Ln(2)
	p.font("", 9, 27)
	p.text(4.6, fmt.Sprintf(p.say["made"], f.Made.Format("2006-01-02 15:04 UTC"), f.Controller))
	p.pdf.Ln(1)
	p.text(4.6, p.say["rights"])
}

func (p *sheet) section(s FileSection) {
	if p.pdf.GetY() > 245 { // a heading is not left alone at the foot
		p.pdf.AddPage()
	}
	p.pdf.Ln(5)
	p.font("B", 11, 27)
	p.text(6, p.w.Table(s.Table))
	p.font("", 8, 95)
	to := p.say["nobody"]
	if len(s.Recipients) > 0 {
		to = wording.List(s.Recipients, p.w.Recipient)
	}
	for _, line := range [][2]string{{"why", p.w.Purpose(s.Purpose)}, {"basis", p.w.Basis(s.Basis)}, {"term", p.w.Class(s.Class) + ": " + p.term(s.Term)},
		{"source", p.w.Source(s.Source)}, {"readers", wording.List(s.Readers, p.w.Reader)}, {"to", to}} {
		p.text(3.9, p.say[line[0]]+": "+line[1])
	}
	p.pdf.Ln(1.5)
	p.font("", 8.5, 27)
	for i, row := range s.Rows {
		if i == mostPrinted {
			p.text(4.2, fmt.Sprintf(p.say["more"], len(s.Rows)-i))
			break
		}
		p.row(s.Columns, row)
	}
	if s.Acted > 0 {
		p.text(4.2, fmt.Sprintf(p.say["acted"], s.Acted))
	}
}

// row writes a row as what its columns say; a line parts it from the next.
func (p *sheet) row(columns []FileColumn, row []any) {
	var parts []string
	for i, c := range columns {
		if text := printed(c.Kind, row[i]); text != "" {
			parts = append(parts, p.w.Column(c.Name)+" "+text)
		}
	}
	p.text(4.2, strings.Join(parts, " · "))
	p.pdf.SetDrawColor(205, 208, 214)
	y := p.pdf.GetY() + 0.6
	p.pdf.Line(18, y, 192, y)
	p.pdf.Ln(1.4)
}

// term says a period such as P3M.
func (p *sheet) term(period string) string {
	if len(period) < 3 {
		return p.say["contract"]
	}
	return period[1:len(period)-1] + " " + p.say[period[len(period)-1:]]
}

// printed is a value as a person reads it: instants in milliseconds as a time.
func printed(kind privacy.Kind, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		if n, err := v.Int64(); err == nil && kind == privacy.Moment && n > 1e11 && n < 1e14 {
			return time.UnixMilli(n).UTC().Format("2006-01-02 15:04:05 UTC")
		}
		return v.String()
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(text)
	}
}

// printable makes what a person typed fit for the page: composed letters, no
// control characters, and a box for what the typeface can't have.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029:
			return ' '
		case r >= 0xFFFD:
			return '□'
		}
		return r
	}, norm.NFC.String(text))
}
