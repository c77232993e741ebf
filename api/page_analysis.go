package api

import (
	"context"
	"errors"
	"net/http"

	"tikklok/api/page"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/bi"
)

// analysisRoutes are the pages of hours for analysis, with their grants.
func (s *Server) analysisRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathAnalysis, "GetAnalysis", s.analysisPage)
	post(page.PathAnalysis+page.AnalysisPermission, "SetAnalysisPermission", s.postAnalysisPermission)
	post(page.PathAnalysis+page.AnalysisPublish, "PublishHours", s.postPublish)
	get(page.PathAnalysis+page.AnalysisHours, "GetPublishedHours", s.publishedFile)
	get(page.PathAnalysis+page.AnalysisWorkbook, "GetWorkbook", s.workbookFile)
}

func (s *Server) analysisPage(w http.ResponseWriter, r *http.Request) error {
	return s.showAnalysis(w, r, http.StatusOK, formOf(r))
}

// showAnalysis shows what was published and what can be taken; the form is what
// was refused.
func (s *Server) showAnalysis(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Analysis{Frame: s.frame(r), Form: form, MayAllow: s.may(r.Context(), "SetAnalysisPermission"),
		MayPublish: s.may(r.Context(), "PublishHours"), MayTake: s.may(r.Context(), "GetWorkbook")}
	last := monthToPrint(v.Now)
	for field, value := range map[string]string{"from": last.From.String(), "to": last.To.String(), "month": last.From.String()[:7]} {
		if form.Values[field] == "" && form.Problems[field].Key == "" {
			form.Values[field] = value
		}
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error { return analysisView(r.Context(), tx, v) })
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func analysisView(ctx context.Context, tx pg.Tx, v *page.Analysis) error {
	names, err := accountNames(ctx, tx)
	if err != nil {
		return err
	}
	p, err := bi.Allowed(ctx, tx)
	if err != nil {
		return err
	}
	contract, err := tenant.Contract(ctx, tx)
	if err != nil {
		return err
	}
	zone := v.Now.Location()
	v.Contract = contract.Terms.Statistics == tenant.Anonymous
	v.Allowed, v.Basis, v.By, v.At = p.Allowed, p.Basis, names[p.By.ID], p.At.In(zone)
	all, err := bi.Publications(ctx, tx)
	v.Rows = each(all, func(p bi.Publication) page.PublicationLine {
		return page.PublicationLine{Month: p.Month.From.In(zone), At: p.At.In(zone), By: names[p.By.ID], Lines: p.Lines, Held: p.Held, Kept: p.Kept}
	})
	return err
}

func (s *Server) postAnalysisPermission(w http.ResponseWriter, r *http.Request) error {
	form, allowed := formOf(r, "basis"), r.FormValue("allowed") == "yes"
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		_, err := bi.Allow(r.Context(), tx, callerOf(r.Context()).actor(), allowed, form.Values["basis"], s.cfg.Now())
		return err
	})
	if errors.Is(err, bi.ErrInvalid) {
		form.Problems["basis"] = page.Say("refused.analysis-basis")
		return s.showAnalysis(w, r, http.StatusUnprocessableEntity, form)
	}
	if errors.Is(err, bi.ErrContract) {
		form.Problems["basis"] = told(err)
		return s.showAnalysis(w, r, http.StatusConflict, form)
	}
	if err != nil {
		return err
	}
	said := map[bool]string{true: "notice.analysis-allowed", false: "notice.analysis-withdrawn"}[allowed]
	return s.done(w, r, page.PathAnalysis, notice{Key: said})
}

func (s *Server) postPublish(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "month")
	month, err := calendar.ParseDate(form.Values["month"] + "-01")
	if err != nil {
		form.Problems["month"] = page.Say("refused.analysis-month")
		return s.showAnalysis(w, r, http.StatusUnprocessableEntity, form)
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		_, err := bi.Publish(r.Context(), tx, publishOrder(r.Context(), month), s.cfg.Now())
		return err
	})
	if errors.Is(err, bi.ErrNothing) || errors.Is(err, bi.ErrMany) {
		form.Problems["month"] = told(err)
		return s.showAnalysis(w, r, http.StatusConflict, form)
	}
	if err != nil {
		return s.refuse(w, r, page.PathAnalysis, err)
	}
	return s.done(w, r, page.PathAnalysis, notice{Key: "notice.published"})
}

// publishedFile gives a month's published rows.
func (s *Server) publishedFile(w http.ResponseWriter, r *http.Request) error {
	month, err := calendar.ParseDate(r.FormValue("month") + "-01")
	if err != nil {
		return wrongField("month", "is not a month, such as 2026-07")
	}
	f, err := s.publishedHours(r.Context(), monthOf(month))
	if err != nil {
		return err
	}
	return f.write(w)
}

// workbookFile gives the workbook, or the form again with why there is none.
func (s *Server) workbookFile(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "from", "to")
	from, err1 := calendar.ParseDate(form.Values["from"])
	to, err2 := calendar.ParseDate(form.Values["to"])
	f, err := (*madeFile)(nil), errors.Join(err1, err2)
	if err == nil {
		f, err = s.workbook(r.Context(), calendar.Period{From: from, To: to}, "")
	}
	if errors.Is(err, bi.ErrInvalid) || err1 != nil || err2 != nil {
		form.Problems["to"] = page.Say("refused.analysis-days")
		return s.showAnalysis(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return f.write(w)
}
