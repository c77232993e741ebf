package audit_test

import (
	"slices"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestPurgingAClassLeavesOthersAndASoundChain(t *testing.T) { // OB-P3, OB-P6
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db, private := pgtest.Open(t, url, pg.RoleApp), pgtest.Open(t, url, pg.RolePrivacy)
	appendSome(t, db, tenant, 3)
	in(t, db, tenant, func(tx pg.Tx) error {
		return audit.NoteRead(t.Context(), tx, audit.Actor{Kind: audit.Account, ID: 7}, "GetEmployee", audit.PeopleOf(4))
	})
	purge := func(limit int) (p audit.Purged) {
		in(t, private, tenant, func(tx pg.Tx) (err error) {
			p, err = audit.Purge(t.Context(), tx, audit.Access, time.Now().Add(time.Hour), limit)
			return err
		})
		return p
	}
	if p := purge(10); p.Entries != 0 {
		t.Errorf("%d entries removed that wait for their place", p.Entries)
	}
	link(t, db, tenant)
	if p := purge(10); p.Entries != 1 || p.Oldest.IsZero() {
		t.Errorf("%+v", p)
	}
	if r := check(t, db, tenant); r.Err() != nil || r.Links != 4 || r.Purged != 1 { // what was removed is recorded behind them
		t.Errorf("%+v", r)
	}
	if n := pgtest.Exec(t, url, "SELECT count(*) FROM audit_entry WHERE action <> 'audit.remove'"); n != 3 {
		t.Errorf("%d entries left", n)
	}
}

func TestAChainOfBeforeEntriesWereUnlinkedGoesOn(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	for _, sql := range []string{ // as migration 00101 left a chain of two
		`INSERT INTO audit_entry (tenant_id, entry_id, at, action, subject_kind, actor_kind, payload_hash) OVERRIDING SYSTEM VALUE
			SELECT tenant_id, n, '2026-01-01', 'fob.issue', '', 'operator', sha256('0123456789abcdefnull') FROM tenant, generate_series(1, 2) n`,
		`INSERT INTO audit_payload SELECT tenant_id, entry_id, '0123456789abcdef', 'null' FROM audit_entry`,
		`WITH RECURSIVE body AS (SELECT tenant_id, entry_id, int8send((extract(epoch FROM at) * 1000000)::bigint) || int4send(9) || 'fob.issue'::bytea || int4send(0) || int8send(0) || int4send(8) || 'operator'::bytea || int8send(0) || payload_hash AS b FROM audit_entry),
		  chain AS (SELECT tenant_id, 1::bigint AS seq, sha256(decode(repeat('00', 32), 'hex') || int8send(tenant_id) || int8send(1) || b) AS hash FROM body WHERE entry_id = 1
		    UNION ALL SELECT c.tenant_id, c.seq + 1, sha256(c.hash || int8send(c.tenant_id) || int8send(c.seq + 1) || b.b) FROM chain c JOIN body b ON b.entry_id = c.seq + 1)
		INSERT INTO audit_link SELECT tenant_id, seq, seq, 1, NULL, hash FROM chain`,
		`INSERT INTO audit_head (tenant_id, chain, seq, hash) SELECT tenant_id, tenant_id, seq, hash FROM audit_link WHERE seq = 2`,
		`SELECT setval(pg_get_serial_sequence('audit_entry', 'entry_id'), 3, false)`,
	} {
		pgtest.Exec(t, url, sql)
	}
	appendSome(t, db, tenant, 2)
	link(t, db, tenant)
	if r := check(t, db, tenant); r.Err() != nil || r.Links != 4 || r.Chain != tenant {
		t.Fatalf("%+v", r)
	}
	pgtest.Exec(t, url+"&options=-csession_replication_role%3Dreplica", "UPDATE audit_entry SET actor_id = 9 WHERE entry_id = 1")
	if r := check(t, db, tenant); len(r.Breaks) != 1 || r.Breaks[0].Fault != audit.Altered || r.Breaks[0].From != 1 {
		t.Errorf("%v", r.Breaks)
	}
	in(t, pgtest.Open(t, url, pg.RolePrivacy), tenant, func(tx pg.Tx) error {
		_, err := audit.Purge(t.Context(), tx, audit.Changes, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), 10)
		return err
	})
	if r := check(t, db, tenant); r.Err() != nil || r.Purged != 2 {
		t.Errorf("%+v", r)
	}
}

func TestReadsAreFilteredAndNameWhom(t *testing.T) { // OB-P10
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	ann, key := audit.Actor{Kind: audit.Account, ID: 7}, audit.Actor{Kind: audit.APIKey, ID: 7}
	in(t, db, tenant, func(tx pg.Tx) error {
		for _, r := range []audit.Read{
			{By: ann, Operation: "GetEmployee", Of: audit.PeopleOf(4)},
			{By: ann, Operation: "ListEmployees", Of: audit.PeopleOf(9, 4, 5, 4, 10)},
			{By: key, Operation: "ListFobs", Of: audit.People{All: true}},
		} {
			if err := audit.NoteRead(t.Context(), tx, r.By, r.Operation, r.Of); err != nil {
				return err
			}
		}
		return nil
	})
	for name, c := range map[string]struct {
		filter audit.ReadFilter
		want   []string
	}{
		"all":         {audit.ReadFilter{}, []string{"GetEmployee", "ListEmployees", "ListFobs"}},
		"a person's":  {audit.ReadFilter{By: ann}, []string{"GetEmployee", "ListEmployees"}},
		"keys'":       {audit.ReadFilter{By: audit.Actor{Kind: audit.APIKey}}, []string{"ListFobs"}},
		"operation":   {audit.ReadFilter{Operation: "ListFobs"}, []string{"ListFobs"}},
		"about one":   {audit.ReadFilter{Employee: 9}, []string{"ListEmployees"}},
		"later":       {audit.ReadFilter{From: time.Now().Add(time.Hour)}, nil},
		"until now":   {audit.ReadFilter{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}, []string{"GetEmployee", "ListEmployees", "ListFobs"}},
		"yet nothing": {audit.ReadFilter{To: time.Now().Add(-time.Hour)}, nil},
	} {
		var got []string
		in(t, db, tenant, func(tx pg.Tx) error {
			return audit.Reads(t.Context(), tx, c.filter, func(r audit.Read) error { got = append(got, r.Operation); return nil })
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if p := audit.PeopleOf(9, 4, 5, 4, 10); p.Count() != 4 || !slices.Equal(p.Spans, []audit.Span{{4, 5}, {9, 10}}) || !p.Names(5) || p.Names(6) {
		t.Errorf("%+v", p)
	}
	if p := audit.PeopleOf(1, 2).Union(audit.PeopleOf(3, 8)); !slices.Equal(p.Spans, []audit.Span{{1, 3}, {8, 8}}) {
		t.Errorf("%+v", p)
	}
}

func in(t *testing.T, db *pg.DB, tenant int64, fn func(pg.Tx) error) {
	t.Helper()
	if err := db.InTenant(t.Context(), tenant, fn); err != nil {
		t.Fatal(err)
	}
}
