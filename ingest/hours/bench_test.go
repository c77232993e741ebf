package hours

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// BenchmarkRecompute takes up the taps of many employees from nothing, then
// reads their timesheets.
func BenchmarkRecompute(b *testing.B) {
	for _, size := range []struct{ employees, days int }{{25, 14}, {2000, 1}} {
		b.Run(fmt.Sprintf("employees=%d/days=%d", size.employees, size.days), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				url := pgtest.URL(b)
				tenant := pgtest.Tenant(b, url, "Kwekerij")
				db := pgtest.Open(b, url, pg.RoleApp)
				populate(b, url, tenant, size.employees, size.days)
				now := time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)
				b.StartTimer()
				started := time.Now()
				c, err := Recompute(context.Background(), db, tenant, now)
				if err != nil || c.Behind || c.Days != size.employees*size.days {
					b.Fatalf("%+v, %v", c, err)
				}
				b.ReportMetric(time.Since(started).Seconds(), "s/recompute")
				started = time.Now()
				err = db.InTenant(context.Background(), tenant, func(tx pg.Tx) error {
					sheets, err := Timesheets(context.Background(), tx, week46)
					if len(sheets) != size.employees {
						b.Errorf("%d timesheets", len(sheets))
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(started).Seconds(), "s/timesheets")
			}
		})
	}
}

// populate stores four taps a day for every employee, and a time pair an hour.
func populate(t testing.TB, url string, tenant int64, employees, days int) {
	for _, sql := range []string{
		`INSERT INTO site (tenant_id, name) VALUES ($1, 'Noord')`,
		`INSERT INTO reader (tenant_id, site_id, origin, key, name) SELECT $1, site_id, 7, 'a', 'Reader 7' FROM site WHERE tenant_id = $1`,
		`INSERT INTO employee (tenant_id, number, surname, employed_from) SELECT $1, n, 'Employee ' || n, '2026-01-01' FROM generate_series(1, $2::int) n`,
		`INSERT INTO fob (tenant_id, label) SELECT $1, n FROM generate_series(1, $2::int) n`,
		`INSERT INTO fob_token (tenant_id, key_version, token, fob_id) SELECT $1, 1, int8send(label::bigint), fob_id FROM fob WHERE tenant_id = $1`,
		`INSERT INTO fob_issue (tenant_id, fob_id, employee_id, issued_at) SELECT $1, f.fob_id, e.employee_id, '2026-01-01' FROM fob f JOIN employee e ON e.number = f.label WHERE f.tenant_id = $1`,
		`INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id, arrived)
			SELECT $1, 7, 9, n * 3600000, 1793487600000 + n * 3600000, 100, 1, 7, to_timestamp(1793487600 + n * 3600) FROM generate_series(0, 24 * 16) n`,
		`INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
			SELECT $1, 7, 9, row_number() OVER (ORDER BY at, e), at, 0, reader_id, 1, int8send(e), to_timestamp((1793487600000 + at) / 1000)
			FROM (SELECT reader_id, e, (d * 86400 + h + e % 600) * 1000::bigint AS at FROM reader,
				generate_series(1, $2::int) e, generate_series(8, $3::int + 7) d, unnest(ARRAY[28800, 43200, 45000, 61200]) h WHERE tenant_id = $1) x`,
		`DELETE FROM hours_due`, // as after an ordinary day
	} {
		used := 0
		for strings.Contains(sql, fmt.Sprintf("$%d", used+1)) {
			used++
		}
		pgtest.Exec(t, url, sql, []any{tenant, employees, days}[:used]...)
	}
}
