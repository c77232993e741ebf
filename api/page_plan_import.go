package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// changesShown is how many changes of a file are listed.
const changesShown = 300

func (s *Server) planImportPage(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, http.StatusOK, &page.PlanImport{Frame: s.frame(r)})
}

// postPlanImport shows what a file would do, and does it once that was
// confirmed.
func (s *Server) postPlanImport(w http.ResponseWriter, r *http.Request) error {
	text, err := uploadedAs(r, "text")
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		form := page.Form{Problems: map[string]page.Message{"file": page.Say("problem.file")}}
		return s.render(w, http.StatusUnprocessableEntity, &page.PlanImport{Frame: s.frame(r), Form: form})
	}
	file, problems := plan.Parse(strings.NewReader(text), s.cfg.Now())
	v := &page.PlanImport{Frame: s.frame(r), Text: text, Shown: true, Outside: file.Left}
	confirmed, done := r.FormValue("confirm") == "yes" && len(problems) == 0, plan.Preview{}
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		if done, err = s.planImport(r.Context(), tx, file, problems, confirmed); err != nil || confirmed {
			return err
		}
		v.Changes, err = s.planChanges(r.Context(), tx, done.Changes, v.Now.Location())
		return err
	})
	if err != nil {
		return s.refuse(w, r, page.PathPlanImport, err)
	}
	v.Added, v.Moved, v.Withdrawn, v.Same = done.Count(plan.Added), done.Count(plan.Moved), done.Count(plan.Withdrawn), done.Count(plan.Same)
	if confirmed {
		return s.done(w, r, page.PathPlan, notice{Key: "notice.plan-imported", Values: []string{fmt.Sprint(v.Added + v.Moved + v.Withdrawn)}})
	}
	v.More = v.Added + v.Moved + v.Withdrawn - len(v.Changes)
	v.Problems = each(done.Problems, planProblemOf)
	status := http.StatusOK
	if len(v.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, v)
}

// planChanges lists the first changes with the names of those concerned.
func (s *Server) planChanges(ctx context.Context, tx pg.Tx, changes []plan.Change, tenant *time.Location) (lines []page.PlanChange, err error) {
	all, err := people.Employees(ctx, tx)
	if err != nil {
		return nil, err
	}
	known := make(map[int64]people.Employee, len(all))
	for _, e := range all {
		known[e.ID] = e
	}
	for _, c := range changes {
		if c.Kind == plan.Same || len(lines) == changesShown {
			continue
		}
		shift := c.New
		if shift.Employee == 0 {
			shift = c.Old
		}
		e := known[shift.Employee]
		zone := zoneOfEmployee(e, tenant)
		line := page.PlanChange{Kind: string(c.Kind), Line: c.Line, Name: nameOf(e.Surname, e.FirstName), Day: dateOfMinute(shift.From, zone).In(tenant)}
		line.Old, line.New = shiftText(c.Old, zone), shiftText(c.New, zone)
		lines = append(lines, line)
	}
	return lines, nil
}

func shiftText(s plan.Shift, zone *time.Location) string {
	if s.Employee == 0 {
		return ""
	}
	return plan.ClockAt(s.From, zone) + "–" + plan.ClockAt(s.To, zone)
}

// planProblemOf says what is wrong with a line, after the column it is in.
func planProblemOf(p plan.Problem) page.Message {
	said := page.Say("plan-problem."+p.Kind, p.Values...)
	if p.Column == "" {
		return page.Say("plan-problem.line", p.Line, said)
	}
	return page.Say("plan-problem.line-of", p.Line, p.Column, said)
}
