package main

import (
	"context"
	"errors"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/request"
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
