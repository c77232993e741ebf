package api

import (
	"context"
	"encoding/hex"
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
		names, err := accountNames(r.Context(), tx)
		if err != nil {
			return err
		}
		err = s.cfg.Payroll.Reconcile(r.Context(), tx)
		if v.Closed = errors.Is(err, payroll.ErrClosed); err != nil && !v.Closed {
			return err
		}
		v.Runs = each(runs, func(run payroll.Run) page.RunLine { return runLine(run, names, v.Now.Location()) })
		if chosen && s.may(r.Context(), "PreviewRun") {
			v.Preview, err = s.preview(r.Context(), tx, order)
		}
		return err
	})
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

func (s *Server) preview(ctx context.Context, tx pg.Tx, o payroll.Order) (*page.Preview, error) {
	p, err := payroll.Prepare(ctx, tx, o, s.cfg.Now())
	if err != nil {
		return nil, err
	}
	rules, err := rulesInForce(ctx, tx, o.Period.To)
	v := &page.Preview{
		People: p.Totals.People, Lines: p.Totals.Lines, Minutes: p.Totals.Worked(), Beside: beside(p.Totals.Beside()), Waiting: waiting(p, calendar.DateOf(s.cfg.Now())), Empty: p.Totals.Lines == 0,
		Totals: codeTotals(p.Totals, rules),
	}
	for _, c := range p.Totals.Codes {
		if c.Component == "" {
			v.Problems = append(v.Problems, page.Say("problem.unmapped", c.Code, page.Minutes(c.Minutes)))
		}
	}
	if p.Refused != "" {
		v.Problems = append(v.Problems, page.Plain(p.Refused))
	}
	return v, err
}

// waiting counts the weeks that could have been approved by now.
func waiting(p payroll.Preview, today calendar.Date) (n int) {
	for _, w := range p.Waiting {
		if w.Week.Sunday().Before(today) {
			n++
		}
	}
	return n
}

func codeTotals(t payroll.Totals, rules inForce) []page.CodeTotal {
	return each(t.Codes, func(c payroll.CodeTotal) page.CodeTotal {
		return page.CodeTotal{Code: c.Code, Name: rules.codeName(c.Code), Kind: string(c.Kind), Theirs: c.Component, Minutes: c.Minutes, Decimal: decimal(c.Hundredths)}
	})
}

func beside(kinds []payroll.KindTotal) []page.KindTotal {
	return each(kinds, func(k payroll.KindTotal) page.KindTotal {
		return page.KindTotal{Kind: string(k.Kind), Minutes: k.Minutes}
	})
}

// decimal writes hundredths of hours: 7,55.
func decimal(hundredths int) string {
	sign := ""
	if hundredths < 0 {
		sign, hundredths = "−", -hundredths
	}
	return fmt.Sprintf("%s%d,%02d", sign, hundredths/100, hundredths%100)
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

func accountNames(ctx context.Context, tx pg.Tx) (map[int64]string, error) {
	all, err := people.Accounts(ctx, tx)
	names := map[int64]string{}
	for _, a := range all {
		names[a.ID] = a.Name
	}
	return names, err
}

func runLine(r payroll.Run, names map[int64]string, zone *time.Location) page.RunLine {
	line := page.RunLine{
		ID: r.ID, Number: r.ID, Destination: r.Name, From: r.Period.From.In(zone), To: r.Period.To.In(zone), At: r.At.In(zone),
		By: names[r.By.ID], State: "ready", Hash: hex.EncodeToString(r.SHA256[:]), People: r.Totals.People, Lines: r.Totals.Lines,
		Minutes: r.Totals.Worked(), Beside: beside(r.Totals.Beside()), Pulled: in(r.Pulled, zone), VoidReason: r.VoidReason,
	}
	switch {
	case r.State == payroll.Void:
		line.State = "void"
	case r.State == payroll.Prepared:
		line.State = "closed"
	case r.Pulled != nil:
		line.State = "pulled"
	}
	return line
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

func (s *Server) runPage(w http.ResponseWriter, r *http.Request) error {
	return s.showRun(w, r, http.StatusOK, page.Form{})
}

func (s *Server) showRun(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	v := &page.Run{Frame: s.frame(r), Form: form}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		run, err := payroll.RunByID(r.Context(), tx, number)
		if err != nil {
			return err
		}
		names, err := accountNames(r.Context(), tx)
		if err != nil {
			return err
		}
		rules, err := rulesInForce(r.Context(), tx, run.Period.To)
		v.Run, v.Totals = runLine(run, names, v.Now.Location()), codeTotals(run.Totals, rules)
		lines, failed := payroll.RunLines(r.Context(), tx, number)
		v.Earlier, err = earlierPeriods(run, lines, v.Now.Location()), errors.Join(err, failed)
		v.MayVoid = run.State.May(payroll.Void) && s.may(r.Context(), "VoidRun")
		if run.State.Pullable() && s.may(r.Context(), "GetRunFile") {
			v.Run.File = run.FileName
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// earlierPeriods sums what a run pays of periods before its own: the period of
// origin beside the one of payment.
func earlierPeriods(run payroll.Run, lines []format.Line, zone *time.Location) (all []page.EarlierPeriod) {
	for _, l := range lines {
		if !l.Day.Before(run.Period.From) {
			continue
		}
		from, to := l.Period.From.In(zone), l.Period.To.In(zone)
		i := slices.IndexFunc(all, func(e page.EarlierPeriod) bool { return e.From.Equal(from) && e.To.Equal(to) })
		if i < 0 {
			i, all = len(all), append(all, page.EarlierPeriod{From: from, To: to})
		}
		all[i].Lines++
		all[i].Add(string(l.Kind), l.Minutes)
		if l.Corrects != 0 {
			all[i].Corrections++
		}
	}
	slices.SortFunc(all, func(a, b page.EarlierPeriod) int { return a.From.Compare(b.From) })
	return all
}

// runFile gives the same bytes as the API, and writes the pull down too.
func (s *Server) runFile(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	file, err := s.pull(r.Context(), number, r.Header.Get("If-None-Match"))
	if err != nil {
		return err
	}
	return file.VisitGetRunFileResponse(w)
}

func (s *Server) postVoid(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "reason")
	if n := len(form.Values["reason"]); n < 1 || n > 500 {
		form.Problems["reason"] = page.Say("problem.reason")
		return s.showRun(w, r, http.StatusUnprocessableEntity, form)
	}
	who, to := callerOf(r.Context()), page.PathRun+fmt.Sprint(number)
	if _, err := s.cfg.Payroll.Void(r.Context(), s.cfg.DB, who.tenant.ID, who.actor(), number, form.Values["reason"], s.cfg.Now()); err != nil {
		return s.refuse(w, r, to, err)
	}
	return s.done(w, r, to, notice{Key: "notice.voided"})
}
