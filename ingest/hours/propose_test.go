package hours

import (
	"fmt"
	"testing"
	"time"

	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
)

// proposals gives what is proposed for the last day of taps at "day hh:mm",
// with the days before as history.
func proposals(t *testing.T, contract int, taps ...string) string {
	t.Helper()
	zone := amsterdam(t)
	var punches []Punch
	for i, text := range taps {
		at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		punches = append(punches, Punch{Tap: TapID(fmt.Sprintf("1/1/%03d", i)), At: at.UnixMilli(), Known: KnownServer, Arrived: at.UnixMilli(), Mode: Toggle, Site: 3})
	}
	book, err := rule.NewBook([]rule.Set{rule.Default()})
	if err != nil {
		t.Fatal(err)
	}
	days := Compute(book, Facts{Person: Person{ID: 1, Zone: zone}, Punches: punches}, time.Date(2027, 1, 1, 0, 0, 0, 0, zone))
	last := days[len(days)-1]
	out := ""
	for _, e := range last.Exceptions {
		p := Propose(e, last, History{days[:len(days)-1], contract}, rule.Default().Rules, zone)
		if p == nil {
			out += fmt.Sprintf("%s: nothing; ", e.Kind)
			continue
		}
		out += fmt.Sprintf("%s: %s %s %s by %s of %d, %d–%d; ", e.Kind, p.Decision.Kind, p.Decision.Mode, p.Decision.At.In(zone).Format("02 15:04"), p.Basis.Kind, p.Basis.Days, p.Basis.Earliest, p.Basis.Latest)
		if !p.Decision.Proposed || p.Decision.Employee != 1 {
			t.Errorf("decision %+v", p.Decision)
		}
	}
	return out
}

func TestProposals(t *testing.T) {
	tuesdays := []string{"2026-10-20 07:58", "2026-10-20 16:27", "2026-10-27 08:01", "2026-10-27 16:34", "2026-11-03 08:00", "2026-11-03 16:30"}
	with := func(taps ...string) []string { return append(append([]string(nil), tuesdays...), taps...) }
	for _, c := range []struct {
		name string
		taps []string
		want string
	}{
		{"a forgotten out goes by the last Tuesdays", with("2026-11-10 07:58"), "missing_out: add_punch out 10 16:30 by usual of 3, 987–994; "},
		{"a lone tap near the usual out is one", with("2026-11-10 16:29"), "missing_out: add_punch in 10 08:00 by usual of 3, 478–481; "},
		{"another weekday goes by the last days", with("2026-11-11 07:58"), "missing_out: add_punch out 11 16:30 by recent of 3, 987–994; "},
		{"after lunch and home", with("2026-11-10 12:00", "2026-11-10 12:30", "2026-11-10 16:30"), "missing_tap: add_punch in 10 08:00 by usual of 3, 478–481; "},
		{"a forgotten lunch tap is anybody's guess", with("2026-11-10 08:00", "2026-11-10 12:30", "2026-11-10 16:30"), "missing_tap: nothing; "},
		{"an in after the usual out goes nowhere", with("2026-11-10 08:00", "2026-11-10 12:00", "2026-11-10 20:00"), "missing_tap: nothing; "},
		{"nothing known: the contract and its break", []string{"2026-11-10 08:00"}, "missing_out: add_punch out 10 16:30 by contract of 0, 0–0; "},
		{"too long may be right", []string{"2026-11-10 06:00", "2026-11-10 19:00"}, "too_long: accept  10 19:00 by as_is of 0, 0–0; "},
	} {
		if got := proposals(t, 2400, c.taps...); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestANightsOutIsProposedOnTheNextMorning(t *testing.T) {
	got := proposals(t, 0, "2026-11-02 22:00", "2026-11-03 06:00", "2026-11-03 22:00", "2026-11-04 06:10", "2026-11-05 22:00")
	if want := "missing_out: add_punch out 06 06:10 by recent of 2, 1800–1810; "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A night whose in was forgotten begins with its break, on the next day: the in
// belongs before its out, and to the plan of the day before.
func TestAForgottenInBeforeABreakIsProposedByTheOut(t *testing.T) {
	zone := amsterdam(t)
	at := func(text string) int64 {
		i, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return i.UnixMilli()
	}
	var punches []Punch
	for i, p := range []Punch{{At: at("2026-11-11 01:30"), Mode: Break}, {At: at("2026-11-11 02:00"), Mode: Break}, {At: at("2026-11-11 06:30"), Mode: Toggle}} {
		p.Tap, p.Known, p.Arrived = TapID(fmt.Sprintf("1/1/%03d", i)), KnownServer, p.At
		punches = append(punches, p)
	}
	book, err := rule.NewBook([]rule.Set{rule.Default()})
	if err != nil {
		t.Fatal(err)
	}
	night := plan.Shift{ID: 1, Employee: 1, Kind: plan.Work, From: at("2026-11-10 22:00") / 60_000, To: at("2026-11-11 06:30") / 60_000}
	for want, facts := range map[string]Facts{
		"10 22:00 by contract": {Person: Person{ID: 1, Zone: zone}, Punches: punches},
		"10 22:00 by plan":     {Person: Person{ID: 1, Zone: zone}, Punches: punches, Plan: []plan.Shift{night}},
	} {
		days := Compute(book, facts, time.Date(2026, 11, 12, 0, 0, 0, 0, zone))
		last := days[len(days)-1]
		if len(last.Exceptions) != 1 || last.Exceptions[0].Kind != MissingIn {
			t.Fatalf("exceptions %+v", last.Exceptions)
		}
		p := Propose(last.Exceptions[0], last, History{days[:len(days)-1], 2400}, rule.Default().Rules, zone)
		if p == nil {
			t.Errorf("nothing is proposed, want %s", want)
		} else if got := p.Decision.At.In(zone).Format("02 15:04") + " by " + string(p.Basis.Kind); got != want || p.Decision.Mode != In {
			t.Errorf("%s is proposed, want %s", got, want)
		}
	}
}
