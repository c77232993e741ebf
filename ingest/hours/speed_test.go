package hours

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// BenchmarkHoursIncremental measures, tap by tap, from the commit of a
// registration until that employee's days are committed, in a tenant of 2,000
// employees in the middle of a week. The reference is a commit of one row.
func BenchmarkHoursIncremental(b *testing.B) {
	const employees, taps = 2000, 500
	ctx := context.Background()
	url := pgtest.URL(b)
	tenant := pgtest.Tenant(b, url, "Kwekerij")
	db := pgtest.Open(b, url, pg.RoleApp)
	populate(b, url, tenant, employees, 5)
	pgtest.Exec(b, url, `INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id, arrived)
		SELECT $1, 7, 9, n * 300000, 1793487600000 + n * 300000, 100, 1, 7, to_timestamp(1793487600 + n * 300) FROM generate_series(0, 12 * 24 * 20) n
		ON CONFLICT DO NOTHING RETURNING 1`, tenant)
	now := time.Date(2026, 11, 14, 12, 0, 0, 0, time.UTC)
	if c, err := Recompute(ctx, db, tenant, now); err != nil || c.Days < employees*5 {
		b.Fatal(c, err)
	}
	pgtest.Exec(b, url, "VACUUM ANALYZE")
	var took, commits []time.Duration
	for n := range taps {
		began := time.Now()
		pgtest.Exec(b, url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
			SELECT $1, 7, 9, 10000000 + $2::bigint, (13 * 86400 + 8 * 3600 + $2::bigint * 10) * 1000, 0, reader_id, 1, int8send($3::bigint),
				to_timestamp(1793487600 + 13 * 86400 + 8 * 3600 + $2::bigint * 10) FROM reader WHERE tenant_id = $1 RETURNING 1`, tenant, n, 1+n*3%employees)
		committed := time.Now()
		c, err := Recompute(ctx, db, tenant, now)
		if err != nil || c.Taps != 1 || c.Employees != 1 {
			b.Fatal(c, err)
		}
		took, commits = append(took, time.Since(committed)), append(commits, committed.Sub(began))
	}
	slices.Sort(took)
	slices.Sort(commits)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	p50, p99, reference := ms(took[taps/2]), ms(took[taps*99/100]), ms(commits[taps/2])
	fmt.Printf("bench hours_incremental value=%.1f unit=ms p99=%.1f reference=commit_of_the_tap reference_value=%.1f ratio=%.2f goal=10ms\n", p50, p99, reference, p50/reference)
}

// BenchmarkHoursMonth computes the month of 100,000 employees, 22 days of 4
// taps, from stored punches, on two workers; BENCH_EMPLOYEES makes it smaller.
// value is the time that computing takes, through that with reading what each
// batch needs, employee by employee, as the server does. The reference reads
// all punches once, in one query, and does nothing with them.
func BenchmarkHoursMonth(b *testing.B) {
	employees := 100_000
	if text := os.Getenv("BENCH_EMPLOYEES"); text != "" {
		if _, err := fmt.Sscan(text, &employees); err != nil {
			b.Fatal(err)
		}
	}
	url := pgtest.URL(b)
	tenant := pgtest.Tenant(b, url, "Kwekerij")
	db := pgtest.Open(b, url, pg.RoleApp)
	populateMonth(b, url, tenant, employees)
	debug.FreeOSMemory()
	reading := readMonth(b, db, tenant, employees*22*4)
	began := time.Now()
	computing := computeMonth(b, db, tenant, employees, employees*22)
	fmt.Printf("bench hours_month value=%.2f unit=s through=%.2f days=%d peak_rss_mb=%d reference=reading_the_taps_once reference_value=%.2f ratio=%.2f goal=2.00\n",
		computing.Seconds(), time.Since(began).Seconds(), employees*22, peakRSS(b), reading.Seconds(), computing.Seconds()/reading.Seconds())
}

// peakRSS gives the most memory the process had, in MB.
func peakRSS(b *testing.B) (kb int) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			if _, err := fmt.Sscan(rest, &kb); err != nil {
				b.Fatal(err)
			}
		}
	}
	return kb / 1024
}

// readMonth reads all punches once.
func readMonth(b *testing.B, db *pg.DB, tenant int64, want int) time.Duration {
	began, n := time.Now(), 0
	err := db.InTenant(b.Context(), tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(b.Context(), `SELECT p.employee_id, p.origin, p.epoch, p.seq, p.at, p.uncertainty, p.known, p.wall, p.arrived, p.reader_id
			FROM punch p WHERE p.tenant_id = current_tenant()`)
		if err != nil {
			return err
		}
		var employee, origin, epoch, seq int64
		var p Punch
		_, err = pgx.ForEachRow(rows, []any{&employee, &origin, &epoch, &seq, &p.At, &p.Uncertainty, &p.Known, &p.Device, &p.Arrived, &p.Reader}, func() error {
			n++
			return nil
		})
		return err
	})
	if err != nil || n != want {
		b.Fatal(n, err)
	}
	return time.Since(began)
}

// computeMonth computes everybody's days in batches, on two workers, and gives
// how long it took them without reading.
func computeMonth(b *testing.B, db *pg.DB, tenant int64, employees, want int) time.Duration {
	const workers = 2
	var next, days, took atomic.Int64
	failed := make(chan error, workers)
	for range workers {
		go func() {
			for {
				first := next.Add(employeesAtOnce) - employeesAtOnce + 1
				if first > int64(employees) {
					failed <- nil
					return
				}
				err := db.InTenant(b.Context(), tenant, func(tx pg.Tx) error {
					n, d, err := computeSome(b.Context(), tx, first, min(first+employeesAtOnce-1, int64(employees)))
					days.Add(int64(n))
					took.Add(int64(d))
					return err
				})
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	for range workers {
		if err := <-failed; err != nil {
			b.Fatal(err)
		}
	}
	if days.Load() != int64(want) {
		b.Fatalf("%d days, want %d", days.Load(), want)
	}
	return time.Duration(took.Load() / workers)
}

// computeSome computes the employees with these ids.
func computeSome(ctx context.Context, tx pg.Tx, first, last int64) (days int, took time.Duration, err error) {
	from, to := calendar.On(2026, 11, 1).In(time.UTC).UnixMilli(), calendar.On(2026, 12, 1).In(time.UTC).UnixMilli()
	now := time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC)
	var list []due
	for id := first; id <= last; id++ {
		list = append(list, due{id, from, to})
	}
	book, err := bookOf(ctx, tx)
	if err != nil {
		return 0, 0, err
	}
	devices, err := readDevices(ctx, tx)
	if err != nil {
		return 0, 0, err
	}
	const pad = 4 * dayMillis
	facts, err := readFacts(ctx, tx, list, pad)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	for _, d := range list {
		f := facts[d.employee]
		s, whole := f.whole(d, pad, book)
		if !whole {
			return 0, 0, fmt.Errorf("the chain of employee %d is longer than was read", d.employee)
		}
		days += len(f.compute(book, devices, s, now))
	}
	return days, time.Since(began), nil
}

// populateMonth stores punches as they come in, tap by tap and in any order of
// people, with the index that reading them needs. Nothing is logged: only
// reading is measured.
func populateMonth(b *testing.B, url string, tenant int64, employees int) {
	for _, sql := range []string{
		`INSERT INTO site (tenant_id, name) SELECT $1, 'Noord' WHERE $2 > 0`,
		`INSERT INTO reader (tenant_id, site_id, origin, key, name) SELECT $1, site_id, 7, 'a', 'Reader 7' FROM site WHERE tenant_id = $1 AND $2 > 0`,
		`INSERT INTO employee (tenant_id, number, surname, employed_from) SELECT $1, n, 'Employee ' || n, '2026-01-01' FROM generate_series(1, $2::int) n`,
	} {
		pgtest.Exec(b, url, sql, tenant, employees)
	}
	pgtest.Exec(b, url, `DROP INDEX punch_tick, punch_token, punch_arrived, punch_pending, punch_unheld, punch_unknown, punch_employee, punch_sealed`)
	pgtest.Exec(b, url, `ALTER TABLE punch DROP CONSTRAINT punch_pkey`)
	pgtest.Exec(b, url, `ALTER TABLE punch SET UNLOGGED`)
	for n := range 22 * 4 {
		day, clock := n/4/5*7+n/4%5+1, []int{28800, 43200, 45000, 61200}[n%4]
		pgtest.Exec(b, url, `INSERT INTO punch (tenant_id, origin, epoch, seq, tick, gap, wall, reader_id, key_version, token, arrived, pending, at, uncertainty, known, placed, employee_id)
			SELECT $1, 7, 9, $3::bigint * $2 + i + 1, at, 0, 0, reader_id, 1, int8send(e), 1793487600500 + at, false, 1793487600000 + at, 100, 'interpolated', 1793487600000 + at, e
			FROM reader, generate_series(0, $2::int - 1) i, LATERAL (SELECT 1 + i::bigint * 7919 % $2::int AS e) p,
				LATERAL (SELECT ($4::bigint + e % 600) * 1000 AS at) x WHERE tenant_id = $1`, tenant, employees, n, day*86_400+clock)
	}
	pgtest.Exec(b, url, `CREATE INDEX punch_employee ON punch (tenant_id, employee_id, placed)`)
	pgtest.Exec(b, url, `VACUUM ANALYZE`)
}
