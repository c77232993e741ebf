package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/request"
	"tikklok/payroll"
)

// What was granted and not carried out is owed until it was, and what an
// administrator decided no operator takes back (OB-P7).
func TestARequestIsDoneWhenItWasCarriedOutOnly(t *testing.T) {
	g := newGone(t)
	erasure := g.granted()
	for name, act := range map[string]func(context.Context, pg.Tx) error{
		"an erasure done by hand": func(ctx context.Context, tx pg.Tx) error { return request.Finish(ctx, tx, erasure, g.by, g.now) },
		"a lift by an operator": func(ctx context.Context, tx pg.Tx) error {
			return request.Lift(ctx, tx, erasure, "juist bevonden", operator, g.now)
		},
	} {
		err := g.app.InTenant(t.Context(), g.tenant, func(tx pg.Tx) error { return act(t.Context(), tx) })
		if !errors.Is(err, request.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := g.number("SELECT count(*) FROM privacy_request WHERE state = 'granted'"); n != 1 {
		t.Error("it is no longer owed")
	}
}

// What fails to be committed is not erased at the next start.
func TestAnErasureThatIsNotCommittedIsTakenBack(t *testing.T) {
	g := newGone(t)
	pgtest.Exec(t, g.url, `CREATE FUNCTION too_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room on the disk'; END $$`)
	pgtest.Exec(t, g.url, `CREATE CONSTRAINT TRIGGER too_late AFTER INSERT ON privacy_erasure DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION too_late()`)
	if _, err := g.desk.Erase(t.Context(), g.tenant, g.left, g.granted(), g.by, g.now); err == nil {
		t.Fatal("it was committed")
	}
	if n, err := g.desk.Replay(t.Context(), g.tenant, g.now); n != 0 || err != nil {
		t.Errorf("%d erased at the next start, %v", n, err)
	}
}

// A run that was pulled may be pulled again, or voided: with its bytes others'
// hours would go. Once it was taken in nothing is owed.
func TestWhoseRunWasNotTakenInIsNotErased(t *testing.T) {
	g := newGone(t)
	to := pgtest.Exec(t, g.url, "INSERT INTO payroll_destination (tenant_id, name, format) VALUES ($1, 'a', 'csv') RETURNING destination_id", g.tenant)
	pgtest.Exec(t, g.url, "INSERT INTO payroll_code_map (tenant_id, destination_id, version, codes, by_kind, by_id, at) VALUES ($1, $2, 1, '{}', 'account', 1, now())", g.tenant, to)
	pgtest.Exec(t, g.url, `INSERT INTO payroll_run (tenant_id, key, destination_id, format, period_from, period_to, map_version, state, by_kind, by_id, at,
			extension, media_type, sha256, bytes, people, lines, totals)
		VALUES ($1, repeat('k', 26), $2, 'csv', '2026-11-01', '2026-11-30', 1, 'composing', 'account', 1, now(), '', '', sha256(''), 0, 0, 0, '[]')`, g.tenant, to)
	pgtest.Exec(t, g.url, `INSERT INTO payroll_line (tenant_id, run_id, destination_id, line_id, employee_id, period_from, period_to, day, code, component, minutes, hundredths, site, cost_centre, assignment, corrects, kind)
		SELECT tenant_id, (SELECT max(run_id) FROM payroll_run), $1, line_id, employee_id, '2026-11-01', '2026-11-30', day, code, '1', minutes, 0, '', '', '', 0, kind FROM approved_line`, to)
	for _, state := range []payroll.RunState{payroll.Prepared, payroll.Created} {
		pgtest.Exec(t, g.url, "UPDATE payroll_run SET state = $1", state)
	}
	pgtest.Exec(t, g.url, "UPDATE payroll_run SET pulled_at = now()")
	asked := g.granted()
	_, err := g.desk.Erase(t.Context(), g.tenant, g.left, asked, g.by, g.now)
	if !errors.Is(err, request.ErrRefused) || !strings.Contains(err.Error(), string(request.Unpaid)) {
		t.Fatalf("a run that was only pulled: %v", err)
	}
	pgtest.Exec(t, g.url, "UPDATE payroll_run SET state = $1", payroll.Acknowledged)
	if _, err := g.desk.Erase(t.Context(), g.tenant, g.left, asked, g.by, g.now); err != nil {
		t.Error(err)
	}
}
