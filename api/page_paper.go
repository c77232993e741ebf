package api

import (
	"cmp"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/paper"
)

// paperPage asks what to print, and checks what was.
func (s *Server) paperPage(w http.ResponseWriter, r *http.Request) error {
	form := paperForm(r)
	if form.Values["hash"] == "" {
		return s.showPaper(w, r, http.StatusOK, form, nil, nil)
	}
	c, err := s.checkPaper(r.Context(), paper.Printed{Hash: form.Values["hash"], Chain: form.Values["chain"]})
	switch {
	case errors.Is(err, paper.ErrUnknown):
		form.Problems["hash"] = page.Say("refused.paper-unknown")
	case errors.Is(err, paper.ErrInvalid):
		form.Problems["hash"] = page.Say("refused.paper-hash")
	case err != nil:
		return err
	default:
		return s.showPaper(w, r, http.StatusOK, form, nil, checkedPaper(c))
	}
	return s.showPaper(w, r, http.StatusUnprocessableEntity, form, nil, nil)
}

// paperForm reads the address.
func paperForm(r *http.Request) page.Form {
	return formOf(r, "from", "to", "number", "site", "assignment", "cost_centre", "language", "hash", "chain")
}

func (s *Server) showPaper(w http.ResponseWriter, r *http.Request, status int, form page.Form, problem *page.Message, c *page.CheckedPaper) error {
	v := &page.Paper{Frame: s.frame(r), Form: form, Problem: problem, Checked: c, MaySheets: s.may(r.Context(), "PrintTimesheets")}
	if form.Values["from"] == "" && form.Values["to"] == "" {
		month := monthToPrint(v.Now)
		form.Values["from"], form.Values["to"] = month.From.String(), month.To.String()
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		sites, err := fleet.Sites(r.Context(), tx)
		if err != nil {
			return err
		}
		if len(sites) > 1 && !ofSomeHirers(r.Context()) { // the others' names are not theirs to know
			v.Sites = []page.Option{{Label: "–"}}
			for _, site := range sites {
				id := strconv.FormatInt(site.ID, 10)
				v.Sites = append(v.Sites, page.Option{Value: id, Label: site.Name, Chosen: form.Values["site"] == id})
			}
		}
		t, err := tenant.Get(r.Context(), tx)
		language := cmp.Or(form.Values["language"], t.Language)
		v.Print = []page.Option{{Value: "nl", Label: "Nederlands", Chosen: language == "nl"}, {Value: "en", Label: "English", Chosen: language == "en"}}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// monthToPrint is the month that ended last: papers are of what is over.
func monthToPrint(now time.Time) calendar.Period {
	return monthOf(calendar.DateOf(now).AddDays(-now.Day()))
}

// monthOf gives the calendar month of a day.
func monthOf(d calendar.Date) calendar.Period {
	from := calendar.On(d.Year, d.Month, 1)
	return calendar.Period{From: from, To: calendar.DateOf(from.In(time.UTC).AddDate(0, 1, -1))}
}

// paperFile gives papers, or the form again with why there are none.
func (s *Server) paperFile(w http.ResponseWriter, r *http.Request) error {
	form := paperForm(r)
	o := paper.Order{Kind: paper.Kind(r.URL.Query().Get("kind")), Language: form.Values["language"]}
	switch {
	case o.Kind != paper.Timesheets:
		o.Assignment, o.CostCentre = form.Values["assignment"], form.Values["cost_centre"]
	case !s.may(r.Context(), "PrintTimesheets"):
		return errForbidden
	}
	var err1, err2 error
	o.Period.From, err1 = calendar.ParseDate(form.Values["from"])
	o.Period.To, err2 = calendar.ParseDate(form.Values["to"])
	if err1 != nil || err2 != nil || o.Period.To.Before(o.Period.From) || o.Period.Days() > 366 {
		form.Problems["to"] = page.Say("refused.paper-period")
		return s.showPaper(w, r, http.StatusUnprocessableEntity, form, nil, nil)
	}
	if o.Site, err1 = optionalID(form.Values["site"]); err1 != nil {
		return err1
	}
	if number := form.Values["number"]; number != "" {
		err := s.inTenant(r.Context(), func(tx pg.Tx) error {
			e, err := people.EmployeeByNumber(r.Context(), tx, number)
			o.Employee = e.ID
			return err
		})
		if errors.Is(err, people.ErrNotFound) && ofSomeHirers(r.Context()) { // which numbers there are is not theirs to know
			return s.nothingPrinted(w, r, form)
		}
		if errors.Is(err, people.ErrNotFound) {
			form.Problems["number"] = page.Say("refused.paper-number")
			return s.showPaper(w, r, http.StatusUnprocessableEntity, form, nil, nil)
		}
		if err != nil {
			return err
		}
	}
	p, err := s.print(r.Context(), o)
	if errors.Is(err, paper.ErrNothing) {
		return s.nothingPrinted(w, r, form)
	}
	if err != nil {
		return err
	}
	return p.write(w)
}

func (s *Server) nothingPrinted(w http.ResponseWriter, r *http.Request, form page.Form) error {
	why := page.Say("refused.paper-nothing")
	return s.showPaper(w, r, http.StatusUnprocessableEntity, form, &why, nil)
}

// mePaper gives an employee's own timesheet of a month.
func (s *Server) mePaper(w http.ResponseWriter, r *http.Request) error {
	day, err := calendar.ParseDate(r.PathValue("date"))
	if err != nil {
		return &problem{status: http.StatusNotFound, detail: "no such day"}
	}
	language := languageOf(r, callerOf(r.Context()))
	if language != "nl" && language != "en" {
		language = "" // the organisation's
	}
	p, err := s.print(r.Context(), paper.Order{Kind: paper.Timesheets, Period: monthOf(day), Employee: ownEmployee(r.Context()), Language: language})
	if err != nil {
		return err
	}
	return p.write(w)
}

func checkedPaper(c paper.Checked) *page.CheckedPaper {
	v := &page.CheckedPaper{Unaltered: c.Unaltered(), Number: c.Who.Number, Name: nameOf(c.Who.Surname, c.Who.FirstName), Week: page.Week{Monday: c.Week.Monday().In(c.Zone)},
		At: c.At.In(c.Zone), Corrects: c.Corrects, Later: len(c.Later), Minutes: c.Minutes, Hash: hex.EncodeToString(c.Hash[:]), Entry: c.Entry}
	v.Findings = each(c.Findings, func(f paper.Finding) string { return string(f) })
	v.By = each(c.Levels, func(l paper.Level) page.Message {
		if l.For != "" {
			return page.Say("level.for", l.By, l.For)
		}
		return page.Plain(l.By)
	})
	if !c.LogVerified.IsZero() {
		v.Verified = c.LogVerified.In(c.Zone)
	}
	if c.Entry != 0 {
		v.Chain = hex.EncodeToString(c.Chain[:])
	}
	for _, d := range c.Days {
		day := page.PaperDay{Date: d.Date.In(c.Zone), Minutes: d.Minutes}
		for _, x := range d.Stretches {
			day.Times = append(day.Times, page.PaperTime{From: atMinute(x.From, c.Zone), To: atMinute(x.To, c.Zone), Where: c.Sites[x.Site]})
		}
		v.Days = append(v.Days, day)
	}
	return v
}
