package audit_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// forget removes the content of entries as an erasure does.
func forget(t *testing.T, url string, tenant int64, entries ...int64) {
	t.Helper()
	in(t, pgtest.Open(t, url, pg.RolePrivacy), tenant, func(tx pg.Tx) error {
		var places []string
		err := tx.QueryRow(t.Context(), "SELECT array_agg(ctid::text) FROM audit_payload WHERE entry_id = ANY ($1)", entries).Scan(&places)
		if err != nil {
			return err
		}
		_, err = audit.Forget(t.Context(), tx, places)
		return err
	})
}

func TestWhatIsRemovedAsItShouldIsSound(t *testing.T) { // OB-P3, OB-P7
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	appendSome(t, db, tenant, 6)
	forget(t, url, tenant, 6) // before it has its place
	link(t, db, tenant)
	forget(t, url, tenant, 2, 3, 5)
	if r := check(t, db, tenant); r.Err() != nil || r.Purged != 4 {
		t.Errorf("before the record has its place: %+v", r)
	}
	link(t, db, tenant)
	if r := check(t, db, tenant); r.Err() != nil || r.Purged != 4 {
		t.Errorf("%+v", r)
	}
	in(t, pgtest.Open(t, url, pg.RolePrivacy), tenant, func(tx pg.Tx) error {
		_, err := audit.Purge(t.Context(), tx, audit.Changes, time.Now().Add(time.Hour), 4)
		return err
	})
	link(t, db, tenant)
	if r := check(t, db, tenant); r.Err() != nil || r.Purged != 6 {
		t.Errorf("whole entries after their content: %+v", r)
	}
}

func TestWhatIsTakenAwayBesideHonestRemovalsIsLocated(t *testing.T) { // OB-C4
	for name, c := range map[string]struct {
		sql      string
		from, to int64
	}{
		"content between": {"DELETE FROM audit_payload WHERE entry_id = 4", 4, 4},
		"more than content of what lost its content": {"DELETE FROM audit_entry WHERE entry_id IN (2, 3)", 2, 3},
		"the record of it":                           {"DELETE FROM audit_payload p USING audit_entry e WHERE e.entry_id = p.entry_id AND action = 'audit.remove'", 2, 3},
		"the record changed":                         {`UPDATE audit_payload p SET payload = '{"contents":[[2,5]],"entries":[]}' FROM audit_entry e WHERE e.entry_id = p.entry_id AND action = 'audit.remove'`, 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			url := pgtest.URL(t)
			tenant := pgtest.Tenant(t, url, "a")
			db := pgtest.Open(t, url, pg.RoleApp)
			appendSome(t, db, tenant, 6)
			link(t, db, tenant)
			forget(t, url, tenant, 2, 3, 5)
			link(t, db, tenant)
			pgtest.Exec(t, url+"&options=-csession_replication_role%3Dreplica", c.sql)
			if r := check(t, db, tenant); len(r.Breaks) == 0 || r.Breaks[0].Fault != audit.Removed || r.Breaks[0].From != c.from || r.Breaks[0].To != c.to {
				t.Errorf("found %v", r.Breaks)
			}
		})
	}
}

func TestARecordOfWhatWasRemovedStays(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db, private := pgtest.Open(t, url, pg.RoleApp), pgtest.Open(t, url, pg.RolePrivacy)
	appendSome(t, db, tenant, 3)
	link(t, db, tenant)
	forget(t, url, tenant, 2)
	link(t, db, tenant)
	forget(t, url, tenant, 4)
	in(t, private, tenant, func(tx pg.Tx) error {
		for _, class := range audit.Classes() {
			if _, err := audit.Purge(t.Context(), tx, class, time.Now().Add(time.Hour), 10); err != nil {
				return err
			}
		}
		return nil
	})
	link(t, db, tenant)
	if r := check(t, db, tenant); r.Err() != nil || r.Purged != 3 || r.Links != 5 {
		t.Errorf("%+v", r)
	}
}

func TestAnExportTellsOfWhatIsRemovedWhileItIsWritten(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	appendSome(t, db, tenant, 2000)
	link(t, db, tenant)
	var lines bytes.Buffer
	removing := writer(func([]byte) { // the table comes in pieces, between which others work
		if lines.Len() > 0 && lines.Len() < 1<<16 {
			forget(t, url, tenant, 2, 3, 1999)
		}
	})
	if _, err := audit.Export(t.Context(), db, tenant, &lines, removing); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(lines.String(), `{"seq":0,`) {
		t.Fatal("nothing was removed while it was written")
	}
	if r, err := audit.CheckExport(&lines, nil); err != nil || r.Err() != nil || r.Links != 2000 {
		t.Errorf("%+v %v", r, err)
	}
}

// writer is what does something at each write.
type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestNearAnEntryWhatCameSinceAndWhatStandsAroundItIsWalked(t *testing.T) {
	for name, c := range map[string]struct {
		sql   string
		found bool
	}{
		"nothing done":                {"SELECT 1", false},
		"an entry since":              {"UPDATE audit_entry SET actor_id = 9 WHERE entry_id = 1202", true},
		"content since":               {"DELETE FROM audit_payload WHERE entry_id = 1202", true},
		"the end":                     {"DELETE FROM audit_link WHERE seq = 1203", true},
		"an entry beside it":          {"UPDATE audit_entry SET actor_id = 9 WHERE entry_id = 598", true},
		"the link before it":          {"DELETE FROM audit_link WHERE seq = 599", true},
		"far from both: every night":  {"UPDATE audit_entry SET actor_id = 9 WHERE entry_id = 3", false},
		"the end when it was walked":  {"DELETE FROM audit_link WHERE seq = 1200; UPDATE audit_link SET seq = seq - 1 WHERE seq > 1200; UPDATE audit_head SET seq = 1202", true},
		"what had been found altered": {`UPDATE audit_check SET report = (report::jsonb || '{"breaks":[{"fault":"missing","from":7,"to":7}]}')::json`, true},
	} {
		t.Run(name, func(t *testing.T) {
			url := pgtest.URL(t)
			tenant := pgtest.Tenant(t, url, "a")
			db := pgtest.Open(t, url, pg.RoleApp)
			appendSome(t, db, tenant, 1200)
			if err := silent(db).Verify(t.Context(), tenant); err != nil {
				t.Fatal(err)
			}
			appendSome(t, db, tenant, 3)
			link(t, db, tenant)
			for _, sql := range strings.Split(c.sql, "; ") {
				pgtest.Exec(t, url+"&options=-csession_replication_role%3Dreplica", sql)
			}
			in(t, db, tenant, func(tx pg.Tx) error {
				r, whole, err := audit.CheckNear(t.Context(), tx, 600)
				if (r.Err() != nil) != c.found || whole.IsZero() {
					t.Errorf("%+v, last walked as a whole %v", r, whole)
				}
				return err
			})
		})
	}
}
