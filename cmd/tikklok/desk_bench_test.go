package main

import (
	"fmt"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/request"
)

// benchReads is how many entries the access log has: ten of each person.
const benchReads = 1_000_000

// benchLists is how many it has of lists beside: 400 a working day for a year.
const benchLists = 100_000

// The file of one person reads the person's rows only, however many others
// there are (at most 2 s of 100,000, OB-P7), nor
// however long the access log is.
func BenchmarkFileOfOnePersonOf100000(b *testing.B) {
	url := pgtest.URL(b)
	tenant := pgtest.Tenant(b, url, "Groot")
	pgtest.Exec(b, url, `INSERT INTO employee (tenant_id, number, surname, employed_from) SELECT $1, g::text, 'Naam' || g, '2020-01-01' FROM generate_series(1, 100000) g`, tenant)
	pgtest.Exec(b, url, `INSERT INTO punch (tenant_id, origin, epoch, seq, tick, gap, wall, reader_id, key_version, token, arrived, pending, at, placed, employee_id)
		SELECT tenant_id, 7, 5, employee_id * 20 + n, n, 0, 0, 1, 1, int8send(employee_id), 1790000000000 + n * 1000, false, 1790000000000 + n, 1790000000000 + n, employee_id
		FROM employee, generate_series(1, 10) n WHERE tenant_id = $1`, tenant)
	pgtest.Exec(b, url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token)
		SELECT tenant_id, origin, epoch, seq, tick, 0, 1, 1, token FROM punch`)
	pgtest.Exec(b, url, `INSERT INTO worked_day (tenant_id, employee_id, day, minutes, running, detail)
		SELECT tenant_id, employee_id, date '2026-01-01' + n, 480, false, '{}' FROM employee, generate_series(1, 5) n WHERE tenant_id = $1`, tenant)
	pgtest.Exec(b, url, `INSERT INTO audit_entry (tenant_id, action, subject_kind, subject_id, actor_kind, actor_id, payload_hash)
		SELECT $1, 'data.read', 'employee', 1 + g % 100000, 'account', 1 + g % 50, sha256('') FROM generate_series(1, $2::int) g`, tenant, benchReads)
	pgtest.Exec(b, url, `WITH list AS (INSERT INTO audit_entry (tenant_id, action, subject_kind, actor_kind, actor_id, payload_hash)
			SELECT $1, 'data.read', 'employee', 'account', 1 + g % 50, sha256('') FROM generate_series(1, $2::int) g RETURNING tenant_id, entry_id)
		INSERT INTO audit_payload (tenant_id, entry_id, salt, payload)
			SELECT tenant_id, entry_id, substr(sha256(''), 1, 16), json_build_object('operation', 'ListTimesheets', 'employees', json_build_array(json_build_array(entry_id % 100000, entry_id % 100000 + 100))) FROM list`, tenant, benchLists)
	pgtest.Exec(b, url, "ANALYZE")
	db := pgtest.Open(b, url, pg.RoleApp)
	b.ResetTimer()
	for i := range b.N {
		err := db.AsOf(b.Context(), tenant, func(tx pg.Tx) error {
			f, err := request.Gather(b.Context(), tx, catalogue(), privacy.Subject{Employee: int64(50000 + i%1000)}, nil, time.Now())
			if err == nil && f.Rows() < 20 {
				b.Fatalf("%d rows", f.Rows())
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	fmt.Printf("bench access_file value=%.2f unit=s people=100000 reads=%d lists=%d goal=2\n", b.Elapsed().Seconds()/float64(b.N), benchReads, benchLists)
}
