package bi

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// BenchmarkPublish publishes a month of people with 20 lines each and reads it
// as Parquet, beside a COPY of the same rows in the same order. BENCH_PEOPLE
// says how many people (200,000 make 4 million lines).
func BenchmarkPublish(b *testing.B) {
	people := 2000
	if text := os.Getenv("BENCH_PEOPLE"); text != "" {
		if _, err := fmt.Sscan(text, &people); err != nil {
			b.Fatal(err)
		}
	}
	url := pgtest.URL(b)
	db, tenant := pgtest.Open(b, url, pg.RoleApp), pgtest.Tenant(b, url, "bench")
	pgtest.Contract(b, url, tenant, "winbase")
	seed(b, url, tenant, people)
	ctx := context.Background()
	for b.Loop() {
		in := func(fn func(pg.Tx) error) time.Duration {
			began := time.Now()
			if err := db.InTenant(ctx, tenant, fn); err != nil {
				b.Fatal(err)
			}
			return time.Since(began)
		}
		in(func(tx pg.Tx) error { _, err := Allow(ctx, tx, person, true, "bench", now); return err })
		published := in(func(tx pg.Tx) error { _, err := Publish(ctx, tx, Order{By: person, Month: day(1)}, now); return err })
		copied := in(func(tx pg.Tx) error {
			_, err := tx.Conn().PgConn().CopyTo(ctx, io.Discard, `COPY (SELECT line_key, employee_key, month, work_date, site, cost_centre, code, kind, minutes, hundredths, zone, published_at
				FROM bi_hours WHERE tenant_id = current_tenant() ORDER BY month, work_date, site, cost_centre, code, kind, line_key) TO STDOUT`)
			return err
		})
		wrote := in(func(tx pg.Tx) error { return WriteParquet(io.Discard, Published(ctx, tx, monthPeriod(day(1)))) })
		b.ReportMetric(published.Seconds(), "publish-s")
		b.ReportMetric(copied.Seconds(), "copy-s")
		b.ReportMetric(wrote.Seconds(), "parquet-s")
		b.ReportMetric(wrote.Seconds()/copied.Seconds(), "parquet/copy")
		b.ReportMetric(peakMB(b), "MB-peak")
		in(func(tx pg.Tx) error { _, err := Allow(ctx, tx, person, false, "again", now); return err })
	}
}

func seed(b *testing.B, url string, tenant int64, people int) {
	for _, sql := range []string{
		`INSERT INTO site (tenant_id, name) SELECT $1, 'Site ' || n FROM generate_series(1, 40) n`,
		`INSERT INTO employee (tenant_id, number, surname, employed_from) SELECT $1, lpad(n::text, 7, '0'), 'X', '2020-01-01' FROM generate_series(1, $2) n`,
		`INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason)
			SELECT $1, employee_id, '2026-06-29'::date + 7 * w, 'approved', 'account', 7, now(), '' FROM employee, generate_series(0, 3) w WHERE tenant_id = $1 AND $2 > 0`,
		`INSERT INTO approval (tenant_id, employee_id, monday, by_kind, by_id, at, reason, rules, snapshot, hash)
			SELECT tenant_id, employee_id, monday, 'account', 7, now(), '', '{1}', '', sha256('') FROM timesheet WHERE tenant_id = $1 AND $2 > 0`,
		`INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, kind, minutes)
			SELECT a.tenant_id, a.approval_id, a.employee_id, a.monday + d, (SELECT min(site_id) FROM site WHERE tenant_id = $1) + a.employee_id % 40, 'N', '', 400 + a.employee_id % 90
			FROM approval a, generate_series(2, 6) d WHERE a.tenant_id = $1 AND $2 > 0`,
	} {
		if strings.Contains(sql, "$2") {
			pgtest.Exec(b, url, sql, tenant, people)
		} else {
			pgtest.Exec(b, url, sql, tenant)
		}
	}
	pgtest.Exec(b, url, "ANALYZE")
}

// peakMB is the most memory that the process ever had.
func peakMB(b *testing.B) (mb float64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc here")
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &mb); err != nil {
		b.Fatal(err)
	}
	return mb / 1024
}
