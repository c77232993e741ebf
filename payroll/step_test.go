package payroll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// mark takes a run to a step.
func (b *bench) mark(id int64, to RunState, reason string) error {
	return b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) (err error) {
		switch to {
		case Delivered:
			_, err = b.office.MarkDelivered(context.Background(), tx, b.by, id, reason, b.now)
		case Acknowledged:
			_, err = b.office.MarkAcknowledged(context.Background(), tx, b.by, id, reason, b.now)
		case Rejected:
			_, err = b.office.MarkRejected(context.Background(), tx, b.by, id, reason, b.now)
		}
		return err
	})
}

func (b *bench) steps(id int64) (out []string) {
	b.t.Helper()
	b.in(func(tx pg.Tx) error {
		steps, err := Steps(context.Background(), tx, id)
		for _, s := range steps {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s", s.State, s.Reason)))
			if s.By != b.by || !s.At.Equal(b.now) {
				b.t.Errorf("step %+v", s)
			}
		}
		return err
	})
	return out
}

func TestEachStepOfARunIsWrittenDownWithItsReason(t *testing.T) {
	b, o := newBenchWithLine(t)
	run := b.mustCreate(o)
	for _, s := range []struct {
		to     RunState
		reason string
	}{{Delivered, "sftp: in/july.csv"}, {Delivered, "again"}, {Rejected, "wrong company number"}, {Delivered, "sftp: in/july.csv"}, {Acknowledged, "receipt 12"}, {Delivered, "late"}, {Acknowledged, "twice"}} {
		if err := b.mark(run.ID, s.to, s.reason); err != nil {
			t.Fatal(s, err)
		}
	}
	want := []string{"prepared", "created", "delivered sftp: in/july.csv", "rejected wrong company number", "delivered sftp: in/july.csv", "acknowledged receipt 12"}
	if got := b.steps(run.ID); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if b.count("audit_entry WHERE action IN ('payroll_run.deliver', 'payroll_run.acknowledge', 'payroll_run.reject')") != 4 {
		t.Error("not each step is audited")
	}
}

func TestAnAcknowledgedRunIsVoidedOnlyAfterItWasRejected(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	run := b.mustCreate(o)
	if err := b.mark(run.ID, Acknowledged, ""); err != nil {
		t.Fatal(err)
	}
	_, err := b.void(run.ID)
	b.wants(err, ErrStep, "mark the run rejected")
	b.wants(b.mark(run.ID, Rejected, " "), ErrInvalid, "reason")
	if err := b.mark(run.ID, Rejected, "taken out again by hand"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.void(run.ID); err != nil {
		t.Fatal(err)
	}
	for _, to := range []RunState{Delivered, Acknowledged, Rejected} {
		b.wants(b.mark(run.ID, to, "x"), ErrVoid, "wrong period")
	}
	if again := b.mustCreate(o); again.Totals.Lines != 1 {
		t.Error("the line of a void run is not free")
	}
}

func TestARunThatWasVoidedWhileItsFileWasVerifiedDoesNotLeave(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	run := b.mustCreate(o)
	if _, err := b.file(run.ID); err != nil { // verified, and about to leave
		t.Fatal(err)
	}
	if _, err := b.void(run.ID); err != nil {
		t.Fatal(err)
	}
	b.wants(b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error { return MarkPulled(context.Background(), tx, b.by, run.ID) }), ErrVoid)
	if b.count("audit_entry WHERE action = 'payroll_run.pull'") != 0 || b.run(run.ID).Pulled != nil {
		t.Error("a void run was pulled")
	}
}

func TestARunThatIsNotFinishedTakesNoOtherStep(t *testing.T) {
	b, o := newBenchWithLine(t)
	id := b.prepared(o)
	for _, to := range []RunState{Delivered, Acknowledged, Rejected} {
		b.wants(b.mark(id, to, "x"), ErrUnfinished)
	}
}

// The database holds the same list of steps as the program.
func TestTheDatabaseRefusesTheStepsThatTheProgramDoes(t *testing.T) {
	all := []RunState{composing, Prepared, Created, Delivered, Acknowledged, Rejected, Void}
	b, o := newBenchWithLine(t)
	run := b.mustCreate(o)
	stop := errors.New("stop")
	for _, from := range all {
		for _, to := range all {
			if from == to {
				continue
			}
			err := b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error {
				if err := forceState(tx, run.ID, from); err != nil {
					return err
				}
				if to == Void {
					if err := setVoid(context.Background(), tx, b.by, run.ID, "x", b.now); err != nil {
						return err
					}
				} else if err := setState(context.Background(), tx, run.ID, to); err != nil {
					return err
				}
				return stop
			})
			may := from.May(to) || from == composing && to == Prepared
			if errors.Is(err, stop) != may {
				t.Errorf("%s to %s: %v", from, to, err)
			}
		}
	}
}

// forceState brings a run to a state past the guard, in a transaction that is
// rolled back.
func forceState(tx pg.Tx, id int64, state RunState) error {
	_, err := tx.Exec(context.Background(), "RESET ROLE")
	if err != nil {
		return err
	}
	void := "NULL, void_id = NULL, void_at = NULL, void_reason = NULL"
	if state == Void {
		void = "'account', void_id = 7, void_at = now(), void_reason = 'x'"
	}
	for _, sql := range []string{
		"ALTER TABLE payroll_run DISABLE TRIGGER payroll_run_guard",
		fmt.Sprintf("UPDATE payroll_run SET state = '%s', void_kind = %s WHERE run_id = %d", state, void, id),
		"ALTER TABLE payroll_run ENABLE TRIGGER payroll_run_guard",
		"SET LOCAL ROLE tikklok_app",
	} {
		if _, err := tx.Exec(context.Background(), sql); err != nil {
			return err
		}
	}
	return nil
}

func TestWhatARunHoldsDoesNotChange(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	run := b.mustCreate(o)
	for _, change := range []string{"lines = 2", "totals = '[]'", "bytes = 0", "sha256 = sha256('x')", "people = 9"} {
		err := b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error {
			_, err := tx.Exec(context.Background(), fmt.Sprintf("UPDATE payroll_run SET %s WHERE run_id = %d", change, run.ID))
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "do not change") {
			t.Errorf("%s: %v", change, err)
		}
	}
}

func TestAFileOfManyPartsIsReadAndSoughtAsOne(t *testing.T) {
	b := newBench(t)
	const people = 30_000
	pgtest.Exec(t, b.url, `INSERT INTO employee (tenant_id, number, surname, first_name, employed_from)
		SELECT $1, 'number-' || n, 'Jansen', 'Jan', '2020-01-01' FROM generate_series(1, $2::int) n`, b.tenant, people)
	pgtest.Exec(t, b.url, `INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason)
		SELECT $1, employee_id, '2026-07-06', 'approved', 'account', 7, now(), '' FROM employee`, b.tenant)
	pgtest.Exec(t, b.url, `INSERT INTO approval (tenant_id, employee_id, monday, by_kind, by_id, at, reason, rules, snapshot, hash)
		SELECT $1, employee_id, '2026-07-06', 'account', 7, '2026-08-01', '', '{1}', '', sha256('') FROM employee`, b.tenant)
	pgtest.Exec(t, b.url, `INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, minutes)
		SELECT $1, approval_id, employee_id, date '2026-07-06' + d, 0, 'N', 481 FROM approval, generate_series(0, 1) d`, b.tenant)
	run := b.mustCreate(b.destination("Loket"))
	file, err := b.file(run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if run.Totals.Lines != 2*people || run.Totals.People != people || b.count("payroll_part") < 2 || int64(len(file.Body)) != run.Bytes {
		t.Fatalf("%d lines of %d people in %d parts, %d bytes", run.Totals.Lines, run.Totals.People, b.count("payroll_part"), len(file.Body))
	}
	if n := strings.Count(string(file.Body), "\r\n"); n != 2*people+1 {
		t.Errorf("%d rows", n)
	}
	content, err := file.Open(context.Background(), b.db, b.tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{run.Bytes - 10, partSize - 5, 0, partSize, 7} {
		if _, err := content.Seek(at, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		some := make([]byte, 10)
		if _, err := io.ReadFull(content, some); err != nil || string(some) != string(file.Body[at:at+10]) {
			t.Errorf("at %d: %q, %v", at, some, err)
		}
	}
	pgtest.Exec(t, b.url, "UPDATE payroll_part SET body = overlay(body placing '\\x00' from 1) WHERE part = 1")
	content.Seek(partSize-1, io.SeekStart)
	_, err = io.ReadAll(content)
	b.wants(err, ErrClosed, "changed while it was read")
	_, err = file.Open(context.Background(), b.db, b.tenant)
	b.wants(err, ErrClosed, "SHA-256")
}

func TestTheFilesOfRunsFromBeforePartsAreStillRead(t *testing.T) {
	b, o := newBenchWithLine(t)
	run := b.mustCreate(o)
	want, err := b.file(run.ID)
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, b.url, "INSERT INTO payroll_file (tenant_id, run_id, body) SELECT tenant_id, run_id, body FROM payroll_part")
	pgtest.Exec(t, b.url, "DELETE FROM payroll_part")
	got, err := b.file(run.ID)
	if err != nil || string(got.Body) != string(want.Body) {
		t.Errorf("%q, %v", got.Body, err)
	}
}

func TestThePreviewNamesWhatChangedSinceTheLastPeriod(t *testing.T) {
	b := newBench(t)
	jan, eva, gone := b.employee("17"), b.employee("18"), b.employee("19")
	b.approve(jan, at(6), "N", 480)
	b.approve(eva, at(6), "N", 480)
	b.approve(gone, at(6), "EVE", 100)
	o := b.destination("Loket")
	first := Preview{}
	b.in(func(tx pg.Tx) (err error) { first, err = Prepare(context.Background(), tx, o, b.now); return err })
	if !first.Difference.None() || len(first.Difference.Employees) != 3 {
		t.Errorf("with nothing before: %+v", first.Difference)
	}
	b.mustCreate(o)
	august := Order{o.Destination, calendar.Period{From: at(31).AddDays(1), To: at(31).AddDays(31)}}
	b.approve(jan, august.Period.From, "N", 480)
	b.approve(eva, august.Period.From, "N", 60)
	b.mustCreate(august)
	b.approve(eva, august.Period.From, "N", 20) // a second run of August
	var p Preview
	b.in(func(tx pg.Tx) (err error) { p, err = Prepare(context.Background(), tx, august, b.now); return err })
	d := p.Difference
	want := Difference{Last: july, Same: 1,
		Codes:     []CodeChange{{"N", "", 960, 560}, {"EVE", "", 100, 0}},
		Employees: []PersonChange{{eva, "18", 480, 80}, {gone, "19", 100, 0}}}
	if fmt.Sprint(d) != fmt.Sprint(want) {
		t.Errorf("%+v, not %+v", d, want)
	}
}

// absent gives an employee hours that wait for approval.
func (b *bench) absent(employee int64, day calendar.Date) {
	b.t.Helper()
	b.in(func(tx pg.Tx) error {
		_, err := hours.Decide(context.Background(), tx, hours.Decision{Kind: hours.Absent, Employee: employee, Day: day, Minutes: 60, Reason: hours.AbsentReason, By: b.by}, b.now)
		return err
	})
	if _, err := hours.Recompute(context.Background(), b.db, b.tenant, b.now); err != nil {
		b.t.Fatal(err)
	}
}

func TestTheCheckTellsHalfApprovedPeriodsFromThoseNotApprovedAtAll(t *testing.T) {
	b := newBench(t)
	half, none, idle := b.employee("17"), b.employee("18"), b.employee("19")
	for week := at(1).Week(); week != at(31).Week(); week = week.Add(1) {
		b.approve(half, week.Monday(), "X", 60)
	}
	b.absent(half, at(30))
	b.absent(none, at(2))
	b.absent(none, at(9))
	o := b.destination("Loket")
	var p Preview
	b.in(func(tx pg.Tx) (err error) { p, err = Prepare(context.Background(), tx, o, b.now); return err })
	kinds := map[FindingKind]map[int64]int{}
	for _, f := range p.Findings {
		if kinds[f.Kind] == nil {
			kinds[f.Kind] = map[int64]int{}
		}
		kinds[f.Kind][f.Employee]++
		if f.Employee == idle {
			t.Errorf("nobody waits for the weeks of somebody without hours: %+v", f)
		}
	}
	if p.Findings[0].Kind != Unmapped || p.Findings[0].Code != "X" || p.Findings[0].Minutes == 0 || !p.Findings[0].Kind.Stops() {
		t.Errorf("first %+v", p.Findings[0])
	}
	if kinds[HalfApproved][half] != 1 || kinds[HalfApproved][none] != 0 || kinds[Unapproved][none] != 2 || kinds[Unapproved][half] != 0 {
		t.Errorf("%v", kinds)
	}
}

func TestAStepSaysAtMostFiveHundredCharacters(t *testing.T) {
	b, o := newBenchWithLine(t)
	run := b.mustCreate(o)
	b.wants(b.mark(run.ID, Delivered, strings.Repeat("é", 501)), ErrInvalid)
	if err := b.mark(run.ID, Delivered, strings.Repeat("é", 500)); err != nil {
		t.Error(err)
	}
}
