package retention

import (
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
)

func TestVeryManyTapsGoPageAfterPageButThoseThatStay(t *testing.T) { // I3, I5
	url := pgtest.URL(t)
	tenant, other := pgtest.Tenant(t, url, "Kwekerij"), pgtest.Tenant(t, url, "Andere")
	now := time.Now()
	for _, of := range []int64{tenant, other} {
		pgtest.Exec(t, url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
			SELECT $1, i % 3, 7, i / 3 + 1, i, 0, 1, 1, int8send(1), $2::timestamptz - interval '200 days' + i * interval '1 hour' FROM generate_series(0, 2999) i`, of, now)
		pgtest.Exec(t, url, `INSERT INTO punch (tenant_id, origin, epoch, seq, tick, gap, wall, reader_id, key_version, token, arrived, pending, employee_id, sealed)
			SELECT tenant_id, origin, epoch, seq, tick, 0, 0, 1, 1, token, floor(extract(epoch FROM arrived) * 1000)::bigint, false, 1 + seq % 2, seq > 10 FROM registration WHERE tenant_id = $1`, of)
	}
	p := Purger{DB: pgtest.Open(t, url, pg.RolePrivacy)}
	turn, err := alone(t.Context(), p.DB, tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer turn.end(t.Context(), tenant)
	plan := plan{tenant: tenant, terms: starting(Limits{}), held: []int64{2}, now: now, by: audit.Actor{Kind: audit.System}, turn: turn.pid}
	before, _ := plan.before(privacy.RawTaps)
	want := pgtest.Exec(t, url, "SELECT count(*) FROM punch WHERE tenant_id = $1 AND arrived < $2 AND seq > 10 AND seq % 2 = 0", tenant, before.UnixMilli())
	oldest, err := p.walk(t.Context(), plan, before)
	if err != nil {
		t.Fatal(err)
	}
	if want := pgtest.Exec(t, url, "SELECT min(arrived) FROM punch WHERE tenant_id = $1", tenant); oldest.UnixMilli() != want {
		t.Errorf("the oldest that is left came at %v, not %d", oldest, want)
	}
	for _, table := range []string{"registration", "punch"} {
		if got := pgtest.Exec(t, url, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", tenant); got != 3000-want {
			t.Errorf("%d rows of %s are left, want %d", got, table, 3000-want)
		}
		if got := pgtest.Exec(t, url, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", other); got != 3000 {
			t.Errorf("another tenant has %d rows of %s left", got, table)
		}
	}
	if got := pgtest.Exec(t, url, "SELECT count(*) FROM registration r FULL JOIN punch p USING (tenant_id, origin, epoch, seq) WHERE r.tick IS NULL OR p.tick IS NULL"); got != 0 {
		t.Errorf("%d registrations or punches are without the other", got)
	}
	if got := pgtest.Exec(t, url, "SELECT sum(upper(s) - lower(s))::bigint FROM removed_name, unnest(seqs) s"); got != want {
		t.Errorf("%d names are on record as removed, want %d", got, want)
	}
}
