package hours

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// sealedFacts gives a week of somebody's taps, and the same with all days
// before one of them sealed and their taps removed.
func sealedFacts(t *testing.T, before calendar.Date) (whole, sealed Facts) {
	t.Helper()
	whole = month(5, amsterdam(t))
	sealed = Facts{Person: whole.Person, Sealed: Sealed{Before: before, On: calendar.On(2027, 5, 1)}}
	for _, d := range Compute(bookOfRules(t, ""), whole, inADecade()) {
		if !d.Date.Before(before) {
			continue
		}
		kept, err := d.seal(sealed.Sealed.On)
		if err != nil {
			t.Fatal(err)
		}
		sealed.Sealed.Days = append(sealed.Sealed.Days, kept)
	}
	for _, p := range whole.Punches {
		if !calendar.DateOf(p.Time().In(whole.Person.Zone)).Before(before) {
			sealed.Punches = append(sealed.Punches, p)
		}
	}
	return whole, sealed
}

func TestASealedDayNamesNoTapThatIsNotListedEither(t *testing.T) { // I5
	d := Day{Date: calendar.On(2026, 11, 5), Punches: []Punch{{Tap: tapID(7, -9, 1)}, {}, {Tap: tapID(7, -9, 600)}},
		Exceptions: []Exception{{Kind: Uncertain, Tap: tapID(7, -9, 600)}, {Kind: Uncertain, Tap: tapID(7, -9, 300)}}}
	kept, err := d.seal(calendar.On(2027, 5, 1))
	if err != nil || kept.Exceptions[0].Tap != kept.Punches[2].Tap || kept.Exceptions[1].Tap != "0/0/4" {
		t.Errorf("kept is %+v, %v", kept, err)
	}
}

func TestASealedDayNamesNoTap(t *testing.T) { // I5
	_, f := sealedFacts(t, calendar.On(2026, 11, 5))
	days := Compute(bookOfRules(t, ""), f, inADecade())
	if len(days) != 5 {
		t.Fatalf("%d days", len(days))
	}
	for _, d := range days[:3] {
		if got := text([]Day{d}); strings.Contains(got, `"7/9/`) || d.Minutes == 0 || d.Sealed != f.Sealed.On || len(d.Punches) != 4 || len(d.Shifts[0].Taps) == 0 {
			t.Errorf("%s: %s", d.Date, got)
		}
	}
	if days[3].Sealed != (calendar.Date{}) || !strings.Contains(text(days[3:]), `"7/9/`) {
		t.Errorf("a day after the seal: %s", text(days[3:]))
	}
}

func TestRulesThatChangeLeaveASealedDayAsItIs(t *testing.T) { // I5
	_, f := sealedFacts(t, calendar.On(2026, 11, 5))
	before := Compute(bookOfRules(t, ""), f, inADecade())
	after := Compute(bookOfRules(t, `{"rounding": {"per": "shift", "to": 15}, "breaks": [], "normal_code": "X"}`), f, inADecade())
	if text(before[:3]) != text(after[:3]) {
		t.Errorf("sealed days became\n%s\nof\n%s", text(after[:3]), text(before[:3]))
	}
	if text(before[3:]) == text(after[3:]) {
		t.Error("the others did not change")
	}
}

func TestALateTapOfASealedDayAsksForAPerson(t *testing.T) { // I5
	whole, f := sealedFacts(t, calendar.On(2026, 11, 5))
	late := whole.Punches[1]
	late.Tap, late.At, late.Arrived = "7/9/999", late.At+time.Hour.Milliseconds(), late.At+90*dayMillis
	f.Punches = append(f.Punches, late)
	days := Compute(bookOfRules(t, ""), f, inADecade())
	d := days[0]
	if len(d.Exceptions) != 1 || d.Exceptions[0].Kind != SealedDay || d.Exceptions[0].Tap != late.Tap || len(d.Punches) != 5 || d.Punches[3].Role != RoleSealed {
		t.Errorf("the day says %s", text(days[:1]))
	}
	f.Punches = f.Punches[:len(f.Punches)-1]
	if was := Compute(bookOfRules(t, ""), f, inADecade())[0]; was.Minutes != d.Minutes || len(was.Lines) != len(d.Lines) {
		t.Errorf("it has %d minutes, and had %d", d.Minutes, was.Minutes)
	}
	f.Punches = append(f.Punches, late)
	f.Decisions = []Decision{{ID: 1, Employee: 1, Kind: IgnoreTap, Tap: late.Tap, At: late.Time()}}
	if d := Compute(bookOfRules(t, ""), f, inADecade())[0]; len(d.Exceptions) != 0 || d.Punches[3].Role != RoleIgnored {
		t.Errorf("left out, it says %s", text([]Day{d}))
	}
}

func TestMinutesByHandReachASealedDayAndCanBeTakenBack(t *testing.T) { // I5
	_, f := sealedFacts(t, calendar.On(2026, 11, 5))
	was := Compute(bookOfRules(t, ""), f, inADecade())
	f.Decisions = []Decision{{ID: 1, Employee: 1, Kind: AddMinutes, Day: calendar.On(2026, 11, 3), Code: "100", Minutes: 45, Site: 1}}
	now := Compute(bookOfRules(t, ""), f, inADecade())
	if now[1].Minutes != was[1].Minutes+45 || now[1].AddsUp() != nil || text(now[2:]) != text(was[2:]) {
		t.Errorf("of %d minutes came %d, %v", was[1].Minutes, now[1].Minutes, now[1].AddsUp())
	}
	f.Decisions = append(f.Decisions, Decision{ID: 2, Employee: 1, Kind: UndoOf, Undoes: 1})
	if again := Compute(bookOfRules(t, ""), f, inADecade()); text(again) != text(was) {
		t.Errorf("taken back, it is\n%s\nnot\n%s", text(again[1:2]), text(was[1:2]))
	}
}

func TestWhatLiesOnASealedDayIsNotComputed(t *testing.T) { // I5
	_, f := sealedFacts(t, calendar.On(2026, 11, 5))
	was := text(Compute(bookOfRules(t, ""), f, inADecade()))
	f.Decisions = []Decision{{ID: 1, Employee: 1, Kind: AddPunch, Mode: Out, At: f.Sealed.Days[0].Punches[0].Time()}}
	if got := text(Compute(bookOfRules(t, ""), f, inADecade())); got != was {
		t.Errorf("a punch added to a sealed day gives\n%s\nnot\n%s", got, was)
	}
}

// bookOfRules gives the default rules, or those with some fields changed.
func bookOfRules(t *testing.T, changed string) *rule.Book {
	t.Helper()
	set := rule.Default()
	if changed != "" {
		if err := json.Unmarshal([]byte(changed), &set.Rules); err != nil {
			t.Fatal(err)
		}
	}
	book, err := rule.NewBook([]rule.Set{set})
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func inADecade() time.Time { return time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC) }
