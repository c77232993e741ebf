package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/press"
)

// serviceFile sends a month's report as a PDF, in the language that the address
// asks for.
func (s *Server) serviceFile(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r)
	m, err := s.serviceMonthOf(r, f.Now)
	if err != nil {
		return err
	}
	p := servicePaper{m: m, paperWords: s.paperWords(r)}
	d := p.document(f.Tenant, f.Now)
	if p.err != nil {
		return p.err
	}
	return sendPDF(w, d, "service-"+m.report.Month.String()+"-"+p.language+".pdf")
}

// paperWords writes a paper in one language; the first text that lacks ends it.
type paperWords struct {
	pages    *page.Renderer
	language string
	err      error
}

// paperWords are those of the language that the address asks for, or English.
func (s *Server) paperWords(r *http.Request) paperWords {
	language := r.FormValue("language")
	if !slices.Contains(page.Languages(), language) {
		language = "en"
	}
	return paperWords{pages: s.pages, language: language}
}

func (p *paperWords) say(m page.Message) string {
	text, err := p.pages.Text(p.language, m)
	if p.err == nil {
		p.err = err
	}
	return text
}

// moment is a day with its time, with its offset where the clock shows it twice.
func (p *paperWords) moment(t time.Time) string {
	return press.Date(p.language, t) + window.Write(t, " 15:04")
}

func (p *paperWords) number(n int) string { return p.say(page.Say("plain", page.Whole(n))) }

// days are from one to another, both in it.
func (p *paperWords) days(from, last time.Time) string {
	return press.Date(p.language, from) + " – " + press.Date(p.language, last)
}

// servicePaper writes a month's report.
type servicePaper struct {
	m serviceMonth
	paperWords
}

func (p *servicePaper) word(key string, values ...any) string {
	return p.say(page.Say("availability."+key, values...))
}

func (p *servicePaper) document(of string, now time.Time) press.Document {
	r := p.m.report
	d := press.Document{Language: p.language, From: of, Lead: p.word("paper.lead"), At: now,
		Title: p.word("paper.title", page.Month(r.From), fmt.Sprint(r.Month.Year)),
		Facts: []press.Fact{{Label: p.word("month"), Value: p.days(r.From, r.To.AddDate(0, 0, -1))}, {Label: p.word("fact.until"), Value: p.moment(r.Until)}, {Label: p.word("fact.taps"), Value: p.say(tapsText(r.Taps))}}}
	for _, part := range r.Parts {
		d.Parts = append(d.Parts, p.result(part))
	}
	about := p.word("credit.text")
	if !r.Over() {
		d.Lead += " " + p.word("running")
		about = p.word("credit.running") + " " + about
	}
	if last := &d.Parts[len(d.Parts)-1]; r.Count().Measured() > 0 {
		last.List = append(last.List, about)
	}
	d.Parts = append(d.Parts, p.outages(), p.badDays(), p.handedOut())
	return d
}

// result is the figures of a part with what has to be known beside them, and
// its table.
func (p *servicePaper) result(part sla.Part) press.Part {
	out := press.Part{Head: p.word("paper.result"), Text: []string{p.say(promiseOf(part.Terms))}, Table: p.bands(part.Terms)}
	if len(p.m.report.Parts) > 1 {
		out.Head = p.word("part", press.Date(p.language, part.From), press.Date(p.language, part.To.AddDate(0, 0, -1)))
	}
	add := func(key, value string) {
		out.Facts = append(out.Facts, press.Fact{Label: p.word("fact." + key), Value: value})
	}
	if part.Ratio.Known() {
		add("measured", p.word("percent", page.Share(part.Ratio)))
		if part.Count.Unmeasured > 0 {
			add("worst", p.word("percent", page.Share(part.Worst)))
		}
		add("credit", p.say(p.m.credit(part))+" "+p.say(p.m.creditOf(part)))
	} else {
		add("measured", p.word("paper.none"))
		out.Text = append(out.Text, p.word("none"))
	}
	for _, f := range partFacts(part) {
		out.Facts = append(out.Facts, press.Fact{Label: p.say(page.Say(f.Label)), Value: p.say(f.Text)})
	}
	for _, n := range p.m.notes(part) {
		out.List = append(out.List, p.say(n))
	}
	return out
}

// bands is the table of the contract as it is applied: with its bounds in the
// customer's favour.
func (p *servicePaper) bands(t sla.Terms) press.Table {
	table := press.Table{Head: []string{p.word("paper.share"), p.word("paper.back")}, Widths: []int{2, 1}, Sums: []int{1}}
	for i, b := range slices.Backward(t.Bands) {
		key := "paper.at"
		if i == len(t.Bands)-1 {
			key = "paper.under"
		}
		table.Rows = append(table.Rows, []string{p.word(key, shareText(b.Below)), p.word("percent", b.Credit)})
	}
	return table
}

func (p *servicePaper) outages() press.Part {
	r := p.m.report
	part := press.Part{Head: p.word("outages")}
	if len(r.Outages) == 0 {
		none := "outages.none"
		if r.Count().Measured() == 0 {
			none = "unmeasured.none"
		}
		part.Text = []string{p.word(none)}
		return part
	}
	part.Table = press.Table{Head: []string{p.word("paper.begin"), p.word("paper.end"), p.word("length"), p.word("paper.excused"), p.word("cause"), p.word("paper.said")}, Widths: []int{6, 6, 3, 4, 5, 9}, Sums: []int{2, 3}}
	for _, o := range r.Outages {
		part.Table.Rows = append(part.Table.Rows, p.outage(o))
	}
	return part
}

func (p *servicePaper) outage(o sla.Outage) []string {
	end, cause := p.moment(o.To), p.word("cause.undecided")
	if o.GoesOn {
		end = p.word("outage.goes-on")
	}
	if c := o.Cause(); c != sla.Undecided {
		cause = p.word("cause." + string(c))
	}
	if o.Ruling.Claimed() {
		cause += ", " + p.word("claimed")
	}
	var said []string
	for _, d := range []sla.Decision{o.Ruling.Supplier, o.Ruling.Customer} {
		if d.Cause != sla.Undecided {
			said = append(said, p.word("said", p.m.who(d), page.Say("availability.cause."+string(d.Cause)), p.moment(d.At.In(o.From.Location())))+": "+d.Reason)
		}
	}
	return []string{p.moment(o.From), end, p.number(o.Down), p.number(o.Excused), cause, strings.Join(said, "\n")}
}

// badDays are those on which something was down or not measured: the month's
// picture in words.
func (p *servicePaper) badDays() press.Part {
	part := press.Part{Head: p.word("paper.days")}
	if p.m.report.Count().Measured() == 0 {
		part.Text = []string{p.word("unmeasured.none")}
		return part
	}
	head := []string{p.word("table.day")}
	for _, c := range (page.HeatMap{}).Columns() {
		head = append(head, p.word("table."+c))
	}
	var rows [][]string
	for _, d := range p.m.report.Days {
		c := d.Count()
		if c.Down+c.Other+c.Unmeasured == 0 {
			continue
		}
		row := []string{press.Date(p.language, d.At)}
		for _, n := range []int{c.Up, c.Down, c.Other, c.Unmeasured, c.Outside + c.LeftOut} {
			row = append(row, p.number(n))
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		part.Text = []string{p.word("paper.days.none")}
		return part
	}
	part.Table = press.Table{Head: head, Sums: []int{1, 2, 3, 4, 5}, Rows: rows}
	return part
}

// handedOut is what was reported before, and what changed since.
func (p *servicePaper) handedOut() press.Part {
	part := press.Part{Head: p.word("paper.reported")}
	if len(p.m.issues) == 0 {
		part.Text = []string{p.word("reports.none")}
	}
	for _, i := range p.m.issued() {
		by := i.By
		if by == "" {
			by = p.word("report.by." + i.Kind)
		}
		part.Text = append(part.Text, p.word("report", i.Number, p.moment(i.At), by)+": "+p.say(page.Say("plain", i.Says))+".", p.word("report.hash", i.Hash))
		if !i.Changed {
			part.Text = append(part.Text, p.word("report.same"))
			continue
		}
		part.Text = append(part.Text, p.word("report.changed", i.NowText())+" "+p.word("report.why", i.Why()))
		for _, d := range i.Decided {
			part.Text = append(part.Text, p.say(d))
		}
	}
	return part
}
