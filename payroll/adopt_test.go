package payroll

import (
	"context"
	"testing"
	"time"

	"tikklok/ingest/pg/pgtest"
)

func (b *bench) adopt(id int64) (Run, error) {
	return b.office.Adopt(context.Background(), b.db, b.tenant, b.by, id, "the package took it in", b.now)
}

func TestARunWhoseApprovalsWereLostIsAdoptedOnceTheyAreGivenAgain(t *testing.T) { // I8
	b := newBench(t)
	e := b.employee("17")
	b.approve(e, at(6), "N", 20)
	lost := b.mustCreate(b.destination("Loket"))
	b.forget() // the backup is older than the approval
	for _, table := range []string{"approved_line", "approval", "timesheet"} {
		pgtest.Exec(t, b.url, "ALTER TABLE "+table+" DISABLE TRIGGER USER")
		pgtest.Exec(t, b.url, "DELETE FROM "+table)
		pgtest.Exec(t, b.url, "ALTER TABLE "+table+" ENABLE TRIGGER USER")
	}
	b.weeks = map[string]int64{}
	b.now = b.now.Add(time.Hour)
	_, err := b.adopt(lost.ID)
	b.wants(err, ErrNothing)
	b.approve(e, at(6), "N", 20)
	run, err := b.adopt(lost.ID)
	if err != nil {
		t.Fatal(err)
	}
	if run.State != Acknowledged || run.SHA256 != lost.SHA256 || !run.At.Equal(lost.At) {
		t.Errorf("%+v, was %+v", run, lost)
	}
}

func TestWhatIsApprovedWhileARunIsComposedWaitsForTheNextOne(t *testing.T) { // I8
	b := newBench(t)
	e := b.employee("17")
	b.approve(e, at(6), "N", 20)
	o := b.destination("Loket")
	ordered := b.now
	b.office.Progress = func(int, int) { // between the look for lines that wait and their reading
		b.office.Progress = nil
		b.now = b.now.Add(time.Minute)
		b.approve(e, at(7), "N", 10)
	}
	run, err := b.office.Create(context.Background(), b.db, b.tenant, b.by, o, ordered)
	if err != nil {
		t.Fatal(err)
	}
	if run.Totals.Worked() != 20 {
		t.Errorf("the run of %s holds %d minutes", ordered, run.Totals.Worked())
	}
	b.forget()
	if again, err := b.adopt(run.ID); err != nil || again.SHA256 != run.SHA256 {
		t.Errorf("it can't be adopted: %v", err)
	}
	if rest := b.mustCreate(o); rest.Totals.Worked() != 10 {
		t.Errorf("%+v", rest.Totals)
	}
}
