package hours

import (
	"testing"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg/pgtest"
)

// A reader that moves takes no hours along: not to another site's rules, nor to
// its approvers, and not out of lines that were approved (I5).
func TestAReaderThatMovedLeavesItsHoursWhereTheyWere(t *testing.T) {
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	south := pgtest.Exec(t, w.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Zuid') RETURNING site_id", w.tenant)
	w.pair("2026-11-16 08:00", wire.SourceDisciplined)
	w.tap("2026-11-16 08:00", 1)
	w.tap("2026-11-16 16:00", 1)
	w.now = w.at("2026-11-19 12:00")
	w.recompute()
	at := func(day string) int64 {
		return pgtest.Exec(t, w.url, "SELECT COALESCE(max(site_id), 0) FROM hour_line WHERE tenant_id = $1 AND employee_id = $2 AND day = $3::text::date AND site_id > 0", w.tenant, bakker, day)
	}
	move := func() {
		pgtest.Exec(t, w.url, "UPDATE reader SET site_id = $2 WHERE tenant_id = $1 RETURNING 1", w.tenant, south)
		w.recompute()
	}
	move()
	if got := at("2026-11-16"); got != south {
		t.Fatalf("put right on its first day, its hours are at site %d, want %d", got, south)
	}

	pgtest.Exec(t, w.url, "UPDATE reader SET site_id = $2 WHERE tenant_id = $1 RETURNING 1", w.tenant, w.site)
	pgtest.Exec(t, w.url, "UPDATE reader_site SET set_at = set_at - interval '2 days' WHERE tenant_id = $1 RETURNING 1", w.tenant)
	move()
	pgtest.Exec(t, w.url, "UPDATE reader_site SET from_at = $2 WHERE tenant_id = $1 AND from_at > 0 RETURNING 1", w.tenant, w.at("2026-11-17 12:00").UnixMilli())
	w.tap("2026-11-16 12:00", 1) // the day before the move is computed once more
	w.tap("2026-11-16 12:30", 1)
	w.tap("2026-11-18 08:00", 1)
	w.tap("2026-11-18 16:00", 1)
	w.recompute()
	if before, after := at("2026-11-16"), at("2026-11-18"); before != w.site || after != south {
		t.Errorf("before the move at site %d, after it at %d; want %d and %d", before, after, w.site, south)
	}
}
