package api

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
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
	language := r.FormValue("language")
	if !slices.Contains(page.Languages(), language) {
		language = "en"
	}
	p := servicePaper{m: m, pages: s.pages, language: language}
	d := p.document(f.Tenant, f.Now)
	if p.err != nil {
		return p.err
	}
	return sendPDF(w, d, "service-"+m.report.Month.String()+"-"+language+".pdf")
}

// servicePaper writes a report in one language; the first text that lacks ends
// it.
type servicePaper struct {
	m        serviceMonth
	pages    *page.Renderer
	language string
	err      error
}

func (p *servicePaper) say(m page.Message) string {
	text, err := p.pages.Text(p.language, m)
	if p.err == nil {
		p.err = err
	}
	return text
}

func (p *servicePaper) word(key string, values ...any) string {
	return p.say(page.Say("availability."+key, values...))
}

func (p *servicePaper) document(of string, now time.Time) press.Document {
	r := p.m.report
	d := press.Document{Language: p.language, From: of, Lead: p.word("paper.lead"), At: now,
		Title: p.word("paper.title", page.Month(r.From), fmt.Sprint(r.Month.Year)),
		Facts: []press.Fact{{Label: p.word("month"), Value: p.say(p.m.promise())}, {Label: p.word("fact.until"), Value: p.moment(r.Until)}}}
	d.Parts = append(d.Parts, p.result(), p.bands(), p.outages())
	return d
}

func (p *servicePaper) moment(t time.Time) string {
	return press.Date(p.language, t) + t.Format(" 15:04")
}

// result is the figures with what has to be known beside them.
func (p *servicePaper) result() press.Part {
	r := p.m.report
	part := press.Part{Head: p.word("paper.result")}
	add := func(key, value string) {
		part.Facts = append(part.Facts, press.Fact{Label: p.word("fact." + key), Value: value})
	}
	if r.Ratio.Known() {
		add("measured", p.word("percent", page.Share(r.Ratio)))
		add("worst", p.word("percent", page.Share(r.Worst)))
		add("credit", p.word("percent", r.Credit.Percent))
	} else {
		add("measured", p.word("paper.none"))
		part.Text = append(part.Text, p.word("none"))
	}
	for _, f := range serviceFacts(r) {
		part.Facts = append(part.Facts, press.Fact{Label: p.say(page.Say(f.Label)), Value: p.say(f.Text)})
	}
	for _, n := range p.m.notes() {
		part.List = append(part.List, p.say(n))
	}
	return part
}

// bands is the table of the contract as it is applied: with its bounds in the
// customer's favour.
func (p *servicePaper) bands() press.Part {
	t := p.m.report.Terms
	part := press.Part{Head: p.word("paper.table"), Table: press.Table{Head: []string{p.word("paper.share"), p.word("paper.back")}, Widths: []int{2, 1}}}
	for i, b := range slices.Backward(t.Bands) {
		key := "paper.at"
		if i == len(t.Bands)-1 {
			key = "paper.under"
		}
		part.Table.Rows = append(part.Table.Rows, []string{p.word(key, shareText(b.Below)), p.word("percent", b.Credit)})
	}
	return part
}

func (p *servicePaper) outages() press.Part {
	r := p.m.report
	part := press.Part{Head: p.word("outages")}
	if len(r.Outages) == 0 {
		none := "outages.none"
		if !r.Ratio.Known() {
			none = "unmeasured.none"
		}
		part.Text = []string{p.word(none)}
		return part
	}
	part.Table = press.Table{Head: []string{p.word("paper.begin"), p.word("paper.end"), p.word("length"), p.word("cause"), p.word("paper.by")}, Widths: []int{5, 5, 3, 4, 7}}
	for _, o := range r.Outages {
		part.Table.Rows = append(part.Table.Rows, p.outage(o))
	}
	return part
}

func (p *servicePaper) outage(o sla.Outage) []string {
	end, cause, decided := p.moment(o.To), p.word("cause.undecided"), ""
	if o.GoesOn {
		end = p.word("outage.goes-on")
	}
	if o.Cause != sla.Undecided {
		cause = p.word("cause." + string(o.Cause))
		decided = p.moment(o.Decision.At.In(o.From.Location())) + "\n" + p.m.outage(o).By + "\n" + o.Decision.Reason
	}
	minutes := fmt.Sprint(o.Down)
	if o.Excused > 0 {
		minutes += "\n" + p.word("outage.excused", p.word("minutes", page.Whole(o.Excused)))
	}
	return []string{p.moment(o.From), end, minutes, cause, decided}
}
