package api

import (
	"context"
	"net/http"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
	"tikklok/payroll"
	"tikklok/payroll/format"
)

// destinationNewPage asks for the settings of a destination that is to be made.
func (s *Server) destinationNewPage(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "name", "format")
	return s.showDestinationNew(w, r, http.StatusOK, form)
}

func (s *Server) showDestinationNew(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	f, err := format.ByName(form.Values["format"])
	if err != nil {
		return wrongField("format", err.Error())
	}
	v := &page.Destination{Frame: s.frame(r), Title: form.Values["name"], Format: formatWord(f.Name()), Name: f.Name(), Form: form}
	v.Settings = each(f.Schema(), func(set format.Setting) page.Setting { return setting(set, nil, form) })
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		rules, err := rulesInForce(r.Context(), tx, calendar.DateOf(v.Now))
		v.Codes = codeLines(payroll.CodeMap{}, rules)
		return err
	})
	if err != nil {
		return err
	}
	keepTyped(v, form)
	return s.render(w, status, v)
}

// keepTyped shows what was typed instead of what is stored.
func keepTyped(v *page.Destination, form page.Form) {
	v.Form = form
	for i, c := range v.Codes {
		v.Codes[i].Theirs = form.Values["code."+c.Code]
	}
	for i, set := range v.Settings {
		v.Settings[i].Value = form.Values["setting."+set.Key]
	}
}

// destinationForm is the form of a destination with the settings and codes in it.
func destinationForm(r *http.Request) (form page.Form, settings format.Settings, codes map[string]string) {
	form, settings, codes = formOf(r, "name", "format"), format.Settings{}, map[string]string{}
	for field := range r.PostForm {
		value := strings.TrimSpace(r.PostFormValue(field))
		form.Values[field] = value
		if key, ok := strings.CutPrefix(field, "setting."); ok {
			settings[key] = value
		}
		if code, ok := strings.CutPrefix(field, "code."); ok && value != "" {
			codes[code] = value
		}
	}
	return form, settings, codes
}

func (s *Server) postDestinationNew(w http.ResponseWriter, r *http.Request) error {
	form, settings, codes := destinationForm(r)
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		by := callerOf(r.Context()).actor()
		made, err := payroll.CreateDestination(r.Context(), tx, by, payroll.Destination{Name: form.Values["name"], Format: form.Values["format"], Settings: settings})
		if err == nil && len(codes) > 0 {
			_, err = payroll.PutCodes(r.Context(), tx, by, made.ID, codes)
		}
		return err
	})
	if err == nil {
		return s.done(w, r, page.PathExports, notice{Key: "notice.saved"})
	}
	if !destinationProblem(form, err) {
		return err
	}
	return s.showDestinationNew(w, r, http.StatusUnprocessableEntity, form)
}

func (s *Server) destinationPage(w http.ResponseWriter, r *http.Request) error {
	return s.showDestination(w, r, http.StatusOK, nil)
}

// showDestination draws settings and code map: as stored, or as refused.
func (s *Server) showDestination(w http.ResponseWriter, r *http.Request, status int, refused *page.Form) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	v := &page.Destination{Frame: s.frame(r), ID: number}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		d, err := payroll.DestinationByID(r.Context(), tx, number)
		if err != nil {
			return err
		}
		f, err := format.ByName(d.Format)
		if err != nil {
			return err
		}
		v.Title, v.Format = d.Name, formatWord(d.Format)
		v.Form = page.Form{Values: map[string]string{"name": d.Name}}
		v.Settings = each(f.Schema(), func(set format.Setting) page.Setting { return setting(set, d.Settings, v.Form) })
		v.Codes, err = destinationCodes(r.Context(), tx, d.ID, calendar.DateOf(v.Now))
		return err
	})
	if err != nil {
		return err
	}
	if refused != nil {
		keepTyped(v, *refused)
	}
	for _, c := range v.Codes {
		if c.Theirs == "" {
			v.Unmapped++
		}
	}
	return s.render(w, status, v)
}

func setting(s format.Setting, now format.Settings, form page.Form) page.Setting {
	value, ok := now[s.Key]
	if !ok {
		value = s.Default
	}
	if typed, ok := form.Values["setting."+s.Key]; ok {
		value = typed
	}
	form.Values["setting."+s.Key] = value
	return page.Setting{Key: s.Key, Value: value, Choices: s.Choices, Required: s.Required}
}

func destinationCodes(ctx context.Context, tx pg.Tx, destination int64, day calendar.Date) ([]page.CodeLine, error) {
	m, err := payroll.Codes(ctx, tx, destination)
	if err != nil {
		return nil, err
	}
	rules, err := rulesInForce(ctx, tx, day)
	return codeLines(m, rules), err
}

// codeLines are our codes with the package's, the unmapped ones first.
func codeLines(m payroll.CodeMap, rules inForce) []page.CodeLine {
	var unmapped, mapped []page.CodeLine
	seen := map[string]bool{}
	ours := each(rules.codes, func(u rule.CodeUse) string { return u.Code })
	for _, code := range append(ours, sortedKeys(m.Codes)...) {
		line := page.CodeLine{Code: code, Name: rules.codeName(code), Theirs: m.Codes[code]}
		switch {
		case seen[code]:
		case line.Theirs == "":
			unmapped = append(unmapped, line)
		default:
			mapped = append(mapped, line)
		}
		seen[code] = true
	}
	return append(unmapped, mapped...)
}

// postDestination stores settings and code map together, or neither.
func (s *Server) postDestination(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	form, settings, codes := destinationForm(r)
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		by := callerOf(r.Context()).actor()
		d, err := payroll.UpdateDestination(r.Context(), tx, by, payroll.Destination{ID: number, Name: form.Values["name"], Settings: settings})
		form.Values["format"] = d.Format
		if err != nil {
			return err
		}
		_, err = payroll.PutCodes(r.Context(), tx, by, number, codes)
		return err
	})
	if err == nil {
		return s.done(w, r, page.PathExports, notice{Key: "notice.saved"})
	}
	if !destinationProblem(form, err) {
		return err
	}
	return s.showDestination(w, r, http.StatusUnprocessableEntity, &form)
}
