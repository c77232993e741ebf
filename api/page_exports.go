package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/payroll"
	"tikklok/payroll/format"
)

func (s *Server) exportsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showExports(w, r, http.StatusOK, page.Form{})
}

func (s *Server) showExports(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Exports{Frame: s.frame(r), Form: form}
	v.Formats = formatChoices()
	order, chosen := orderAsked(r, v.Now)
	v.Chosen, v.From, v.To = order.Destination, order.Period.From.In(v.Now.Location()), order.Period.To.In(v.Now.Location())
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		if v.Destinations, err = destinationLines(r.Context(), tx, v.Now); err != nil {
			return err
		}
		runs, err := payroll.Runs(r.Context(), tx, 0)
		if err != nil {
			return err
		}
		names, err := s.actorNames(r.Context(), tx)
		if err != nil {
			return err
		}
		err = s.cfg.Payroll.Reconcile(r.Context(), tx)
		if v.Closed = errors.Is(err, payroll.ErrClosed); err != nil && !v.Closed {
			return err
		}
		v.Runs = each(runs, func(run payroll.Run) page.RunLine { return runLine(run, names, v.Now.Location()) })
		return nil
	})
	if err == nil && chosen && s.may(r.Context(), "PreviewRun") {
		err = s.asOf(r.Context(), func(tx pg.Tx) (err error) { v.Preview, err = s.preview(r.Context(), tx, order); return err })
	}
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// orderAsked is what the address asks for, else the month before this one.
func orderAsked(r *http.Request, now time.Time) (payroll.Order, bool) {
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	o := payroll.Order{Period: calendar.Period{From: calendar.DateOf(first.AddDate(0, -1, 0)), To: calendar.DateOf(first.AddDate(0, 0, -1))}}
	from, err1 := calendar.ParseDate(r.FormValue("from"))
	to, err2 := calendar.ParseDate(r.FormValue("to"))
	if err1 == nil && err2 == nil && !to.Before(from) {
		o.Period = calendar.Period{From: from, To: to}
	}
	destination, err := id(r.FormValue("destination"))
	o.Destination = destination
	return o, err == nil && err1 == nil && err2 == nil
}

func codeTotals(t payroll.Totals, rules inForce) []page.CodeTotal {
	return each(t.Codes, func(c payroll.CodeTotal) page.CodeTotal {
		return page.CodeTotal{Code: c.Code, Name: rules.codeName(c.Code), Kind: string(c.Kind), Theirs: c.Component, Minutes: c.Minutes, Hundredths: c.Hundredths}
	})
}

func beside(kinds []payroll.KindTotal) []page.KindTotal {
	return each(kinds, func(k payroll.KindTotal) page.KindTotal {
		return page.KindTotal{Kind: string(k.Kind), Minutes: k.Minutes}
	})
}

// inForce are the rules of a day, and the codes that they can give.
type inForce struct {
	rules rule.Rules
	codes []rule.CodeUse
}

func rulesInForce(ctx context.Context, tx pg.Tx, day calendar.Date) (inForce, error) {
	book, err := rulesBook(ctx, tx)
	if err != nil {
		return inForce{}, err
	}
	return inForce{book.At(day).Set.Rules, book.Codes(day)}, nil
}

// codeName says when a code holds, or which rule gives it.
func (f inForce) codeName(code string) page.Message {
	var all page.Parts
	for _, b := range f.rules.Bands {
		if b.Code == code {
			all = append(all, bandWhen(b))
		}
	}
	if len(all) > 0 {
		return page.Say("plain", all)
	}
	for _, o := range f.rules.Overtime {
		if o.Code == code {
			return page.Say("rule.code.overtime", overtimeWords(o).Values[1:]...)
		}
	}
	for _, u := range f.codes {
		switch {
		case u.Code != code || u.Field == "bands": // of a part of the tenant: its times are not everybody's
		case u.Field == "normal_code":
			return page.Say("rule.normal")
		default:
			return page.Say("rule.label." + u.Field)
		}
	}
	return page.Message{}
}

func destinationLines(ctx context.Context, tx pg.Tx, now time.Time) ([]page.DestinationLine, error) {
	all, err := payroll.Destinations(ctx, tx)
	if err != nil {
		return nil, err
	}
	runs, err := payroll.Runs(ctx, tx, 0)
	if err != nil {
		return nil, err
	}
	rules, err := rulesInForce(ctx, tx, calendar.DateOf(now))
	if err != nil {
		return nil, err
	}
	var lines []page.DestinationLine
	for _, d := range all {
		f, err := format.ByName(d.Format)
		if err != nil {
			return nil, err
		}
		b := codeBook{destination: d, format: f, rules: rules}
		if b.waiting, err = waitingCodes(ctx, tx, d.ID, calendar.DateOf(now)); err != nil {
			return nil, err
		}
		if b.codes, err = payroll.Codes(ctx, tx, d.ID); err != nil {
			return nil, err
		}
		line := page.DestinationLine{ID: d.ID, Name: d.Name, Format: formatInfo(f), Codes: len(b.codes.Codes)}
		for _, l := range b.lines(b.codes.Codes) {
			if l.Missing {
				line.Unmapped++
			}
		}
		if i := slices.IndexFunc(runs, func(r payroll.Run) bool { return r.Destination == d.ID }); i >= 0 {
			line.LastRun = runs[i].At.In(now.Location())
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// accountNames gives what users are called, whom the answer then names (OB-C4).
func accountNames(ctx context.Context, tx pg.Tx) (map[int64]string, error) {
	readsUsers(ctx)
	all, err := people.Accounts(ctx, tx)
	names := map[int64]string{}
	for _, a := range all {
		names[a.ID] = a.Name
	}
	return names, err
}

func (s *Server) postRun(w http.ResponseWriter, r *http.Request) error {
	order, ok := orderAsked(r, s.now(r))
	if !ok {
		return s.done(w, r, page.PathExports, notice{Bad: true, Key: "problem.date"})
	}
	who := callerOf(r.Context())
	run, err := s.cfg.Payroll.Create(r.Context(), s.cfg.DB, who.tenant.ID, who.actor(), order, s.cfg.Now())
	if err != nil {
		return s.refuse(w, r, page.PathExports, err)
	}
	return s.done(w, r, page.PathRun+fmt.Sprint(run.ID), notice{Key: "notice.run"})
}
