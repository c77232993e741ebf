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

// A page that can be sent again and again fills no register: what comes by
// letter is written down all the same.
func TestNobodyFilesRequestsWithoutEnd(t *testing.T) {
	g := newGone(t)
	ask := func(who request.Requester) error {
		return g.app.InTenant(t.Context(), g.tenant, func(tx pg.Tx) error {
			_, err := request.Receive(t.Context(), tx, request.Request{Kind: request.Access, Employee: g.left, Requester: who}, g.by, g.now)
			return err
		})
	}
	said := make(chan error)
	for range 15 {
		go func() { said <- ask(request.SignedIn) }()
	}
	refused := 0
	for range 15 {
		if err := <-said; errors.Is(err, request.ErrMany) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if n := g.number("SELECT count(*) FROM privacy_request"); n != 10 || refused != 5 {
		t.Errorf("%d were written down and %d refused", n, refused)
	}
	if err := ask(request.Self); err != nil {
		t.Error("a letter:", err)
	}
}

// Two administrators decide one request at once: one decision stands, the other
// administrator is told what it became.
func TestOneRequestIsDecidedOnce(t *testing.T) {
	g := newGone(t)
	var id int64
	g.in(func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = request.Receive(ctx, tx, request.Request{Kind: request.Access, Employee: g.left, Requester: request.SignedIn}, g.by, g.now)
		return err
	})
	said := make(chan error)
	for _, act := range []request.State{request.Granted, request.Refused} {
		go func() {
			said <- g.app.InTenant(t.Context(), g.tenant, func(tx pg.Tx) error {
				_, err := request.Take(t.Context(), tx, id, request.Act(act), "besloten", g.by, g.now)
				return err
			})
		}()
	}
	if a, b := <-said, <-said; (a == nil) == (b == nil) || !errors.Is(errors.Join(a, b), request.ErrInvalid) {
		t.Errorf("one says %v, the other %v", a, b)
	}
	if n := g.number("SELECT count(*) FROM privacy_request JOIN privacy_request_step s USING (tenant_id, request_id) WHERE s.act = state"); n != 1 {
		t.Errorf("%d decisions stand", n)
	}
}

// A request names a person of its own organisation only, and is seen and
// decided by its administrators only (I6).
func TestARequestStaysWithinItsOrganisation(t *testing.T) {
	g := newGone(t)
	asked := g.granted()
	other := pgtest.Tenant(t, g.url, "Ander")
	for name, act := range map[string]func(tx pg.Tx) error{
		"asking": func(tx pg.Tx) error {
			_, err := request.Receive(t.Context(), tx, request.Request{Kind: request.Access, Employee: g.left, Requester: request.Self}, g.by, g.now)
			return err
		},
		"reading": func(tx pg.Tx) error { _, err := request.Get(t.Context(), tx, asked); return err },
		"deciding": func(tx pg.Tx) error {
			_, err := request.Take(t.Context(), tx, asked, request.Act(request.Refused), "nee", g.by, g.now)
			return err
		},
		"restricting": func(tx pg.Tx) error { return request.Restrict(t.Context(), tx, asked, g.by, g.now) },
	} {
		if err := g.app.InTenant(t.Context(), other, act); !errors.Is(err, request.ErrNobody) && !errors.Is(err, request.ErrNone) {
			t.Errorf("%s from elsewhere: %v", name, err)
		}
	}
	if _, err := g.desk.Answer(t.Context(), g.app, other, asked, g.by, g.now); !errors.Is(err, request.ErrNone) {
		t.Errorf("the file, from elsewhere: %v", err)
	}
}
