package payroll

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestACorrectionGoesToTheAssignmentThatWasSentThoughTheSiteWasRenamed(t *testing.T) { // I8
	b := newBench(t)
	jan := b.employee("1")
	site := pgtest.Exec(t, b.url, `INSERT INTO site (tenant_id, name) VALUES ($1, 'Yard') RETURNING site_id`, b.tenant)
	pgtest.Exec(t, b.url, `INSERT INTO assignment (tenant_id, employee_id, number, cost_centre, from_day) VALUES ($1, $2, 'A-1', '410', '2026-07-01')`, b.tenant, jan)
	approve := func(minutes int) {
		line := b.approve(jan, at(6), "N", minutes)
		pgtest.Exec(t, b.url, `ALTER TABLE approved_line DISABLE TRIGGER append_only`)
		pgtest.Exec(t, b.url, `UPDATE approved_line SET site_id = $1 WHERE line_id = $2`, site, line)
		pgtest.Exec(t, b.url, `ALTER TABLE approved_line ENABLE TRIGGER append_only`)
	}
	approve(480)
	order := b.destination("csv")
	b.mustCreate(order)
	pgtest.Exec(t, b.url, `UPDATE assignment SET number = 'A-9', cost_centre = '900' WHERE tenant_id = $1`, b.tenant)
	pgtest.Exec(t, b.url, `UPDATE site SET name = 'North yard' WHERE tenant_id = $1`, b.tenant)
	approve(-30)
	got := b.wouldHold(order)
	if len(got) != 1 || got[0].Assignment != "A-1" || got[0].CostCentre != "410" || got[0].Site != "Yard" {
		t.Fatalf("%+v", got)
	}
}

// A late line of one employee leaves with a later run as one of the earlier
// period; then the run that made that period is voided.
func TestACorrectionKeepsItsPeriodThoughTheRunThatHadItIsVoid(t *testing.T) { // I8
	b := newBench(t)
	one, late := b.employee("17"), b.employee("18")
	o := b.destination("Loket")
	week := Order{o.Destination, calendar.Period{From: at(6), To: at(12)}}
	b.approve(one, at(6), "EVE", 60)
	first := b.mustCreate(week)
	b.approve(late, at(7), "EVE", 20)
	next := Order{o.Destination, calendar.Period{From: at(13), To: at(19)}}
	b.mustCreate(next)
	if _, err := b.void(first.ID); err != nil {
		t.Fatal(err)
	}
	b.in(func(tx pg.Tx) error {
		_, err := PutCodes(context.Background(), tx, b.by, o.Destination, map[string]string{"N": "1", "EVE": "29"})
		return err
	})
	b.now = b.now.Add(time.Hour)
	b.approve(late, at(7), "EVE", 20) // 40 minutes are 0.67: 0.34 more, to the component of the first 20
	for name, again := range map[string]Order{"whole month": o, "the next week": next} {
		var got []string
		for _, l := range b.wouldHold(again) {
			if l.Employee == late {
				got = append(got, fmt.Sprint(l.Period.From, " ", l.Component, " ", l.Hundredths))
			}
		}
		if want := "[2026-07-06 28 34]"; fmt.Sprint(got) != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What was sent of an employee is read with the one line that waits, and takes
// memory as it does.
func TestACorrectionOfManyIsReadAFewEmployeesAtATime(t *testing.T) {
	b := newBench(t)
	pgtest.Exec(t, b.url, `INSERT INTO employee (tenant_id, number, surname, first_name, employed_from)
		SELECT $1, 'number-' || n, 'Jansen', 'Jan', '2020-01-01' FROM generate_series(1, 1200) n`, b.tenant)
	pgtest.Exec(t, b.url, `INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason)
		SELECT $1, employee_id, '2026-07-06', 'approved', 'account', 7, '2026-08-01', '' FROM employee`, b.tenant)
	approve := func(days int) {
		pgtest.Exec(t, b.url, `WITH a AS (INSERT INTO approval (tenant_id, employee_id, monday, corrects, by_kind, by_id, at, reason, rules, snapshot, hash)
				SELECT $1, employee_id, '2026-07-06', (SELECT min(approval_id) FROM approval p WHERE p.employee_id = e.employee_id), 'account', 7, '2026-08-01', '', '{1}', '', sha256('') FROM employee e
				RETURNING approval_id, employee_id)
			INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, minutes)
			SELECT $1, approval_id, employee_id, date '2026-07-06' + d, s, 'N', 60 FROM a, generate_series(1, $2::int) d, generate_series(1, $2::int) s`, b.tenant, days)
	}
	o := b.destination("Loket")
	approve(4)
	b.mustCreate(o)
	approve(1)
	read := 0
	b.office.Progress = func(int, int) { read++ }
	if run := b.mustCreate(o); run.Totals.Lines != 1200 || read < 2 {
		t.Errorf("%d corrections of 20,400 lines were read in %d parts", run.Totals.Lines, read)
	}
}
