package retention

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
)

const walked = 15_000 // taps: several windows of registrations, several looks at punches

func TestVeryManyTapsGoPageAfterPageButThoseThatStay(t *testing.T) { // I3, I5
	url := pgtest.URL(t)
	tenant, other := pgtest.Tenant(t, url, "Kwekerij"), pgtest.Tenant(t, url, "Andere")
	now := time.Now()
	for _, of := range []int64{tenant, other} {
		pgtest.Exec(t, url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
			SELECT $1, i % 3, 7, i / 3 + 1, i, 0, 1, 1, int8send(1), $2::timestamptz - interval '200 days' + i * interval '12 minutes' FROM generate_series(0, $3::bigint - 1) i`, of, now, walked)
		pgtest.Exec(t, url, `INSERT INTO punch (tenant_id, origin, epoch, seq, tick, gap, wall, reader_id, key_version, token, arrived, pending, employee_id, sealed)
			SELECT tenant_id, origin, epoch, seq, tick, 0, 0, 1, 1, token, floor(extract(epoch FROM arrived) * 1000)::bigint, false, 1 + seq % 2, seq % 1000 > 10 FROM registration WHERE tenant_id = $1`, of)
	}
	p := Purger{DB: pgtest.Open(t, url, pg.RolePrivacy)}
	turn, err := alone(t.Context(), p.DB, tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer turn.end(t.Context(), tenant)
	plan := plan{tenant: tenant, terms: starting(Limits{}), held: []int64{2}, now: now, by: audit.Actor{Kind: audit.System}, turn: turn.pid}
	before, _ := plan.before(privacy.RawTaps)
	want := pgtest.Exec(t, url, "SELECT count(*) FROM punch WHERE tenant_id = $1 AND arrived < $2 AND seq % 1000 > 10 AND seq % 2 = 0", tenant, before.UnixMilli())
	// Gateways go first, and a punch that stays is written anew, to the last
	// page, while others are looked at (as of one moment).
	ways := 0
	p.GiveWay = func(context.Context) {
		if ways++; ways == 1 {
			pgtest.Exec(t, url, "UPDATE punch SET gap = 1 WHERE tenant_id = $1 AND NOT sealed RETURNING 1::bigint", tenant)
		}
	}
	oldest, err := p.walk(t.Context(), plan, before)
	if err != nil {
		t.Fatal(err)
	}
	if ways < 30 {
		t.Errorf("gave way %d times", ways)
	}
	if want := pgtest.Exec(t, url, "SELECT min(arrived) FROM punch WHERE tenant_id = $1", tenant); oldest.UnixMilli() != want {
		t.Errorf("the oldest that is left came at %v, not %d", oldest, want)
	}
	for _, table := range []string{"registration", "punch"} {
		if got := pgtest.Exec(t, url, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", tenant); got != walked-want {
			t.Errorf("%d rows of %s are left, want %d", got, table, walked-want)
		}
		if got := pgtest.Exec(t, url, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", other); got != walked {
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

// row is one of returned: name, then content.
func row(origin, epoch, seq int64, content string) [][]byte {
	number := func(n int64) []byte { return []byte{0, 0, 0, 0, 0, 0, byte(n >> 8), byte(n)} }
	return [][]byte{number(origin), number(epoch), number(seq), []byte(content[:1]), []byte(content[1:])}
}

func TestWhatWasRemovedIsHashedByStreamInOrderOfNumber(t *testing.T) { // OB-P3
	var r removal
	for name, rows := range map[string][][][]byte{
		"in any order":  {row(2, 7, 2, "ef"), row(2, 7, 1, "cd"), row(1, 9, 5, "ab")},
		"in order":      {row(1, 9, 5, "ab"), row(2, 7, 1, "cd"), row(2, 7, 2, "ef")},
		"streams mixed": {row(2, 7, 1, "cd"), row(1, 9, 5, "ab"), row(2, 7, 2, "ef")},
	} {
		r.add(row(3, 1, 1, "zz")) // of a piece before
		r.reset()
		for _, x := range rows {
			r.add(x)
		}
		var got []string
		for _, s := range r.streams() {
			got = append(got, fmt.Sprintf("%d %d %s %x", s.origin, s.epoch, s.seqs(), s.hash()))
		}
		want := []string{fmt.Sprintf("1 9 {[5,5]} %x", sha256.Sum256([]byte("ab"))), fmt.Sprintf("2 7 {[1,2]} %x", sha256.Sum256([]byte("cdef")))}
		if !slices.Equal(got, want) || r.count != 3 {
			t.Errorf("%s: %d taps %q, want %q", name, r.count, got, want)
		}
		r.reset()
	}
}
