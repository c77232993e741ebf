package people_test

import (
	"context"
	"testing"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// BenchmarkTenThousandEmployees lists people whose first names and birth dates
// stand as they are, and sealed each under the person's key.
func BenchmarkTenThousandEmployees(b *testing.B) {
	url := pgtest.URL(b)
	tenant := pgtest.Tenant(b, url, "a")
	pgtest.Exec(b, url, `INSERT INTO employee (tenant_id, number, surname, first_name, birth_date, employed_from)
		SELECT $1, n::text, 'Bakker', 'Joris' || n, '1990-01-01', '2026-01-01' FROM generate_series(1, 10000) n`, tenant)
	db := pgtest.Open(b, url, pg.RoleApp)
	list := func(b *testing.B) {
		for b.Loop() {
			err := db.InTenant(context.Background(), tenant, func(tx pg.Tx) error {
				_, err := people.Employees(context.Background(), tx)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("plain", list)
	err := db.InTenant(context.Background(), tenant, func(tx pg.Tx) error {
		_, err := people.SealOptional(context.Background(), tx, 10_000)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	pgtest.Exec(b, url, "ANALYZE employee")
	b.Run("sealed", list)
}
