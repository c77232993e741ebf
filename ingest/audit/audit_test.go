package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

func link(t *testing.T, db *pg.DB, tenant int64) {
	t.Helper()
	if _, err := audit.Link(t.Context(), db, tenant); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, db *pg.DB, tenant int64) (r audit.Report) {
	t.Helper()
	err := db.InTenant(t.Context(), tenant, func(tx pg.Tx) (err error) {
		r, err = audit.Check(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func verify(t *testing.T, db *pg.DB, tenant int64) error {
	t.Helper()
	return db.InTenant(t.Context(), tenant, func(tx pg.Tx) error { return audit.Verify(t.Context(), tx) })
}

const entry = "(SELECT entry_id FROM audit_link WHERE seq = %d)"

func TestVerifyFindsTamperingAndSaysWhere(t *testing.T) {
	type where = audit.Break
	mark := func(seq int64) audit.Mark { return audit.Mark{Seq: seq} }
	of := func(seq int) string { return fmt.Sprintf(entry, seq) }
	for name, c := range map[string]struct {
		sql  string
		want []where
	}{
		"nothing done":                {"", nil},
		"a payload removed":           {"DELETE FROM audit_payload WHERE entry_id = " + of(2), []where{{audit.Removed, 2, 2, mark(1), mark(3)}}},
		"every payload removed":       {"DELETE FROM audit_payload", []where{{audit.Removed, 1, 5, mark(0), mark(0)}}},
		"all that was said removed":   {"DELETE FROM audit_payload; DELETE FROM audit_entry", []where{{audit.Removed, 1, 5, mark(0), mark(0)}}},
		"an entry removed":            {"DELETE FROM audit_payload WHERE entry_id = " + of(4) + "; DELETE FROM audit_entry WHERE entry_id = " + of(4), []where{{audit.Removed, 4, 4, mark(3), mark(5)}}},
		"a payload and then an entry": {"DELETE FROM audit_payload WHERE entry_id IN (2, 3); DELETE FROM audit_entry WHERE entry_id = 3", []where{{audit.Removed, 2, 2, mark(1), mark(4)}, {audit.Removed, 3, 3, mark(1), mark(4)}}},
		"a payload changed":           {`UPDATE audit_payload SET payload = '{"holder":"Smit"}' WHERE entry_id = ` + of(2), []where{{audit.Rewritten, 2, 2, mark(1), mark(3)}}},
		"a payload's spacing changed": {"UPDATE audit_payload SET payload = (payload::text || ' ')::json WHERE entry_id = " + of(2), []where{{audit.Rewritten, 2, 2, mark(1), mark(3)}}},
		"an actor changed":            {"UPDATE audit_entry SET actor_id = 9 WHERE entry_id = " + of(2), []where{{audit.Rewritten, 2, 2, mark(1), mark(3)}}},
		"a moment changed":            {"UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE entry_id = " + of(2), []where{{audit.Rewritten, 2, 2, mark(1), mark(3)}}},
		"two payloads exchanged":      {"UPDATE audit_payload SET entry_id = -entry_id; UPDATE audit_payload SET entry_id = CASE -entry_id WHEN " + of(2) + " THEN " + of(3) + " WHEN " + of(3) + " THEN " + of(2) + " ELSE -entry_id END", []where{{audit.Rewritten, 2, 3, mark(1), mark(4)}}},
		"a commitment changed":        {"UPDATE audit_link SET commitment = sha256('') WHERE seq = 2", []where{{audit.Altered, 2, 2, mark(1), mark(3)}}},
		"an entry and its commitment replaced": {"UPDATE audit_link SET commitment = (SELECT commitment FROM audit_link WHERE seq = 4), entry_id = entry_id + 900 WHERE seq = 2",
			[]where{{audit.Altered, 2, 2, mark(1), mark(3)}, {audit.Unlinked, 2, 2, mark(5), mark(0)}}},
		"the first removed":              {"DELETE FROM audit_link WHERE seq = 1; DELETE FROM audit_payload WHERE entry_id = 1; DELETE FROM audit_entry WHERE entry_id = 1", []where{{audit.Missing, 1, 1, mark(0), mark(2)}}},
		"two removed":                    {"DELETE FROM audit_link WHERE seq IN (2, 3); DELETE FROM audit_payload WHERE entry_id IN (2, 3); DELETE FROM audit_entry WHERE entry_id IN (2, 3)", []where{{audit.Missing, 2, 3, mark(1), mark(4)}}},
		"one removed, others moved up":   {"DELETE FROM audit_link WHERE seq = 3; DELETE FROM audit_entry WHERE entry_id = 3; UPDATE audit_link SET seq = seq - 1 WHERE seq > 3", []where{{audit.Altered, 3, 4, mark(2), mark(0)}, {audit.CutOff, 5, 5, mark(2), mark(0)}}},
		"two exchanged":                  {"UPDATE audit_link SET seq = seq + 10 WHERE seq IN (2, 3); UPDATE audit_link SET seq = CASE seq WHEN 12 THEN 3 ELSE 2 END WHERE seq > 10", []where{{audit.Altered, 2, 4, mark(1), mark(5)}}},
		"the last two removed":           {"DELETE FROM audit_link WHERE seq > 3; DELETE FROM audit_entry WHERE entry_id > 3", []where{{audit.CutOff, 4, 5, mark(3), mark(0)}}},
		"the end moved back too":         {"DELETE FROM audit_link WHERE seq > 3; DELETE FROM audit_entry WHERE entry_id > 3; UPDATE audit_head SET seq = 3", []where{{audit.Altered, 3, 3, mark(3), mark(0)}}},
		"the chain removed":              {"DELETE FROM audit_link; DELETE FROM audit_entry", []where{{audit.CutOff, 1, 5, mark(0), mark(0)}}},
		"an entry kept out of the chain": {"INSERT INTO audit_entry SELECT tenant_id, 99, at, action, subject_kind, subject_id, actor_kind, actor_id, payload_hash, salt FROM audit_entry LIMIT 1", []where{{audit.Unlinked, 99, 99, mark(5), mark(0)}}},
		"the head gone with everything":  {"DELETE FROM audit_link; DELETE FROM audit_entry; DELETE FROM audit_head", nil},
		"a number of another chain":      {"UPDATE audit_head SET chain = chain + 2", []where{{audit.Altered, 1, 5, mark(0), mark(0)}}},
	} {
		t.Run(name, func(t *testing.T) {
			url := pgtest.URL(t)
			tenant := pgtest.Tenant(t, url, "a")
			db := pgtest.Open(t, url, pg.RoleApp)
			appendSome(t, db, tenant, 5)
			link(t, db, tenant)
			for _, sql := range strings.Split(c.sql, "; ") {
				pgtest.Exec(t, url+"&options=-csession_replication_role%3Dreplica", sql)
			}
			got := check(t, db, tenant).Breaks
			for i := range got {
				got[i].Before.At, got[i].After.At = time.Time{}, time.Time{}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("found %v, want %v", got, c.want)
			}
			if err := verify(t, db, tenant); errors.Is(err, audit.ErrBroken) != (len(c.want) > 0) {
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
	for _, sql := range []string{"UPDATE audit_entry SET actor_id = 1", "DELETE FROM audit_entry", "TRUNCATE audit_entry CASCADE",
		"UPDATE audit_link SET seq = 2", "DELETE FROM audit_link", "TRUNCATE audit_link"} {
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
	link(t, db, tenant)
	if n := pgtest.Exec(t, url, "SELECT max(seq) FROM audit_link"); n != 15 {
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
	pgtest.Exec(t, url, "DELETE FROM audit_payload WHERE entry_id = 3")
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
				if (l.Payload == nil) != (l.ID == 3) || l.By != operator {
					t.Errorf("entry %d: %+v", l.ID, l)
				}
				got, before = append(got, l.ID), l.ID
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
