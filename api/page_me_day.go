package api

import (
	"errors"
	"net/http"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/wording"
	"tikklok/ingest/pg"
)

func (s *Server) meDayPage(w http.ResponseWriter, r *http.Request) error {
	date, err := calendar.ParseDate(r.PathValue("date"))
	if err != nil {
		return &problem{status: http.StatusNotFound, detail: "no such day"}
	}
	return s.showMeDay(w, r, http.StatusOK, date, page.Form{})
}

// showMeDay explains a day to whose it is, with the form to say that it is not
// right.
func (s *Server) showMeDay(w http.ResponseWriter, r *http.Request, status int, date calendar.Date, form page.Form) error {
	ctx, v := r.Context(), &page.MeDay{Frame: s.frame(r), Form: form}
	err := s.inTenant(ctx, func(tx pg.Tx) error {
		x, err := hours.Explain(ctx, tx, ownEmployee(ctx), date)
		if err != nil {
			return err
		}
		zone := zoneOf(x.Day.Zone)
		v.Day, v.Minutes, v.Picture = date.In(zone), x.Day.Minutes, pictureOf(x, zone, v.Now)
		v.Future = calendar.DateOf(v.Now.In(zone)).Before(date)
		x.Day.Exceptions = forEmployee(x.Day.Exceptions)
		said, err := wording.Of(x, v.Language, zone)
		if err != nil {
			return err
		}
		v.Why = whyOf(said)
		if err := audit.Append(ctx, tx, audit.Entry{Action: "day.open", SubjectKind: "employee", SubjectID: x.Who.ID,
			By: callerOf(ctx).actor(), Payload: map[string]any{"day": date}}); err != nil { // OB-C4
			return err
		}
		asked, err := hours.RequestsOf(ctx, tx, x.Who.ID)
		v.Asked = requestLines(asked, zone, func(q hours.Request) bool { return q.Day == date })
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// whyOf is what an employee reads of an explanation: not the rules' versions,
// which the office has.
func whyOf(said wording.Day) page.MeWhy {
	why := page.MeWhy{Questions: said.Questions, Planned: said.Planned, Notes: said.Notes}
	why.Taps = each(said.Taps, func(t wording.Tap) page.TapLine {
		return page.TapLine{At: t.At, What: t.What, Where: t.Where, Known: t.Known, Counts: t.Counts}
	})
	for _, s := range said.Steps {
		if s.Kind != hours.StepTotal && s.Kind != hours.StepCode {
			why.Steps = append(why.Steps, page.CountLine{Text: s.Text, Minutes: s.Minutes, Open: s.Open, Beside: s.Beside})
		}
	}
	why.Lines = each(said.Lines, func(l wording.Line) page.CountLine { return page.CountLine{Text: l.Text, Minutes: l.Minutes} })
	why.Decisions = each(said.Decisions, func(d wording.Decision) page.MeDecision {
		return page.MeDecision{Text: d.Text, By: d.By, Undone: d.Undone}
	})
	return why
}

// postMeAsk records what an employee asks to have corrected.
func (s *Server) postMeAsk(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "day", "what", "at", "text")
	date, err := calendar.ParseDate(form.Values["day"])
	if err != nil {
		return wrongField("day", err.Error())
	}
	q := hours.Request{Employee: ownEmployee(r.Context()), Day: date, What: hours.RequestKind(form.Values["what"]), Text: form.Values["text"]}
	if err := s.askOf(r, &q, form); err != nil {
		return err
	}
	if form.Problem() {
		return s.showMeDay(w, r, http.StatusUnprocessableEntity, date, form)
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		_, err := hours.AskCorrection(r.Context(), tx, q, callerOf(r.Context()).actor(), s.cfg.Now())
		return err
	})
	switch {
	case errors.Is(err, hours.ErrState):
		form.Problems["what"] = page.Say("problem.me-many")
	case errors.Is(err, hours.ErrFuture):
		form.Problems["at"] = page.Say("problem.me-future")
	case errors.Is(err, hours.ErrInvalid):
		form.Problems["what"] = page.Say("problem.me-refused")
	case err != nil:
		return err
	}
	if form.Problem() {
		return s.showMeDay(w, r, http.StatusUnprocessableEntity, date, form)
	}
	s.leave(r.Context(), notice{Key: "notice.me-asked"})
	http.Redirect(w, r, page.PathMeDay+date.String(), http.StatusSeeOther)
	return nil
}

// mostAskedText is how many bytes a question may hold (OB-P2).
const mostAskedText = 300

// askOf reads when it was, in the zone of the day; what can be mended is a
// problem of the form.
func (s *Server) askOf(r *http.Request, q *hours.Request, form page.Form) error {
	switch {
	case len(q.Text) > mostAskedText:
		form.Problems["text"] = page.Say("problem.me-long")
	case q.What == hours.RequestOther && q.Text == "":
		form.Problems["text"] = page.Say("problem.me-text")
	}
	switch q.What {
	case hours.RequestIn, hours.RequestOut, hours.RequestBreak, hours.RequestOther:
	default:
		form.Problems["what"] = page.Say("problem.me-what")
		return nil
	}
	if form.Values["at"] == "" {
		if q.What != hours.RequestOther {
			form.Problems["at"] = page.Say("problem.me-at")
		}
		return nil
	}
	clock, err := time.Parse("15:04", form.Values["at"])
	if err != nil {
		form.Problems["at"] = page.Say("problem.me-at")
		return nil
	}
	return s.inTenant(r.Context(), func(tx pg.Tx) error {
		x, err := hours.Explain(r.Context(), tx, q.Employee, q.Day)
		if err != nil {
			return err
		}
		q.At = onDay(x.Day, zoneOf(x.Day.Zone), clock, q.What)
		return nil
	})
}

// onDay gives an instant of a time on the wall; an end before the day's first
// tap is of a shift over midnight.
func onDay(d hours.Day, zone *time.Location, clock time.Time, what hours.RequestKind) time.Time {
	at := time.Date(d.Date.Year, d.Date.Month, d.Date.Day, clock.Hour(), clock.Minute(), 0, 0, zone)
	if len(d.Punches) > 0 && what != hours.RequestIn && at.Before(d.Punches[0].Time()) && d.Punches[0].Time().In(zone).Hour() >= 12 {
		return time.Date(d.Date.Year, d.Date.Month, d.Date.Day+1, clock.Hour(), clock.Minute(), 0, 0, zone)
	}
	return at
}
