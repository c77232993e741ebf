package paper

import (
	"strings"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// timesheet draws one timesheet, to be signed at its end.
func (p *pen) timesheet(t Timesheet, period calendar.Period, tenant string, at time.Time) {
	p.zone = t.Zone
	w, name := p.words, nameOf(t.Who)
	head := func() float64 {
		return p.head(tenant, w.Say("timesheet"), []fact{
			{w.Say("name"), name}, {w.Say("number"), t.Who.Number}, {w.Say("period"), w.period(period)},
			{w.Say("worked"), minutes(t.Minutes)}, {w.Say("weeks"), w.Say("weeks.approved", t.approved(), len(t.Weeks))}})
	}
	var rows []row
	if len(t.Weeks) == 0 {
		rows = append(rows, row{height: 10, draw: func(y float64) { p.put(y, 8, cell{x: left, w: width, color: soft, text: w.Say("nothing")}) }})
	}
	table := p.dayColumns()
	columnHead := p.columnHead(table)
	if len(t.Weeks) > 0 {
		rows = append(rows, columnHead)
	}
	for _, week := range t.Weeks {
		rows = append(rows, p.week(week, table, &columnHead)...)
	}
	rows = append(rows, p.totals(t)...)
	rows = append(rows, p.corrections("corrections", t.Corrections)...)
	rows = append(rows, p.corrections("earlier", t.Earlier)...)
	rows = append(rows, p.signatures()...)
	if p.lacks(name) {
		rows = append(rows, p.paragraph(w.Say("letters"))...)
	}
	p.sheet(head, func() float64 { return p.shortHead(w.Say("timesheet"), name, w.period(period)) }, at, rows)
}

func (p *pen) dayColumns() []column {
	w := p.words
	return []column{{21, w.Say("day"), false}, {18, w.Say("from"), false}, {18, w.Say("to"), false}, {14, w.Say("break"), true}, {16, w.Say("hours"), true},
		{5, "", false}, {40, w.Say("where"), false}, {48, w.Say("codes"), false}}
}

// week is a band with the week's state and sum, and its days.
func (p *pen) week(week Week, table []column, head *row) []row {
	w := p.words
	state, color := w.Say("open"), warm
	if week.Approved {
		state, color = w.Say("approved", w.given(week.Levels, p.zone)), soft
	}
	if week.Changed {
		state, color = state+" – "+w.Say("changed"), warm
	}
	if week.Altered {
		state, color = state+" – "+w.Say("altered"), warm
	}
	lines := p.wrap(state, width-93, sizeSmall)
	height := max(6.5, float64(len(lines))*smallHeight+2.5)
	rows := []row{{height: 1.5, stay: 2, again: head}, {height: height, stay: 1, again: head, draw: func(y float64) {
		p.fill(y, height, wash)
		p.put(y, 6.5, cell{x: left + 1, w: 50, style: bold, color: ink, text: w.Say("week", week.Week.Week)})
		p.put(y, 6.5, cell{x: left + 71, w: 16, style: bold, color: ink, right: true, text: minutes(week.Minutes)})
		for i, line := range lines {
			p.put(y+1.4+float64(i)*smallHeight, smallHeight, cell{x: left + 92, w: width - 92, size: sizeSmall, color: color, text: line})
		}
	}}}
	for _, d := range week.Days {
		rows = append(rows, p.day(d, table, head)...)
	}
	return rows
}

// day is a row for each stretch, with the codes and remarks beside.
func (p *pen) day(d Day, table []column, head *row) []row {
	texts, notes := p.stretches(d)
	beside := p.wrap(codesText(d.Codes), 48, sizeText)
	n := max(len(texts), len(beside))
	if len(notes) > 0 {
		n = max(n, len(beside)+len(notes))
	}
	var rows []row
	for i := range n {
		line := make([]string, len(table))
		if i < len(texts) {
			copy(line, texts[i])
		}
		color := ink
		if i < len(beside) {
			line[7] = beside[i]
		}
		r := p.tableRow(table, head, line, color, regular)
		draw := r.draw
		r.stay = boolInt(i < n-1)
		r.draw = func(y float64) {
			if i == 0 {
				p.rule(left, y, width, hair)
				p.put(y, lineHeight, cell{x: left, w: table[0].w, color: ink, text: p.words.weekday(d.Date)})
			}
			if k := i - len(beside); k >= 0 && k < len(notes) {
				p.put(y, lineHeight, cell{x: right - table[7].w, w: table[7].w, size: sizeSmall, color: warm, text: notes[k]})
			}
			draw(y)
		}
		rows = append(rows, r)
	}
	return rows
}

// stretches gives the cells of a day's stretches and rests, and remarks.
func (p *pen) stretches(d Day) (texts [][]string, notes []string) {
	w := p.words
	for _, s := range d.Stretches {
		cells := []string{"", p.clock(s.From), p.clock(s.To), "", "", "", p.site(s.Site)}
		switch {
		case s.Running:
			notes = append(notes, w.Say("running"))
		case s.Open:
			notes = append(notes, w.Say("missing"))
		default:
			cells[4] = minutes(s.Minutes())
			if s.Break != 0 {
				cells[3] = minutes(s.Break)
			}
		}
		if s.Tapped.From != 0 {
			notes = append(notes, w.Say("tapped", p.clock(s.Tapped.From), p.clock(s.Tapped.To)))
		}
		texts = append(texts, cells)
	}
	for _, r := range d.Rests {
		texts = append(texts, []string{"", "", "", "", minutes(r.Minutes), "", p.site(r.Site)})
		notes = append(notes, w.Say("rest")+": "+signed(r.Minutes))
	}
	return texts, notes
}

func (p *pen) clock(minute int64) string {
	if minute == 0 {
		return "–"
	}
	return clock(minute, p.zone)
}

func (p *pen) site(id int64) string { return p.sites[id] }

func signed(n int) string {
	if n > 0 {
		return "+" + minutes(n)
	}
	return minutes(n)
}

// codesText names the codes of a day; those that stand beside the hours worked
// are in brackets.
func codesText(codes []CodeSum) string {
	var parts []string
	for _, c := range codes {
		parts = append(parts, beside(c.Kind, c.Code+" "+minutes(c.Minutes)))
	}
	return strings.Join(parts, ", ")
}

// beside puts in brackets what stands beside the hours worked.
func beside(k hours.LineKind, text string) string {
	if k != hours.LineWorked {
		return "(" + text + ")"
	}
	return text
}

func (p *pen) totals(t Timesheet) []row {
	if len(t.Codes) == 0 {
		return nil
	}
	w := p.words
	table := []column{{60, w.Say("code"), false}, {90, w.Say("kind"), false}, {30, w.Say("hours"), true}}
	head := p.columnHead(table)
	rows := append(p.title(w.Say("totals"), ""), head)
	for _, c := range t.Codes {
		rows = append(rows, p.tableRow(table, &head, []string{c.Code, w.Say("kind." + string(c.Kind)), minutes(c.Minutes)}, ink, regular))
	}
	rows[len(rows)-1].stay = 1
	sum := p.tableRow(table, &head, []string{w.Say("sum"), "", minutes(t.Minutes)}, ink, bold)
	draw := sum.draw
	sum.draw = func(y float64) {
		p.rule(left, y, width, soft)
		draw(y)
	}
	return append(rows, sum)
}

func (p *pen) corrections(key string, all []Correction) []row {
	if len(all) == 0 {
		return nil
	}
	w := p.words
	table := []column{{20, w.Say("day"), false}, {24, w.Say("code"), false}, {16, w.Say("hours"), true}, {5, "", false}, {32, w.Say("who"), false}, {33, w.Say("when"), false}, {50, w.Say("reason"), false}}
	head := p.columnHead(table)
	rows := append(p.title(w.Say(key), w.Say(key+".text")), head)
	for _, c := range all {
		reason := append(p.wrap(c.Reason, table[6].w, sizeText), "")
		rows = append(rows, p.tableRow(table, &head, []string{w.weekday(c.Day), c.Code, beside(c.Kind, signed(c.Minutes)), "", c.By, w.moment(c.At.In(p.zone)), reason[0]}, ink, regular))
		for _, more := range reason[1:max(1, len(reason)-1)] {
			rows = append(rows, p.tableRow(table, &head, []string{"", "", "", "", "", "", more}, ink, regular))
		}
	}
	return rows
}

// signatures are three boxes to write in, all on one page.
func (p *pen) signatures() []row {
	const height, gap = 30.0, 6.0
	box := (width - 2*gap) / 3
	w := p.words
	return []row{{height: 7, stay: 2}, {height: 6, stay: 1, draw: func(y float64) {
		p.put(y, 5, cell{x: left, w: width, color: ink, text: w.Say("sign")})
	}}, {height: height + 4, draw: func(y float64) {
		for i, who := range []string{"employee", "hirer", "agency"} {
			x := left + float64(i)*(box+gap)
			p.pdf.SetDrawColor(soft.r, soft.g, soft.b)
			p.pdf.Rect(x, y, box, height, "D")
			p.put(y+1, 5, cell{x: x + 1.5, w: box - 3, style: bold, color: ink, text: w.Say("sign." + who)})
			for k, label := range []string{"name", "date", "signature"} {
				at := y + 7 + float64(k)*7
				p.put(at, 6, cell{x: x + 1.5, w: 20, size: sizeSmall, color: soft, text: w.Say("sign." + label)})
				if k < 2 {
					p.rule(x+20, at+5, box-23, hair)
				}
			}
		}
	}}}
}

// lacks says whether the typeface has no letter for part of a text.
func (p *pen) lacks(text string) bool {
	for _, r := range clean(text) {
		if r == '□' || !hasLetter(r) {
			return true
		}
	}
	return false
}

// hasLetter says what Liberation Sans surely has: Latin, Greek, Cyrillic,
// Hebrew and punctuation.
func hasLetter(r rune) bool { return r < 0x0600 || r >= 0x1E00 && r < 0x2200 }
