package hours

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// sealedWorld is two approved weeks of Bakker, of which the first is sealed and
// its taps removed. The night shift of the second Sunday into Monday lies over
// the end of a week.
func sealedWorld(t *testing.T) (w *world, bakker int64) {
	w = newWorld(t)
	bakker, _ = w.employee("Bakker", 1, "2026-10-01 00:00")
	for _, day := range []string{"2026-11-02", "2026-11-03", "2026-11-10"} {
		w.tap(day+" 08:00", 1)
		w.tap(day+" 16:30", 1)
	}
	w.recompute()
	w.now = w.at("2026-12-20 09:00")
	for _, week := range []int{45, 46} {
		w.in(func(ctx context.Context, tx pg.Tx) error {
			return Approve(ctx, tx, w.by, bakker, calendar.Week{Year: 2026, Week: week}, "as it is", w.now)
		})
	}
	if s := w.seal("2026-11-09", false, false); s.Days != 2 || s.Taps != 4 || s.Employees != 1 || len(s.Unapproved)+len(s.Held) != 0 {
		t.Fatalf("sealed %+v", s)
	}
	return w, bakker
}

func (w *world) seal(before string, unapproved, dry bool) Sealing {
	w.t.Helper()
	day, err := calendar.ParseDate(before)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := Seal(w.t.Context(), w.db, w.tenant, day, unapproved, dry, w.by, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// details gives an employee's stored days, and their lines.
func (w *world) details(employee int64) map[string]string {
	w.t.Helper()
	out := map[string]string{}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		rows, err := tx.Query(ctx, `SELECT day::text, detail::text || COALESCE((SELECT string_agg(code || minutes, ' ' ORDER BY code) FROM hour_line l
			WHERE l.employee_id = w.employee_id AND l.day = w.day), '') FROM worked_day w WHERE employee_id = $1`, employee)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var day, detail string
			if err := rows.Scan(&day, &detail); err != nil {
				return err
			}
			out[day] = detail
		}
		return rows.Err()
	})
	return out
}

func TestTapsOfSealedDaysGoThroughOneDoorWithARecord(t *testing.T) { // I3, I5
	w, bakker := sealedWorld(t)
	before := w.details(bakker)
	n, err := RemoveSealed(t.Context(), w.db, w.tenant, w.by)
	if err != nil || n != 4 {
		t.Fatalf("%d taps removed, %v", n, err)
	}
	left := pgtest.Exec(t, w.url, "SELECT count(*) FROM registration")
	if punches := pgtest.Exec(t, w.url, "SELECT count(*) FROM punch"); left != 2 || punches != 2 {
		t.Errorf("%d registrations and %d punches are left", left, punches)
	}
	if got := pgtest.Exec(t, w.url, `SELECT count(*) FROM removal r JOIN removed_name n USING (tenant_id, removal_id)
		WHERE r.registrations = 4 AND r.punches = 4 AND length(r.hash) = 32 AND n.seqs = '{[1,5)}' AND r.cause = 'retention'`); got != 1 {
		t.Error("the removal is not on record")
	}
	if d := before["2026-11-02"]; !strings.Contains(d, "0/0/1") || strings.Contains(d, string(tapID(testOrigin, testEpoch, 1))) {
		t.Errorf("the explanation is %s", d)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		x, err := Explain(ctx, tx, bakker, calendar.On(2026, 11, 2))
		if len(x.Day.Punches) != 2 || x.Day.Punches[1].Time().In(w.zone).Format("15:04") != "16:30" || x.Day.Minutes != 480 || len(x.Steps) == 0 {
			t.Errorf("it is explained as %+v", x)
		}
		return err
	})
	err = w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "DELETE FROM registration")
		return err
	})
	if err == nil {
		t.Error("registrations can be deleted by the side door")
	}
	pgtest.Exec(t, w.url, "INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at) VALUES ($1, $2, $3, $4) RETURNING 1",
		w.tenant, bakker, w.at("2026-11-01 00:00").UnixMilli(), w.at("2026-11-16 00:00").UnixMilli())
	pgtest.Exec(t, w.url, "DELETE FROM hours_cursor") // and everything that is left is taken up again
	w.recompute()
	for day, was := range before {
		if now := w.details(bakker)[day]; now != was {
			t.Errorf("%s was\n%s\nand is\n%s", day, was, now)
		}
	}
}

func TestRulesAndZonesThatChangeLeaveSealedDaysAlone(t *testing.T) { // I5
	w, bakker := sealedWorld(t)
	before := w.details(bakker)
	rules := rule.Default().Rules
	rules.Breaks = nil
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := PutRules(ctx, tx, RuleChange{Set: rule.Set{From: calendar.On(2026, 1, 1), Rules: rules}, Confirm: true}, w.by, w.now)
		return err
	})
	w.recompute()
	after := w.details(bakker)
	if after["2026-11-02"] != before["2026-11-02"] || after["2026-11-10"] == before["2026-11-10"] {
		t.Errorf("sealed: %v; not sealed: %v", after["2026-11-02"] == before["2026-11-02"], after["2026-11-10"] != before["2026-11-10"])
	}
}

func TestMinutesByHandOnASealedDayBecomeACorrectionLine(t *testing.T) { // I5, I8
	w, bakker := sealedWorld(t)
	if _, err := RemoveSealed(t.Context(), w.db, w.tenant, w.by); err != nil {
		t.Fatal(err)
	}
	w.decide(Decision{Employee: bakker, Kind: AddMinutes, Day: calendar.On(2026, 11, 3), Code: "100", Minutes: -30, Site: w.site, Reason: "left early"})
	w.recompute()
	w.wants(bakker, map[string]int{"2026-11-02": 480, "2026-11-03": 450, "2026-11-10": 480})
	week := calendar.Week{Year: 2026, Week: 45}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return Approve(ctx, tx, w.by, bakker, week, "left early", w.now)
	})
	var lines []Line
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		lines, err = approvedIn(ctx, tx, calendar.On(2026, 11, 3), calendar.On(2026, 11, 3))
		return err
	})
	if len(lines) != 2 || lines[0].Minutes != 480 || lines[1].Minutes != -30 || lines[1].Corrects == 0 {
		t.Errorf("approved lines %+v", lines)
	}
}

func TestATapThatComesAfterItsDayWasSealedAsksForAPerson(t *testing.T) { // I5
	w, bakker := sealedWorld(t)
	late := w.tapArriving("2026-11-03 12:00", 1, w.now)
	w.recompute()
	w.wants(bakker, map[string]int{"2026-11-02": 480, "2026-11-03": 480, "2026-11-10": 480})
	if d := w.details(bakker)["2026-11-03"]; !strings.Contains(d, `"sealed_day"`) || !strings.Contains(d, string(late)) {
		t.Errorf("the day says %s", d)
	}
	w.decide(Decision{Employee: bakker, Kind: IgnoreTap, Tap: late, At: w.at("2026-11-03 12:00"), Reason: "seen"})
	w.recompute()
	if d := w.details(bakker)["2026-11-03"]; strings.Contains(d, `"sealed_day"`) {
		t.Errorf("left out, the day says %s", d)
	}
}

func TestNothingButMinutesByHandIsDecidedOfASealedDay(t *testing.T) { // I5
	w, bakker := sealedWorld(t)
	first := tapID(testOrigin, testEpoch, 1)
	for _, d := range []Decision{
		{Kind: AddPunch, Mode: Out, At: w.at("2026-11-03 18:00")},
		{Kind: IgnoreTap, Tap: first, At: w.at("2026-11-02 08:00")},
		{Kind: SetTime, Tap: first, At: w.at("2026-11-10 07:00")},
		{Kind: Absent, Day: calendar.On(2026, 11, 4), Minutes: 480},
	} {
		d.Employee, d.By, d.Reason = bakker, w.by, "trying"
		err := w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
			_, err := Decide(t.Context(), tx, d, w.now)
			return err
		})
		if !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v", d.Kind, err)
		}
	}
}

func TestWhatAPersonUndoesOfRemovedTapsIsRefused(t *testing.T) { // I5
	w, bakker := sealedWorld(t)
	late := w.tapArriving("2026-11-03 12:00", 1, w.now)
	w.recompute()
	ignored := w.decide(Decision{Employee: bakker, Kind: IgnoreTap, Tap: late, Reason: "seen"})
	w.recompute()
	w.seal("2026-11-16", false, false) // the next time takes it along
	if _, err := RemoveSealed(t.Context(), w.db, w.tenant, w.by); err != nil {
		t.Fatal(err)
	}
	err := w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
		_, err := Undo(t.Context(), tx, ignored, w.by, "not so", w.now)
		return err
	})
	if !errors.Is(err, ErrSealed) {
		t.Errorf("an undo gives %v", err)
	}
}

// TestANightBeforeTheDayBeginsIsSealedWithItsDay: by the calendar it lies
// beyond the sealed days, and what is decided there would be dropped silently.
func TestANightBeforeTheDayBeginsIsSealedWithItsDay(t *testing.T) { // I5
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-10-01 00:00")
	rules := rule.Default().Rules
	rules.DayStart = "04:00"
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := PutRules(ctx, tx, RuleChange{Set: rule.Set{From: calendar.On(2026, 1, 1), Rules: rules}, Confirm: true}, w.by, w.now)
		return err
	})
	w.tap("2026-11-03 08:00", 1)
	w.tap("2026-11-03 16:00", 1)
	w.recompute()
	w.now = w.at("2026-12-20 09:00")
	if s := w.seal("2026-11-09", true, false); s.Days != 1 {
		t.Fatalf("sealed %+v", s)
	}
	add := func(at string) error {
		return w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
			_, err := Decide(t.Context(), tx, Decision{Employee: bakker, Kind: AddPunch, Mode: In, At: w.at(at), Reason: "seen", By: w.by}, w.now)
			return err
		})
	}
	if err := add("2026-11-09 02:00"); !errors.Is(err, ErrSealed) {
		t.Errorf("an in of the night before the first day that is open: %v", err)
	}
	if err := add("2026-11-09 05:00"); err != nil {
		t.Errorf("an in of the first day that is open: %v", err)
	}
}

func TestDaysThatNobodyApprovedHoldTheSealBack(t *testing.T) { // I5
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-10-01 00:00")
	w.tap("2026-11-02 08:00", 1)
	w.tap("2026-11-02 16:00", 1)
	w.recompute()
	w.now = w.at("2026-12-20 09:00")
	w.in(func(ctx context.Context, tx pg.Tx) error {
		near, err := NearSeal(ctx, tx, calendar.On(2026, 11, 9))
		if len(near) != 1 || near[0].Who.ID != bakker || near[0].Days != 1 || near[0].Minutes != 450 {
			t.Errorf("near their seal are %+v", near)
		}
		return err
	})
	if s := w.seal("2026-11-09", false, false); s.Days != 0 || len(s.Unapproved) != 1 {
		t.Errorf("sealed %+v", s)
	}
	if s := w.seal("2026-11-09", true, true); s.Days != 1 || s.Taps != 2 {
		t.Errorf("a dry run says %+v", s)
	}
	if s := w.seal("2026-11-09", true, false); s.Days != 1 || s.Taps != 2 {
		t.Errorf("sealed %+v", s)
	}
	if got := pgtest.Exec(t, w.url, "SELECT sum(unapproved) FROM seal"); got != 1 {
		t.Errorf("%d days are noted as never approved", got)
	}
	if s := w.seal("2026-11-09", true, false); s.Days != 0 || s.Employees != 0 {
		t.Errorf("sealed again %+v", s)
	}
}

func TestOnlyDaysThatAreSealedAreNotedAsNeverApproved(t *testing.T) { // I5
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-10-01 00:00")
	for _, day := range []string{"2026-11-03", "2026-11-10"} {
		w.tap(day+" 08:00", 1)
		w.tap(day+" 16:00", 1)
	}
	w.recompute()
	w.now = w.at("2026-12-20 09:00")
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return Approve(ctx, tx, w.by, bakker, calendar.Week{Year: 2026, Week: 45}, "", w.now)
	})
	if s := w.seal("2026-11-16", false, false); s.Days != 1 || len(s.Unapproved) != 1 {
		t.Fatalf("sealed %+v", s)
	}
	if got := pgtest.Exec(t, w.url, "SELECT sum(unapproved) FROM seal"); got != 0 {
		t.Errorf("%d approved days are noted as never approved", got)
	}
}

func TestDaysOfAFobThatChangedHandsAreNotSealedBeforeTheyAreComputed(t *testing.T) { // I5
	w := newWorld(t)
	_, fob := w.employee("Bakker", 1, "2026-10-01 00:00")
	w.tap("2026-11-03 08:00", 1)
	w.tap("2026-11-03 16:00", 1)
	w.recompute()
	w.now = w.at("2026-12-20 09:00")
	pgtest.Exec(t, w.url, "INSERT INTO hours_due (tenant_id, fob_id) VALUES ($1, $2) RETURNING 1", w.tenant, fob)
	if s := w.seal("2026-11-09", true, false); s.Days != 0 || len(s.Held) != 1 || s.Held[0].Why != HeldDue {
		t.Errorf("sealed %+v", s)
	}
}

func TestAChainOfTapsIsSealedAsAWholeOrNotAtAll(t *testing.T) { // I5
	w := newWorld(t)
	w.employee("Bakker", 1, "2026-10-01 00:00")
	for _, tap := range []string{"2026-11-03 08:00", "2026-11-03 16:00", "2026-11-04 22:00", "2026-11-05 06:00", "2026-11-05 15:00", "2026-11-05 20:00"} {
		w.tap(tap, 1)
	}
	w.recompute()
	w.now = w.at("2026-12-20 09:00")
	if s := w.seal("2026-11-05", true, false); s.Days != 1 || s.Taps != 2 {
		t.Errorf("the night into the 5th was cut: %+v", s)
	}
	if s := w.seal("2026-11-07", true, false); s.Days != 2 || s.Taps != 4 {
		t.Errorf("sealed %+v", s)
	}
}

func TestSealedDaysCannotBeChangedInTheDatabase(t *testing.T) { // I5
	w, _ := sealedWorld(t)
	for _, sql := range []string{"UPDATE sealed_day SET detail = '{}'", "DELETE FROM sealed_day", "DELETE FROM seal", "DELETE FROM removal"} {
		err := w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if err == nil {
			t.Errorf("%s is taken", sql)
		}
	}
	if _, err := Seal(t.Context(), w.db, w.tenant, calendar.DateOf(w.now.Add(-24*time.Hour)), true, false, w.by, w.now); !errors.Is(err, ErrInvalid) {
		t.Errorf("yesterday is sealed: %v", err)
	}
}
