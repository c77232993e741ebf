package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"tikklok/api"
	"tikklok/api/continuity"
	"tikklok/api/sla"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/notice"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/privacy/statement"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
	"tikklok/payroll/bi"
	"tikklok/payroll/format"
)

// live does what a company and its supplier do, one after the other.
func (s *evidenceShow) live(ctx context.Context) error {
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"the contract, office hours, whom documents name, an indexation", s.agreeAll},
		{"a payroll run, and hours for analysis", s.pay},
		{"registers: a measure, an instruction, a sub-processor, a disclosure", s.register},
		{"a data subject asks for access", s.answer},
		{"a lost fob, hardware", s.devices},
		{"an announcement, an incident, who is on duty", s.serve},
		{"reminders, a suspension, a tap meanwhile, and its lifting", s.suspend},
		{"all data handed over; what is past its term removed; the audit log verified", s.keep},
		{"a backup at two places, each restored and compared", s.backUp},
		{"letters about the announcement and the incident, to a mail server", s.written},
		{"open ports and the public policy, as the server looks at them", s.looked},
	} {
		s.tell(step.what)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// in does something in a transaction of the demo's tenant.
func (s *evidenceShow) in(ctx context.Context, fn func(tx pg.Tx) error) error {
	return s.demoMonth.db.InTenant(ctx, s.tenant.ID, fn)
}

// day is today, or days away from it.
func (s *evidenceShow) day(away int) time.Time {
	return s.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, away)
}

func (s *evidenceShow) agreeAll(ctx context.Context) error {
	return s.in(ctx, func(tx pg.Tx) error {
		if err := s.agree(ctx, tx); err != nil {
			return err
		}
		office := sla.Office{Month: sla.MonthOf(s.now.In(s.zone)), Window: window.Service(s.zone), By: s.boss}
		if err := sla.PutOffice(ctx, tx, office, s.now); err != nil {
			return err
		}
		d := statement.Details{Controller: "Demo", ControllerContact: "demo@example.nl", Processor: "Demo supplier", ProcessorContact: "supplier@example.nl"}
		if err := statement.PutDetails(ctx, tx, d, s.boss, s.now); err != nil {
			return err
		}
		_, err := tenant.Happen(ctx, tx, s.boss, tenant.Event{Kind: tenant.Indexed, Of: tenant.Supplier, Told: s.day(0), Effective: s.day(60), Reference: "demo"}, s.now)
		return err
	})
}

// pay makes a run of the month's hours, and publishes them without people.
func (s *evidenceShow) pay(ctx context.Context) error {
	f, err := format.ByName("csv")
	if err != nil {
		return err
	}
	d, err := s.destination(ctx, f)
	if err != nil {
		return err
	}
	if _, err := s.place.office().Create(ctx, s.demoMonth.db, s.tenant.ID, s.boss, payroll.Order{Destination: d.ID, Period: s.month}, s.now); err != nil {
		return err
	}
	return s.in(ctx, func(tx pg.Tx) error {
		if _, err := bi.Allow(ctx, tx, s.boss, true, "demo", s.now); err != nil {
			return err
		}
		_, err := bi.Publish(ctx, tx, bi.Order{By: s.boss, Month: s.month.From}, s.now)
		return err
	})
}

// entry is what the demo writes into a register, and does about it.
type entry struct {
	book   register.Book
	values map[string]string
	steps  []register.Step
}

func (s *evidenceShow) register(ctx context.Context) error {
	today, before := s.day(0).Format(time.DateOnly), s.day(-60)
	step := func(what string, day time.Time) register.Step {
		return register.Step{What: what, Day: day, Note: "demo", At: s.now, By: s.boss}
	}
	for _, e := range []entry{
		{register.Measures, map[string]string{"version": "1", "day": today, "text": "demo"}, []register.Step{step("told", s.day(0))}},
		{register.Instructions, map[string]string{"reference": "demo", "day": today, "by": "demo", "text": "demo"}, nil},
		{register.Subprocessors, map[string]string{"name": "demo", "does": "demo", "data": "demo", "place": "demo", "jurisdiction": "NL", "agreement": before.Format(time.DateOnly),
			"start": s.day(-10).Format(time.DateOnly), "urgent": "no"}, []register.Step{step("told", before), step("started", s.day(-10))}},
		{register.Disclosures, map[string]string{"requester": "demo", "ground": "demo", "identity": "demo", "data": "demo", "asked": today, "telling": "allowed"},
			[]register.Step{step("told", s.day(0)), step("disclosed", s.day(0))}},
	} {
		if err := s.in(ctx, func(tx pg.Tx) error { return s.enter(ctx, tx, e) }); err != nil {
			return fmt.Errorf("the register %s: %w", e.book, err)
		}
	}
	return nil
}

func (s *evidenceShow) enter(ctx context.Context, tx pg.Tx, e entry) error {
	rules, err := api.RegisterRules(ctx, tx)
	if err != nil {
		return err
	}
	id, err := register.Add(ctx, tx, register.Entry{Book: e.book, Values: e.values, At: s.now, By: s.boss})
	for _, step := range e.steps {
		if err == nil {
			err = register.Take(ctx, tx, e.book, id, step, rules)
		}
	}
	return err
}

// answer has an employee's request for access received, granted and answered.
func (s *evidenceShow) answer(ctx context.Context) error {
	var id int64
	err := s.in(ctx, func(tx pg.Tx) (err error) {
		if id, err = request.Receive(ctx, tx, request.Request{Kind: request.Access, Employee: s.ids[0], Requester: request.Self, What: "demo"}, s.boss, s.now); err != nil {
			return err
		}
		for _, act := range []request.Act{request.Checked, request.Act(request.Granted)} {
			if _, err := request.Take(ctx, tx, id, act, "demo", s.boss, s.now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = s.place.desk(s.demoMonth.db, s.private).Answer(ctx, s.demoMonth.db, s.tenant.ID, id, s.boss, s.now)
	return err
}

// devices loses a fob, puts a gateway on the shelf, and takes the one away of
// which the month's taps were brought as a file.
func (s *evidenceShow) devices(ctx context.Context) error {
	return s.in(ctx, func(tx pg.Tx) error {
		held, err := fleet.HeldBy(ctx, tx, s.ids[1])
		if err != nil {
			return err
		}
		for _, h := range held {
			if h.Until == nil {
				if err := fleet.Return(ctx, tx, s.boss, h.Fob, s.now, "lost"); err != nil {
					return err
				}
			}
		}
		if _, err := fleet.AddHardware(ctx, tx, s.boss, fleet.Hardware{Kind: "gateway", Label: "demo", Place: fleet.PlaceSpare}); err != nil {
			return err
		}
		return fleet.RetireGateway(ctx, tx, s.filed, fleet.Leave{By: s.boss, Place: fleet.PlaceReturned, Reason: "demo", Now: s.now})
	})
}

// serve announces work, has an incident reported, answered and solved, and says
// who answers the telephone.
func (s *evidenceShow) serve(ctx context.Context) error {
	return s.in(ctx, func(tx pg.Tx) error {
		work := notice.Maintenance{Reference: "demo", From: s.now.Add(72 * time.Hour), Until: s.now.Add(73 * time.Hour), NL: notice.Words{Title: "Demo"}, EN: notice.Words{Title: "Demo"}}
		if _, err := notice.Announce(ctx, tx, operator, work, s.now); err != nil {
			return err
		}
		i := incident.Incident{Kind: incident.Fault, Channel: incident.ByTelephone, AroseAt: s.now.Add(-time.Hour), Reported: s.now.Add(-30 * time.Minute),
			Report: incident.Report{Message: "demo", Steps: "demo", Computer: "demo"}, Impact: incident.Impact{Disturbance: incident.Minor, Workaround: true, Hit: 1, Users: demoEmployees}, At: s.now, By: s.boss}
		id, err := incident.Add(ctx, tx, i)
		if err != nil {
			return err
		}
		for k, what := range []incident.StepKind{incident.Confirmed, incident.Answered, incident.Solved} {
			at := s.now.Add(time.Duration(k-10) * time.Minute)
			if err := incident.Do(ctx, tx, id, incident.Step{What: what, DoneAt: at, Note: "demo", At: s.now, By: s.boss}); err != nil {
				return err
			}
		}
		for step := range 2 {
			if _, err := incident.PutDuty(ctx, tx, incident.Duty{From: s.now, Until: s.now.AddDate(0, 0, 14), Step: step + 1, Name: "Demo", Telephone: "+31 20 000 00 00"}, s.now); err != nil {
				return err
			}
		}
		return nil
	})
}

// suspend closes the service after its reminders, takes a tap in meanwhile, and
// opens it again.
func (s *evidenceShow) suspend(ctx context.Context) error {
	take := func(kind tenant.SuspensionKind, told time.Time) error {
		return s.in(ctx, func(tx pg.Tx) error {
			_, err := tenant.TakeStep(ctx, tx, operator, tenant.SuspensionStep{Kind: kind, Ground: tenant.Arrears, Told: told, Reference: "demo"}, time.Now())
			return err
		})
	}
	if err := errors.Join(take(tenant.Reminded, s.day(-20)), take(tenant.Reminded, s.day(-10)), take(tenant.Suspended, s.day(0))); err != nil {
		return err
	}
	return errors.Join(s.tap(ctx), take(tenant.Lifted, s.day(0)))
}

// keep hands all data over, does what a night does, and goes along the audit log.
func (s *evidenceShow) keep(ctx context.Context) error {
	if _, err := ending.Export(ctx, s.private, s.tenant.ID, catalogue(), ending.ExportOptions{Version: version, By: operator, Now: s.now}, io.Discard); err != nil {
		return err
	}
	if _, err := api.Purger(s.private, s.demoMonth.db, catalogue()).Run(ctx, s.tenant.ID, operator, time.Now()); err != nil {
		return err
	}
	k := audit.Keeper{DB: s.demoMonth.db, Log: slog.Default(), Kept: func() ([]audit.Anchor, error) { return nil, nil }, Keep: func(audit.Anchor) error { return nil }}
	return k.Verify(ctx, s.tenant.ID)
}

// backUp makes a set for both places while the server follows the log, and
// checks each as a morning does.
func (s *evidenceShow) backUp(ctx context.Context) error {
	m, err := s.db.maker(s.place, tenant.Place{}, s.owner, s.demoMonth.db)
	if err != nil {
		return err
	}
	out, err := m.Make(ctx, m.Targets, true)
	if err != nil {
		return err
	}
	k := checkKeeper{m, s.demoMonth.db, filepath.Join(s.place.State, "scratch")}
	for _, o := range out {
		if o.Err == nil {
			o.Err = m.AwaitLog(ctx, o, logPatience)
		}
		if o.Err != nil {
			return fmt.Errorf("the backup at %s: %w", o.Target.Name, o.Err)
		}
		r, err := k.check(ctx, o.Target, time.Now())
		if err != nil {
			return err
		}
		if err := s.demoMonth.db.Look(ctx, func(tx pg.Tx) error { _, err := continuity.Note(ctx, tx, r); return err }); err != nil {
			return err
		}
	}
	return nil
}
