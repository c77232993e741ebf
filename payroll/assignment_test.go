package payroll

import (
	"context"
	"io"
	"testing"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/payroll/format"
)

// wouldHold gives the lines that a run would hold now.
func (b *bench) wouldHold(o Order) []format.Line {
	b.t.Helper()
	var lines []format.Line
	b.in(func(tx pg.Tx) error {
		d, err := DestinationByID(context.Background(), tx, o.Destination)
		if err != nil {
			return err
		}
		c, err := newComposition(context.Background(), tx, d, o.Period, b.now, everything)
		if err != nil {
			return err
		}
		c.output = func() (io.Writer, error) { return io.Discard, nil }
		c.take = func(batch []format.Line) error { lines = append(lines, batch...); return nil }
		return c.compose(context.Background(), tx)
	})
	return lines
}

func TestLinesGoOutWithTheirAssignment(t *testing.T) {
	b := newBench(t)
	jan := b.employee("1")
	pgtest.Exec(t, b.url, `INSERT INTO assignment (tenant_id, employee_id, number, cost_centre, from_day, until_day) VALUES ($1, $2, 'A-1', '410', '2026-07-01', '2026-07-09')`, b.tenant, jan)
	pgtest.Exec(t, b.url, `INSERT INTO assignment (tenant_id, employee_id, number, cost_centre, from_day) VALUES ($1, $2, 'A-2', '420', '2026-07-10')`, b.tenant, jan)
	b.approve(jan, calendar.On(2026, 7, 6), "N", 480)
	b.approve(jan, calendar.On(2026, 7, 13), "N", 300)
	order := b.destination("csv")
	got := b.wouldHold(order)
	if len(got) != 2 || got[0].Assignment != "A-1" || got[0].CostCentre != "410" || got[1].Assignment != "A-2" || got[1].CostCentre != "420" {
		t.Fatalf("%+v", got)
	}
}

func TestACorrectionGoesToTheAssignmentThatWasSent(t *testing.T) { // I8
	b := newBench(t)
	jan := b.employee("1")
	pgtest.Exec(t, b.url, `INSERT INTO assignment (tenant_id, employee_id, number, cost_centre, from_day) VALUES ($1, $2, 'A-1', '410', '2026-07-01')`, b.tenant, jan)
	b.approve(jan, calendar.On(2026, 7, 6), "N", 480)
	order := b.destination("csv")
	b.mustCreate(order)
	pgtest.Exec(t, b.url, `UPDATE assignment SET number = 'A-9', cost_centre = '900' WHERE tenant_id = $1`, b.tenant)
	b.approve(jan, calendar.On(2026, 7, 6), "N", -30)
	b.approve(jan, calendar.On(2026, 7, 7), "N", 60)
	got := b.wouldHold(order)
	if len(got) != 2 || got[0].Minutes != -30 || got[0].Assignment != "A-1" || got[0].CostCentre != "410" || got[1].Assignment != "A-9" {
		t.Fatalf("%+v", got)
	}
}
