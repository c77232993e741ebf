package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/window"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

func (s *Server) incidentPage(w http.ResponseWriter, r *http.Request) error {
	return s.showIncident(w, r, http.StatusOK, &page.Incident{})
}

// showIncident shows one; v brings a form that was refused.
func (s *Server) showIncident(w http.ResponseWriter, r *http.Request, status int, v *page.Incident) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	v.Frame, v.May = s.frame(r), s.mayReport(r.Context())
	err = s.inTenant(r.Context(), func(tx pg.Tx) error { return fillIncident(r.Context(), tx, number, v) })
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func fillIncident(ctx context.Context, tx pg.Tx, number int64, v *page.Incident) error {
	i, err := incident.Get(ctx, tx, number)
	if err != nil {
		return err
	}
	names, err := accountNames(ctx, tx)
	if err != nil {
		return err
	}
	calls, err := incident.Calls(ctx, tx, number, 100)
	if err != nil {
		return err
	}
	told, err := incident.ToldOf(ctx, tx, number)
	if err != nil {
		return err
	}
	roster, err := incident.Roster(ctx, tx, v.Now)
	service, zone := window.Service(v.Now.Location()), v.Now.Location()
	v.IncidentLine, v.Duty = incidentLine(i, service, calls, roster, v.Now), onDuty(roster, v.Now)
	v.Channel, v.Report, v.Reported = string(i.Channel), page.IncidentReport(i.Report), i.Reported.In(zone)
	v.Extent, v.Hit, v.Users = string(i.Impact.Extent()), i.Impact.Hit, i.Impact.Users
	v.CutOff, v.Around, v.Disturbs = i.Impact.CutOff, i.Impact.Workaround, string(i.Impact.Disturbance)
	clock := i.Clock(service)
	v.Start, v.Waits, v.Agreed, v.Why = clock.Start.In(zone), clock.Waits, string(i.Priority), i.Why
	v.Written, v.By = i.At.In(zone), actorName(i.By, names)
	v.Steps = each(i.Steps, func(d incident.Step) page.IncidentDone {
		return page.IncidentDone{What: string(d.What), DoneAt: d.DoneAt.In(zone), Note: d.Note, Priority: string(d.Priority), Of: d.Of, Written: d.At.In(zone), By: actorName(d.By, names)}
	})
	v.Calls = each(calls, func(c incident.Call) page.IncidentCalled { return incidentCalled(c, zone) })
	v.Told = each(told, func(t incident.Told) page.IncidentTold {
		return page.IncidentTold{Step: t.Step, At: t.At.In(zone), Sent: t.Sent}
	})
	incidentForms(v, i)
	return err
}

func incidentCalled(c incident.Call, zone *time.Location) page.IncidentCalled {
	out := page.IncidentCalled{Step: c.Step, At: c.CalledAt.In(zone), Took: int(c.Took() / time.Second)}
	if !c.Answered.IsZero() {
		out.Answered = c.Answered.In(zone)
	}
	return out
}

func incidentForms(v *page.Incident, i incident.Incident) {
	v.Next = each(texts(i.Next()), func(what string) page.Option {
		return page.Option{Value: what, Label: "incident.step." + what, Chosen: v.Do.Values["what"] == what}
	})
	v.Others = append([]page.Option{{Label: "incident.no"}}, each(texts(i.Terms.Priorities()), func(p string) page.Option {
		return page.Option{Value: p, Label: "incident.priority." + p, Chosen: v.Do.Values["priority"] == p}
	})...)
	if v.Called.Values == nil {
		v.Called = page.Form{Values: map[string]string{"step": strconv.Itoa(max(1, v.Call))}}
	}
}

// postIncidentStep writes down what was done.
func (s *Server) postIncidentStep(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "what", "at", "note", "priority", "of")
	step := incident.Step{What: incident.StepKind(form.Values["what"]), DoneAt: s.incidentAt(r, form, "at"), Note: form.Values["note"], Priority: tenant.Priority(form.Values["priority"]),
		At: s.cfg.Now(), By: callerOf(r.Context()).actor()}
	if step.What == incident.Duplicate {
		step.Of = int64(incidentNumber(form, "of"))
	}
	if !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error { return incident.Do(r.Context(), tx, number, step) })
	}
	if besidesRefused(form, err, "incident", "what") || form.Problem() {
		return s.showIncident(w, r, http.StatusUnprocessableEntity, &page.Incident{Do: form})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("%s/%d", page.PathServiceIncidents, number), notice{Key: "notice.saved"})
}

// incidentAt reads a moment. A browser sends whole minutes: one that is this
// minute's is now, so that what is done in the minute in which an incident was
// found doesn't lie before it.
func (s *Server) incidentAt(r *http.Request, form page.Form, field string) time.Time {
	now := s.now(r)
	at := momentOf(form, field, now.Location())
	if at.Equal(now.Truncate(time.Minute)) {
		return now
	}
	return at
}

// postIncidentCall writes a call down.
func (s *Server) postIncidentCall(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "step", "called", "answered")
	zone := s.now(r).Location()
	call := incident.Call{Incident: number, Step: incidentNumber(form, "step"), CalledAt: momentOf(form, "called", zone), Answered: momentOf(form, "answered", zone)}
	if !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			return incident.NoteCall(r.Context(), tx, call, callerOf(r.Context()).actor(), s.cfg.Now())
		})
	}
	if besidesRefused(form, err, "incident", "step") || form.Problem() {
		return s.showIncident(w, r, http.StatusUnprocessableEntity, &page.Incident{Called: form})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("%s/%d", page.PathServiceIncidents, number), notice{Key: "notice.saved"})
}
