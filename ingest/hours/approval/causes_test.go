package approval

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// changeRules puts rules in force from the first day of week 46.
func (w *world) changeRules(change func(*rule.Rules)) {
	rules := rule.Default().Rules
	change(&rules)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := hours.PutRules(ctx, tx, hours.RuleChange{Set: rule.Set{From: week46.Monday(), Rules: rules}, Confirm: true}, w.by, w.now)
		return err
	})
}

func (w *world) decide(d hours.Decision) {
	d.By, d.Reason = w.by, "seen by the foreman"
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := hours.Decide(ctx, tx, d, w.now)
		return err
	})
}

func withMeeruren(r *rule.Rules) {
	r.Overtime = []rule.Overtime{{Per: rule.OverWeek, Base: rule.BaseContract, Code: "MEER", Percent: 100}}
}

func TestWhateverChangesAfterApprovalIsACorrectionThatAddsUp(t *testing.T) { // I5, I8
	for name, c := range map[string]struct {
		before, change func(w *world, employee int64)
		want           string // differences, by day, code, kind and minutes
	}{
		"a late tap": {
			change: func(w *world, _ int64) { w.tap(1, 2, "2026-11-13 13:00", "2026-11-13 14:00") },
			want:   "[2026-11-13 100  60]",
		},
		"a decision": {
			change: func(w *world, e int64) {
				w.decide(hours.Decision{Employee: e, Kind: hours.AddPunch, Mode: hours.In, At: w.at("2026-11-09 13:00")})
				w.decide(hours.Decision{Employee: e, Kind: hours.AddPunch, Mode: hours.Out, At: w.at("2026-11-09 17:00")})
			},
			want: "[2026-11-09 100  240]",
		},
		"an absence": {
			change: func(w *world, e int64) {
				w.decide(hours.Decision{Employee: e, Kind: hours.Absent, Day: week46.Monday().AddDays(3), Minutes: 480})
			},
			want: "[2026-11-12 " + rule.DefaultAbsentCode + " absent 480]",
		},
		"minutes by hand, of a code of worked time": {
			change: func(w *world, e int64) {
				w.decide(hours.Decision{Employee: e, Kind: hours.AddMinutes, Day: week46.Monday(), Minutes: 30, Code: "120", Site: w.sites[2]})
			},
			want: "[2026-11-09 120  30]",
		},
		"rules that stack a premium": {
			change: func(w *world, _ int64) {
				w.changeRules(func(r *rule.Rules) {
					r.Premiums, r.Bands = rule.PremiumStack, []rule.Band{{Code: "T25", Percent: 125, From: "10:00", To: "24:00"}}
				})
			},
			want: "[2026-11-09 T25 supplement 120 2026-11-10 T25 supplement 120]",
		},
		"rules that make a band of a supplement": {
			before: func(w *world, _ int64) {
				w.changeRules(func(r *rule.Rules) {
					r.Premiums, r.Bands = rule.PremiumStack, []rule.Band{{Code: "T25", Percent: 125, From: "10:00", To: "24:00"}}
				})
			},
			change: func(w *world, _ int64) {
				w.changeRules(func(r *rule.Rules) { r.Bands = []rule.Band{{Code: "T25", Percent: 125, From: "10:00", To: "24:00"}} })
			},
			want: "[2026-11-09 100  -120 2026-11-09 T25  120 2026-11-09 T25 supplement -120 2026-11-10 100  -120 2026-11-10 T25  120 2026-11-10 T25 supplement -120]",
		},
		"terms": {
			before: func(w *world, _ int64) { w.changeRules(withMeeruren) },
			change: func(w *world, e int64) {
				w.in(func(ctx context.Context, tx pg.Tx) error {
					return people.SaveTerms(ctx, tx, w.by, people.Terms{Employee: e, From: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), Minutes: 420})
				})
			},
			want: "[2026-11-10 100  -60 2026-11-10 MEER  60]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			employee := w.works("Bakker", 1, 2)
			if c.before != nil {
				c.before(w, employee)
				w.recompute()
			}
			if out := w.give(w.by.ID, employee, Any, "first"); !out.Frozen {
				t.Fatalf("approved: %+v", out)
			}
			_, first := w.sums()
			c.change(w, employee)
			w.recompute()
			_, sheet := w.stand(employee)
			if got := differencesOf(sheet.Pending); got != c.want {
				t.Errorf("pending %s, want %s", got, c.want)
			}
			if out := w.give(w.by.ID, employee, Any, "because of "+name); !out.Frozen {
				t.Fatalf("corrected: %+v", out)
			}
			w.addsUp(employee, first, "because of "+name)
		})
	}
}

func differencesOf(list []hours.Difference) string {
	var parts []string
	for _, d := range list {
		parts = append(parts, fmt.Sprintf("%s %s %s %d", d.Date, d.Code, d.Kind, d.Minutes))
	}
	return fmt.Sprint(parts)
}

// addsUp holds that the first lines are as they were, that what came after
// corrects them for a reason, and that all of them make what is computed now.
func (w *world) addsUp(employee int64, first []hours.Line, reason string) {
	w.t.Helper()
	_, sheet := w.stand(employee)
	if len(sheet.Pending) > 0 {
		w.t.Errorf("still pending: %s", differencesOf(sheet.Pending))
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		all, err := hours.Summaries(ctx, tx, week46)
		if err == nil && SeenOf(all[0]) != SeenOf(sheet.Summary()) {
			w.t.Errorf("the summary says %s, the timesheet %s", SeenOf(all[0]), SeenOf(sheet.Summary()))
		}
		return err
	})
	sums, lines := w.sums()
	for _, l := range lines {
		old := slices.IndexFunc(first, func(f hours.Line) bool { return f.ID == l.ID })
		switch {
		case old >= 0 && first[old] != l:
			w.t.Errorf("a frozen line changed: %+v, was %+v", l, first[old])
		case old < 0 && (l.Corrects != first[0].Approval || l.Reason != reason):
			w.t.Errorf("line %+v does not say what it corrects and why", l)
		}
	}
	computed := map[string]int{}
	for _, l := range sheet.Summary().Lines {
		computed[fmt.Sprintf("%s %s %s", l.Date, l.Code, l.Kind)] += l.Minutes
	}
	if fmt.Sprint(sums) != fmt.Sprint(computed) {
		w.t.Errorf("frozen lines make %v, computed are %v", sums, computed)
	}
}
