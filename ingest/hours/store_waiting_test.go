package hours

import (
	"context"
	"testing"
	"time"

	"tikklok/ingest/pg"
)

func (w *world) waiting() (sheets, unknown int, taps map[int64]time.Time) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		if sheets, err = OpenExceptions(ctx, tx, week46.Add(-1).Monday(), week46.Sunday()); err != nil {
			return err
		}
		if unknown, err = CountUnknown(ctx, tx); err != nil {
			return err
		}
		taps, err = LastTaps(ctx, tx)
		return err
	})
	return sheets, unknown, taps
}

func TestWhatWaitsIsCountedAsTheListsShowIt(t *testing.T) {
	w := newWorld(t)
	bakker, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	_, other := w.employee("Smit", 2, "2026-11-01 00:00")
	_, unused := w.employee("Vos", 3, "2026-11-01 00:00")
	w.tap("2026-11-03 08:00", 1) // the week before
	w.tap("2026-11-09 08:00", 1) // two in one week
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 08:00", 2)
	w.tap("2026-11-10 16:00", 2)
	w.tap("2026-11-11 08:00", 9)
	w.tap("2026-11-11 09:00", 9)
	w.recompute()
	sheets, unknown, taps := w.waiting()
	if sheets != 2 || unknown != 1 {
		t.Errorf("%d sheets and %d fobs wait, want 2 and 1", sheets, unknown)
	}
	if _, ok := taps[unused]; ok || !taps[fob].Equal(w.at("2026-11-10 08:00")) || !taps[other].Equal(w.at("2026-11-10 16:00")) {
		t.Errorf("last taps %v", taps)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return Approve(ctx, tx, w.by, bakker, week46, "as it is", w.now)
	})
	if sheets, _, _ := w.waiting(); sheets != 1 {
		t.Errorf("%d sheets wait after one was approved, want 1", sheets)
	}
}

func TestRegistrationsByHandAreListedNewestFirst(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 0, "")
	first := w.decide(Decision{Employee: id, Kind: AddPunch, Mode: In, At: w.at("2026-11-10 08:00"), Reason: "no fob"})
	second := w.decide(Decision{Employee: id, Kind: AddPunch, Mode: Out, At: w.at("2026-11-10 16:00"), Reason: "no fob"})
	w.decide(Decision{Employee: id, Kind: AddPunch, Mode: Out, At: w.at("2026-11-11 16:00"), Reason: "usual", Proposed: true})
	w.in(func(ctx context.Context, tx pg.Tx) error {
		if _, err := Undo(ctx, tx, first, w.by, "wrong day", w.now); err != nil {
			return err
		}
		all, err := LatestManual(ctx, tx, 10)
		if len(all) != 2 || all[0].ID != second || all[1].ID != first || all[0].Undone || !all[1].Undone || all[0].Who.Surname != "Bakker" {
			t.Errorf("registrations %+v", all)
		}
		return err
	})
}

func TestATimesheetNamesItsSites(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 16:00", 1)
	w.recompute()
	if s := w.sheet(id, week46); len(s.Sites) != 1 || s.Sites[0] != w.site {
		t.Errorf("sites %v, want %d", s.Sites, w.site)
	}
}
