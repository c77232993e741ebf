package api

import (
	"net/http"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) registrationPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	day := q.Get("day")
	if day == "" {
		day = s.now(r).Format(time.DateOnly)
	}
	return s.showRegistration(w, r, http.StatusOK, page.Form{Values: map[string]string{"employee": q.Get("employee"), "day": day}})
}

func (s *Server) showRegistration(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Registration{Frame: s.frame(r), Form: form}
	if back := r.FormValue("back"); localPath(back) {
		v.Back = back
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		if v.Employees, err = employeeOptions(r.Context(), tx, v.Now); err != nil {
			return err
		}
		latest, err := hours.LatestManual(r.Context(), tx, 2*manualLines)
		v.Recent = manualLine(latest, v.Now.Location())
		return err
	})
	if err != nil {
		return err
	}
	for i := range v.Employees {
		v.Employees[i].Chosen = v.Employees[i].Value == form.Values["employee"]
	}
	return s.render(w, status, v)
}

// manualLines is how many registrations by hand the page shows.
const manualLines = 12

// manualLine puts the in and the out that were entered together in one line.
func manualLine(latest []hours.Manual, zone *time.Location) []page.ManualLine {
	var lines []page.ManualLine
	var last hours.Manual
	for _, m := range latest {
		together := len(lines) > 0 && m.Made.Equal(last.Made) && m.Employee == last.Employee && m.Undone == last.Undone
		if !together {
			lines = append(lines, page.ManualLine{
				At: m.Made.In(zone), By: m.ByName, Employee: m.Employee, Name: nameOf(m.Who.Surname, m.Who.FirstName), Reason: m.Reason, Undone: m.Undone,
			})
		}
		line := &lines[len(lines)-1]
		line.Day = m.At.In(zone)
		switch m.Mode {
		case hours.In:
			line.In = m.At.In(zone).Format("15:04")
		case hours.Out:
			line.Out = m.At.In(zone).Format("15:04")
		case hours.Break:
			line.Break = m.At.In(zone).Format("15:04")
		}
		last = m
	}
	return lines[:min(len(lines), manualLines)]
}

// postRegistration records a shift of somebody without a fob as decisions in
// the caller's name (I3).
func (s *Server) postRegistration(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "employee", "day", "in", "out", "reason")
	employee, err := id(form.Values["employee"])
	if err != nil {
		form.Problems["employee"] = page.Say("problem.required")
	}
	if n := len(form.Values["reason"]); n < 1 || n > 500 {
		form.Problems["reason"] = page.Say("problem.reason")
	}
	zone, err := s.zoneOfEmployee(r, employee)
	if err != nil {
		return err
	}
	in := clockOn(form, "in", zone)
	out := clockOn(form, "out", zone)
	if in.IsZero() && out.IsZero() && !form.Problem() {
		form.Problems["in"] = page.Say("problem.required")
	}
	if form.Problem() {
		return s.showRegistration(w, r, http.StatusUnprocessableEntity, form)
	}
	if !in.IsZero() && !out.IsZero() && !out.After(in) {
		out = out.AddDate(0, 0, 1)
	}
	made, err := s.decide(r.Context(), punches(employee, in, out, form.Values["reason"])...)
	if err != nil {
		return s.refuse(w, r, page.PathRegistration, err)
	}
	return s.done(w, r, page.PathRegistration, s.decidedNotice(r, made...))
}

// zoneOfEmployee is where the times of the form are to be read; an unknown
// employee is a problem of the form.
func (s *Server) zoneOfEmployee(r *http.Request, employee int64) (*time.Location, error) {
	zone := callerOf(r.Context()).tenant.Zone
	if employee == 0 {
		return zoneOf(zone), nil
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		e, err := people.EmployeeByID(r.Context(), tx, employee)
		if e.Zone != "" {
			zone = e.Zone
		}
		return err
	})
	return zoneOf(zone), err
}

// clockOn reads a time of the form's day; zero when it was left empty.
func clockOn(form page.Form, field string, zone *time.Location) time.Time {
	if form.Values[field] == "" {
		return time.Time{}
	}
	if _, err := time.Parse(time.DateOnly, form.Values["day"]); err != nil {
		form.Problems["day"] = page.Say("problem.date")
		return time.Time{}
	}
	at, err := time.ParseInLocation(time.DateOnly+" 15:04", form.Values["day"]+" "+form.Values[field], zone)
	if err != nil {
		form.Problems[field] = page.Say("problem.time")
	}
	return at
}

func punches(employee int64, in, out time.Time, reason string) []hours.Decision {
	var all []hours.Decision
	add := func(at time.Time, mode hours.Mode) {
		if !at.IsZero() {
			all = append(all, hours.Decision{Employee: employee, Kind: hours.AddPunch, At: at, Mode: mode, Reason: reason})
		}
	}
	add(in, hours.In)
	add(out, hours.Out)
	return all
}
