package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

func (s *Server) postDestinationNew(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "name", "format")
	made := payroll.Destination{Name: form.Values["name"], Format: form.Values["format"]}
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		made, err = payroll.CreateDestination(r.Context(), tx, callerOf(r.Context()).actor(), made)
		return err
	})
	switch {
	case errors.Is(err, payroll.ErrNameTaken):
		form.Problems["name"] = page.Say("problem.taken")
	case errors.Is(err, payroll.ErrInvalid):
		form.Problems["name"] = page.Say("problem.invalid", strings.TrimPrefix(err.Error(), payroll.ErrInvalid.Error()+": "))
	case err != nil:
		return err
	default:
		return s.done(w, r, page.PathDestination+fmt.Sprint(made.ID), notice{Key: "notice.saved"})
	}
	return s.showExports(w, r, http.StatusUnprocessableEntity, form)
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
		format, err := payroll.FormatByName(d.Format)
		if err != nil {
			return err
		}
		v.Title, v.Format = d.Name, formatWord(d.Format)
		v.Form = page.Form{Values: map[string]string{"name": d.Name}}
		v.Settings = each(format.Schema(), func(set payroll.Setting) page.Setting { return setting(set, d.Settings, v.Form) })
		v.Codes, err = codeLines(r.Context(), tx, d.ID, hours.DateOf(v.Now))
		return err
	})
	if err != nil {
		return err
	}
	if refused != nil {
		v.Form = *refused
	}
	for i, c := range v.Codes {
		if refused != nil {
			v.Codes[i].Theirs = refused.Values["code."+c.Code]
		}
		if v.Codes[i].Theirs == "" {
			v.Unmapped++
		}
	}
	return s.render(w, status, v)
}

func setting(s payroll.Setting, now payroll.Settings, form page.Form) page.Setting {
	value, ok := now[s.Key]
	if !ok {
		value = s.Default
	}
	form.Values["setting."+s.Key] = value
	return page.Setting{Key: s.Key, Label: page.Plain(s.Key), Options: each(s.Choices, func(choice string) page.Option {
		return page.Option{Value: choice, Label: choice, Chosen: choice == value}
	})}
}

// codeLines are our codes with the package's, the unmapped ones first.
func codeLines(ctx context.Context, tx pg.Tx, destination int64, day hours.Date) ([]page.CodeLine, error) {
	m, err := payroll.Codes(ctx, tx, destination)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOn(ctx, tx, day)
	var unmapped, mapped []page.CodeLine
	seen := map[string]bool{}
	for _, code := range append(codesInUse(rules), sortedKeys(m.Codes)...) {
		line := page.CodeLine{Code: code, Name: codeName(rules, code), Theirs: m.Codes[code]}
		switch {
		case seen[code]:
		case line.Theirs == "":
			unmapped = append(unmapped, line)
		default:
			mapped = append(mapped, line)
		}
		seen[code] = true
	}
	return append(unmapped, mapped...), err
}

// postDestination stores settings and code map together, or neither.
func (s *Server) postDestination(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "name")
	settings, codes := payroll.Settings{}, map[string]string{}
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
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		by := callerOf(r.Context()).actor()
		if _, err := payroll.UpdateDestination(r.Context(), tx, by, payroll.Destination{ID: number, Name: form.Values["name"], Settings: settings}); err != nil {
			return err
		}
		_, err := payroll.PutCodes(r.Context(), tx, by, number, codes)
		return err
	})
	switch {
	case errors.Is(err, payroll.ErrNameTaken):
		form.Problems["name"] = page.Say("problem.taken")
	case errors.Is(err, payroll.ErrInvalid):
		form.Problems["name"] = page.Say("problem.invalid", strings.TrimPrefix(err.Error(), payroll.ErrInvalid.Error()+": "))
	case err != nil:
		return err
	default:
		return s.done(w, r, page.PathExports, notice{Key: "notice.saved"})
	}
	return s.showDestination(w, r, http.StatusUnprocessableEntity, &form)
}
