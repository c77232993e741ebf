package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/law"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) lawFiguresPage(w http.ResponseWriter, r *http.Request) error {
	return s.showLawFigures(w, r, http.StatusOK, func(*page.LawFigures) {})
}

// showLawFigures draws the versions and the form, filled with what holds now
// for everybody, but for what besides changes.
func (s *Server) showLawFigures(w http.ResponseWriter, r *http.Request, status int, besides func(*page.LawFigures)) error {
	f := s.frame(r)
	today := calendar.DateOf(f.Now)
	v := &page.LawFigures{Frame: f}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		all, err := hours.Agreements(r.Context(), tx)
		if err != nil {
			return err
		}
		contracts, err := people.Contracts(r.Context(), tx)
		if err != nil {
			return err
		}
		v.Contracts = contractOptions(contracts, "–")
		for i := len(all) - 1; i >= 0; i-- {
			v.Versions = append(v.Versions, lawVersion(all, all[i], contracts, today))
		}
		now := hours.AgreementOn(all, 0, today)
		v.Form = figuresForm(now)
		v.Form.Values["name"], v.Form.Values["from"] = now.Name, today.String()
		v.Purpose, err = fieldPurpose(r.Context(), tx, people.OptionalBirthDate)
		return err
	})
	if err != nil {
		return err
	}
	besides(v)
	v.Groups = figureGroups(v.Form)
	return s.render(w, status, v)
}

// contractOptions are the contracts to choose from; the first is none.
func contractOptions(all []people.Contract, none string) []page.Option {
	if len(all) == 0 {
		return nil
	}
	out := []page.Option{{Value: "", Label: none}}
	for _, c := range all {
		out = append(out, page.Option{Value: strconv.FormatInt(c.ID, 10), Label: c.Name})
	}
	return out
}

func lawVersion(all []hours.Agreement, a hours.Agreement, contracts []people.Contract, today calendar.Date) page.LawVersion {
	v := page.LawVersion{Version: a.Version, Name: a.Name, From: a.From.In(time.UTC), Made: a.Made, Now: hours.AgreementOn(all, a.Contract, today).Version == a.Version}
	for _, c := range contracts {
		if c.ID == a.Contract {
			v.Contract = c.Name
		}
	}
	act := hours.TheAct()
	for _, pair := range []struct {
		key         string
		own, theirs law.Figures
	}{{"law.figures.adults", a.Adults, act.Adults}, {"law.figures.minors", a.Minors, act.Minors}} {
		for _, g := range law.List() {
			if n := *g.Of(&pair.own); n != *g.Of(&pair.theirs) {
				v.Differs = append(v.Differs, page.Say("law.figures.differs", page.Say(pair.key), page.Say("law.figure."+g.Name), figureText(g.Unit, n), figureText(g.Unit, *g.Of(&pair.theirs))))
			}
		}
	}
	return v
}

// figureText writes a figure: 11:00, or 13.
func figureText(unit law.Unit, n int) string {
	if unit == law.Times {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

func figuresForm(a hours.Agreement) page.Form {
	form := page.Form{Values: map[string]string{}, Problems: map[string]page.Message{}}
	for _, g := range law.List() {
		form.Values["adults."+g.Name], form.Values["minors."+g.Name] = figureText(g.Unit, *g.Of(&a.Adults)), figureText(g.Unit, *g.Of(&a.Minors))
	}
	return form
}

func figureGroups(form page.Form) (groups []page.FigureGroup) {
	for _, g := range law.List() {
		n := len(groups)
		if n == 0 || groups[n-1].Row != string(g.Row) {
			groups = append(groups, page.FigureGroup{Row: string(g.Row), Article: g.Article})
			n++
		}
		line := page.Figure{Name: g.Name, Article: g.Article}
		for prefix, to := range map[string]*page.FigureValue{"adults.": &line.Adults, "minors.": &line.Minors} {
			least, most := g.Bounds(prefix == "minors.")
			*to = page.FigureValue{Value: form.Values[prefix+g.Name], Least: figureText(g.Unit, least), Most: figureText(g.Unit, most), Problem: form.Problems[prefix+g.Name]}
		}
		groups[n-1].Figures = append(groups[n-1].Figures, line)
	}
	return groups
}

func (s *Server) postLawFigures(w http.ResponseWriter, r *http.Request) error {
	fields := []string{"name", "from", "contract"}
	for _, g := range law.List() {
		fields = append(fields, "adults."+g.Name, "minors."+g.Name)
	}
	form := formOf(r, fields...)
	a, err := agreementOf(form)
	if err != nil {
		return err
	}
	if !form.Problem() {
		a.By = callerOf(r.Context()).actor()
		err := s.inTenant(r.Context(), func(tx pg.Tx) error {
			_, err := hours.PutAgreement(r.Context(), tx, a, s.cfg.Now())
			return err
		})
		if err == nil {
			return s.done(w, r, page.PathLawFigures, notice{Key: "notice.law-saved"})
		}
		if !errors.Is(err, hours.ErrInvalid) {
			return s.refuse(w, r, page.PathLawFigures, err)
		}
		form.Problems["name"] = told(err)
	}
	return s.showLawFigures(w, r, http.StatusUnprocessableEntity, func(v *page.LawFigures) { v.Form, v.Open = form, true })
}

// agreementOf reads the form; what is wrong with it stands beside the field.
func agreementOf(form page.Form) (a hours.Agreement, err error) {
	a = hours.TheAct()
	if a.Name = form.Values["name"]; a.Name == "" {
		form.Problems["name"] = page.Say("problem.required")
	}
	if a.From, err = calendar.ParseDate(form.Values["from"]); err != nil {
		form.Problems["from"] = page.Say("problem.date")
	}
	if a.Contract, err = optionalID(form.Values["contract"]); err != nil {
		return a, err
	}
	for _, g := range law.List() {
		for prefix, f := range map[string]*law.Figures{"adults.": &a.Adults, "minors.": &a.Minors} {
			n, ok := readFigure(g.Unit, form.Values[prefix+g.Name])
			if !ok {
				form.Problems[prefix+g.Name] = page.Say("problem.hours")
			}
			*g.Of(f) = n
		}
	}
	if !form.Problem() {
		figureProblems(form, "adults.", a.Adults.Check(false))
		figureProblems(form, "minors.", a.Minors.Check(true))
	}
	return a, nil
}

// readFigure reads 11:00, or 13; a plain number of hours will do too.
func readFigure(unit law.Unit, text string) (int, bool) {
	if unit == law.Times {
		n, err := strconv.ParseUint(text, 10, 16)
		return int(n), err == nil
	}
	n, err := contract(text)
	return n, err == nil && text != ""
}

// figureProblems puts what is wrong with figures beside them.
func figureProblems(form page.Form, prefix string, err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return
	}
	for _, one := range joined.Unwrap() {
		var wrong *law.FigureError
		if !errors.As(one, &wrong) {
			continue
		}
		unit := law.Minutes
		for _, g := range law.List() {
			if g.Name == wrong.Figure {
				unit = g.Unit
			}
		}
		said := page.Say("law.figures.wrong", figureText(unit, wrong.Least), figureText(unit, wrong.Most))
		if wrong.Against != "" {
			said = page.Say("law.figures.against", page.Parts(each(strings.Split(wrong.Against, ", "), func(name string) page.Message { return page.Say("law.figure." + name) })))
		}
		form.Problems[prefix+wrong.Figure] = said
	}
}

// postBirthDates switches the field on with its purpose, or off: then what is
// stored in it is erased (OB-P1).
func (s *Server) postBirthDates(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "state", "purpose")
	by := callerOf(r.Context()).actor()
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		if form.Values["state"] == "off" {
			return people.SwitchOff(r.Context(), tx, by, people.OptionalBirthDate)
		}
		return people.SwitchOn(r.Context(), tx, by, people.OptionalBirthDate, form.Values["purpose"])
	})
	if errors.Is(err, people.ErrInvalid) {
		form.Problems["purpose"] = page.Say("problem.required")
		return s.showLawFigures(w, r, http.StatusUnprocessableEntity, func(v *page.LawFigures) { v.Birth = form })
	}
	if err != nil {
		return s.refuse(w, r, page.PathLawFigures, err)
	}
	return s.done(w, r, page.PathLawFigures, notice{Key: "notice.saved"})
}

// fieldPurpose is what an optional field is kept for; "": it is not (OB-P1).
func fieldPurpose(ctx context.Context, tx pg.Tx, field people.Optional) (string, error) {
	all, err := people.Optionals(ctx, tx)
	for _, on := range all {
		if on.Field == field {
			return on.Purpose, err
		}
	}
	return "", err
}
