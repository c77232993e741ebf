package hours

import (
	"context"
	"testing"

	"tikklok/ingest/pg"
)

// TestWhoeverDecidesTakesTurnsWithWhoeverComputes: whose a tap is was read
// before the decision, and is written after it.
func TestWhoeverDecidesTakesTurnsWithWhoeverComputes(t *testing.T) { // I3
	w := newWorld(t)
	id, _ := w.employee("Nowak", 0, "")
	tap := w.tap("2026-11-10 08:00", 9) // of a fob that nobody knows
	w.recompute()
	var assigned int64
	for _, decide := range []func(context.Context, pg.Tx) error{
		func(ctx context.Context, tx pg.Tx) (err error) {
			assigned, err = Decide(ctx, tx, Decision{Employee: id, Kind: AssignTap, Tap: tap, Reason: "her reserve fob", By: w.by}, w.now)
			return err
		},
		func(ctx context.Context, tx pg.Tx) error {
			_, err := Undo(ctx, tx, assigned, w.by, "not hers", w.now)
			return err
		},
	} {
		w.in(func(ctx context.Context, computing pg.Tx) error {
			if err := lock(ctx, computing); err != nil {
				return err
			}
			err := w.db.InTenant(ctx, w.tenant, func(tx pg.Tx) error {
				if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '50ms'"); err != nil {
					return err
				}
				return decide(ctx, tx)
			})
			if err == nil {
				t.Error("a tap was given to somebody, or taken, while hours were computed")
			}
			return nil
		})
		w.in(decide)
	}
}
