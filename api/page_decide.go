package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
)

// postDecide records the answer to a card: a proposal as it is (moment), or a
// time of the day (at).
func (s *Server) postDecide(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "at", "mode", "reason", "length", "number")
	a, err := s.answerOf(r.Context(), r.FormValue, form)
	if err != nil {
		return err
	}
	if form.Problem() {
		return s.decideAgain(w, r, form)
	}
	made, err := s.answer(r.Context(), a)
	if err != nil {
		return s.refuse(w, r, page.PathTimesheets, err)
	}
	return s.done(w, r, page.PathTimesheets, s.decidedNotice(r, made...))
}

func (s *Server) decidedNotice(r *http.Request, decisions ...int64) notice {
	n := notice{Key: "notice.decided", Undo: page.PathUndo, Hidden: []page.Hidden{{Name: "back", Value: r.FormValue("back")}}}
	for _, made := range decisions {
		n.Hidden = append(n.Hidden, page.Hidden{Name: "decision", Value: strconv.FormatInt(made, 10)})
	}
	return n
}

// clockNear places a time of the day at the day of the tap it belongs to: an
// out comes after its in, and an in before its out, over midnight if need be.
func clockNear(form page.Form, near string, mode hours.Mode) (time.Time, error) {
	tap, err := time.Parse(time.RFC3339Nano, near)
	if err != nil {
		return tap, badRequest("the form is incomplete; open the day again")
	}
	clock, err := time.Parse("15:04", form.Values["at"])
	if err != nil {
		form.Problems["at"] = page.Say("problem.time")
		return tap, nil
	}
	at := time.Date(tap.Year(), tap.Month(), tap.Day(), clock.Hour(), clock.Minute(), 0, 0, tap.Location())
	switch {
	case mode == hours.Out && at.Before(tap):
		at = at.AddDate(0, 0, 1)
	case mode == hours.In && at.After(tap):
		at = at.AddDate(0, 0, -1)
	}
	return at, nil
}

// decideAgain shows the card with what was wrong.
func (s *Server) decideAgain(w http.ResponseWriter, r *http.Request, form page.Form) error {
	if strings.HasPrefix(r.FormValue("back"), page.PathExceptions) {
		return s.exceptionsAgain(w, r, form)
	}
	v, err := s.timesheets(r, backValues(r, ""))
	if err != nil {
		return err
	}
	if v.Panel != nil {
		for i, card := range v.Panel.Exceptions {
			if answered(card, r) {
				v.Panel.Exceptions[i].Form = form
			}
		}
		if r.FormValue("about") == "by-hand" {
			v.Panel.ByHand.Form, v.Panel.ByHand.For = form, r.FormValue("kind")
		}
	}
	return s.render(w, http.StatusUnprocessableEntity, v)
}

// answered says whether a form was that of a card.
func answered(card page.ExceptionCard, r *http.Request) bool {
	near := r.FormValue("near")
	return card.Kind == r.FormValue("about") && (near == "" || card.At.Format(time.RFC3339Nano) == near)
}

func (s *Server) postUndo(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badRequest("the form can't be read")
	}
	var decisions []int64
	for _, text := range r.Form["decision"] {
		n, err := id(text)
		if err != nil {
			return err
		}
		decisions = append(decisions, n)
	}
	if err := s.undo(r.Context(), decisions...); err != nil {
		return s.refuse(w, r, page.PathTimesheets, err)
	}
	return s.done(w, r, page.PathTimesheets, notice{Key: "notice.undone"})
}
