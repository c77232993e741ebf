package approval

import (
	"context"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// thousands makes 5,000 employees with five days of week 46, one day in fifty
// with an exception.
func thousands(b *testing.B) (db *pg.DB, tenant, account int64) {
	url := pgtest.URL(b)
	tenant = pgtest.Tenant(b, url, "Uitzendbureau")
	site := pgtest.Exec(b, url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Kas') RETURNING site_id", tenant)
	account = pgtest.Exec(b, url, `INSERT INTO account (tenant_id, email, name, roles) VALUES ($1, 'a@example.nl', 'Anna', ARRAY['administrator']) RETURNING account_id`, tenant)
	pgtest.Exec(b, url, `INSERT INTO employee (tenant_id, number, surname, employed_from)
		SELECT $1, n::text, 'Bakker' || n, '2026-01-01' FROM generate_series(1, 5000) n`, tenant)
	pgtest.Exec(b, url, `INSERT INTO worked_day (tenant_id, employee_id, day, minutes, running, detail)
		SELECT $1, employee_id, d::date, 480, false, jsonb_build_object('employee', employee_id, 'date', d::date, 'zone', 'Europe/Amsterdam', 'rules', 1, 'minutes', 480, 'punches', '[]'::jsonb,
			'shifts', '[]'::jsonb, 'lines', jsonb_build_array(jsonb_build_object('site', $2::bigint, 'code', '100', 'minutes', 480)), 'filler', repeat(md5(employee_id::text), 60))
			|| CASE WHEN employee_id % 50 = 0 AND d = '2026-11-09' THEN '{"exceptions":[{"kind":"missing_out","at":1}]}' ELSE '{}' END::jsonb
		FROM employee, generate_series('2026-11-09'::date, '2026-11-13', '1 day') d WHERE tenant_id = $1`, tenant, site)
	pgtest.Exec(b, url, `INSERT INTO hour_line (tenant_id, employee_id, day, site_id, code, minutes) SELECT tenant_id, employee_id, day, $2, '100', 480 FROM worked_day WHERE tenant_id = $1`, tenant, site)
	pgtest.Exec(b, url, "ANALYZE")
	return pgtest.Open(b, url, pg.RoleApp), tenant, account
}

// BenchmarkListOf5000 is what the timesheets page reads of a week.
func BenchmarkListOf5000(b *testing.B) {
	db, tenant, _ := thousands(b)
	for b.Loop() {
		err := db.InTenant(context.Background(), tenant, func(tx pg.Tx) error {
			if _, err := Open(context.Background(), tx, week46, week46.Sunday().AddDays(2).In(time.UTC)); err != nil {
				return err
			}
			all, err := hours.Summaries(context.Background(), tx, week46)
			if err != nil || len(all) != 5000 {
				b.Fatal(len(all), err)
			}
			shown := make([]int64, 100)
			for i := range shown {
				shown[i] = all[i].Who.ID
			}
			_, err = hours.TimesheetsOf(context.Background(), tx, shown, week46)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApprove4900 approves all complete ones of 5,000, in pieces.
func BenchmarkApprove4900(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		db, tenant, account := thousands(b)
		now := week46.Sunday().AddDays(2).In(time.UTC)
		var id int64
		b.StartTimer()
		err := db.InTenant(context.Background(), tenant, func(tx pg.Tx) error {
			by := audit.Actor{Kind: audit.Account, ID: account}
			p, err := PreviewBulk(context.Background(), tx, by, week46, nil, now)
			if err != nil || len(p.Asks) != 4900 {
				b.Fatal(len(p.Asks), err)
			}
			id, err = StartBulk(context.Background(), tx, by, week46, nil, p.Digest, "", now)
			return err
		})
		if err == nil {
			err = WorkBulk(context.Background(), db, tenant, id, 0, now)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
