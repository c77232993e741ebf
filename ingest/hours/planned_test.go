package hours

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
)

// drawPlanned gives planned shifts that don't overlap, some withdrawn.
func drawPlanned(t *rapid.T, from int64) (shifts []plan.Shift) {
	at := from
	for n := range rapid.IntRange(0, 6).Draw(t, "planned") {
		at += int64(rapid.IntRange(0, 900).Draw(t, "gap"))
		s := plan.Shift{ID: int64(n + 1), Employee: 1, From: at, To: at + int64(rapid.IntRange(1, 700).Draw(t, "length"))}
		s.Kind = rapid.SampledFrom([]plan.Kind{plan.Work, plan.Call, plan.Standby}).Draw(t, "kind")
		if rapid.IntRange(0, 3).Draw(t, "withdrawn") == 0 {
			s.Withdrawn = (s.From - int64(rapid.IntRange(0, 8_000).Draw(t, "notice"))) * 60_000
		}
		at = s.To
		shifts = append(shifts, s)
	}
	return shifts
}

func TestAPlanAddsUpAndDecidesNothingButWhatATapOnTimeCountsAs(t *testing.T) {
	zone := amsterdam(t)
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 10, 24, 0, 0, 0, 0, zone) // the clock goes back in the night after
		shifts := drawPlanned(t, start.Unix()/60)
		var punches []Punch
		at := start.UnixMilli()
		for n := range rapid.IntRange(0, 10).Draw(t, "taps") {
			at += int64(rapid.IntRange(100, 40_000).Draw(t, "seconds")) * 1000
			if len(shifts) > 0 && rapid.Bool().Draw(t, "near") { // of a planned start or end
				s := rapid.SampledFrom(shifts).Draw(t, "shift")
				at = max(at, (rapid.SampledFrom([]int64{s.From, s.To}).Draw(t, "end")+int64(rapid.IntRange(-20, 20).Draw(t, "off")))*60_000)
			}
			mode := rapid.SampledFrom([]Mode{Toggle, Toggle, In, Out, Break}).Draw(t, "mode")
			punches = append(punches, Punch{Tap: TapID("1/1/" + string(rune('a'+n))), At: at, Uncertainty: 100, Known: KnownInterpolated, Arrived: at + 500, Mode: mode})
		}
		set := rule.Default()
		set.Rules.ShortestGap = rapid.SampledFrom([]int{0, 120}).Draw(t, "shortest gap")
		set.Rules.Plan = rule.PlanRules{Early: rapid.IntRange(0, 60).Draw(t, "early"), Late: rapid.IntRange(0, 60).Draw(t, "late"), NoShow: 61, Notice: 4}
		minutes := func(snap bool, shifts []plan.Shift) (sum int) {
			set.Rules.Plan.Snap = snap
			book, err := rule.NewBook([]rule.Set{set})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range Compute(book, Facts{Person: Person{ID: 1, Zone: zone}, Punches: punches, Plan: shifts}, start.AddDate(1, 0, 0)) {
				if err := d.AddsUp(); err != nil {
					t.Fatal(err)
				}
				sum += d.Minutes
				for _, e := range d.Exceptions {
					if e.Kind == LateWithdrawal && e.Minutes <= 0 || e.Kind == NoShow && e.Minutes <= 0 {
						t.Fatalf("%s of %d minutes", e.Kind, e.Minutes)
					}
				}
			}
			return sum
		}
		if with, without := minutes(false, shifts), minutes(false, nil); with != without {
			t.Fatalf("%d minutes with a plan, %d without", with, without)
		}
		minutes(true, shifts)
	})
}
