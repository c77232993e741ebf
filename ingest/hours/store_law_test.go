package hours

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/law"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// checked computes, and holds what came of it against the law.
func (w *world) checked() {
	w.t.Helper()
	w.recompute()
	if err := CheckLaw(context.Background(), w.db, w.tenant, w.now); err != nil {
		w.t.Fatal(err)
	}
}

// findings gives the findings of November 2026.
func (w *world) findings() (out []LawFinding) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		out, err = LawFindings(ctx, tx, calendar.Period{From: calendar.On(2026, 11, 1), To: calendar.On(2026, 11, 30)}, 0)
		return err
	})
	return out
}

// exceptions gives the breaches that are exceptions of the week of timesheets.
func (w *world) exceptions(id int64) (out []string) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		sheet, err := TimesheetOf(ctx, tx, id, week46)
		for _, d := range sheet.Days {
			for _, e := range d.Exceptions {
				out = append(out, fmt.Sprintf("%s %s %d of %d", d.Date, e.About(), e.Minutes, e.Count))
			}
		}
		return err
	})
	return out
}

func TestWhatIsFoundIsToldWithItsShifts(t *testing.T) {
	w := newWorld(t)
	w.employee("Bakker", 1, "2026-11-01 00:00")
	for _, tap := range []string{"2026-11-09 08:00", "2026-11-09 20:31", "2026-11-10 07:00", "2026-11-10 12:00"} {
		w.tap(tap, 1)
	}
	w.checked()
	var got []string
	for _, f := range w.findings() {
		got = append(got, fmt.Sprintf("%s %s %s %d of %d, %d shifts", f.Day, f.Row, f.Severity, f.Found, f.Allowed, len(f.Shifts)))
	}
	want := []string{ // half an hour of automatic break leaves 12:01 of work, which asks for 45 minutes
		"2026-11-09 long_break breach 30 of 45, 1 shifts",
		"2026-11-09 shift breach 721 of 720, 1 shifts",
		"2026-11-10 daily_rest edge 629 of 660, 2 shifts",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestABreachThatSomebodyAcceptsIsNoExceptionAnyMore(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	for _, tap := range []string{"2026-11-09 14:00", "2026-11-09 23:00", "2026-11-10 06:00", "2026-11-10 12:00"} {
		w.tap(tap, 1)
	}
	w.checked()
	before := w.exceptions(id)
	if !slices.Contains(before, "2026-11-10 law:daily_rest 420 of 660") {
		t.Fatalf("exceptions %v", before)
	}
	var accepted int64
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		accepted, err = Decide(ctx, tx, Decision{Employee: id, Kind: Accept, Day: calendar.On(2026, 11, 10), About: "law:daily_rest", Reason: "storm", By: w.by}, w.now)
		return err
	})
	w.checked()
	if after := w.exceptions(id); len(after) != len(before)-1 || slices.Contains(after, "2026-11-10 law:daily_rest 420 of 660") {
		t.Errorf("exceptions %v after accepting one of %v", after, before)
	}
	if len(w.findings()) == 0 {
		t.Error("what is accepted is still found: the report keeps it")
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := Undo(ctx, tx, accepted, w.by, "not so", w.now)
		return err
	})
	w.checked()
	if again := w.exceptions(id); !slices.Equal(again, before) {
		t.Errorf("exceptions %v after undoing it, before it %v", again, before)
	}
}

func TestALateTapTakesItsFindingsAlong(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-09 14:00", 1)
	w.tap("2026-11-09 23:00", 1)
	w.tap("2026-11-10 06:00", 1)
	w.tap("2026-11-10 11:00", 1)
	w.checked()
	if !slices.ContainsFunc(w.findings(), func(f LawFinding) bool { return f.Row == law.DailyRest }) {
		t.Fatal("seven hours of rest are not found")
	}
	w.in(func(ctx context.Context, tx pg.Tx) error { // the shift of the morning was another's
		for _, at := range []string{"2026-11-10 06:00", "2026-11-10 11:00"} {
			name := tapID(testOrigin, testEpoch, map[string]int64{"2026-11-10 06:00": 3, "2026-11-10 11:00": 4}[at])
			if _, err := Decide(ctx, tx, Decision{Employee: id, Kind: IgnoreTap, Tap: name, Reason: "not hers", By: w.by}, w.now); err != nil {
				return err
			}
		}
		return nil
	})
	w.checked()
	if got := w.findings(); slices.ContainsFunc(got, func(f LawFinding) bool { return f.Row == law.DailyRest }) {
		t.Errorf("the rest is still found short: %+v", got)
	}
	if got := w.exceptions(id); len(got) != 0 && slices.ContainsFunc(got, func(s string) bool { return s == "2026-11-10 law:daily_rest 420 of 660" }) {
		t.Errorf("it is still an exception: %v", got)
	}
}

func TestAnAgreementTakesThePlaceOfTheAct(t *testing.T) {
	w := newWorld(t)
	w.employee("Bakker", 1, "2026-11-01 00:00")
	for _, tap := range []string{"2026-11-09 08:00", "2026-11-09 17:31", "2026-11-11 08:00", "2026-11-11 17:31"} {
		w.tap(tap, 1)
	}
	w.checked()
	if got := w.findings(); len(got) != 0 {
		t.Fatalf("by the Act: %+v", got)
	}
	a := TheAct()
	a.Name, a.From, a.By, a.Adults.Shift = "Cao", calendar.On(2026, 11, 10), w.by, 9*60
	w.in(func(ctx context.Context, tx pg.Tx) error {
		version, err := PutAgreement(ctx, tx, a, w.now)
		if err != nil || version != 1 {
			t.Errorf("version %d", version)
		}
		return err
	})
	w.checked()
	got := w.findings()
	if len(got) != 1 || got[0].Row != law.Shift || got[0].Allowed != 540 || got[0].Found != 541 || got[0].Day != calendar.On(2026, 11, 11) {
		t.Errorf("by the agreement: %+v", got)
	}
}

func TestAnAgreementBeyondTheActIsRefused(t *testing.T) {
	w := newWorld(t)
	try := func(change func(*Agreement)) error {
		a := TheAct()
		a.Name, a.From, a.By = "Cao", calendar.On(2026, 11, 10), w.by
		change(&a)
		return w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
			_, err := PutAgreement(t.Context(), tx, a, w.now)
			return err
		})
	}
	for name, change := range map[string]func(*Agreement){
		"longer shifts":        func(a *Agreement) { a.Adults.Shift = 721 },
		"no name":              func(a *Agreement) { a.Name = " " },
		"minors like adults":   func(a *Agreement) { a.Minors = a.Adults },
		"in the year one":      func(a *Agreement) { a.From = calendar.On(1, 1, 1) },
		"no figures":           func(a *Agreement) { a.Adults = law.Figures{} },
		"a pair contradicting": func(a *Agreement) { a.Adults.LateNights52 = 140 },
	} {
		if err := try(change); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := try(func(a *Agreement) { a.Contract = 99 }); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown contract: %v", err)
	}
	if err := try(func(*Agreement) {}); err != nil {
		t.Error(err)
	}
}

func TestWhoIsInIsToldWhatCanStillBePrevented(t *testing.T) {
	w := newWorld(t)
	w.now = w.at("2026-11-10 18:10")
	for _, tap := range []string{"2026-11-09 13:00", "2026-11-09 22:00", "2026-11-10 07:30"} {
		w.tapArriving(tap, 1, w.at(tap).Add(time.Second))
	}
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	other, _ := w.employee("Visser", 2, "2026-11-01 00:00")
	for _, tap := range []string{"2026-11-10 13:00", "2026-11-10 17:50"} {
		w.tap(tap, 2)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := plan.Put(ctx, tx, w.by, plan.Shift{Employee: other, Kind: plan.Work, From: w.at("2026-11-11 03:00").Unix() / 60, To: w.at("2026-11-11 07:00").Unix() / 60}, w.now)
		return err
	})
	w.checked()
	var got []LawNotice
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		got, err = LawNotices(ctx, tx, w.now)
		return err
	})
	want := []string{
		fmt.Sprintf("%d daily_rest 570 until 07:30", id),    // 22:00 to 07:30
		fmt.Sprintf("%d long_break 0 until 17:30", id),      // ten hours; half an hour is taken by itself
		fmt.Sprintf("%d shift 721 until 19:30", id),         // twelve hours
		fmt.Sprintf("%d daily_rest 550 until 03:00", other), // planned
	}
	var told []string
	for _, n := range got {
		told = append(told, fmt.Sprintf("%d %s %d until %s", n.Who.ID, n.Row, n.Found, time.Unix(n.Last*60, 0).In(n.Zone).Format("15:04")))
	}
	if !slices.Equal(told, want) {
		t.Errorf("told %v\nwant %v", told, want)
	}
}

func TestAnOrdinaryDayHasNoNotices(t *testing.T) {
	w := newWorld(t)
	rules := rule.Default().Rules
	rules.Breaks = nil // everybody taps their own
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := PutRules(ctx, tx, RuleChange{Set: rule.Set{From: calendar.On(2026, 1, 1), Rules: rules}}, w.by, w.now)
		return err
	})
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	for _, day := range []string{"2026-11-10", "2026-11-11", "2026-11-12"} { // planned so as well
		w.in(func(ctx context.Context, tx pg.Tx) error {
			_, err := plan.Put(ctx, tx, w.by, plan.Shift{Employee: id, Kind: plan.Work, From: w.at(day+" 07:00").Unix() / 60, To: w.at(day+" 16:00").Unix() / 60, Break: 30}, w.at("2026-11-01 00:00"))
			return err
		})
	}
	w.tap("2026-11-09 07:00", 1)
	w.tap("2026-11-09 16:00", 1)
	w.tapArriving("2026-11-10 07:00", 1, w.at("2026-11-10 07:00").Add(time.Second))
	for _, c := range []struct{ now, want string }{{"07:01", ""}, {"11:59", ""}, {"12:05", "break 12:30"}, {"13:00", "break 12:30"}} {
		w.now = w.at("2026-11-10 " + c.now)
		w.checked()
		got := ""
		w.in(func(ctx context.Context, tx pg.Tx) error {
			all, err := LawNotices(ctx, tx, w.now)
			for _, n := range all {
				got += fmt.Sprintf("%s %s", n.Row, time.Unix(n.Last*60, 0).In(n.Zone).Format("15:04"))
			}
			return err
		})
		if got != c.want {
			t.Errorf("at %s: %q, want %q", c.now, got, c.want)
		}
	}
}

func TestFiguresOfMinorsNeedTheBirthDateSwitchedOn(t *testing.T) { // OB-P1
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-09 12:00", 1)
	w.tap("2026-11-09 22:00", 1)
	w.checked()
	if got := w.findings(); len(got) != 0 {
		t.Fatalf("as an adult: %+v", got)
	}
	born := time.Date(2009, 5, 1, 0, 0, 0, 0, time.UTC)
	change := func(tx pg.Tx) error {
		e, err := people.EmployeeByID(t.Context(), tx, id)
		if err != nil {
			return err
		}
		e.Born = &born
		return people.UpdateEmployee(t.Context(), tx, w.by, e)
	}
	if err := w.db.InTenant(t.Context(), w.tenant, change); !errors.Is(err, people.ErrFieldOff) {
		t.Fatalf("while it is off: %v", err)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return people.SwitchOn(ctx, tx, w.by, people.OptionalBirthDate, "the figures for employees of 16 and 17")
	})
	w.in(func(_ context.Context, tx pg.Tx) error { return change(tx) })
	w.checked()
	if got := w.findings(); len(got) != 1 || got[0].Row != law.Shift || got[0].Allowed != 540 {
		t.Fatalf("at 17: %+v", got)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return people.SwitchOff(ctx, tx, w.by, people.OptionalBirthDate)
	})
	w.checked()
	if got := w.findings(); len(got) != 0 {
		t.Errorf("after it was switched off: %+v", got)
	}
	if n := pgtest.Exec(t, w.url, "SELECT count(*) FROM employee WHERE birth_date IS NOT NULL OR birth_date_sealed IS NOT NULL"); n != 0 {
		t.Errorf("%d birth dates are still there", n)
	}
	if n := pgtest.Exec(t, w.url, "SELECT count(*) FROM audit_payload WHERE payload::text LIKE '%2009-05-01%'"); n != 0 {
		t.Errorf("the birth date stands in %d entries of the log", n)
	}
}
