package payroll

import (
	"context"
	"testing"

	"tikklok/ingest/pg"
)

func TestHoursAreSentWhenEveryLineLeftInARunThatStands(t *testing.T) {
	b := newBench(t)
	order := b.destination("Loket")
	one, two := b.employee("17"), b.employee("18")
	b.approve(one, at(6), "N", 480)
	b.approve(two, at(6), "N", 480)
	sent := func() (all map[int64]bool) {
		b.in(func(tx pg.Tx) (err error) { all, err = Sent(context.Background(), tx, at(6), at(12)); return err })
		return all
	}
	if s := sent(); len(s) != 0 {
		t.Errorf("sent before the run: %v", s)
	}
	run := b.mustCreate(order)
	b.approve(two, at(7), "N", 30)
	if s := sent(); !s[one] || s[two] {
		t.Errorf("sent after the run: %v", s)
	}
	if _, err := b.void(run.ID); err != nil {
		t.Fatal(err)
	}
	if s := sent(); len(s) != 0 {
		t.Errorf("sent after it was declared void: %v", s)
	}
}
