package hours

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// planRules puts rules in force that ask about who does not come within half
// an hour.
func (w *world) planRules() {
	rules := rule.Default().Rules
	rules.Plan = rule.PlanRules{Early: 10, Late: 10, NoShow: 30, Notice: 4, LateCode: "LATE"}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := PutRules(ctx, tx, RuleChange{Set: rule.Set{From: calendar.On(2026, 1, 1), Rules: rules}}, w.by, w.now)
		return err
	})
}

// planned plans a call of an employee.
func (w *world) planned(employee int64, from, to string) (made plan.Shift) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		made, err = plan.Put(ctx, tx, w.by, plan.Shift{Employee: employee, Kind: plan.Call, From: w.at(from).Unix() / 60, To: w.at(to).Unix() / 60}, w.now)
		return err
	})
	return made
}

// asked gives the kinds of exceptions of a day that is stored.
func (w *world) asked(employee int64, day calendar.Date) (kinds []ExceptionKind) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		x, err := Explain(ctx, tx, employee, day)
		for _, e := range x.Day.Exceptions {
			kinds = append(kinds, e.Kind)
		}
		return err
	})
	return kinds
}

func TestANoShowIsSeenByItselfAndEndsWithALateTap(t *testing.T) {
	w := newWorld(t)
	w.planRules()
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.now = w.at("2026-11-16 20:00")
	w.planned(bakker, "2026-11-16 23:30", "2026-11-17 06:00")
	w.recompute()
	monday := calendar.On(2026, 11, 16)
	if got := w.asked(bakker, monday); len(got) != 0 {
		t.Errorf("before its start: %v", got)
	}
	w.now = w.at("2026-11-17 00:01")
	w.recompute() // nothing was brought since: the day is due by itself
	if got := w.asked(bakker, monday); len(got) != 1 || got[0] != NoShow {
		t.Errorf("half an hour after its start: %v", got)
	}
	w.now = w.at("2026-11-17 00:20")
	w.pair("2026-11-17 00:00", 1)
	w.tap("2026-11-17 00:10", 1) // on the next day, which is the only one the tap lies on
	w.recompute()
	if got := w.asked(bakker, monday); len(got) != 0 {
		t.Errorf("after a late tap: %v", got)
	}
}

func TestWhoIsPlannedIsNotIn(t *testing.T) {
	w := newWorld(t)
	w.planRules()
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.planned(bakker, "2026-11-16 23:30", "2026-11-17 06:00")
	w.recompute()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		in, err := Today(ctx, tx, w.now)
		if len(in) != 0 {
			t.Errorf("%d are in", len(in))
		}
		return err
	})
}

func TestALateWithdrawalIsProposedPaidAndEndsThere(t *testing.T) {
	w := newWorld(t)
	w.planRules()
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	s := w.planned(bakker, "2026-11-18 08:00", "2026-11-18 12:00")
	w.recompute()
	w.in(func(ctx context.Context, tx pg.Tx) error { return plan.Withdraw(ctx, tx, w.by, s.ID, w.now) })
	w.recompute()
	day := calendar.On(2026, 11, 18)
	var proposal *Proposal
	w.in(func(ctx context.Context, tx pg.Tx) error {
		x, err := Explain(ctx, tx, bakker, day)
		if len(x.Day.Exceptions) == 1 {
			proposal = x.Day.Exceptions[0].Proposal
		}
		return err
	})
	if proposal == nil || proposal.Decision.Kind != AddMinutes || proposal.Decision.Minutes != 240 || proposal.Decision.Code != "LATE" {
		t.Fatalf("proposed: %+v", proposal)
	}
	w.now = w.at("2026-11-18 20:00") // a day is decided once it has come
	d := proposal.Decision
	d.By, d.Reason = w.by, "withdrawn a day before"
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := Decide(ctx, tx, d, w.now)
		return err
	})
	w.recompute()
	if got := w.asked(bakker, day); len(got) != 0 {
		t.Errorf("after it was paid: %v", got)
	}
	w.now = w.at("2026-11-19 09:00")
	w.pair("2026-11-19 08:00", wire.SourceDisciplined)
	w.tap("2026-11-19 08:00", 1) // the day before is stored without a tap
	w.recompute()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		last, err := Latest(ctx, tx, 5)
		if err == nil && (len(last) != 1 || last[0].Role != RoleIn) {
			t.Errorf("the last taps: %+v", last)
		}
		return err
	})
}

// The panel of a day proposes by the rules of its employee, as the queue does.
func TestADayProposesByTheRulesOfItsEmployee(t *testing.T) {
	w := newWorld(t)
	w.planRules()
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.in(func(ctx context.Context, tx pg.Tx) error {
		own := rule.Set{Scope: rule.Scope{Kind: rule.ScopeEmployee, ID: bakker}, From: calendar.On(2026, 1, 1),
			Patch: []byte(`{"plan":{"early":10,"late":10,"snap":false,"no_show":30,"notice":4,"late_code":"OWN"}}`)}
		_, err := PutRules(ctx, tx, RuleChange{Set: own}, w.by, w.now)
		return err
	})
	s := w.planned(bakker, "2026-11-18 08:00", "2026-11-18 12:00")
	w.in(func(ctx context.Context, tx pg.Tx) error { return plan.Withdraw(ctx, tx, w.by, s.ID, w.now) })
	w.recompute()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		x, err := Explain(ctx, tx, bakker, calendar.On(2026, 11, 18))
		if err == nil && (len(x.Day.Exceptions) != 1 || x.Day.Exceptions[0].Proposal == nil || x.Day.Exceptions[0].Proposal.Decision.Code != "OWN") {
			t.Errorf("proposed: %+v", x.Day.Exceptions)
		}
		return err
	})
}

// A withdrawal that the rules did not ask about lies on no day that is stored,
// and may lie beyond all of them.
func TestAWithdrawalIsFoundByRulesThatComeLater(t *testing.T) {
	day := calendar.On(2026, 11, 18)
	for name, change := range map[string]func(w *world, employee int64){
		"other rules": func(w *world, _ int64) { w.planRules() },
		"a contract with such rules": func(w *world, employee int64) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				contract, err := people.SaveContract(ctx, tx, w.by, people.Contract{Name: "On call"})
				if err != nil {
					return err
				}
				patch := json.RawMessage(`{"plan":{"early":10,"late":10,"no_show":30,"notice":4,"late_code":"LATE","snap":false}}`)
				set := rule.Set{Scope: rule.Scope{Kind: rule.ScopeContract, ID: contract}, From: calendar.On(2026, 1, 1), Patch: patch}
				_, err = PutRules(ctx, tx, RuleChange{Set: set}, w.by, w.now)
				return err
			})
			w.recompute() // nobody has it yet
			w.in(func(ctx context.Context, tx pg.Tx) error {
				return people.SaveTerms(ctx, tx, w.by, people.Terms{Employee: employee, From: calendar.On(2026, 11, 1).In(time.UTC), Contract: 1})
			})
		},
		"work that went on longer": func(w *world, employee int64) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				e, err := people.EmployeeByID(ctx, tx, employee)
				if err != nil {
					return err
				}
				last := calendar.On(2026, 11, 17).In(time.UTC)
				e.Until = &last
				return people.UpdateEmployee(ctx, tx, w.by, e)
			})
			w.planRules()
			w.recompute()
			if got := w.asked(employee, day); len(got) != 0 {
				w.t.Fatalf("of somebody who left before: %v", got)
			}
			w.in(func(ctx context.Context, tx pg.Tx) error {
				e, err := people.EmployeeByID(ctx, tx, employee)
				if err != nil {
					return err
				}
				e.Until = nil
				return people.UpdateEmployee(ctx, tx, w.by, e)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
			s := w.planned(bakker, "2026-11-18 08:00", "2026-11-18 12:00")
			w.recompute()
			w.in(func(ctx context.Context, tx pg.Tx) error { return plan.Withdraw(ctx, tx, w.by, s.ID, w.now) })
			w.recompute()
			if got := w.asked(bakker, day); len(got) != 0 {
				t.Fatalf("without a notice: %v", got)
			}
			change(w, bakker)
			w.recompute()
			if got := w.asked(bakker, day); !slices.Equal(got, []ExceptionKind{LateWithdrawal}) {
				t.Errorf("with a notice of four days: %v", got)
			}
		})
	}
}
