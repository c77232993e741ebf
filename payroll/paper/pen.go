package paper

import (
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"golang.org/x/text/unicode/norm"
)

// A4, in millimetres.
const (
	left, right   = 15.0, 195.0
	top, bottom   = 15.0, 280.0
	width         = right - left
	footer        = 286.0
	sizeText      = 9.0 // points
	sizeSmall     = 7.5
	sizeTitle     = 18.0
	lineHeight    = 5.0
	smallHeight   = 3.6
	family        = "sans"
	regular, bold = "", "B"
)

// shade is a grey or a colour.
type shade struct{ r, g, b int }

var (
	ink  = shade{27, 28, 31}
	soft = shade{95, 99, 107}
	hair = shade{205, 208, 214}
	wash = shade{243, 245, 248}
	warm = shade{161, 74, 6}
)

// pen draws papers. Liberation Sans (SIL Open Font License) has the letters
// of all European languages; of others a box is printed.
type pen struct {
	pdf  *fpdf.Fpdf
	zone *time.Location // of the paper that is drawn
	*register
}

func newPen(title string, r *register, at time.Time) *pen {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true) // the same content, the same bytes
	pdf.SetCreationDate(at.UTC())
	pdf.SetModificationDate(at.UTC())
	pdf.SetProducer("Tikklok", true)
	pdf.SetTitle(title, true)
	pdf.SetAuthor(clean(r.tenant), true)
	pdf.SetLang(r.words.Say("lang"))
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(left, top, 210-right)
	pdf.AddUTF8FontFromBytes(family, regular, liberationsansregular.TTF)
	pdf.AddUTF8FontFromBytes(family, bold, liberationsansbold.TTF)
	pdf.SetLineWidth(0.2)
	pdf.SetCellMargin(0)
	return &pen{pdf, r.zone, r}
}

func (p *pen) write(w io.Writer) error {
	if err := p.pdf.Output(w); err != nil {
		return fmt.Errorf("writing a PDF: %w", err)
	}
	return nil
}

// clean makes what a person typed printable: one line, composed letters, and a
// box for what the typeface can't have (fpdf knows letters up to U+FFFE only).
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029:
			return ' '
		case r >= 0xFFFE, r == 0xFFFD:
			return '□'
		}
		return r
	}, norm.NFC.String(text))
}

// cell is a text on a line.
type cell struct {
	x, w  float64
	text  string
	style string
	size  float64 // 0: sizeText
	color shade
	right bool // aligned
}

// put draws a cell at y, in a line of height h; what does not fit ends in "…".
func (p *pen) put(y, h float64, c cell) {
	if c.size == 0 {
		c.size = sizeText
	}
	align := "LM"
	if c.right {
		align = "RM"
	}
	p.pdf.SetFont(family, c.style, c.size)
	p.pdf.SetTextColor(c.color.r, c.color.g, c.color.b)
	p.pdf.SetXY(c.x, y)
	p.pdf.CellFormat(c.w, h, p.fit(clean(c.text), c.w), "", 0, align, false, 0, "")
}

// fit shortens a text to a width in the font that is set.
func (p *pen) fit(text string, w float64) string {
	if p.pdf.GetStringWidth(text) <= w {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 && p.pdf.GetStringWidth(string(letters)+"…") > w {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}

// wrap cuts a text in lines of a width, between words where it can.
func (p *pen) wrap(text string, w, size float64) (lines []string) {
	p.pdf.SetFont(family, regular, size)
	line := ""
	for _, word := range strings.Fields(clean(text)) {
		longer := strings.TrimSpace(line + " " + word)
		if line == "" || p.pdf.GetStringWidth(longer) <= w {
			line = longer
			continue
		}
		lines, line = append(lines, line), word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

func (p *pen) rule(x, y, w float64, c shade) {
	p.pdf.SetDrawColor(c.r, c.g, c.b)
	p.pdf.Line(x, y, x+w, y)
}

func (p *pen) fill(y, h float64, c shade) {
	p.pdf.SetFillColor(c.r, c.g, c.b)
	p.pdf.Rect(left, y, width, h, "F")
}

// row is a part of a page that is drawn at a height. It stays on the page of
// the next so many rows; where a page begins with it, again is drawn before it.
type row struct {
	height float64
	stay   int
	again  *row
	draw   func(y float64)
}

// pages cuts rows in pages: the first has less room.
func pages(rows []row, first, rest float64) (out [][]row) {
	room, page := first, []row(nil)
	for i := 0; i < len(rows); {
		n, need := together(rows[i:])
		if need > room && len(page) > 0 {
			out, page, room = append(out, page), nil, rest
			if again := rows[i].again; again != nil {
				page, room = append(page, *again), room-again.height
			}
		}
		page, room = append(page, rows[i:i+n]...), room-need
		i += n
	}
	return append(out, page)
}

// together gives how many rows stay with the first, and their height.
func together(rows []row) (n int, need float64) {
	for left := 0; n < len(rows) && (n == 0 || left > 0); n++ {
		left = max(left-1, rows[n].stay)
		need += rows[n].height
	}
	return n, need
}

// sheet draws one paper: its head, its rows, and page x of y at the foot.
func (p *pen) sheet(head, shortHead func() float64, at time.Time, rows []row) {
	p.pdf.AddPage()
	begin := head()
	all := pages(rows, bottom-begin, bottom-top-12)
	for i, page := range all {
		y := begin
		if i > 0 {
			p.pdf.AddPage()
			y = shortHead()
		}
		p.foot(i+1, len(all), at)
		for _, r := range page {
			if r.draw != nil {
				r.draw(y)
			}
			y += r.height
		}
	}
}

func (p *pen) foot(n, of int, at time.Time) {
	p.rule(left, footer-1.5, width, hair)
	p.put(footer, 4, cell{x: left, w: width - 30, size: sizeSmall, color: soft, text: p.words.Say("made", p.words.moment(at.In(p.zone)), p.zone)})
	p.put(footer, 4, cell{x: right - 40, w: 40, size: sizeSmall, color: soft, right: true, text: p.words.Say("page", n, of)})
}

// fact is a label with its value, in the head.
type fact struct{ label, value string }

// head draws the title with facts below it, in columns, and gives where the
// paper goes on.
func (p *pen) head(tenant, title string, facts []fact) float64 {
	p.put(top, 4, cell{x: left, w: width, size: sizeText, color: soft, text: tenant})
	p.put(top+5, 9, cell{x: left, w: width, size: sizeTitle, style: bold, color: ink, text: title})
	y := top + 17
	const columns = 3
	for i, f := range facts {
		x, at := left+float64(i%columns)*width/columns, y+float64(i/columns)*11
		p.put(at, 3.5, cell{x: x, w: width / columns, size: sizeSmall, color: soft, text: f.label})
		p.put(at+3.5, 5, cell{x: x, w: width/columns - 2, size: 10.5, color: ink, text: f.value})
	}
	return y + float64((len(facts)+columns-1)/columns)*11 + 2
}

func (p *pen) shortHead(title, name, period string) float64 {
	p.put(top, 5, cell{x: left, w: width * 2 / 3, style: bold, color: ink, text: title + " · " + name})
	p.put(top, 5, cell{x: left + width*2/3, w: width / 3, color: soft, right: true, text: period})
	p.rule(left, top+6.5, width, hair)
	return top + 9
}

// title is the heading of a part; it stays with the next rows.
func (p *pen) title(text, below string) []row {
	rows := []row{{height: 6}, {height: 6, draw: func(y float64) {
		p.put(y, 6, cell{x: left, w: width, size: 11, style: bold, color: ink, text: text})
	}}}
	if below != "" {
		rows = append(rows, row{height: 4.5, draw: func(y float64) {
			p.put(y, 4, cell{x: left, w: width, size: sizeSmall, color: soft, text: below})
		}})
	}
	rows[0].stay = len(rows) + 1
	return rows
}

// column of a table.
type column struct {
	w     float64
	head  string
	right bool
}

// columnHead is the row of heads, drawn again where a table goes on.
func (p *pen) columnHead(columns []column) row {
	return row{height: 6, stay: 1, draw: func(y float64) {
		x := left
		for _, c := range columns {
			p.put(y, 5.5, cell{x: x, w: c.w, size: sizeSmall, color: soft, text: c.head, right: c.right})
			x += c.w
		}
		p.rule(left, y+5.8, width, soft)
	}}
}

// tableRow is a row of texts under columns.
func (p *pen) tableRow(columns []column, head *row, texts []string, c shade, style string) row {
	return row{height: lineHeight, again: head, draw: func(y float64) {
		x := left
		for i, column := range columns {
			if i < len(texts) && texts[i] != "" {
				p.put(y, lineHeight, cell{x: x, w: column.w, text: texts[i], right: column.right, color: c, style: style})
			}
			x += column.w
		}
	}}
}

// paragraph is a text over the whole width, in small letters.
func (p *pen) paragraph(text string) (rows []row) {
	lines := p.wrap(text, width, sizeSmall)
	for i, line := range lines {
		rows = append(rows, row{height: smallHeight, stay: boolInt(i == 0 && len(lines) > 1), draw: func(y float64) {
			p.put(y, smallHeight, cell{x: left, w: width, size: sizeSmall, color: soft, text: line})
		}})
	}
	return rows
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
