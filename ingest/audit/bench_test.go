package audit_test

import (
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// benchEntries is how long the verified log is: two weeks of 50 people who
// look at 500 pages a day.
const benchEntries = 350_000

// BenchmarkAuditVerify measures going along the whole chain, each entry and
// payload hashed again, beside reading the same rows once as PostgreSQL copies
// them out; and linking them.
func BenchmarkAuditVerify(b *testing.B) {
	if url := os.Getenv("BENCH_DATABASE_URL"); url != "" {
		b.Setenv("TEST_DATABASE_URL", url)
	}
	url := pgtest.URL(b)
	tenant := pgtest.Tenant(b, url, "a")
	db := pgtest.Open(b, url, pg.RoleApp)
	fill(b, url, tenant)
	linking := seconds(b, func() error { _, err := audit.Link(b.Context(), db, tenant); return err })
	pgtest.Exec(b, url, "ANALYZE audit_entry, audit_payload, audit_link")
	reference := seconds(b, func() error { return copyOut(b, db, tenant) })
	verifying := seconds(b, func() error {
		r, err := audit.CheckAll(b.Context(), db, tenant, nil, nil)
		if err == nil && r.Links != benchEntries {
			return fmt.Errorf("%d links", r.Links)
		}
		if err == nil {
			err = r.Err()
		}
		return err
	})
	fmt.Printf("bench audit_link value=%.0f unit=entries/s\n", benchEntries/linking)
	fmt.Printf("bench audit_verify value=%.0f unit=entries/s entries=%d reference=copy_to_stdout reference_value=%.0f ratio=%.2f goal=100000\n",
		benchEntries/verifying, benchEntries, benchEntries/reference, verifying/reference)
}

func seconds(b *testing.B, do func() error) float64 {
	b.Helper()
	start := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start).Seconds()
}

// fill appends entries as the access log has them.
func fill(b *testing.B, url string, tenant int64) {
	b.Helper()
	pgtest.Exec(b, url, `
		WITH new AS (
			SELECT n, substr(sha256(n::text::bytea), 1, 16) AS salt, '{"employees":[['||n||','||n||']],"operation":"GetEmployee"}' AS said FROM generate_series(1, $2::bigint) n),
		entry AS (
			INSERT INTO audit_entry (tenant_id, entry_id, action, subject_kind, subject_id, actor_kind, actor_id, salt, payload_hash)
			OVERRIDING SYSTEM VALUE SELECT $1, n, 'data.read', 'employee', n, 'account', 7, salt, sha256(salt || said::bytea) FROM new),
		waits AS (INSERT INTO audit_waiting SELECT $1, n FROM new)
		INSERT INTO audit_payload SELECT $1, n, salt, said::json FROM new`, tenant, benchEntries)
}

func copyOut(b *testing.B, db *pg.DB, tenant int64) error {
	return db.InTenant(b.Context(), tenant, func(tx pg.Tx) error {
		_, err := tx.Conn().PgConn().CopyTo(b.Context(), io.Discard, `COPY (SELECT l.*, e.*, p.* FROM audit_link l JOIN audit_entry e USING (tenant_id, entry_id)
			JOIN audit_payload p USING (tenant_id, entry_id) ORDER BY l.seq) TO STDOUT`)
		return err
	})
}
