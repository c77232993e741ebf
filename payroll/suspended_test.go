package payroll

import (
	"context"
	"testing"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

func TestNoRunIsMadeWhileTheServiceIsSuspendedAndOneMadeBeforeIsPulled(t *testing.T) { // OB-H10
	b, order := newBenchWithLine(t)
	before := b.mustCreate(order)
	step := func(kind tenant.SuspensionKind) {
		t.Helper()
		err := b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error {
			_, err := tenant.TakeStep(context.Background(), tx, audit.Actor{Kind: audit.Operator}, tenant.SuspensionStep{Kind: kind, Ground: tenant.Misuse, Reference: "letter"}, b.now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	step(tenant.Suspended)
	e := b.employee("18")
	b.approve(e, at(6), "N", 60)
	_, err := b.create(order)
	b.wants(err, tenant.ErrSuspended)
	err = b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error {
		_, err := b.office.File(context.Background(), tx, before.ID)
		return err
	})
	if err != nil {
		t.Errorf("a run of before can't be pulled: %v", err)
	}
	step(tenant.Lifted)
	if run := b.mustCreate(order); run.Totals.Worked() != 60 {
		t.Errorf("after the lift %v minutes leave", run.Totals.Worked())
	}
}
