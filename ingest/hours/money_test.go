package hours

import (
	"context"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// stored gives an employee's days that have minutes.
func (w *world) stored(employee int64) map[string]int {
	w.t.Helper()
	days := map[string]int{}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		rows, err := tx.Query(ctx, "SELECT day::text, minutes FROM worked_day WHERE employee_id = $1 AND minutes > 0", employee)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var day string
			var minutes int
			if err := rows.Scan(&day, &minutes); err != nil {
				return err
			}
			days[day] = minutes
		}
		return rows.Err()
	})
	return days
}

// change updates an employee.
func (w *world) change(id int64, change func(*people.Employee)) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		e, err := people.EmployeeByID(ctx, tx, id)
		if err != nil {
			return err
		}
		change(&e)
		return people.UpdateEmployee(ctx, tx, w.by, e)
	})
}

func (w *world) wants(employee int64, want map[string]int) {
	w.t.Helper()
	got := w.stored(employee)
	for day, minutes := range want {
		if got[day] != minutes {
			w.t.Errorf("%s has %d minutes, want %d", day, got[day], minutes)
		}
	}
	if len(got) != len(want) {
		w.t.Errorf("days %v, want %v", got, want)
	}
}

func TestAnotherZoneLeavesNoDayBehind(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 00:30", 1)
	w.tap("2026-11-10 04:00", 1)
	w.recompute()
	w.wants(id, map[string]int{"2026-11-10": 210})
	w.change(id, func(e *people.Employee) { e.Zone = "America/New_York" })
	w.recompute()
	w.wants(id, map[string]int{"2026-11-09": 210})
	w.change(id, func(e *people.Employee) { e.Zone = "" })
	w.recompute()
	w.wants(id, map[string]int{"2026-11-10": 210})
}

func TestAnotherZoneMovesWhatWasRegisteredByHand(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 0, "")
	w.decide(Decision{Employee: id, Kind: AddPunch, Mode: In, At: w.at("2026-11-10 00:30")})
	w.decide(Decision{Employee: id, Kind: AddPunch, Mode: Out, At: w.at("2026-11-10 04:00")})
	w.recompute()
	w.wants(id, map[string]int{"2026-11-10": 210})
	w.change(id, func(e *people.Employee) { e.Zone = "America/New_York" })
	w.recompute()
	w.wants(id, map[string]int{"2026-11-09": 210})
}

func TestNewRulesReachTheLastDayInEveryZone(t *testing.T) {
	for _, zone := range []string{"America/Los_Angeles", "Pacific/Kiritimati", "Europe/Amsterdam"} {
		t.Run(zone, func(t *testing.T) {
			w := newWorld(t)
			id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
			w.change(id, func(e *people.Employee) { e.Zone = zone })
			at, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			for _, hour := range []int{13, 17} {
				instant := time.Date(2026, 11, 10, hour, 0, 0, 0, at).Add(8 * time.Minute * time.Duration(hour-13) / 4)
				w.tap(instant.In(w.zone).Format("2006-01-02 15:04"), 1)
			}
			w.recompute()
			w.wants(id, map[string]int{"2026-11-10": 248})
			w.in(func(ctx context.Context, tx pg.Tx) error {
				rules := rule.Default().Rules
				rules.Rounding = rule.Rounding{Per: rule.RoundShift, To: 15}
				_, err := PutRules(ctx, tx, RuleChange{Set: rule.Set{From: calendar.On(2026, 11, 10), Rules: rules}, Confirm: true}, w.by, w.now)
				return err
			})
			w.recompute()
			w.wants(id, map[string]int{"2026-11-10": 255})
		})
	}
}

func TestAModeThatWasUsedForLongIsNotRewritten(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	pgtest.Exec(t, w.url, "UPDATE reader SET created_at = now() - interval '30 days' WHERE tenant_id = $1", w.tenant)
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	w.in(func(ctx context.Context, tx pg.Tx) error { // it hangs in the canteen from now on
		return fleet.UpdateReader(ctx, tx, w.by, w.reader, "Reader 7", fleet.ModeBreak)
	})
	w.recompute()
	w.wants(id, map[string]int{"2026-11-10": 240})
}

func TestWhatWasJustDecidedIsApproved(t *testing.T) { // OB-H1
	w := newWorld(t)
	id, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	for _, at := range []string{"2026-11-09 08:00", "2026-11-09 12:00", "2026-11-10 08:00", "2026-11-10 12:00"} {
		w.tap(at, 1)
	}
	w.recompute()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return fleet.Return(ctx, tx, w.by, fob, w.at("2026-11-10 00:00"), "lost")
	})
	if err := w.approve(id, "seen"); err != nil {
		t.Fatal(err)
	}
	if got := minutesOf(w.approved()); got != "2026-11-09 100 240" {
		t.Errorf("approved %s", got)
	}
}

func TestNothingLeavesOfAWeekThatWasReopened(t *testing.T) { // I8
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	if err := w.approve(id, ""); err != nil {
		t.Fatal(err)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return Reopen(ctx, tx, w.by, id, week46, "not his hours", w.now)
	})
	if got := w.approved(); len(got) != 0 {
		t.Errorf("reopened, and %s leaves", minutesOf(got))
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return Reject(ctx, tx, w.by, id, week46, "not his hours", w.now)
	})
	if got := w.approved(); len(got) != 0 {
		t.Errorf("rejected, and %s leaves", minutesOf(got))
	}
	w.decide(Decision{Employee: id, Kind: AddPunch, Mode: Out, At: w.at("2026-11-10 11:00")})
	w.decide(Decision{Employee: id, Kind: IgnoreTap, Tap: tapID(testOrigin, testEpoch, 2)})
	if err := w.approve(id, "he went at eleven"); err != nil {
		t.Fatal(err)
	}
	if got := minutesOf(w.approved()); got != "2026-11-10 100 240|2026-11-10 100 -60" {
		t.Errorf("approved again: %s", got)
	}
}

func TestARestoredDatabaseIsNotBehindForEver(t *testing.T) {
	w := newWorld(t)
	w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	pgtest.Exec(t, w.url, "UPDATE registration SET txn = txn + 1000000000") // of the cluster it was dumped from
	pgtest.Exec(t, w.url, "UPDATE time_pair SET txn = txn + 1000000000")
	pgtest.Exec(t, w.url, "INSERT INTO hours_cursor VALUES ($1, 2000000000)", w.tenant)
	for range 3 {
		c, err := Recompute(context.Background(), w.db, w.tenant, w.now)
		if err != nil || c.Behind {
			t.Errorf("%+v, %v", c, err)
		}
	}
	w.pair("2026-11-10 09:00", wire.SourceDisciplined)
	w.recompute()
}

func TestTapsAfterTheLastWorkingDayWait(t *testing.T) { // OB-C5
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	for _, at := range []string{"2026-11-10 08:00", "2026-11-10 12:00", "2026-11-11 08:00", "2026-11-11 12:00"} {
		w.tap(at, 1)
	}
	w.recompute()
	w.wants(id, map[string]int{"2026-11-10": 240, "2026-11-11": 240})
	last := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)
	w.change(id, func(e *people.Employee) { e.Until = &last })
	w.recompute()
	w.wants(id, map[string]int{"2026-11-10": 240})
	if s := w.sheet(id, week46); s.Exceptions != 1 || s.Days[2].Exceptions[0].Kind != NotEmployed {
		t.Errorf("exceptions %+v", s.Days[2].Exceptions)
	}
	w.change(id, func(e *people.Employee) { e.Until = nil })
	w.recompute()
	w.wants(id, map[string]int{"2026-11-10": 240, "2026-11-11": 240})
}
