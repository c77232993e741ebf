package press

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"golang.org/x/text/unicode/norm"
)

// A4, in millimetres; letters in points.
const (
	left, right   = 18.0, 192.0
	top, bottom   = 16.0, 278.0
	width         = right - left
	footer        = 285.0
	family        = "sans"
	regular, bold = "", "B"
	gap           = 4.0 // between columns
)

// letters are a size with the height of its line.
type letters struct{ size, line float64 }

var (
	bodyText  = letters{9.5, 4.7}
	cellText  = letters{8.5, 4.1}
	smallText = letters{7.5, 3.8}
	headText  = letters{12, 6}
	titleText = letters{19, 9}
)

// shade is a colour.
type shade struct{ r, g, b int }

var (
	ink  = shade{27, 28, 31}
	soft = shade{95, 99, 107}
	hair = shade{205, 208, 214}
)

// sheet is a document that is being drawn.
type sheet struct {
	pdf *fpdf.Fpdf
	doc Document
}

// PDF draws the document on A4. Liberation Sans (SIL Open Font License) has
// the letters of all European languages; of others a box is printed.
func (d Document) PDF(w io.Writer) error {
	if err := d.check(); err != nil {
		return err
	}
	s := &sheet{newPDF(d), d}
	s.lay(s.rows())
	if err := s.pdf.Output(w); err != nil {
		return fmt.Errorf("writing a PDF: %w", err)
	}
	return nil
}

func newPDF(d Document) *fpdf.Fpdf {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true) // the same content, the same bytes
	pdf.SetCreationDate(d.At.UTC())
	pdf.SetModificationDate(d.At.UTC())
	pdf.SetProducer("Tikklok", true)
	pdf.SetTitle(clean(d.Title), true)
	pdf.SetAuthor(clean(d.From), true)
	pdf.SetLang(d.Language)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AddUTF8FontFromBytes(family, regular, liberationsansregular.TTF)
	pdf.AddUTF8FontFromBytes(family, bold, liberationsansbold.TTF)
	pdf.SetLineWidth(0.2)
	pdf.SetCellMargin(0)
	return pdf
}

// clean makes what a person typed printable: one line, composed letters, and a
// box for what the typeface can't have (fpdf knows letters up to U+FFFE only).
func clean(text string) string {
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

func (s *sheet) set(l letters, style string) { s.pdf.SetFont(family, style, l.size) }

// put writes one line that fits.
func (s *sheet) put(x, y, w float64, text string, l letters, style string, c shade, align string) {
	s.set(l, style)
	s.pdf.SetTextColor(c.r, c.g, c.b)
	s.pdf.SetXY(x, y)
	s.pdf.CellFormat(w, l.line, text, "", 0, align+"M", false, 0, "")
}

func (s *sheet) rule(y float64, c shade) {
	s.pdf.SetDrawColor(c.r, c.g, c.b)
	s.pdf.Line(left, y, right, y)
}

// wrap cuts a text in lines of a width: at its own ends of lines, between
// words where it can, and within a word that is longer than a line.
func (s *sheet) wrap(text string, w float64, l letters, style string) (lines []string) {
	s.set(l, style)
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Fields(clean(paragraph)) {
			for _, piece := range s.pieces(word, w) {
				longer := strings.TrimSpace(line + " " + piece)
				if line != "" && s.pdf.GetStringWidth(longer) > w {
					lines, line = append(lines, line), piece
					continue
				}
				line = longer
			}
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// pieces cuts a word that is longer than a line.
func (s *sheet) pieces(word string, w float64) (out []string) {
	if s.pdf.GetStringWidth(word) <= w {
		return []string{word}
	}
	piece := ""
	for _, r := range word {
		if piece != "" && s.pdf.GetStringWidth(piece+string(r)) > w {
			out, piece = append(out, piece), ""
		}
		piece += string(r)
	}
	return append(out, piece)
}

// row is a part of a page that is drawn at a height. It stays on the page of
// the next so many rows; where a page begins with it, again is drawn before it.
type row struct {
	height float64
	stay   int
	again  *row
	draw   func(y float64)
}

// lay puts rows on pages, with the title on the first.
func (s *sheet) lay(rows []row) {
	pages := cut(rows, bottom-top)
	for i, page := range pages {
		s.pdf.AddPage()
		s.foot(i+1, len(pages))
		y := top
		for _, r := range page {
			if r.draw != nil {
				r.draw(y)
			}
			y += r.height
		}
	}
}

// cut parts rows in pages of a height. Rows that stay together are parted all
// the same where they fill more than a page.
func cut(rows []row, height float64) (pages [][]row) {
	room, page := height, []row(nil)
	for i := 0; i < len(rows); {
		n, need := together(rows[i:])
		if need > height {
			n, need = 1, rows[i].height
		}
		if need > room && len(page) > 0 {
			pages, page, room = append(pages, page), nil, height
			if again := rows[i].again; again != nil {
				page, room = append(page, *again), room-again.height
			}
		}
		page, room = append(page, rows[i:i+n]...), room-need
		i += n
	}
	return append(pages, page)
}

// together gives how many rows stay with the first, and their height.
func together(rows []row) (n int, need float64) {
	for left := 0; n < len(rows) && (n == 0 || left > 0); n++ {
		left = max(left-1, rows[n].stay)
		need += rows[n].height
	}
	return n, need
}

func (s *sheet) foot(n, of int) {
	s.rule(footer-1.5, hair)
	s.put(left, footer, width-30, s.doc.MadeAt(), smallText, regular, soft, "L")
	s.put(right-40, footer, 40, fmt.Sprintf(foot[s.doc.Language].page, n, of), smallText, regular, soft, "R")
}
