package api

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// ruling is what a person decided about one card: a decision, of all taps of a
// fob's day, or as an employee asked.
type ruling struct {
	hours.Decision
	fob     *hours.FobTaps
	fobDay  calendar.Date
	request int64
}

// answerOf reads the values of a card's form, or of one that was picked. What
// a person can mend is a problem of the form.
func (s *Server) answerOf(ctx context.Context, value func(string) string, form page.Form) (a ruling, err error) {
	a.Decision = hours.Decision{
		Kind: hours.DecisionKind(value("kind")), Tap: hours.TapID(value("tap")), Mode: hours.Mode(form.Values["mode"]), Code: value("code"),
		About: hours.ExceptionKind(value("answers")), Proposed: value("proposed") == "yes", Reason: form.Values["reason"],
	}
	for _, n := range []struct {
		to   *int64
		name string
	}{{&a.Employee, "employee"}, {&a.Site, "site"}, {&a.request, "request"}} {
		if *n.to, err = optionalID(value(n.name)); err != nil {
			return a, err
		}
	}
	if on := value("on"); on != "" {
		if a.Day, err = calendar.ParseDate(on); err != nil {
			return a, badRequest("the form is incomplete; open the day again")
		}
	}
	if a.Kind == hours.Absent {
		a.Reason = hours.AbsentReason // it is not asked (OB-P2)
	}
	if len(a.Reason) < 1 || len(a.Reason) > 500 {
		form.Problems["reason"] = page.Say("problem.reason")
	}
	if err := a.when(value, form); err != nil {
		return a, err
	}
	if value("fob") != "" {
		return a, s.aboutFob(ctx, &a, value, form)
	}
	return a, nil
}

// when reads the instant, or the minutes, that a decision needs.
func (a *ruling) when(value func(string) string, form page.Form) (err error) {
	switch moment := value("moment"); {
	case a.Kind == hours.Absent || a.Kind == hours.AddMinutes:
		return a.length(value, form)
	case moment != "":
		if a.At, err = time.Parse(time.RFC3339Nano, moment); err != nil {
			return badRequest("the form is incomplete; open the day again")
		}
	case a.Kind == hours.AddPunch || a.Kind == hours.SetTime:
		a.At, err = clockNear(form, value("near"), a.Mode)
	}
	return err
}

// length reads minutes, as they were proposed or typed: "7:36", "-0:30".
func (a *ruling) length(value func(string) string, form page.Form) (err error) {
	if text := value("minutes"); text != "" {
		if a.Minutes, err = strconv.Atoi(text); err != nil {
			return badRequest("the form is incomplete; open the day again")
		}
		return nil
	}
	minutes, ok := parseLength(form.Values["length"])
	if !ok || a.Kind == hours.Absent && minutes < 1 {
		form.Problems["length"] = page.Say("problem.length")
	}
	a.Minutes = minutes
	return nil
}

// parseLength reads "7:36", "-0:30", "8" or "7,5" (hours) as minutes, within a
// day and not 0.
func parseLength(text string) (minutes int, ok bool) {
	text = strings.NewReplacer("−", "-", ",", ".", " ", "").Replace(text)
	text, negative := strings.CutPrefix(strings.TrimPrefix(text, "+"), "-")
	whole, part, colon := strings.Cut(text, ":")
	if colon {
		h, err1 := strconv.ParseUint(whole, 10, 8)
		m, err2 := strconv.ParseUint(part, 10, 8)
		minutes, ok = int(h*60+m), err1 == nil && err2 == nil && m < 60 && len(part) == 2
	} else {
		f, err := strconv.ParseFloat(text, 64)
		minutes, ok = int(f*60+0.5), err == nil && f >= 0 && f <= 24
	}
	if negative {
		minutes = -minutes
	}
	return minutes, ok && minutes != 0 && minutes >= -1440 && minutes <= 1440
}

// aboutFob reads which taps are meant, and by what was typed whose they are.
func (s *Server) aboutFob(ctx context.Context, a *ruling, value func(string) string, form page.Form) (err error) {
	if a.fob, err = parseFobTaps(value("fob")); err != nil {
		return err
	}
	if a.fobDay, err = calendar.ParseDate(value("day")); err != nil {
		return badRequest("the form is incomplete; open the page again")
	}
	if a.Kind != hours.AssignTap || a.Employee != 0 {
		return nil
	}
	number, _, _ := strings.Cut(form.Values["number"], " ")
	err = s.inTenant(ctx, func(tx pg.Tx) error {
		e, err := people.EmployeeByNumber(ctx, tx, number)
		a.Employee = e.ID
		return err
	})
	if errors.Is(err, people.ErrNotFound) {
		form.Problems["number"] = page.Say("problem.employee-number")
		return nil
	}
	return err
}

// fobTapsID names a fob's taps in a form: "version.token", the latter in
// hexadecimal. It is no number (I7).
func fobTapsID(f *hours.FobTaps) string {
	return strconv.FormatUint(uint64(f.KeyVersion), 10) + "." + hex.EncodeToString(f.Token[:])
}

func parseFobTaps(text string) (*hours.FobTaps, error) {
	version, token, _ := strings.Cut(text, ".")
	v, err1 := strconv.ParseUint(version, 10, 15)
	raw, err2 := hex.DecodeString(token)
	f := &hours.FobTaps{KeyVersion: uint32(v)}
	if err1 != nil || err2 != nil || len(raw) != len(f.Token) {
		return nil, badRequest("the form is incomplete; open the page again")
	}
	copy(f.Token[:], raw)
	return f, nil
}

// answer records what was decided, all or none, and gives the decisions.
func (s *Server) answer(ctx context.Context, answers ...ruling) (made []int64, err error) {
	made, err = s.record(ctx, answers...)
	if err == nil {
		s.recompute(ctx)
	}
	return made, err
}

// record is answer without computing what follows.
func (s *Server) record(ctx context.Context, answers ...ruling) (made []int64, err error) {
	return made, s.inTenant(ctx, func(tx pg.Tx) error {
		made = nil
		for _, a := range answers {
			if a.fob != nil && ofSomeHirers(ctx) {
				return errForbidden // whose a fob's taps are concerns others too
			}
			if err := s.reachesDecision(ctx, tx, a.Decision); err != nil {
				return err
			}
			ids, err := a.take(ctx, tx, callerOf(ctx).actor(), s.cfg.Now())
			if err != nil {
				return err
			}
			made = append(made, ids...)
		}
		return nil
	})
}

func (a ruling) take(ctx context.Context, tx pg.Tx, by audit.Actor, now time.Time) ([]int64, error) {
	d := a.Decision
	d.By = by
	switch {
	case a.fob != nil:
		return hours.DecideFob(ctx, tx, *a.fob, a.fobDay, d, now)
	case a.request != 0:
		made, err := hours.Grant(ctx, tx, a.request, d, now)
		return []int64{made}, err
	}
	made, err := hours.Decide(ctx, tx, d, now)
	return []int64{made}, err
}
