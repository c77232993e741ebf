package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/leaving"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// leavingRoutes are what an employee's page has of leaving, with its grant.
func (s *Server) leavingRoutes(post func(path, operation string, h pageHandler)) {
	post(page.PathEmployee+":id"+page.EmployeeLeaving, "EndEmployment", s.postLeaving)
}

// employeeLeaving fills in how an employment ends, or the form that ends it.
func (s *Server) employeeLeaving(ctx context.Context, tx pg.Tx, v *page.Employee, e people.Employee) error {
	if !s.may(ctx, "GetLeaving") {
		return nil
	}
	own := callerOf(ctx).account
	v.Leaving.May = s.may(ctx, "EndEmployment") && (own == nil || own.Employee != e.ID)
	v.Leaving.Form = page.Form{Values: map[string]string{"last_day": v.Now.Format(time.DateOnly), "fobs": string(leaving.AfterLastShift)}}
	if e.Until != nil {
		v.Leaving.Form.Values["last_day"] = e.Until.Format(time.DateOnly)
	}
	keys, err := leaving.KeysOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		v.Leaving.Keys = append(v.Leaving.Keys, page.Option{Value: positive(k.ID), Label: k.Name})
	}
	l, err := leaving.Of(ctx, tx, e.ID)
	if errors.Is(err, people.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	zone := v.Now.Location()
	v.Leaving.Begun, v.Leaving.LastDay, v.Leaving.Fobs = true, *l.LastDay, string(l.Fobs)
	v.Leaving.Access, v.Leaving.Blocked = in(l.Access, zone), in(l.Blocked, zone)
	for _, f := range l.Held {
		v.Leaving.Held = append(v.Leaving.Held, page.LeftFob{Fob: f.ID, Label: f.Label, Status: f.Status, Back: in(f.Back, zone)})
	}
	return nil
}

// postLeaving ends an employment.
func (s *Server) postLeaving(w http.ResponseWriter, r *http.Request) error {
	who, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "last_day", "fobs")
	lastDay, err := time.Parse(time.DateOnly, form.Values["last_day"])
	if err != nil {
		form.Problems["last_day"] = page.Say("problem.date")
	}
	var keep []int64
	for _, text := range r.Form["keep"] {
		key, err := id(text)
		if err != nil {
			return err
		}
		keep = append(keep, key)
	}
	if !form.Problem() {
		_, err = s.endEmployment(r.Context(), leaving.Leaving{Employee: who, Fobs: leaving.Fobs(form.Values["fobs"]), KeepKeys: keep}, lastDay)
		switch {
		case err == nil:
			s.recompute(r.Context())
			return s.done(w, r, page.PathEmployee+r.PathValue("id"), notice{Key: "notice.leaving"})
		case errors.Is(err, leaving.ErrLastDay), errors.Is(err, leaving.ErrFobs):
			form.Problems["last_day"] = told(err)
		default:
			return s.refuse(w, r, page.PathEmployee+r.PathValue("id"), err)
		}
	}
	return s.showEmployee(w, r, http.StatusUnprocessableEntity, func(v *page.Employee) { v.Leaving.Form = form })
}
