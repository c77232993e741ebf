package payroll

import (
	"slices"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// restrict has an employee's data used for nothing from now on (GDPR 18); lift
// ends it.
func (b *bench) restrict(employee int64) (lift func()) {
	id := pgtest.Exec(b.t, b.url, `INSERT INTO privacy_request (tenant_id, kind, employee_id, requester, received, due, checked, state, made_at)
		VALUES ($1, 'restriction', $2, 'self', '2026-01-01', '2026-02-01', true, 'done', $3) RETURNING request_id`, b.tenant, employee, b.now)
	pgtest.Exec(b.t, b.url, `INSERT INTO privacy_restriction (tenant_id, employee_id, request_id, at, by_kind, by_id) VALUES ($1, $2, $3, $4, 'account', 1)`,
		b.tenant, employee, id, b.now)
	return func() {
		pgtest.Exec(b.t, b.url, `UPDATE privacy_restriction SET lifted_at = $1, lifted_kind = 'account', lifted_by = 1, reason = 'told' WHERE request_id = $2`, b.now, id)
	}
}

// Who is restricted while a run is composed is in it whole, and once only (I8).
func TestNobodyIsLostOrPaidTwiceByARestrictionWhileARunIsComposed(t *testing.T) {
	b := newBench(t)
	e, other := b.employee("17"), b.employee("18")
	b.approve(e, at(6), "N", 20)
	b.approve(other, at(6), "N", 30)
	o := b.destination("Loket")
	var lift func()
	b.office.Progress = func(int, int) { // between the look for lines that wait and their reading
		b.office.Progress = nil
		b.now = b.now.Add(time.Minute)
		lift = b.restrict(e)
	}
	run := b.mustCreate(o)
	if run.Totals.Worked() != 50 || run.Totals.People != 2 {
		t.Errorf("the run that was under way holds %+v", run.Totals)
	}
	lift()
	_, err := b.create(o)
	b.wants(err, ErrNothing)
}

func TestWhoIsRestrictedWaitsForTheRunAfterIt(t *testing.T) {
	b := newBench(t)
	e, other := b.employee("17"), b.employee("18")
	b.approve(e, at(6), "N", 20)
	b.approve(other, at(6), "N", 30)
	o := b.destination("Loket")
	lift := b.restrict(e)
	if run := b.mustCreate(o); run.Totals.Worked() != 30 {
		t.Errorf("the run holds %+v", run.Totals)
	}
	b.now = b.now.Add(time.Minute)
	lift()
	if run := b.mustCreate(o); run.Totals.Worked() != 20 {
		t.Errorf("the next run holds %+v", run.Totals)
	}
}

// What left is taken back into the register though somebody in it is
// restricted since; who was restricted then is not in it (I8).
func TestARunIsAdoptedAsItLeftWhoeverIsRestrictedSince(t *testing.T) {
	b := newBench(t)
	since, then := b.employee("17"), b.employee("18")
	b.approve(since, at(6), "N", 20)
	b.approve(then, at(6), "N", 30)
	lift := b.restrict(then)
	b.now = b.now.Add(time.Minute)
	run := b.mustCreate(b.destination("Loket"))
	b.forget()
	b.now = b.now.Add(time.Minute)
	lift()
	b.restrict(since)
	if again, err := b.adopt(run.ID); err != nil || again.SHA256 != run.SHA256 {
		t.Errorf("it can't be adopted: %v", err)
	}
}

// erase notes that an employee was erased (OB-P7).
func (b *bench) erase(employee int64) {
	id := pgtest.Exec(b.t, b.url, `INSERT INTO privacy_certificate (tenant_id, kind, at, by_kind, by_id, content, hash)
		VALUES ($1, 'erasure', $2, 'account', 1, '{}', sha256('{}')) RETURNING certificate_id`, b.tenant, b.now)
	pgtest.Exec(b.t, b.url, `INSERT INTO privacy_erasure (tenant_id, employee_id, created_at, at, certificate_id)
		SELECT tenant_id, employee_id, created_at, $3, $4 FROM employee WHERE tenant_id = $1 AND employee_id = $2`, b.tenant, employee, b.now, id)
}

// Hours of somebody erased carry no number that a package knows: others' leave
// without them, and the check names them (OB-P7).
func TestWhoWasErasedIsNamedAndLeftOutAfterTheirRunWasRejected(t *testing.T) {
	b := newBench(t)
	gone, other := b.employee("17"), b.employee("18")
	b.approve(gone, at(6), "N", 20)
	b.approve(other, at(6), "N", 30)
	o := b.destination("Loket")
	run := b.mustCreate(o)
	b.erase(gone)
	b.now = b.now.Add(time.Minute)
	if _, err := b.void(run.ID); err != nil {
		t.Fatal(err)
	}
	var p Preview
	b.in(func(tx pg.Tx) (err error) { p, err = Prepare(t.Context(), tx, o, b.now); return err })
	found := slices.DeleteFunc(p.Findings, func(f Finding) bool { return f.Kind != Gone })
	if len(found) != 1 || found[0].Employee != gone || *found[0].Week != at(6).Week() || p.Stopped() {
		t.Errorf("the check finds %+v", p.Findings)
	}
	if again := b.mustCreate(o); again.Totals.Worked() != 30 || again.Totals.People != 1 {
		t.Errorf("the run holds %+v", again.Totals)
	}
}

// A run that left before somebody was erased holds their hours when it is taken
// back into the register (I8).
func TestARunIsAdoptedAsItLeftWhoeverIsErasedSince(t *testing.T) {
	b := newBench(t)
	gone := b.employee("17")
	b.approve(gone, at(6), "N", 20)
	run := b.mustCreate(b.destination("Loket"))
	b.forget()
	b.now = b.now.Add(time.Minute)
	b.erase(gone)
	if again, err := b.adopt(run.ID); err != nil || again.SHA256 != run.SHA256 {
		t.Errorf("it can't be adopted: %v", err)
	}
}
