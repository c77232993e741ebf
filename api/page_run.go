package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

// runSteps are the steps of a run that goes well.
var runSteps = []string{"prepared", "checked", "created", "delivered", "acknowledged"}

func runLine(r payroll.Run, names actors, zone *time.Location) page.RunLine {
	return page.RunLine{
		ID: r.ID, Number: r.ID, Destination: r.Name, From: r.Period.From.In(zone), To: r.Period.To.In(zone), At: r.At.In(zone),
		By: names.of(r.By), State: string(r.State), Hash: hex.EncodeToString(r.SHA256[:]), People: r.Totals.People, Lines: r.Totals.Lines,
		Minutes: r.Totals.Worked(), Beside: beside(r.Totals.Beside()), Pulled: in(r.Pulled, zone), VoidReason: r.VoidReason,
		MapVersion: r.MapVersion, DestinationID: r.Destination,
	}
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
	err = s.inTenant(r.Context(), func(tx pg.Tx) error { return s.readRun(r.Context(), tx, number, v) })
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func (s *Server) readRun(ctx context.Context, tx pg.Tx, number int64, v *page.Run) error {
	zone := v.Now.Location()
	run, err := payroll.RunByID(ctx, tx, number)
	if err != nil {
		return err
	}
	names, err := s.actorNames(ctx, tx)
	if err != nil {
		return err
	}
	rules, err := rulesInForce(ctx, tx, run.Period.To)
	if err != nil {
		return err
	}
	steps, err := payroll.Steps(ctx, tx, number)
	if err != nil {
		return err
	}
	earlier, err := payroll.EarlierOf(ctx, tx, number)
	if err != nil {
		return err
	}
	v.Run, v.Totals, v.Earlier = runLine(run, names, zone), codeTotals(run.Totals, rules), earlierPeriods(earlier, zone)
	v.Steps = stepsOf(run, steps, names, zone)
	if run.State.Pullable() && s.may(ctx, "GetRunFile") {
		v.Run.File = run.FileName
	}
	for _, next := range []payroll.RunState{payroll.Delivered, payroll.Acknowledged, payroll.Rejected} {
		if run.State.May(next) && s.may(ctx, "MarkRun") {
			v.Next = append(v.Next, string(next))
		}
	}
	v.MayVoid = run.State.May(payroll.Void) && s.may(ctx, "VoidRun")
	return nil
}

// stepsOf are the steps that a run took, and those that it has not.
func stepsOf(run payroll.Run, taken []payroll.Step, names actors, zone *time.Location) (all []page.RunStep) {
	for _, t := range taken {
		step := page.RunStep{Name: string(t.State), Done: true, At: t.At.In(zone), By: names.of(t.By), Reason: t.Reason,
			Wrong: t.State == payroll.Rejected || t.State == payroll.Void}
		all = append(all, step)
		if t.State == payroll.Prepared {
			all = append(all, page.RunStep{Name: "checked", Done: true, At: step.At}) // what stops a run keeps it from being prepared
		}
	}
	if run.State == payroll.Void || len(all) == 0 {
		return all
	}
	all[len(all)-1].Current = run.State == payroll.Rejected
	at := slices.Index(runSteps, string(run.State))
	if run.State == payroll.Rejected {
		at = slices.Index(runSteps, string(payroll.Created))
	}
	for i, name := range runSteps[at+1:] {
		all = append(all, page.RunStep{Name: name, Current: i == 0 && run.State != payroll.Rejected})
	}
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

// mark takes a run to a step that people or a package tell of.
func (s *Server) mark(ctx context.Context, number int64, next payroll.RunState, said string) (run payroll.Run, err error) {
	steps := map[payroll.RunState]func(context.Context, pg.Tx, audit.Actor, int64, string, time.Time) (payroll.Run, error){
		payroll.Delivered: s.cfg.Payroll.MarkDelivered, payroll.Acknowledged: s.cfg.Payroll.MarkAcknowledged, payroll.Rejected: s.cfg.Payroll.MarkRejected,
	}
	take, ok := steps[next]
	if !ok {
		return run, wrongField("state", "is delivered, acknowledged or rejected")
	}
	return run, s.inTenant(ctx, func(tx pg.Tx) (err error) {
		if run, err = reachedRun(ctx, tx, number); err == nil {
			run, err = take(ctx, tx, callerOf(ctx).actor(), number, said, s.cfg.Now())
		}
		return err
	})
}

func (s *Server) postRunStep(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	next := payroll.RunState(r.FormValue("state"))
	form := formOf(r, "reason-"+string(next))
	said := form.Values["reason-"+string(next)]
	if n := len([]rune(said)); n > 500 || n == 0 && next == payroll.Rejected {
		form.Problems["reason-"+string(next)] = page.Say("problem.reason")
		return s.showRun(w, r, http.StatusUnprocessableEntity, form)
	}
	to := page.PathRun + fmt.Sprint(number)
	if _, err := s.mark(r.Context(), number, next, said); err != nil {
		return s.refuse(w, r, to, err)
	}
	return s.done(w, r, to, notice{Key: "notice.run-" + string(next)})
}

func (s *Server) postVoid(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "reason")
	if n := len([]rune(form.Values["reason"])); n < 1 || n > 500 {
		form.Problems["reason"] = page.Say("problem.reason")
		return s.showRun(w, r, http.StatusUnprocessableEntity, form)
	}
	who, to := callerOf(r.Context()), page.PathRun+fmt.Sprint(number)
	if _, err := s.cfg.Payroll.Void(r.Context(), s.cfg.DB, who.tenant.ID, who.actor(), number, form.Values["reason"], s.cfg.Now()); err != nil {
		return s.refuse(w, r, to, err)
	}
	return s.done(w, r, to, notice{Key: "notice.voided"})
}
