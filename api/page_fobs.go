package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) fobsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showFobs(w, r, http.StatusOK, page.Form{}, "")
}

func (s *Server) showFobs(w http.ResponseWriter, r *http.Request, status int, form page.Form, of string) error {
	f, q := s.frame(r), r.URL.Query()
	v := &page.Fobs{Frame: f, Search: q.Get("q"), Status: q.Get("status"), Counts: map[string]int{}, Form: form, FormFor: of}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		fobs, err := fleet.Fobs(r.Context(), tx)
		if err != nil {
			return err
		}
		names, err := employeeNames(r.Context(), tx)
		if err != nil {
			return err
		}
		unknown, err := unknownFobs(r.Context(), tx)
		if err != nil {
			return err
		}
		taps, err := hours.LastTaps(r.Context(), tx)
		if err != nil {
			return err
		}
		v.Unknown = unknownLines(unknown, f.Now.Location())
		for _, fob := range fobs {
			row := fobRow(fob, names, taps, f.Now.Location())
			v.Counts[row.Status]++
			v.Counts[""]++
			if (v.Status == "" || v.Status == row.Status) && people.Found(v.Search, row.Label, row.Holder) {
				v.Rows = append(v.Rows, row)
			}
		}
		v.Employees, err = employeeOptions(r.Context(), tx, f.Now)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func employeeNames(ctx context.Context, tx pg.Tx) (map[int64]string, error) {
	all, err := people.Employees(ctx, tx)
	names := map[int64]string{}
	for _, e := range all {
		names[e.ID] = nameOf(e.Surname, e.FirstName)
	}
	return names, err
}

// employeeOptions are those who work here, for a choice.
func employeeOptions(ctx context.Context, tx pg.Tx, now time.Time) ([]page.Option, error) {
	all, err := people.Employees(ctx, tx)
	var options []page.Option
	for _, e := range all {
		if !gone(e, now) {
			options = append(options, page.Option{Value: strconv.FormatInt(e.ID, 10), Label: nameOf(e.Surname, e.FirstName) + " · " + e.Number})
		}
	}
	return options, err
}

func fobRow(fob fleet.Fob, names map[int64]string, taps map[int64]time.Time, zone *time.Location) page.Fob {
	row := page.Fob{ID: fob.ID, Label: fob.Label, Status: string(fob.Status)}
	if at, ok := taps[fob.ID]; ok {
		row.LastTap = at.In(zone)
	}
	if fob.Holder != nil {
		row.Employee, row.Holder, row.Since = fob.Holder.Employee, names[fob.Holder.Employee], fob.Holder.From.In(zone)
	}
	return row
}

func unknownLines(unknown []hours.UnknownTap, zone *time.Location) []page.UnknownFob {
	return each(unknown, func(u hours.UnknownTap) page.UnknownFob {
		return page.UnknownFob{Token: tokenID(u.KeyVersion, u.Token), Key: u.KeyVersion, Taps: u.Count, Reader: u.ReaderName, Site: u.SiteName,
			First: u.First.In(zone), Last: u.Last.In(zone)}
	})
}

// postFobNew puts a fob in stock by its number, which goes no further (I7).
func (s *Server) postFobNew(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "label", "number")
	number, err := parseEM4100(strings.ReplaceAll(form.Values["number"], " ", ""))
	if err != nil || len(form.Values["number"]) < 10 {
		form.Problems["number"] = page.Say("problem.fob-number")
	}
	if form.Values["label"] == "" {
		form.Problems["label"] = page.Say("problem.required")
	}
	if !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			_, err := fleet.RegisterNumber(r.Context(), tx, callerOf(r.Context()).actor(), form.Values["label"], number)
			return err
		})
		if err == nil {
			s.recompute(r.Context())
			return s.done(w, r, page.PathFobs, notice{Key: "notice.fob-added", Values: []string{form.Values["label"]}})
		}
		if !fobProblem(form, err) {
			return err
		}
	}
	return s.showFobs(w, r, http.StatusUnprocessableEntity, form, "new")
}

// fobProblem puts what fleet refused beside the field that it is about.
func fobProblem(form page.Form, err error) bool {
	switch {
	case errors.Is(err, fleet.ErrNameTaken), errors.Is(err, fleet.ErrNameLength):
		form.Problems["label"] = told(err)
	case errors.Is(err, fleet.ErrTokenTaken):
		form.Problems["number"] = told(err)
	}
	return form.Problem()
}

// fromOf is when an issue begins: now for today, else the day's midnight.
func fromOf(text string, now time.Time) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, now.Location())
	if err == nil && calendar.DateOf(day) == calendar.DateOf(now) {
		day = now
	}
	return day, err
}

func (s *Server) postFobIssue(w http.ResponseWriter, r *http.Request) error {
	fob, err1 := id(r.FormValue("fob"))
	employee, err2 := id(r.FormValue("employee"))
	from, err3 := fromOf(r.FormValue("from"), s.now(r))
	if err1 != nil || err2 != nil || err3 != nil {
		return s.done(w, r, page.PathFobs, notice{Bad: true, Key: "problem.required"})
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		return fleet.Issue(r.Context(), tx, callerOf(r.Context()).actor(), fob, employee, from)
	})
	if err != nil {
		return s.refuse(w, r, page.PathFobs, err)
	}
	return s.done(w, r, page.PathFobs, notice{Key: "notice.issued"})
}

func (s *Server) postFobReturn(w http.ResponseWriter, r *http.Request) error {
	fob, err := id(r.FormValue("fob"))
	if err != nil {
		return err
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		return fleet.Return(r.Context(), tx, callerOf(r.Context()).actor(), fob, s.cfg.Now(), r.FormValue("status"))
	})
	if err != nil {
		return s.refuse(w, r, page.PathFobs, err)
	}
	return s.done(w, r, page.PathFobs, notice{Key: "notice.returned"})
}

// postFobAssign adds a fob that was tapped, and gives it to somebody from the
// day on that the form names, so that its taps count (OB-H1).
func (s *Server) postFobAssign(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "token", "label", "employee", "from")
	version, token, err := parseTokenID(form.Values["token"])
	if err != nil {
		return err
	}
	from, err := time.ParseInLocation(time.DateOnly, form.Values["from"], s.now(r).Location())
	if err != nil {
		form.Problems["from"] = page.Say("problem.date")
	}
	if form.Values["label"] == "" {
		form.Problems["label"] = page.Say("problem.required")
	}
	employee, err := id(form.Values["employee"])
	if err != nil {
		form.Problems["employee"] = page.Say("problem.required")
	}
	if form.Problem() {
		return s.showFobs(w, r, http.StatusUnprocessableEntity, form, form.Values["token"])
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		fob, err := fleet.Register(r.Context(), tx, callerOf(r.Context()).actor(), form.Values["label"], version, []wire.Token{token})
		if err != nil || fob.Holder != nil && fob.Holder.Employee == employee { // it was only not seen under the new key (I7)
			return err
		}
		return fleet.Issue(r.Context(), tx, callerOf(r.Context()).actor(), fob.ID, employee, from)
	})
	if err != nil && fobProblem(form, err) {
		return s.showFobs(w, r, http.StatusUnprocessableEntity, form, form.Values["token"])
	}
	if err != nil {
		return s.refuse(w, r, page.PathFobs, err)
	}
	s.recompute(r.Context())
	return s.done(w, r, page.PathFobs, notice{Key: "notice.issued"})
}

// now is the present in the tenant's zone.
func (s *Server) now(r *http.Request) time.Time {
	return s.cfg.Now().In(zoneOf(callerOf(r.Context()).tenant.Zone))
}
