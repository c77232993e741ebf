package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) importPage(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, http.StatusOK, &page.Import{Frame: s.frame(r)})
}

// postImport shows what a file would do, and does it once that was confirmed.
func (s *Server) postImport(w http.ResponseWriter, r *http.Request) error {
	text, err := uploaded(r)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		form := page.Form{Problems: map[string]page.Message{"file": page.Say("problem.file")}}
		return s.render(w, http.StatusUnprocessableEntity, &page.Import{Frame: s.frame(r), Form: form})
	}
	rows, problems := people.ParseCSV(strings.NewReader(text))
	if r.FormValue("confirm") == "yes" && len(problems) == 0 {
		return s.importNow(w, r, rows)
	}
	v := &page.Import{Frame: s.frame(r), CSV: text, Shown: true, Bad: len(problems)}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		preview, err := people.CheckImport(r.Context(), tx, rows)
		v.New, v.Changed, v.Same = preview.Added, preview.Changed, preview.Same
		if err != nil {
			return err
		}
		known, err := people.Employees(r.Context(), tx)
		problems = append(problems, preview.Problems...)
		v.Bad, v.Rows = len(problems), importLines(rows, problems, known)
		return err
	})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, v)
}

func (s *Server) importNow(w http.ResponseWriter, r *http.Request, rows []people.Row) error {
	var done people.Preview
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		done, err = people.ImportEmployees(r.Context(), tx, callerOf(r.Context()).actor(), rows, nil, false)
		return err
	})
	if err != nil {
		return s.refuse(w, r, page.PathImport, err)
	}
	return s.done(w, r, page.PathPeople, notice{Key: "notice.imported", Values: []string{fmt.Sprint(done.Added + done.Changed)}})
}

// uploaded gives the file, or the lines that were pasted.
func uploaded(r *http.Request) (string, error) { return uploadedAs(r, "csv") }

// uploadedAs gives the file, or the lines that were pasted in a field.
func uploadedAs(r *http.Request, field string) (string, error) {
	file, _, err := r.FormFile("file")
	if err != nil {
		if !errors.Is(err, http.ErrMissingFile) && !errors.Is(err, http.ErrNotMultipart) {
			return "", badRequest("the file can't be read; choose it again")
		}
		return r.FormValue(field), nil
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil {
		return "", badRequest("the file can't be read; choose it again")
	}
	if len(raw) == 0 {
		return r.FormValue(field), nil
	}
	return string(raw), nil
}

// importLines puts good rows and problems in the order of the file.
func importLines(rows []people.Row, problems []people.Problem, known []people.Employee) []page.ImportRow {
	numbers := map[string]bool{}
	for _, e := range known {
		numbers[e.Number] = true
	}
	byLine, last := map[int]*page.ImportRow{}, 0
	for _, row := range rows {
		e := row.Employee
		change := "new"
		if numbers[e.Number] {
			change = "changed"
		}
		byLine[row.Line] = &page.ImportRow{Line: row.Line, Number: e.Number, Surname: e.Surname, First: e.FirstName, Email: e.Email,
			Contract: fmt.Sprintf("%d:%02d", e.ContractMinutes/60, e.ContractMinutes%60), From: e.From.Format(time.DateOnly), Change: change}
		last = max(last, row.Line)
	}
	for _, p := range problems {
		line := byLine[p.Line]
		if line == nil {
			line = &page.ImportRow{Line: p.Line}
			byLine[p.Line] = line
		}
		line.Change, line.Problems = "bad", append(line.Problems, importProblemOf(p))
		last = max(last, p.Line)
	}
	var all []page.ImportRow
	for n := range last + 1 {
		if line := byLine[n]; line != nil {
			all = append(all, *line)
		}
	}
	return all
}

// importProblemOf says what is wrong with a line, after the column it is in.
func importProblemOf(p people.Problem) page.Message {
	key := p.Kind
	if !strings.HasPrefix(key, "invalid.") {
		key = "import.problem." + key
	}
	said := page.Say(key, each(p.Values, func(n int) any { return n })...)
	if p.Column == "" {
		return said
	}
	return page.Say("import.problem.in", p.Column, said)
}
