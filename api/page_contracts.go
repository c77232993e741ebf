package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) contractsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showContracts(w, r, http.StatusOK, "", page.Form{})
}

// showContracts draws the lists; form is what was refused, and of which form.
func (s *Server) showContracts(w http.ResponseWriter, r *http.Request, status int, formFor string, form page.Form) error {
	v := &page.Contracts{Frame: s.frame(r), Form: form, FormFor: formFor}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		contracts, err := people.Contracts(r.Context(), tx)
		if err != nil {
			return err
		}
		having, err := havingContracts(r.Context(), tx, v.Now)
		if err != nil {
			return err
		}
		v.Contracts = each(contracts, func(c people.Contract) page.ContractLine {
			return page.ContractLine{ID: c.ID, Name: c.Name, People: having[c.ID]}
		})
		hirers, err := people.Hirers(r.Context(), tx)
		if err != nil {
			return err
		}
		sites, err := fleet.Sites(r.Context(), tx)
		v.Sites = siteChoice(sites)
		v.Hirers = each(hirers, func(h people.Hirer) page.HirerLine { return hirerLine(h, sites) })
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func hirerLine(h people.Hirer, sites []fleet.Site) page.HirerLine {
	line := page.HirerLine{ID: h.ID, Name: h.Name}
	own := map[int64]bool{}
	for _, id := range h.Sites {
		own[id] = true
	}
	for _, site := range sites {
		line.Sites = append(line.Sites, page.Option{Value: strconv.FormatInt(site.ID, 10), Label: site.Name, Chosen: own[site.ID]})
		if own[site.ID] {
			line.Names = append(line.Names, site.Name)
		}
	}
	return line
}

// havingContracts counts whose contract each is today.
func havingContracts(ctx context.Context, tx pg.Tx, now time.Time) (map[int64]int, error) {
	terms, err := people.TermsOf(ctx, tx, 0)
	if err != nil {
		return nil, err
	}
	all, err := people.Employees(ctx, tx)
	if err != nil {
		return nil, err
	}
	left := map[int64]bool{}
	for _, e := range all {
		left[e.ID] = gone(e, now)
	}
	current := map[int64]int64{}
	for _, t := range terms { // oldest first
		if !t.From.After(now) && !left[t.Employee] {
			current[t.Employee] = t.Contract
		}
	}
	having := map[int64]int{}
	for _, contract := range current {
		having[contract]++
	}
	return having, nil
}

func (s *Server) postContract(w http.ResponseWriter, r *http.Request) error {
	id, err := optionalID(r.PathValue("id"))
	if err != nil {
		return err
	}
	form := formOf(r, "name")
	return s.saveNamed(w, r, formWithID("contract", id), form, func(tx pg.Tx) error {
		_, err := people.SaveContract(r.Context(), tx, callerOf(r.Context()).actor(), people.Contract{ID: id, Name: form.Values["name"]})
		return err
	})
}

func (s *Server) postHirer(w http.ResponseWriter, r *http.Request) error {
	hirer := people.Hirer{}
	var err error
	if hirer.ID, err = optionalID(r.PathValue("id")); err != nil {
		return err
	}
	form := formOf(r, "name")
	hirer.Name = form.Values["name"]
	for _, text := range r.Form["site"] {
		site, err := id(text)
		if err != nil {
			return err
		}
		hirer.Sites = append(hirer.Sites, site)
	}
	return s.saveNamed(w, r, formWithID("hirer", hirer.ID), form, func(tx pg.Tx) error {
		_, err := people.SaveHirer(r.Context(), tx, callerOf(r.Context()).actor(), hirer)
		return err
	})
}

func formWithID(what string, id int64) string {
	if id == 0 {
		return what
	}
	return what + strconv.FormatInt(id, 10)
}

// saveNamed saves a contract or a hirer, or shows its form again.
func (s *Server) saveNamed(w http.ResponseWriter, r *http.Request, formFor string, form page.Form, save func(pg.Tx) error) error {
	err := s.inTenant(r.Context(), save)
	if err == nil {
		s.recompute(r.Context())
		return s.done(w, r, page.PathContracts, notice{Key: "notice.saved"})
	}
	if errors.Is(err, people.ErrNameTaken) || errors.Is(err, people.ErrInvalid) {
		form.Problems["name"] = told(err)
		return s.showContracts(w, r, http.StatusUnprocessableEntity, formFor, form)
	}
	return s.refuse(w, r, page.PathContracts, err)
}

// agreed fills in what an employee agreed on, and for whom they work.
func (s *Server) agreed(ctx context.Context, tx pg.Tx, v *page.Employee) error {
	contracts, err := people.Contracts(ctx, tx)
	if err != nil {
		return err
	}
	terms, err := people.TermsOf(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	hirers, err := people.Hirers(ctx, tx)
	if err != nil {
		return err
	}
	sites, err := fleet.Sites(ctx, tx)
	if err != nil {
		return err
	}
	work, err := people.AssignmentsOf(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	names := named{"contract0": ""}
	for _, c := range contracts {
		names[formWithID("contract", c.ID)] = c.Name
	}
	for _, h := range hirers {
		names[formWithID("hirer", h.ID)] = h.Name
		v.Agreed.Hirers = append(v.Agreed.Hirers, page.Option{Value: strconv.FormatInt(h.ID, 10), Label: h.Name})
	}
	for _, site := range sites {
		names[formWithID("site", site.ID)] = site.Name
	}
	for i := len(terms) - 1; i >= 0; i-- {
		t := terms[i]
		v.Agreed.Terms = append(v.Agreed.Terms, page.Terms{From: t.From, Contract: names[formWithID("contract", t.Contract)], Minutes: t.Minutes})
	}
	v.Agreed.Contracts, v.Agreed.SiteChoice = contractOptions(contracts, "–"), withAny(siteChoice(sites))
	v.Agreed.Hirers = withAny(v.Agreed.Hirers)
	v.Agreed.TermsForm = page.Form{Values: map[string]string{"terms_from": v.Now.Format(time.DateOnly)}}
	v.Agreed.WorkForm = page.Form{Values: map[string]string{"assignment_from": v.Now.Format(time.DateOnly)}}
	v.Agreed.Assignments = each(work, func(a people.Assignment) page.Assignment { return assignmentLine(a, names) })
	return nil
}

func siteChoice(sites []fleet.Site) []page.Option {
	return each(sites, func(site fleet.Site) page.Option {
		return page.Option{Value: strconv.FormatInt(site.ID, 10), Label: site.Name}
	})
}

// named is what ids are called.
type named map[string]string

// withAny puts "any" before the others, where there are others.
func withAny(options []page.Option) []page.Option {
	if len(options) == 0 {
		return nil
	}
	return append([]page.Option{{Value: "", Label: "–"}}, options...)
}

func assignmentLine(a people.Assignment, names named) page.Assignment {
	line := page.Assignment{ID: a.ID, Number: a.Number, CostCentre: a.CostCentre, From: a.From, Until: or(a.Until)}
	values := map[string]string{"assignment": a.Number, "cost_centre": a.CostCentre, "assignment_from": a.From.Format(time.DateOnly)}
	if a.Hirer != 0 {
		line.Hirer, values["hirer"] = names[formWithID("hirer", a.Hirer)], strconv.FormatInt(a.Hirer, 10)
	}
	if a.Site != 0 {
		line.Site, values["site"] = names[formWithID("site", a.Site)], strconv.FormatInt(a.Site, 10)
	}
	if a.Until != nil {
		values["assignment_until"] = a.Until.Format(time.DateOnly)
	}
	line.Form = page.Form{Values: values}
	return line
}

// postTerms sets what an employee agreed on from a day on, or drops it.
func (s *Server) postTerms(w http.ResponseWriter, r *http.Request) error {
	who, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "terms_from", "contract_id", "minutes", "drop")
	back, by := page.PathEmployee+strconv.FormatInt(who, 10), callerOf(r.Context()).actor()
	if form.Values["drop"] != "" {
		from, err := time.Parse(time.DateOnly, form.Values["drop"])
		if err != nil {
			return badRequest("the day is not of the form 2026-01-31")
		}
		return s.saveAgreed(w, r, back, func(tx pg.Tx) error { return people.DropTerms(r.Context(), tx, by, who, from) }, nil)
	}
	t := people.Terms{Employee: who}
	if t.Contract, err = optionalID(form.Values["contract_id"]); err != nil {
		return err
	}
	if t.From, err = time.Parse(time.DateOnly, form.Values["terms_from"]); err != nil {
		form.Problems["terms_from"] = page.Say("problem.date")
	}
	if t.Minutes, err = contract(form.Values["minutes"]); err != nil {
		form.Problems["minutes"] = page.Say("problem.hours")
	}
	again := func(err error) error {
		if err != nil && !besides(form, err) {
			return s.refuse(w, r, back, err)
		}
		return s.showEmployee(w, r, http.StatusUnprocessableEntity, func(v *page.Employee) { v.Agreed.TermsForm = form })
	}
	if form.Problem() {
		return again(nil)
	}
	return s.saveAgreed(w, r, back, func(tx pg.Tx) error { return people.SaveTerms(r.Context(), tx, by, t) }, again)
}

// postAssignment adds an assignment, or changes one.
func (s *Server) postAssignment(w http.ResponseWriter, r *http.Request) error {
	who, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "assignment_id", "assignment", "cost_centre", "hirer", "site", "assignment_from", "assignment_until")
	a := people.Assignment{Employee: who, Number: form.Values["assignment"], CostCentre: form.Values["cost_centre"]}
	var errs [3]error
	a.ID, errs[0] = optionalID(form.Values["assignment_id"])
	a.Hirer, errs[1] = optionalID(form.Values["hirer"])
	a.Site, errs[2] = optionalID(form.Values["site"])
	if err := errors.Join(errs[:]...); err != nil {
		return badRequest("the form names something that is not here; open the page again")
	}
	if a.From, err = time.Parse(time.DateOnly, form.Values["assignment_from"]); err != nil {
		form.Problems["assignment_from"] = page.Say("problem.date")
	}
	if a.Until, err = optionalDay(form.Values["assignment_until"]); err != nil {
		form.Problems["assignment_until"] = page.Say("problem.date")
	}
	back := page.PathEmployee + strconv.FormatInt(who, 10)
	again := func(err error) error {
		if err != nil && !besides(form, err) {
			return s.refuse(w, r, back, err)
		}
		return s.showEmployee(w, r, http.StatusUnprocessableEntity, func(v *page.Employee) { refusedAssignment(v, a.ID, form) })
	}
	if form.Problem() {
		return again(nil)
	}
	return s.saveAgreed(w, r, back, func(tx pg.Tx) error {
		_, err := people.SaveAssignment(r.Context(), tx, callerOf(r.Context()).actor(), a)
		return err
	}, again)
}

// refusedAssignment shows a form again where it stood.
func refusedAssignment(v *page.Employee, id int64, form page.Form) {
	v.Agreed.WorkForm, v.Agreed.WorkFor = form, id
	for i := range v.Agreed.Assignments {
		if v.Agreed.Assignments[i].ID == id {
			v.Agreed.Assignments[i].Form = form
		}
	}
}

// saveAgreed saves what was agreed and computes what hangs on it; again shows
// the form with what was refused.
func (s *Server) saveAgreed(w http.ResponseWriter, r *http.Request, back string, save func(pg.Tx) error, again func(error) error) error {
	err := s.inTenant(r.Context(), save)
	switch {
	case err == nil:
		s.recompute(r.Context())
		return s.done(w, r, back, notice{Key: "notice.saved"})
	case again != nil:
		return again(err)
	}
	return s.refuse(w, r, back, fmt.Errorf("saving what was agreed: %w", err))
}
