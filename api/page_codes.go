package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

func (s *Server) codesPage(w http.ResponseWriter, r *http.Request) error {
	return s.showCodes(w, r, http.StatusOK, nil, nil)
}

// showCodes draws the code map: as stored, or as refused with why.
func (s *Server) showCodes(w http.ResponseWriter, r *http.Request, status int, typed map[string]string, refused error) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	v := &page.Codes{Frame: s.frame(r), Form: page.Form{Values: map[string]string{}, Problems: map[string]page.Message{}}, Changed: errors.Is(refused, payroll.ErrCodes)}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		b, err := s.codeBook(r.Context(), tx, number)
		if err != nil {
			return err
		}
		names, err := s.actorNames(r.Context(), tx)
		v.Place = s.placeOf(r.Context(), b.destination, b.format)
		v.Version, v.By, v.At = b.codes.Version, names.of(b.codes.By), b.codes.At.In(v.Now.Location())
		theirs := b.codes.Codes
		if typed != nil {
			theirs = typed
		}
		v.Rows, v.Shared = b.lines(theirs), shared(theirs)
		return err
	})
	if err != nil {
		return err
	}
	for _, row := range v.Rows {
		if row.Missing {
			v.Unmapped++
			v.Waiting += row.Used
		}
	}
	var faults payroll.CodeFaults
	if errors.As(refused, &faults) {
		for _, f := range faults {
			if f.Kind == payroll.FaultCycle || f.Kind == payroll.FaultMany { // of several codes together
				v.Refused = append(v.Refused, codeFault(f, v.Format))
				continue
			}
			v.Form.Problems["code."+f.Code] = codeFault(f, v.Format)
		}
		isFine := func(l page.CodeLine) int {
			if _, refused := v.Form.Problems["code."+l.Code]; refused {
				return 0
			}
			return 1
		}
		slices.SortStableFunc(v.Rows, func(a, b page.CodeLine) int { return cmp.Compare(isFine(a), isFine(b)) }) // or nobody would see it in a long map
	}
	return s.render(w, status, v)
}

// codeFault puts why a code was refused in words.
func codeFault(f payroll.CodeFault, of page.FormatInfo) page.Message {
	if f.Kind == payroll.FaultComponent && of.Example != "" {
		return page.Say("code-fault.component.example", of.Title, of.Example)
	}
	return page.Say("code-fault."+string(f.Kind), f.Other)
}

// postCodes stores the code map that was looked at.
func (s *Server) postCodes(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	codes := map[string]string{}
	for code, component := range codeFields(r) {
		if component != "" {
			codes[code] = component
		}
	}
	_, err = s.replaceCodes(r, number, codes)
	switch {
	case err == nil:
		return s.done(w, r, page.PathDestination+fmt.Sprint(number), notice{Key: "notice.saved"})
	case errors.Is(err, payroll.ErrCodes):
		return s.showCodes(w, r, http.StatusConflict, codes, err)
	case errors.Is(err, payroll.ErrInvalid):
		return s.showCodes(w, r, http.StatusUnprocessableEntity, codes, err)
	}
	return err
}

func codeFields(r *http.Request) map[string]string {
	_ = r.FormValue("seen") // parses the form
	return fieldsOf(r, "code.")
}

// replaceCodes stores codes over the version that the form was made of.
func (s *Server) replaceCodes(r *http.Request, destination int64, codes map[string]string) (m payroll.CodeMap, err error) {
	seen, err := strconv.Atoi(r.FormValue("seen"))
	if err != nil {
		return m, badRequest("the form is incomplete; open the page again")
	}
	return m, s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		m, err = payroll.ReplaceCodes(r.Context(), tx, callerOf(r.Context()).actor(), destination, seen, codes)
		return err
	})
}

func (s *Server) codeVersionsPage(w http.ResponseWriter, r *http.Request) error {
	v := &page.CodeVersions{Frame: s.frame(r)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		d, f, err := s.destinationAsked(r, tx)
		if err != nil {
			return err
		}
		v.Place = s.placeOf(r.Context(), d, f)
		versions, err := payroll.CodeVersions(r.Context(), tx, d.ID)
		if err != nil {
			return err
		}
		names, err := s.actorNames(r.Context(), tx)
		for i, m := range versions {
			line := page.CodeVersion{Version: m.Version, By: names.of(m.By), At: m.At.In(v.Now.Location()), Back: m.Back, Codes: len(m.Codes), Current: i == 0}
			var before map[string]string
			if i+1 < len(versions) {
				before = versions[i+1].Codes
			}
			line.Changes = mapChanges(before, m.Codes)
			v.Rows = append(v.Rows, line)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

func mapChanges(was, now map[string]string) []page.CodeChange {
	return each(payroll.MapChanges(was, now), func(c payroll.MapChange) page.CodeChange { return page.CodeChange(c) })
}

// postCodeVersion goes back to an earlier version.
func (s *Server) postCodeVersion(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(r.FormValue("version"))
	if err != nil {
		return badRequest("the form is incomplete; open the page again")
	}
	to := page.PathDestination + fmt.Sprint(number)
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		_, err := payroll.RestoreCodes(r.Context(), tx, callerOf(r.Context()).actor(), number, version)
		return err
	})
	if err != nil {
		return s.refuse(w, r, to+page.DestinationVersions, err)
	}
	return s.done(w, r, to, notice{Key: "notice.codes-back", Values: []string{fmt.Sprint(version)}})
}

// codesFile gives the code map as a file, with the codes that lack a component:
// filled in, it can be imported.
func (s *Server) codesFile(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	var rows []payroll.CodeRow
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		rows, err = s.codeRows(r.Context(), tx, number, languageOf(r, callerOf(r.Context())))
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="tikklok-codes-`+fmt.Sprint(number)+`.csv"`)
	return payroll.WriteCodes(w, rows)
}

func (s *Server) codeRows(ctx context.Context, tx pg.Tx, destination int64, language string) ([]payroll.CodeRow, error) {
	b, err := s.codeBook(ctx, tx, destination)
	if err != nil {
		return nil, err
	}
	rows := make([]payroll.CodeRow, 0, len(b.ours()))
	for _, code := range b.ours() {
		meaning, err := s.pages.Text(language, b.rules.codeName(code))
		if err != nil {
			return nil, err
		}
		rows = append(rows, payroll.CodeRow{Code: code, Component: b.codes.Codes[code], Meaning: meaning})
	}
	return rows, nil
}

func (s *Server) codeImportPage(w http.ResponseWriter, r *http.Request) error {
	return s.showCodeImport(w, r, http.StatusOK, &page.CodeImport{})
}

func (s *Server) showCodeImport(w http.ResponseWriter, r *http.Request, status int, v *page.CodeImport) error {
	v.Frame = s.frame(r)
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		d, f, err := s.destinationAsked(r, tx)
		v.Place = page.Place{}
		if err == nil {
			v.Place = s.placeOf(r.Context(), d, f)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// postCodeImport shows what a file would change, and changes it once that was
// confirmed.
func (s *Server) postCodeImport(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	text, err := uploaded(r)
	if err != nil {
		return err
	}
	v := &page.CodeImport{CSV: text, Shown: true}
	if strings.TrimSpace(text) == "" {
		v.Shown, v.Form = false, page.Form{Problems: map[string]page.Message{"file": page.Say("problem.file")}}
		return s.showCodeImport(w, r, http.StatusUnprocessableEntity, v)
	}
	var codes map[string]string
	var faults payroll.CodeFaults
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		b, err := s.codeBook(r.Context(), tx, number)
		if err != nil {
			return err
		}
		codes, faults = readCodes(text, b)
		v.Seen, v.Changes, v.Shared = b.codes.Version, mapChanges(b.codes.Codes, codes), shared(codes)
		for _, f := range faults {
			v.Faults = append(v.Faults, page.CodeFault{Line: f.Line, Code: f.Code, Text: codeFault(f, formatInfo(b.format))})
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(faults) > 0:
		return s.showCodeImport(w, r, http.StatusUnprocessableEntity, v)
	case r.FormValue("confirm") != "yes":
		return s.showCodeImport(w, r, http.StatusOK, v)
	}
	to := page.PathDestination + fmt.Sprint(number)
	if _, err := s.replaceCodes(r, number, codes); err != nil {
		return s.refuse(w, r, to+page.DestinationImport, err)
	}
	return s.done(w, r, to, notice{Key: "notice.saved"})
}

// readCodes makes a code map of a file, or says what is wrong with its lines.
func readCodes(text string, b codeBook) (map[string]string, payroll.CodeFaults) {
	rows, faults := payroll.ReadCodes(strings.NewReader(text))
	codes, more := payroll.CodesOf(b.destination, rows, b.ours())
	faults = append(faults, more...)
	slices.SortStableFunc(faults, func(a, b payroll.CodeFault) int { return cmp.Compare(a.Line, b.Line) })
	return codes, faults
}
