package press

import "slices"

// rows gives all that is drawn, from the title to the last table.
func (s *sheet) rows() []row {
	d := s.doc
	rows := s.lines(d.From, left, width, bodyText, regular, soft)
	rows = append(rows, s.lines(d.Title, left, width, titleText, bold, ink)...)
	rows = append(rows, space(2))
	if d.Lead != "" {
		rows = append(append(rows, s.lines(d.Lead, left, width, bodyText, regular, ink)...), space(3))
	}
	rows = append(rows, s.facts(d.Facts)...)
	for _, p := range d.Parts {
		rows = append(rows, s.part(p)...)
	}
	return rows
}

func space(height float64) row { return row{height: height} }

func (s *sheet) part(p Part) (rows []row) {
	if p.Head != "" { // which stays with the first that stands below it
		rows = append(append(rows, space(5)), s.lines(p.Head, left, width, headText, bold, ink)...)
		rows = append(rows, space(1))
		for i := range rows {
			rows[i].stay = 1
		}
	}
	introduces := len(p.Facts)+len(p.List)+len(p.Table.Rows) > 0
	for i, text := range p.Text {
		lines := s.lines(text, left, width, bodyText, regular, ink)
		if n := len(lines); n > 0 && i == len(p.Text)-1 && introduces {
			lines[n-1].stay = 2
		}
		rows = append(append(rows, lines...), space(1.5))
	}
	rows = append(rows, s.facts(p.Facts)...)
	for _, item := range p.List {
		rows = append(rows, s.item(item)...)
	}
	if len(p.List) > 0 && len(p.Table.Rows) > 0 {
		rows = append(rows, space(2))
	}
	return append(rows, s.table(p.Table)...)
}

// lines are a text in as many lines as it takes; the first two and the last two
// stay together.
func (s *sheet) lines(text string, x, w float64, l letters, style string, c shade) (rows []row) {
	all := s.wrap(text, w, l, style)
	for i, line := range all {
		stay := 0
		if i < len(all)-1 && (i == 0 || i == len(all)-2) {
			stay = 1
		}
		rows = append(rows, row{height: l.line, stay: stay, draw: func(y float64) { s.put(x, y, w, line, l, style, c, "L") }})
	}
	return rows
}

func (s *sheet) item(text string) []row {
	rows := s.lines(text, left+4, width-4, bodyText, regular, ink)
	if len(rows) == 0 {
		return nil
	}
	draw := rows[0].draw
	rows[0].draw = func(y float64) {
		s.put(left, y, 4, "•", bodyText, regular, soft, "L")
		draw(y)
	}
	return append(rows, space(0.8))
}

// facts are labels with their values beside.
func (s *sheet) facts(facts []Fact) (rows []row) {
	const label = 58.0
	for _, f := range facts {
		names, values := s.wrap(f.Label, label-gap, bodyText, regular), s.wrap(f.Value, width-label, bodyText, regular)
		n := max(len(names), len(values))
		for i := range n {
			rows = append(rows, row{height: bodyText.line, stay: keep(i, n), draw: func(y float64) {
				s.put(left, y, label-gap, at(names, i), bodyText, regular, soft, "L")
				s.put(left+label, y, width-label, at(values, i), bodyText, regular, ink, "L")
			}})
		}
		rows = append(rows, space(0.8))
	}
	for i := range rows { // a short list is read as one
		if len(rows) <= 18 {
			rows[i].stay = max(rows[i].stay, len(rows)-1-i)
		}
	}
	if len(rows) > 0 {
		rows = append(rows, space(2))
	}
	return rows
}

// keep keeps a block of up to 12 lines on one page; a longer one is cut
// between lines, the first and the last two kept together.
func keep(i, n int) int {
	if i == n-1 || n > 12 && i != 0 && i != n-2 {
		return 0
	}
	return 1
}

// at is a line of a cell, or nothing below its last.
func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// table draws cells in as many lines as they take; its heads stand again on
// every page.
func (s *sheet) table(t Table) []row {
	if len(t.Rows) == 0 {
		return nil
	}
	head := s.band(t, t.Head, smallText, soft)
	head[len(head)-1].stay = 2
	first := row{draw: func(y float64) {
		for _, r := range head {
			r.draw(y)
			y += r.height
		}
		s.rule(y+0.6, soft)
	}, stay: 2, height: 1.2}
	for _, r := range head {
		first.height += r.height
	}
	rows := []row{first}
	for _, cells := range t.Rows {
		lines := s.band(t, cells, cellText, ink)
		draw := lines[0].draw
		if len(rows) > 1 {
			lines[0].draw = func(y float64) {
				s.rule(y-0.9, hair)
				draw(y)
			}
		}
		for i := range lines {
			lines[i].again = &first
		}
		rows = append(append(rows, lines...), space(1.8))
	}
	return append(rows, space(2))
}

// band is one row of a table.
func (s *sheet) band(t Table, cells []string, l letters, c shade) (rows []row) {
	wrapped, widths, n := make([][]string, len(cells)), t.share(), 1
	for i, text := range cells {
		wrapped[i] = s.wrap(text, widths[i]-gap, l, regular)
		n = max(n, len(wrapped[i]))
	}
	for i := range n {
		rows = append(rows, row{height: l.line, stay: keep(i, n), draw: func(y float64) {
			x := left
			for k, lines := range wrapped {
				s.put(x, y, widths[k]-gap, at(lines, i), l, regular, c, t.align(k))
				x += widths[k]
			}
		}})
	}
	return rows
}

func (t Table) align(column int) string {
	if slices.Contains(t.Sums, column) {
		return "R"
	}
	return "L"
}

// share gives the columns' widths in millimetres; the last reaches the margin.
func (t Table) share() []float64 {
	widths, sum := make([]float64, len(t.Head)), 0
	for i := range widths {
		n := 1
		if len(t.Widths) > 0 {
			n = t.Widths[i]
		}
		widths[i], sum = float64(n), sum+n
	}
	for i := range widths {
		widths[i] *= (width + gap) / float64(sum)
	}
	return widths
}
