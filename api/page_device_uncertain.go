package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
)

// doubtShown is for how long a clock that was not believed is shown.
const doubtShown = 30 * 24 * time.Hour

// fieldTime is how a browser writes a date and time (HTML, "local date and
// time string"); the seconds may lack.
const fieldTime = "2006-01-02T15:04:05"

// uncertainSection fills the taps whose time waits for a person (I4).
func (s *Server) uncertainSection(ctx context.Context, tx pg.Tx, v *page.Devices) error {
	groups, more, err := hours.ListUncertain(ctx, tx)
	if err != nil {
		return err
	}
	clocks, err := hours.DoubtfulClocks(ctx, tx, s.cfg.Now().Add(-doubtShown).UnixMilli())
	if err != nil {
		return err
	}
	zone := v.Now.Location()
	v.Uncertain.Groups = each(groups, func(g hours.UncertainTaps) page.UncertainGroup { return uncertainGroup(g, zone) })
	v.Uncertain.More = more
	v.Uncertain.Clocks = each(clocks, func(c hours.DoubtfulClock) page.DoubtfulClock {
		return page.DoubtfulClock{Device: deviceName(v, c.Origin), Doubt: string(c.Doubt), Times: c.Pairs, At: time.UnixMilli(c.Found).In(zone)}
	})
	v.Uncertain.MayDecide = s.may(ctx, "DecideUncertainTaps")
	for i, g := range v.Uncertain.Groups {
		if g.Key == v.FormFor {
			v.Uncertain.Groups[i] = refilled(g, v.Form)
		}
	}
	return nil
}

// deviceName gives what a gateway is called; a reader with memory stands by
// its number, as on its case.
func deviceName(v *page.Devices, origin int64) string {
	for _, site := range v.Sites {
		for _, g := range site.Gateways {
			if g.ID == origin {
				return g.Name
			}
		}
	}
	return fmt.Sprintf("%x", origin)
}

func uncertainGroup(g hours.UncertainTaps, zone *time.Location) page.UncertainGroup {
	return page.UncertainGroup{
		Key: fmt.Sprintf("%s/%s/%d", g.Stream, g.Why, g.Reader), Reader: g.ReaderName, Site: g.SiteName, Why: string(g.Why),
		Taps: each(g.Taps, func(t hours.UncertainTap) page.UncertainTap { return uncertainTap(t, zone) }),
	}
}

func uncertainTap(t hours.UncertainTap, zone *time.Location) page.UncertainTap {
	at := func(ms int64) time.Time {
		if ms == 0 {
			return time.Time{}
		}
		return time.UnixMilli(ms).In(zone)
	}
	v := page.UncertainTap{
		Tap: string(t.Tap), Employee: t.Who.ID, Name: nameOf(t.Who.Surname, t.Who.FirstName), Number: t.Who.Number, Day: t.Day.In(zone),
		Shown: at(t.Placed()), Uncertainty: -1, Arrived: at(t.Arrived), Device: at(t.Device), Estimate: at(t.Estimate), Basis: string(t.Basis),
	}
	if t.Known != hours.KnownArrival && (hours.Instant{At: t.At, Uncertainty: t.Uncertainty}).Possible(t.Arrived) {
		v.Uncertainty = int(t.Uncertainty)
	}
	if !v.Estimate.IsZero() {
		v.At, v.Chosen = v.Estimate.Format(fieldTime), true
	}
	return v
}

// refilled shows a group's form as it was posted.
func refilled(g page.UncertainGroup, form page.Form) page.UncertainGroup {
	g.Form = form
	for i := range g.Taps {
		t := &g.Taps[i]
		at, posted := form.Values["at/"+t.Tap]
		if !posted {
			continue
		}
		t.At, t.Chosen = at, form.Values["chosen/"+t.Tap] != ""
		if p, wrong := form.Problems["at/"+t.Tap]; wrong {
			t.Problem = &p
		}
	}
	return g
}

// mostTaps is how many taps one form may hold.
const mostTaps = 500

// postUncertain gives the chosen taps their times, all or none, with one
// reason (I3, I4).
func (s *Server) postUncertain(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "group", "reason")
	if n := len(form.Values["reason"]); n < 1 || n > 500 {
		form.Problems["reason"] = page.Say("problem.reason")
	}
	var decisions []hours.Decision
	for n := range mostTaps {
		d, chosen, err := tapTime(r, form, strconv.Itoa(n), zoneOf(callerOf(r.Context()).tenant.Zone))
		if err != nil {
			return err
		}
		if chosen {
			decisions = append(decisions, d)
		}
	}
	if len(decisions) == 0 && !form.Problem() {
		form.Problems["reason"] = page.Say("problem.none-chosen")
	}
	if form.Problem() {
		return s.showDevices(w, r, http.StatusUnprocessableEntity, form, form.Values["group"])
	}
	made, err := s.decide(r.Context(), decisions...)
	if err != nil {
		return s.refuse(w, r, page.PathDevices, err)
	}
	return s.done(w, r, page.PathDevices, s.decidedNotice(r, made...))
}

// tapTime reads one line of the form. A time that was left as it was estimated
// is the estimate itself, to the millisecond.
func tapTime(r *http.Request, form page.Form, n string, zone *time.Location) (d hours.Decision, chosen bool, err error) {
	tap, at := r.FormValue("tap."+n), r.FormValue("at."+n)
	chosen = r.FormValue("chosen."+n) != ""
	if tap == "" {
		return d, false, nil
	}
	form.Values["at/"+tap], form.Values["chosen/"+tap] = at, r.FormValue("chosen."+n)
	if !chosen {
		return d, false, nil
	}
	d = hours.Decision{Kind: hours.SetTime, Tap: hours.TapID(tap), Reason: form.Values["reason"]}
	if d.Employee, err = id(r.FormValue("employee." + n)); err != nil {
		return d, false, err
	}
	if was, err := time.Parse(time.RFC3339Nano, r.FormValue("was."+n)); err == nil && was.In(zone).Format(fieldTime) == at {
		d.At, d.Proposed = was, true
		return d, true, nil
	}
	for _, layout := range []string{fieldTime, "2006-01-02T15:04"} {
		if d.At, err = time.ParseInLocation(layout, at, zone); err == nil {
			return d, true, nil
		}
	}
	form.Problems["at/"+tap] = page.Say("problem.datetime")
	return d, true, nil
}
