package hours

import (
	"context"
	"errors"
	"testing"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// More is never taken off by hand than there is: nobody works
// less than nothing.
func TestMinutesTakenOffByHandAreThere(t *testing.T) {
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	off := Decision{Employee: bakker, Kind: AddMinutes, Day: calendar.On(2026, 11, 10), Code: "100", Minutes: -480, Site: w.site, Reason: "left early", By: w.by}
	err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
		_, err := Decide(context.Background(), tx, off, w.now)
		return err
	})
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("eight hours of four: %v", err)
	}
	w.recompute()
	w.wants(bakker, map[string]int{"2026-11-10": 240})
	off.Minutes = -240
	first := w.decide(off)
	w.recompute()
	if second := w.decide(off); first != second {
		t.Errorf("a form sent twice, all there was: decisions %d and %d", first, second)
	}
}
