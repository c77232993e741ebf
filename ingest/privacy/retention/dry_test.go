package retention_test

import (
	"context"
	"maps"
	"reflect"
	"testing"

	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/retention"
)

// Also of what goes only after something else went, or was sealed.
func TestADryRunCountsOfEachTableWhatThenGoes(t *testing.T) { // OB-P3
	for name, held := range map[string]bool{"nobody is held": false, "somebody is held": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.past()
			other := w.add("Visser")
			w.work(other, "2025-09-01")
			w.work(other, "2026-08-03")
			if err := w.in(func(ctx context.Context, tx pg.Tx) error {
				if !held {
					return nil
				}
				_, err := retention.PutHold(ctx, tx, retention.Hold{Employee: other, Reason: "accident", Until: now.AddDate(0, 6, 0), By: boss}, now)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := hours.Recompute(t.Context(), w.app, w.tenant, now); err != nil { // as a server does all the time
				t.Fatal(err)
			}
			dry, err := w.purger.DryRun(t.Context(), w.tenant, now)
			if err != nil {
				t.Fatal(err)
			}
			dry.Sealed.People = nil
			night := w.purge()
			if !maps.Equal(removed(dry), removed(night)) || dry.Total != night.Total || !reflect.DeepEqual(dry.Sealed, night.Sealed) {
				t.Errorf("counted %d, sealed %+v\n%v\ngone %d, sealed %+v\n%v", dry.Total, dry.Sealed, removed(dry), night.Total, night.Sealed, removed(night))
			}
		})
	}
}
