package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/pg"
)

func hoursText(w window.Window) page.Message {
	days := "other"
	switch w.Days {
	case window.MondayToFriday:
		days = "week"
	case window.EveryDay:
		days = "all"
	}
	if w.Holidays && days != "other" {
		days += "-all"
	}
	return page.Say("availability.hours.now", page.Say("availability.hours."+days), clockOf(w.From), clockOf(w.To))
}

func clockOf(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

func hoursForm(o sla.Office, now time.Time) page.Form {
	f := page.Form{Values: map[string]string{"month": sla.MonthOf(now).String(), "opens": clockOf(o.Window.From), "closes": clockOf(o.Window.To % (24 * 60)), "days": "week"}}
	if o.Window.Days == window.EveryDay {
		f.Values["days"] = "all"
	}
	if o.Window.Holidays {
		f.Values["holidays"] = "yes"
	}
	return f
}

// postServiceHours records what office hours are from a month on.
func (s *Server) postServiceHours(w http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), formOf(r, "month", "opens", "closes", "days", "holidays")
	now := s.frame(r).Now
	o, err := officeOf(form, now.Location())
	if err == nil {
		o.By = callerOf(ctx).actor()
		err = s.inTenant(ctx, func(tx pg.Tx) error { return sla.PutOffice(ctx, tx, o, now) })
	}
	if errors.Is(err, sla.ErrInvalid) {
		form.Problems["month"] = page.Say("availability.problem.hours")
		r.Form.Del("month") // the page shows the month that runs
		return s.showService(w, r, http.StatusUnprocessableEntity, func(v *page.Service) { v.HoursForm = form })
	}
	if err != nil {
		return err
	}
	return s.done(w, r, page.PathService, notice{Key: "availability.hours.done"})
}

// officeOf reads the form of office hours; what can't be read is
// sla.ErrInvalid. Closing at 00:00 is closing at the end of the day.
func officeOf(form page.Form, zone *time.Location) (o sla.Office, err error) {
	if o.Month, err = sla.ParseMonth(form.Values["month"]); err != nil {
		return o, fmt.Errorf("%w: %w", sla.ErrInvalid, err)
	}
	opens, err := time.Parse("15:04", form.Values["opens"])
	if err != nil {
		return o, fmt.Errorf("%w: opens at %.10q", sla.ErrInvalid, form.Values["opens"])
	}
	closes, err := time.Parse("15:04", form.Values["closes"])
	if err != nil {
		return o, fmt.Errorf("%w: closes at %.10q", sla.ErrInvalid, form.Values["closes"])
	}
	o.Window = window.Window{From: opens.Hour()*60 + opens.Minute(), To: closes.Hour()*60 + closes.Minute(), Days: window.MondayToFriday, Holidays: form.Values["holidays"] == "yes", Zone: zone}
	if o.Window.To == 0 {
		o.Window.To = 24 * 60
	}
	if form.Values["days"] == "all" {
		o.Window.Days = window.EveryDay
	}
	return o, nil
}
