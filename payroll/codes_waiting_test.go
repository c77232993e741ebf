package payroll

import (
	"context"
	"fmt"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestCodesThatWaitAreSeenBesideAWeekThatWasReopened(t *testing.T) {
	b := newBench(t)
	reopened, other := b.employee("17"), b.employee("18")
	b.approve(reopened, at(6), "EVE", 60)
	b.approve(reopened, at(7), "EVE", 60)
	o := b.destination("Loket")
	b.mustCreate(o)
	pgtest.Exec(t, b.url, "UPDATE timesheet SET state = 'open'")
	b.approve(other, at(6), "EVE", 30)
	b.in(func(tx pg.Tx) error {
		waiting, err := WaitingCodes(context.Background(), tx, o.Destination, july)
		if fmt.Sprint(waiting) != "map[EVE:30]" {
			t.Errorf("%v", waiting)
		}
		return err
	})
}
