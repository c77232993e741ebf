package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/window"
	"tikklok/ingest/pg"
	"tikklok/ingest/press"
	"tikklok/ingest/tenant"
)

// attainedFile sends how a month's incidents were answered and solved as a PDF,
// in the language that the address asks for (OB-S5).
func (s *Server) attainedFile(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r)
	month, err := monthAsked(r, f.Now)
	if err != nil {
		return err
	}
	p := attainedPaper{month: month, service: window.Service(f.Now.Location()), now: f.Now, paperWords: s.paperWords(r)}
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		if p.terms, err = incident.TermsNow(r.Context(), tx); err != nil {
			return err
		}
		p.all, err = incident.List(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	d := p.document(f.Tenant)
	if p.err != nil {
		return p.err
	}
	return sendPDF(w, d, "incidents-"+month.String()+"-"+p.language+".pdf")
}

// attainedPaper writes a month's attainment.
type attainedPaper struct {
	month   sla.Month
	all     []incident.Incident // of all months
	terms   incident.Terms      // of today
	service window.Window
	now     time.Time
	paperWords
}

func (p *attainedPaper) word(key string, values ...any) string {
	return p.say(page.Say("incident."+key, values...))
}

func (p *attainedPaper) document(of string) press.Document {
	from, end := p.month.In(p.service.Zone), p.month.Add(1).In(p.service.Zone)
	return press.Document{Language: p.language, From: of, Lead: p.word("months.text"), At: p.now,
		Title: p.word("paper.title", page.Month(from), fmt.Sprint(p.month.Year)),
		Facts: []press.Fact{{Label: p.word("paper.month"), Value: p.days(from, end.AddDate(0, 0, -1))}, {Label: p.word("paper.as-of"), Value: p.moment(p.now)},
			{Label: p.word("paper.contract"), Value: p.word("profile." + string(p.terms.Profile))}},
		Parts: []press.Part{p.attained(), p.listed(from, end), p.rules()}}
}

// attained is a line for each promise.
func (p *attainedPaper) attained() press.Part {
	part := press.Part{Head: p.word("paper.attained"), Table: press.Table{Widths: []int{4, 4, 4, 2, 3}, Sums: []int{1, 2, 3},
		Head: []string{p.word("priority"), p.word("solved-in-time"), p.word("answered-in-time"), p.word("promised"), p.word("met")}}}
	for _, a := range incident.Month(p.all, p.month.Year, p.month.Month, p.service, p.now) {
		met := "met.no"
		switch {
		case a.Solved.Judged() == 0:
			met = "nothing-judged"
		case a.Met():
			met = "met.yes"
		}
		names := each(a.Priorities, func(of tenant.Priority) string { return p.word("priority." + string(of)) })
		part.Table.Rows = append(part.Table.Rows, []string{strings.Join(names, ", "), p.tally(a.Solved), p.tally(a.Answered), p.say(page.Say("availability.percent", a.Share)), p.word(met)})
	}
	if len(part.Table.Rows) == 0 {
		part.Text = []string{p.word("paper.none")}
	}
	return part
}

func (p *attainedPaper) tally(t incident.Tally) string {
	text := "–"
	if t.Judged() > 0 {
		text = p.word("of", t.InTime, t.Judged())
	}
	if t.Waiting > 0 {
		text += "\n" + p.word("waiting", t.Waiting)
	}
	return text
}

// listed are the incidents that arose in the month, the first first, with those
// that don't count.
func (p *attainedPaper) listed(from, end time.Time) (part press.Part) {
	all := slices.DeleteFunc(slices.Clone(p.all), func(i incident.Incident) bool { return i.Arose().Before(from) || !i.Arose().Before(end) })
	if len(all) == 0 {
		return part
	}
	slices.SortStableFunc(all, func(a, b incident.Incident) int { return a.Arose().Compare(b.Arose()) })
	part.Head = p.word("paper.listed")
	part.Table = press.Table{Widths: []int{2, 8, 4, 5, 8, 8}, Sums: []int{0}, Head: []string{p.word("paper.number"), p.word("field.message"), p.word("priority"), p.word("field.arose"), p.word("clock.answer"), p.word("clock.solve")}}
	part.Table.Rows = each(all, p.row)
	return part
}

func (p *attainedPaper) row(i incident.Incident) []string {
	c := i.Clock(p.service)
	answer, solve := p.due(c.Answer), p.due(c.Solve)
	if !i.Counts() {
		answer, solve = "–", p.word("state."+string(i.State()))
	}
	return []string{fmt.Sprint(i.ID), p.what(i), p.word("priority."+string(i.Now())) + "\n" + p.word("category", i.Category), p.at(i.Arose()), answer, solve}
}

// longestLine is how much of a report stands in a table, in characters.
const longestLine = 120

func (p *attainedPaper) what(i incident.Incident) string {
	if i.Channel == incident.ByProbe {
		return p.word("found")
	}
	text := []rune(i.Report.Message)
	if len(text) > longestLine {
		text = append(text[:longestLine-1:longestLine-1], '…')
	}
	return string(text)
}

// due says when something was done, or is to be, and whether that is in time.
func (p *attainedPaper) due(d incident.Due) string {
	done, by := p.at(d.Was), p.at(d.By)
	switch {
	case by == "" && done == "":
		return p.word("not-promised")
	case by == "":
		return done
	case done == "":
		done = p.word("paper.open")
	}
	said := p.word("by", by)
	if d.Aim {
		said += ", " + p.word("aim")
	}
	verdict := ""
	switch {
	case d.Late(p.now):
		verdict = ": " + p.word("too-late")
	case !d.Was.IsZero():
		verdict = ": " + p.word("in-time")
	}
	return done + verdict + "\n" + said
}

// at is a moment in the customer's zone, with its year where that is not the
// month's; "" where there is none.
func (p *attainedPaper) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	text := p.moment(t.In(p.service.Zone))
	if year := fmt.Sprintf(" %d ", p.month.Year); strings.Contains(text, year) {
		return strings.Replace(text, year, " ", 1)
	}
	return text
}

// rules say how it was counted.
func (p *attainedPaper) rules() press.Part {
	part := press.Part{Head: p.word("paper.rules"), List: []string{p.word("text")}}
	if p.terms.Confirm > 0 {
		part.List = append(part.List, p.word("rule.confirm", p.terms.Confirm))
	}
	if p.terms.Aim > 0 {
		part.List = append(part.List, p.word("rule.aim", p.terms.Aim))
	}
	part.List = append(part.List, p.word("rule.day"), p.word("rule.mail"), p.word("rule.ours"))
	return part
}
