package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	"tikklok/api/sla/report"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// issued are the reports that were handed out of the month, each with what is
// otherwise now.
func (m serviceMonth) issued() []page.ServiceIssue {
	now := m.report.Figures()
	return each(m.issues, func(i sla.Issue) page.ServiceIssue {
		changes, outcome := now.Since(i.Figures)
		v := page.ServiceIssue{Number: i.Number, At: i.At.In(m.report.From.Location()), Kind: string(i.By.Kind), By: m.by(i.By), Hash: fmt.Sprintf("%x", i.Hash),
			Says: outcomeOf(i.Figures), Changed: outcome || len(changes) > 0, Now: outcomeOf(now)}
		for _, c := range changes {
			v.Changes = append(v.Changes, page.Say("availability.changed."+string(c)))
		}
		v.Decided = m.decidedSince(i.At)
		return v
	})
}

// outcomeOf says what figures come to: each part's ratio and credit, with its days
// where there are several.
func outcomeOf(f sla.Figures) page.Parts {
	return each(f.Parts, func(p sla.FiguresPart) page.Message {
		if !p.Ratio().Known() {
			return page.Say("availability.paper.none")
		}
		if len(f.Parts) > 1 {
			return page.Say("availability.outcome.part", page.Share(p.Ratio()), p.Credit, page.Date(p.From.In(time.UTC)), page.Date(p.To.AddDays(-1).In(time.UTC)))
		}
		return page.Say("availability.outcome", page.Share(p.Ratio()), p.Credit)
	})
}

// decidedSince names the decisions that were taken after a moment and hold now.
func (m serviceMonth) decidedSince(moment time.Time) (out []page.Message) {
	for _, o := range m.report.Outages {
		for _, d := range []sla.Decision{o.Ruling.Supplier, o.Ruling.Customer} {
			if d.Cause != sla.Undecided && d.At.After(moment) {
				out = append(out, page.Say("availability.decided.since", page.Moment{At: d.At.In(o.From.Location())}, m.who(d), page.Moment{At: o.From}, page.Say("availability.cause."+string(d.Cause)), d.Reason))
			}
		}
	}
	return out
}

// who says whose word a decision is: the party, and the person where one signed in.
func (m serviceMonth) who(d sla.Decision) page.Message {
	party := page.Say("availability.party." + string(d.Party()))
	if name := m.by(d.By); name != "" && d.Party() == tenant.Customer {
		return page.Say("availability.party.named", party, name)
	}
	return party
}

// serviceReport sends the figures of a report as they were handed out: the bytes
// that its hash is of.
func (s *Server) serviceReport(w http.ResponseWriter, r *http.Request) error {
	month, err := sla.ParseMonth(r.FormValue("month"))
	if err != nil {
		return &problem{status: http.StatusUnprocessableEntity, detail: err.Error()}
	}
	var all []sla.Issue
	if err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		all, err = sla.Issues(r.Context(), tx, month)
		return err
	}); err != nil {
		return err
	}
	number, err := strconv.Atoi(r.FormValue("number"))
	if err != nil || number < 1 || number > len(all) {
		return &problem{status: http.StatusNotFound, detail: fmt.Sprintf("no report %.20q of %s was handed out; %d were", r.FormValue("number"), month, len(all))}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="service-%s-%d.json"`, month, number))
	_, err = w.Write(all[number-1].Body)
	return err
}

// postServiceReport hands the month's report out as it is now.
func (s *Server) postServiceReport(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), s.frame(r).Now
	month, err := sla.ParseMonth(r.FormValue("month"))
	if err != nil {
		return &problem{status: http.StatusUnprocessableEntity, detail: err.Error()}
	}
	err = s.inTenant(ctx, func(tx pg.Tx) error {
		_, _, err := report.HandOut(ctx, tx, month, now.Location(), callerOf(ctx).actor(), now)
		return err
	})
	back := page.PathService + "?month=" + month.String()
	if errors.Is(err, sla.ErrInvalid) {
		return s.done(w, r, back, notice{Bad: true, Key: "availability.problem.running"})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, back, notice{Key: "availability.report.done"})
}
