package audit_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

var operator = audit.Actor{Kind: audit.Operator}

func appendSome(t *testing.T, db *pg.DB, tenant int64, n int) {
	t.Helper()
	for i := range n {
		err := db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
			return audit.Append(t.Context(), tx, audit.Entry{Action: "fob.issue", SubjectKind: "fob", SubjectID: int64(i),
				By: operator, Payload: map[string]any{"holder": "Jansen", "ratio": 1e21, "nul": "\x00", "step": i}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func verify(t *testing.T, db *pg.DB, tenant int64) error {
	t.Helper()
	return db.InTenant(t.Context(), tenant, func(tx pg.Tx) error { return audit.Verify(t.Context(), tx) })
}

func TestVerifyFindsTampering(t *testing.T) {
	const silence = "ALTER TABLE audit_entry DISABLE TRIGGER append_only; "
	cases := map[string]struct {
		sql    []string
		broken bool
	}{
		"nothing done":                  {nil, false},
		"a payload purged":              {[]string{"DELETE FROM audit_payload WHERE seq = 2"}, false},
		"every payload purged":          {[]string{"DELETE FROM audit_payload"}, false},
		"a payload changed":             {[]string{`UPDATE audit_payload SET payload = '{"holder":"Smit"}' WHERE seq = 2`}, true},
		"a payload's spacing changed":   {[]string{"UPDATE audit_payload SET payload = (payload::text || ' ')::json WHERE seq = 2"}, true},
		"an actor changed":              {[]string{silence, "UPDATE audit_entry SET actor_id = 9 WHERE seq = 2"}, true},
		"a moment changed":              {[]string{silence, "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE seq = 2"}, true},
		"the first removed":             {[]string{"DELETE FROM audit_payload", silence, "DELETE FROM audit_entry WHERE seq = 1"}, true},
		"one removed":                   {[]string{"DELETE FROM audit_payload", silence, "DELETE FROM audit_entry WHERE seq = 2"}, true},
		"the last removed":              {[]string{"DELETE FROM audit_payload", silence, "DELETE FROM audit_entry WHERE seq = 3"}, true},
		"one removed, others moved up":  {[]string{"DELETE FROM audit_payload", silence, "DELETE FROM audit_entry WHERE seq = 2", "UPDATE audit_entry SET seq = 2 WHERE seq = 3"}, true},
		"two exchanged":                 {[]string{"DELETE FROM audit_payload", silence, "UPDATE audit_entry SET seq = seq + 10", "UPDATE audit_entry SET seq = CASE seq WHEN 12 THEN 3 WHEN 13 THEN 2 ELSE 1 END"}, true},
		"all removed":                   {[]string{"DELETE FROM audit_payload", silence, "DELETE FROM audit_entry"}, true},
		"the head gone with everything": {[]string{"DELETE FROM audit_payload", silence, "DELETE FROM audit_entry", "DELETE FROM audit_head"}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			url := pgtest.URL(t)
			tenant := pgtest.Tenant(t, url, "a")
			db := pgtest.Open(t, url, pg.RoleApp)
			appendSome(t, db, tenant, 3)
			for _, sql := range c.sql {
				pgtest.Exec(t, url, sql)
			}
			if err := verify(t, db, tenant); errors.Is(err, audit.ErrBroken) != c.broken || !c.broken && err != nil {
				t.Errorf("Verify says %v", err)
			}
		})
	}
}

func TestEntriesCannotBeChangedByTheProgram(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	appendSome(t, db, tenant, 1)
	for _, sql := range []string{"UPDATE audit_entry SET actor_id = 1", "DELETE FROM audit_entry", "TRUNCATE audit_entry CASCADE"} {
		err := db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

func TestNumbersHaveNoHolesWhenManyAppendAndSomeFail(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_ = db.InTenant(context.Background(), tenant, func(tx pg.Tx) error {
				if err := audit.Append(context.Background(), tx, audit.Entry{Action: "test", By: operator}); err != nil {
					t.Error(err)
				}
				if i%4 == 0 {
					return errors.New("rolled back")
				}
				return nil
			})
		})
	}
	wg.Wait()
	if n := pgtest.Exec(t, url, "SELECT count(*) FROM audit_entry"); n != 15 {
		t.Errorf("%d entries, want 15", n)
	}
	if err := verify(t, db, tenant); err != nil {
		t.Error(err)
	}
}

func TestListGoesBackInPages(t *testing.T) {
	url := pgtest.URL(t)
	tenant, other := pgtest.Tenant(t, url, "a"), pgtest.Tenant(t, url, "b")
	db := pgtest.Open(t, url, pg.RoleApp)
	appendSome(t, db, tenant, 5)
	appendSome(t, db, other, 1)
	pgtest.Exec(t, url, "DELETE FROM audit_payload WHERE seq = 3")
	var got []int64
	_ = db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
		for before := int64(0); ; {
			page, err := audit.List(t.Context(), tx, before, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				return nil
			}
			for _, l := range page {
				if (l.Payload == nil) != (l.Seq == 3) || l.By != operator {
					t.Errorf("entry %d: %+v", l.Seq, l)
				}
				got, before = append(got, l.Seq), l.Seq
			}
		}
	})
	if len(got) != 5 || got[0] != 5 || got[4] != 1 {
		t.Errorf("listed %v", got)
	}
}

func TestIngestAppendsForTheOneTenantOfItsGroup(t *testing.T) {
	url := pgtest.URL(t)
	a, b := pgtest.Tenant(t, url, "a"), pgtest.Tenant(t, url, "b")
	db := pgtest.Open(t, url, pg.RoleIngest)
	try := func(tenants ...int64) error {
		return db.InTenants(t.Context(), tenants, func(tx pg.Tx) error {
			return audit.Append(t.Context(), tx, audit.Entry{Action: "batch.quarantine", By: audit.Actor{Kind: audit.Gateway, ID: 1}})
		})
	}
	if err := try(a); err != nil {
		t.Error(err)
	}
	if err := try(a, b); err == nil {
		t.Error("a group of two tenants has no chain, yet it appended")
	}
}

func TestVerifyIsNotMisledByWhatIsAppendedMeanwhile(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	appendSome(t, db, tenant, 1)
	written := make(chan struct{})
	go func() {
		defer close(written)
		appendSome(t, db, tenant, 200)
	}()
	for going := true; going; {
		select {
		case <-written:
			going = false
		default:
		}
		if err := verify(t, db, tenant); err != nil {
			t.Errorf("an honest log: %v", err)
			break
		}
	}
	<-written
}
