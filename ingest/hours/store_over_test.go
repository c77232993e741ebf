package hours

import (
	"context"
	"testing"

	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/leaving"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// leaves ends an employment on a day, with the fob after the last shift.
func (w *world) leaves(employee int64, day string) (l leaving.Leaving) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		l, err = leaving.End(ctx, tx, w.by, leaving.Leaving{Employee: employee, Fobs: leaving.AfterLastShift}, w.at(day+" 00:00"), LastShiftOver, w.now)
		return err
	})
	return l
}

// fobAt settles and gives a fob's status, at a time.
func (w *world) fobAt(text string, fob int64) (status fleet.Status) {
	w.t.Helper()
	w.now = w.at(text)
	w.recompute()
	if err := leaving.Settle(w.t.Context(), w.db, w.tenant, LastShiftOver, w.now); err != nil {
		w.t.Fatal(err)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		f, err := fleet.FobByID(ctx, tx, fob)
		status = f.Status
		return err
	})
	return status
}

func TestAFobEndsAfterTheOutTapOfTheLastShift(t *testing.T) { // OB-C5
	w := newWorld(t)
	w.planRules()
	bakker, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.now = w.at("2026-11-16 09:00")
	w.planned(bakker, "2026-11-16 22:00", "2026-11-17 06:00")
	if l := w.leaves(bakker, "2026-11-16"); l.Access == nil || l.Blocked != nil || len(l.Held) != 1 {
		t.Fatalf("in the morning of the last day: %+v", l)
	}
	w.tap("2026-11-16 22:01", 1)
	if got := w.fobAt("2026-11-17 02:00", fob); got != fleet.StatusIssued {
		t.Errorf("in the middle of the last night shift the fob is %s", got)
	}
	w.tap("2026-11-17 06:02", 1)
	if got := w.fobAt("2026-11-17 06:03", fob); got != fleet.StatusBlocked {
		t.Errorf("after the out-tap the fob is %s", got)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		blocked, err := fleet.BlockedTokens(ctx, tx)
		if len(blocked) != 1 {
			t.Errorf("gateways are told of %d blocked fobs", len(blocked))
		}
		return err
	})
	if days := w.asked(bakker, calendar.On(2026, 11, 16)); len(days) != 0 {
		t.Errorf("the last shift asks %v", days)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return fleet.Return(ctx, tx, w.by, fob, w.at("2026-11-20 10:00"), "returned")
	})
	w.in(func(ctx context.Context, tx pg.Tx) error {
		l, err := leaving.Of(ctx, tx, bakker)
		if err == nil && (l.Blocked == nil || len(l.Held) != 1 || l.Held[0].Back == nil || !l.Held[0].Back.Equal(w.at("2026-11-20 10:00"))) {
			t.Errorf("after the fob came back: %+v", l)
		}
		return err
	})
}

func TestWhoIsOutForLunchOnTheLastDayComesBackIn(t *testing.T) { // OB-C5
	w := newWorld(t)
	bakker, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.now = w.at("2026-11-16 07:00")
	w.leaves(bakker, "2026-11-16")
	for _, step := range []struct {
		tap, at string
		want    fleet.Status
	}{
		{"2026-11-16 08:00", "2026-11-16 08:01", fleet.StatusIssued},
		{"2026-11-16 12:00", "2026-11-16 12:30", fleet.StatusIssued},
		{"2026-11-16 12:45", "2026-11-16 12:46", fleet.StatusIssued},
		{"2026-11-16 17:00", "2026-11-16 18:00", fleet.StatusIssued},
	} {
		w.tap(step.tap, 1)
		if got := w.fobAt(step.at, fob); got != step.want {
			t.Errorf("at %s the fob is %s", step.at, got)
		}
	}
	if got := w.fobAt("2026-11-16 19:00", fob); got != fleet.StatusBlocked {
		t.Errorf("two hours after the last out-tap the fob is %s", got)
	}
}

func TestALastDayThatPassedByItselfEndsTheFobToo(t *testing.T) { // OB-C5
	w := newWorld(t)
	bakker, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	jansen, other := w.employee("Jansen", 2, "2026-11-01 00:00")
	pgtest.Exec(t, w.url, "UPDATE employee SET employed_until = '2026-11-16' WHERE employee_id = $1", bakker)
	if got := w.fobAt("2026-11-16 23:59", fob); got != fleet.StatusIssued {
		t.Errorf("on the last day the fob is %s", got)
	}
	if got := w.fobAt("2026-11-17 00:00", fob); got != fleet.StatusBlocked {
		t.Errorf("after the last day the fob is %s", got)
	}
	if got := w.fobAt("2026-11-17 00:00", other); got != fleet.StatusIssued {
		t.Errorf("the fob of employee %d, who stays, is %s", jansen, got)
	}
}

func TestWhoStaysAfterAllKeepsTheFob(t *testing.T) { // OB-C5
	w := newWorld(t)
	bakker, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.now = w.at("2026-11-10 07:00")
	if l := w.leaves(bakker, "2026-11-16"); l.Access != nil {
		t.Errorf("access ended before the last day: %+v", l)
	}
	pgtest.Exec(t, w.url, "UPDATE employee SET employed_until = NULL WHERE employee_id = $1", bakker)
	if got := w.fobAt("2026-11-18 12:00", fob); got != fleet.StatusIssued {
		t.Errorf("the fob is %s", got)
	}
}

func TestWhoCameBackIsShutOutAgainWhenTheyLeaveAgain(t *testing.T) { // OB-C5
	for name, until := range map[string]any{"for good": nil, "for a time": "2026-12-31"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			bakker, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
			w.now = w.at("2026-11-16 12:00")
			w.leaves(bakker, "2026-11-16")
			if got := w.fobAt("2026-11-17 00:00", fob); got != fleet.StatusBlocked {
				t.Fatalf("after the last day the fob is %s", got)
			}
			pgtest.Exec(t, w.url, "UPDATE employee SET employed_until = $2 WHERE employee_id = $1", bakker, until)
			w.fobAt("2026-11-20 12:00", fob)
			w.in(func(ctx context.Context, tx pg.Tx) error {
				if l, err := leaving.Of(ctx, tx, bakker); err == nil {
					t.Errorf("who is back is said to have left: %+v", l)
				}
				if err := fleet.Return(ctx, tx, w.by, fob, w.now, string(fleet.StatusInStock)); err != nil {
					return err
				}
				return fleet.Issue(ctx, tx, w.by, fob, bakker, w.now)
			})
			pgtest.Exec(t, w.url, "UPDATE employee SET employed_until = '2026-12-31' WHERE employee_id = $1", bakker)
			if got := w.fobAt("2026-12-31 23:59", fob); got != fleet.StatusIssued {
				t.Errorf("on the second last day the fob is %s", got)
			}
			if got := w.fobAt("2027-01-01 00:00", fob); got != fleet.StatusBlocked {
				t.Errorf("after the second last day the fob is %s", got)
			}
		})
	}
}

func TestABreakInTheLastNightDoesNotEndTheFob(t *testing.T) { // OB-C5
	w := newWorld(t)
	w.planRules()
	bakker, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.now = w.at("2026-11-16 09:00")
	w.planned(bakker, "2026-11-16 22:00", "2026-11-17 06:00")
	w.leaves(bakker, "2026-11-16")
	w.tap("2026-11-16 22:00", 1)
	w.tap("2026-11-17 02:00", 1)
	if got := w.fobAt("2026-11-17 02:15", fob); got != fleet.StatusIssued {
		t.Errorf("in the break of the last night shift the fob is %s", got)
	}
	w.tap("2026-11-17 02:30", 1)
	w.tap("2026-11-17 06:00", 1)
	if got := w.fobAt("2026-11-17 06:01", fob); got != fleet.StatusBlocked {
		t.Errorf("after the last out-tap the fob is %s", got)
	}
}
