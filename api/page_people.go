package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request) error {
	f, q := s.frame(r), r.URL.Query()
	v := &page.People{Frame: f, Search: q.Get("q"), Gone: q.Get("gone") != ""}
	var shown []int64
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		all, err := people.Employees(r.Context(), tx)
		if err != nil {
			return err
		}
		held, err := heldFobs(r.Context(), tx)
		if err != nil {
			return err
		}
		unknown, err := unknownFobs(r.Context(), tx)
		v.Unknown, v.Total = unknownLines(unknown, f.Now.Location()), len(all)
		for _, e := range all {
			if (v.Gone || !gone(e, f.Now)) && people.Found(v.Search, e.Surname, e.FirstName, e.Number, e.Email) {
				v.Rows = append(v.Rows, personRow(e, held[e.ID]))
				shown = append(shown, e.ID)
			}
		}
		readsAbout(r.Context(), shown...)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

// gone says whether the last working day has passed.
func gone(e people.Employee, now time.Time) bool {
	return e.Until != nil && calendar.DateOf(*e.Until).Before(calendar.DateOf(now))
}

// heldFobs gives the labels that each employee holds.
func heldFobs(ctx context.Context, tx pg.Tx) (map[int64][]string, error) {
	fobs, err := fleet.Fobs(ctx, tx)
	held := map[int64][]string{}
	for _, fob := range fobs {
		if fob.Holder != nil {
			held[fob.Holder.Employee] = append(held[fob.Holder.Employee], fob.Label)
		}
	}
	return held, err
}

func personRow(e people.Employee, fobs []string) page.Person {
	return page.Person{
		Employee: e.ID, Number: e.Number, Name: nameOf(e.Surname, e.FirstName), Email: e.Email, Fobs: fobs,
		Contract: e.ContractMinutes, From: e.From, Until: or(e.Until),
	}
}

// employeeFields are those of page.Employee's form.
var employeeFields = []string{"number", "surname", "first_name", "email", "zone", "contract", "from", "until", "birth_date"}

func (s *Server) employeeNewPage(w http.ResponseWriter, r *http.Request) error {
	form := page.Form{Values: map[string]string{"contract": "40:00", "from": s.now(r).Format(time.DateOnly)}}
	return s.showEmployeeNew(w, r, http.StatusOK, form)
}

func (s *Server) showEmployeeNew(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Employee{Frame: s.frame(r), Form: form, Zones: zones(form.Values["zone"], callerOf(r.Context()).tenant.Zone)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		if v.Agreed.Born, err = fieldPurpose(r.Context(), tx, people.OptionalBirthDate); err != nil {
			return err
		}
		v.Purpose, err = fieldPurpose(r.Context(), tx, people.OptionalFirstName)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func (s *Server) employeePage(w http.ResponseWriter, r *http.Request) error {
	return s.showEmployee(w, r, http.StatusOK, func(*page.Employee) {})
}

// showEmployee draws an employee as stored, but for what besides changes: a
// form as it was refused.
func (s *Server) showEmployee(w http.ResponseWriter, r *http.Request, status int, besides func(*page.Employee)) error {
	who, err := pathID(r)
	if err != nil {
		return err
	}
	f := s.frame(r)
	v := &page.Employee{Frame: f, ID: who}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		e, err := people.EmployeeByID(r.Context(), tx, who)
		if err != nil {
			return err
		}
		if v.Purpose, err = fieldPurpose(r.Context(), tx, people.OptionalFirstName); err != nil {
			return err
		}
		v.Title, v.Form, v.Zones = nameOf(e.Surname, e.FirstName), employeeForm(s.seen(r.Context(), e)), zones(e.Zone, callerOf(r.Context()).tenant.Zone)
		if s.may(r.Context(), "UpdateEmployee") {
			if v.Agreed.Born, err = fieldPurpose(r.Context(), tx, people.OptionalBirthDate); err != nil {
				return err
			}
		}
		if err := s.agreed(r.Context(), tx, v); err != nil {
			return err
		}
		if err := s.employeeAccount(r.Context(), tx, v, e); err != nil {
			return err
		}
		if err := s.employeeLeaving(r.Context(), tx, v, e); err != nil {
			return err
		}
		return s.employeeFobs(r.Context(), tx, v)
	})
	if err != nil {
		return err
	}
	besides(v)
	return s.render(w, status, v)
}

func (s *Server) employeeFobs(ctx context.Context, tx pg.Tx, v *page.Employee) error {
	fobs, err := fleet.Fobs(ctx, tx)
	if err != nil {
		return err
	}
	labels := map[int64]string{}
	for _, fob := range fobs {
		labels[fob.ID] = fob.Label
		if fob.Status == fleet.StatusInStock || fob.Status == fleet.StatusReturned {
			v.Stock = append(v.Stock, page.Option{Value: strconv.FormatInt(fob.ID, 10), Label: fob.Label})
		}
	}
	held, err := fleet.HeldBy(ctx, tx, v.ID)
	v.Fobs = each(held, func(h fleet.Holding) page.HeldFob { return heldFob(h, labels[h.Fob], v.Now.Location()) })
	return err
}

func heldFob(h fleet.Holding, label string, zone *time.Location) page.HeldFob {
	line := page.HeldFob{Fob: h.Fob, Label: label, From: h.From.In(zone)}
	if h.Until != nil {
		line.Until = h.Until.In(zone)
	}
	return line
}

func employeeForm(e people.Employee) page.Form {
	values := map[string]string{
		"number": e.Number, "surname": e.Surname, "first_name": e.FirstName, "email": e.Email, "zone": e.Zone,
		"contract": fmt.Sprintf("%d:%02d", e.ContractMinutes/60, e.ContractMinutes%60), "from": e.From.Format(time.DateOnly),
	}
	if e.Until != nil {
		values["until"] = e.Until.Format(time.DateOnly)
	}
	if e.Born != nil {
		values["birth_date"] = e.Born.Format(time.DateOnly)
	}
	return page.Form{Values: values}
}

// zones offers the tenant's zone, the employee's own, and a few of Europe.
func zones(own, tenant string) []page.Option {
	options := []page.Option{{Value: "", Label: tenant, Chosen: own == ""}}
	names := []string{"Europe/Amsterdam", "Europe/Brussels", "Europe/Berlin", "Europe/London", "Europe/Lisbon", "Europe/Warsaw", "Europe/Bucharest"}
	if own != "" && !slices.Contains(names, own) {
		names = append(names, own)
	}
	for _, name := range names {
		if name != tenant {
			options = append(options, page.Option{Value: name, Label: name, Chosen: name == own})
		}
	}
	return options
}

func (s *Server) postEmployeeNew(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, employeeFields...)
	e := employeeOf(form)
	if !form.Problem() {
		err := s.inTenant(r.Context(), func(tx pg.Tx) error {
			_, err := people.CreateEmployee(r.Context(), tx, callerOf(r.Context()).actor(), e)
			return err
		})
		if err == nil {
			return s.done(w, r, page.PathPeople, notice{Key: "notice.saved"})
		}
		if !besides(form, err) {
			return err
		}
	}
	return s.showEmployeeNew(w, r, http.StatusUnprocessableEntity, form)
}

func (s *Server) postEmployee(w http.ResponseWriter, r *http.Request) error {
	who, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, employeeFields...)
	e := employeeOf(form)
	e.ID = who
	if !form.Problem() {
		err := s.inTenant(r.Context(), func(tx pg.Tx) error {
			return people.UpdateEmployee(r.Context(), tx, callerOf(r.Context()).actor(), e)
		})
		if err == nil {
			return s.done(w, r, page.PathPeople, notice{Key: "notice.saved"})
		}
		if !besides(form, err) {
			return err
		}
	}
	return s.showEmployee(w, r, http.StatusUnprocessableEntity, func(v *page.Employee) { v.Form = form })
}

func employeeOf(form page.Form) people.Employee {
	v := form.Values
	e := people.Employee{Number: v["number"], Surname: v["surname"], FirstName: v["first_name"], Email: v["email"], Zone: v["zone"]}
	for _, field := range []string{"number", "surname", "from"} {
		if v[field] == "" {
			form.Problems[field] = page.Say("problem.required")
		}
	}
	var err error
	if e.ContractMinutes, err = contract(v["contract"]); err != nil {
		form.Problems["contract"] = page.Say("problem.hours")
	}
	if e.From, err = time.Parse(time.DateOnly, v["from"]); err != nil && v["from"] != "" {
		form.Problems["from"] = page.Say("problem.date")
	}
	if e.Born, err = optionalDay(v["birth_date"]); err != nil {
		form.Problems["birth_date"] = page.Say("problem.date")
	}
	if e.Until, err = optionalDay(v["until"]); err != nil {
		form.Problems["until"] = page.Say("problem.date")
	} else if e.Until != nil && e.Until.Before(e.From) {
		form.Problems["until"] = page.Say("problem.order")
	}
	return e
}

// contract reads 40, 36:30 or 36,5 hours as minutes.
func contract(text string) (int, error) {
	if h, m, ok := strings.Cut(text, ":"); ok {
		hour, err1 := strconv.ParseUint(h, 10, 8)
		minute, err2 := strconv.ParseUint(m, 10, 8)
		if err1 != nil || err2 != nil || minute > 59 {
			return 0, errors.New("not hours")
		}
		return int(hour*60 + minute), nil
	}
	hours, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil || !(hours >= 0 && hours <= 168) {
		return 0, errors.New("not hours")
	}
	return int(hours*60 + 0.5), nil
}
