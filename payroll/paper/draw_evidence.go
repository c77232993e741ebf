package paper

import (
	"cmp"
	"encoding/hex"
	"strings"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// evidence draws one employee's evidence for one project.
func (p *pen) evidence(s Sheet, period calendar.Period, at time.Time) {
	p.zone = s.Zone
	w, name := p.words, nameOf(s.Who)
	or := func(text string) string { return cmp.Or(text, w.Say("none")) }
	head := func() float64 {
		return p.head(p.tenant, w.Say("evidence"), []fact{
			{w.Say("name"), name}, {w.Say("number"), s.Who.Number}, {w.Say("period"), w.period(period)},
			{w.Say("hirer"), or(s.Project.HirerName)}, {w.Say("site"), cmp.Or(s.Project.SiteName, w.Say("unknown"))}, {w.Say("worked"), minutes(s.Minutes())},
			{w.Say("assignment"), or(s.Project.Assignment)}, {w.Say("cost-centre"), or(s.Project.CostCentre)}})
	}
	table := []column{{30, w.Say("day"), false}, {22, w.Say("from"), false}, {22, w.Say("to"), false}, {18, w.Say("break"), true}, {20, w.Say("hours"), true}, {8, "", false}, {60, w.Say("note"), false}}
	columnHead := p.columnHead(table)
	var rows []row
	if s.Project.Entered {
		rows = append(p.paragraph(w.Say("entered")), row{height: 1.5})
	}
	rows = append(rows, columnHead)
	for _, week := range s.Weeks {
		rows = append(rows, p.provedWeek(week, table, &columnHead)...)
	}
	rows = append(rows, p.title(w.Say("check"), "")...)
	rows = append(rows, p.paragraph(w.Say("check.text"))...)
	if p.lacks(name) {
		rows = append(rows, p.paragraph(w.Say("letters"))...)
	}
	p.sheet(head, func() float64 { return p.shortHead(w.Say("evidence"), name, w.period(period)) }, at, rows)
}

func (p *pen) provedWeek(week ProvedWeek, table []column, head *row) []row {
	rows := []row{{height: 1.5, stay: 2, again: head}, {height: 6.5, stay: 1, again: head, draw: func(y float64) {
		p.fill(y, 6.5, wash)
		p.put(y, 6.5, cell{x: left + 1, w: 60, style: bold, color: ink, text: p.words.Say("week", week.Week)})
		p.put(y, 6.5, cell{x: left + 92, w: 20, style: bold, color: ink, right: true, text: minutes(week.Minutes)})
	}}}
	for _, d := range week.Days {
		rows = append(rows, p.provedDay(d, table, head)...)
	}
	for _, proof := range week.Proofs {
		rows = append(rows, p.proof(proof)...)
	}
	return rows
}

func (p *pen) provedDay(d Day, table []column, head *row) (rows []row) {
	add := func(texts []string) {
		first := len(rows) == 0
		r := p.tableRow(table, head, texts, ink, regular)
		draw := r.draw
		r.draw = func(y float64) {
			if first {
				p.rule(left, y, width, hair)
				p.put(y, lineHeight, cell{x: left, w: table[0].w, color: ink, text: p.words.weekday(d.Date)})
			}
			draw(y)
		}
		rows = append(rows, r)
	}
	for _, s := range d.Stretches {
		note, pause := "", ""
		if s.Tapped.From != 0 {
			note = p.words.Say("tapped", p.clock(s.Tapped.From), p.clock(s.Tapped.To))
		}
		if s.Break != 0 {
			pause = minutes(s.Break)
		}
		add([]string{"", p.clock(s.From), p.clock(s.To), pause, minutes(s.Minutes()), "", note})
	}
	for _, r := range d.Rests {
		add([]string{"", "", "", "", minutes(r.Minutes), "", p.words.Say("rest")})
	}
	for i := range rows[:len(rows)-1] {
		rows[i].stay = 1
	}
	return rows
}

// proof is who approved, and what it is checked by.
func (p *pen) proof(f Proof) []row {
	w, key := p.words, "approval"
	if f.Corrects {
		key = "approval.corrects"
	}
	given := w.Say(key, f.Approval) + " · " + w.given(f.Levels, p.zone)
	if f.Reason != "" {
		given += " · " + w.Say("reason") + ": " + f.Reason
	}
	lines := p.wrap(given, width-4, sizeSmall)
	told := len(lines)
	entry := w.Say("entry.none")
	if f.Entry != 0 {
		entry = w.Say("entry", f.Entry) + "  " + groups(f.Chain)
	}
	lines = append(lines, w.Say("hash")+"  "+groups(f.Hash), entry)
	if f.Altered {
		lines = append(lines, w.Say("altered"))
	}
	rows := []row{{height: 1, stay: len(lines)}}
	for i, line := range lines {
		rows = append(rows, row{height: smallHeight, draw: func(y float64) {
			c := ink
			switch {
			case f.Altered && i == len(lines)-1, f.Entry == 0 && line == entry:
				c = warm
			case i >= told:
				c = soft
			}
			p.put(y, smallHeight, cell{x: left + 2, w: width - 2, size: sizeSmall - 0.3, color: c, text: line})
		}})
	}
	return append(rows, row{height: 1.5})
}

// groups writes a hash in groups of eight, to be read aloud and typed.
func groups(hash [32]byte) string {
	text := hex.EncodeToString(hash[:])
	var parts []string
	for i := 0; i < len(text); i += 8 {
		parts = append(parts, text[i:i+8])
	}
	return strings.Join(parts, " ")
}

func nameOf(w hours.Who) string {
	if w.FirstName == "" {
		return w.Surname
	}
	return w.FirstName + " " + w.Surname
}
