package payroll

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/payroll/format"
)

// A card of SETU takes the place of the one of its id, so that a correction by
// another id would be paid beside it.
func TestWhatCardsAreCalledByStaysWhileARunStands(t *testing.T) { // I8
	b := newBench(t)
	ctx := context.Background()
	d := Destination{Name: "Inlener", Format: "setu-2.0", Settings: format.Settings{"customer_id": "1", "supplier_id": "2"}}
	b.in(func(tx pg.Tx) (err error) {
		if d, err = CreateDestination(ctx, tx, b.by, d); err != nil {
			return err
		}
		_, err = PutCodes(ctx, tx, b.by, d.ID, map[string]string{"N": "HT100"})
		return err
	})
	change := func(key, value string) error {
		settings := maps.Clone(d.Settings)
		settings[key] = value
		return b.db.InTenant(ctx, b.tenant, func(tx pg.Tx) error {
			_, err := UpdateDestination(ctx, tx, b.by, Destination{ID: d.ID, Name: d.Name, Settings: settings})
			return err
		})
	}
	if err := change("customer_id", "11"); err != nil {
		t.Errorf("before a run: %v", err)
	}
	d.Settings["customer_id"] = "11"
	b.approve(b.employee("17"), at(6), "N", 480)
	run := b.mustCreate(Order{Destination: d.ID, Period: july})
	for key, value := range map[string]string{"customer_id": "1", "supplier_id": "22", "id_owner": "Supplier", "cost_centres": "yes"} {
		var bad *format.BadSetting
		if err := change(key, value); !errors.Is(err, ErrInvalid) || !errors.As(err, &bad) || bad.Key != key || !strings.Contains(err.Error(), "void") {
			t.Errorf("%s: %v", key, err)
		}
	}
	if err := change("names", "yes"); err != nil {
		t.Errorf("what cards are not called by: %v", err)
	}
	if _, err := b.void(run.ID); err != nil {
		t.Fatal(err)
	}
	if err := change("customer_id", "1"); err != nil {
		t.Errorf("after the run was made void: %v", err)
	}
}
