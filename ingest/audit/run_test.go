package audit_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func stateOf(t *testing.T, db *pg.DB, tenant int64) (s audit.State) {
	t.Helper()
	in(t, db, tenant, func(tx pg.Tx) (err error) { s, err = audit.StateOf(t.Context(), tx); return err })
	return s
}

// silent is a keeper with nowhere to keep anchors.
func silent(db *pg.DB) audit.Keeper {
	return audit.Keeper{DB: db, Log: slog.New(slog.DiscardHandler),
		Kept: func() ([]audit.Anchor, error) { return nil, nil }, Keep: func(audit.Anchor) error { return nil }}
}

func TestLinkingOnToAChainThatWasCutOffDoesNotHideIt(t *testing.T) { // OB-C4
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	appendSome(t, db, tenant, 5)
	link(t, db, tenant)
	pgtest.Exec(t, url+"&options=-csession_replication_role%3Dreplica", "DELETE FROM audit_link WHERE seq > 3")
	appendSome(t, db, tenant, 1)
	link(t, db, tenant)
	s := stateOf(t, db, tenant)
	if s.Waiting != 0 || !s.Asked {
		t.Errorf("entries wait, or nobody is to look where it was cut: %+v", s)
	}
	if err := silent(db).Verify(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	if s := stateOf(t, db, tenant); !s.Alarm(time.Now()) || s.Found.Breaks[0].Fault != audit.Missing || s.Found.Breaks[0].From != 4 {
		t.Errorf("%+v", s.Found)
	}
}

func TestALogThatCannotBeLinkedIsVerifiedAllTheSame(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	appendSome(t, db, tenant, 5)
	link(t, db, tenant)
	pgtest.Exec(t, url, "UPDATE audit_head SET seq = 3")
	appendSome(t, db, tenant, 1) // its place is taken
	if err := silent(db).Verify(t.Context(), tenant); err == nil {
		t.Error("nothing is said of an entry that finds no place")
	}
	if s := stateOf(t, db, tenant); len(s.Found.Breaks) == 0 {
		t.Errorf("nothing found: %+v", s)
	}
}

func TestAnEntryOfALongTransactionIsLinkedOnceItEnds(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	in(t, db, tenant, func(tx pg.Tx) error {
		if err := audit.Append(t.Context(), tx, audit.Entry{Action: "long", By: operator}); err != nil {
			return err
		}
		appendSome(t, db, tenant, 3) // later ones, in transactions of their own
		link(t, db, tenant)
		return nil
	})
	pgtest.Exec(t, url+"&options=-csession_replication_role%3Dreplica", "UPDATE audit_entry SET at = at - interval '10 minutes' WHERE action = 'long'") // before it is linked it may be as old as that
	link(t, db, tenant)
	if s := stateOf(t, db, tenant); s.Alarm(time.Now()) || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
	if r := check(t, db, tenant); r.Err() != nil || r.Links != 4 {
		t.Errorf("%+v", r)
	}
}

func TestManyAppendWhileSeveralLink(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	ctx, stop := context.WithCancel(t.Context())
	var links, appends sync.WaitGroup
	for range 3 {
		links.Go(func() {
			for ctx.Err() == nil {
				if _, err := audit.Link(ctx, db, tenant); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for range 1000 {
		appends.Go(func() {
			err := db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
				return audit.Append(t.Context(), tx, audit.Entry{Action: "test", By: operator})
			})
			if err != nil && !strings.Contains(err.Error(), "context") {
				t.Error(err)
			}
		})
	}
	appends.Wait()
	stop()
	links.Wait()
	link(t, db, tenant)
	if r := check(t, db, tenant); r.Err() != nil || r.Links != 1000 {
		t.Errorf("%d links, %v", r.Links, r.Err())
	}
}
