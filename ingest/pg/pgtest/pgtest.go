// Package pgtest promises each test a database of its own: migrated, empty,
// and gone afterwards. It reads TEST_DATABASE_URL only, so that tests cannot
// touch a real one.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
)

// prefix begins the name of each template, a migrated database that tests
// copy; the rest of it tells which migrations, and which month, since
// partitions are made ahead from the day of migration. Packages share it.
const prefix = "tikklok_template_"

// copyTemplate makes a database from the template, which it makes first where
// there is none. A lock lets one process at a time do so: another checkout's
// tests may just be dropping what they take for stale.
func copyTemplate(ctx context.Context, name string) error {
	c, err := pgx.Connect(ctx, os.Getenv("TEST_DATABASE_URL"))
	if err != nil {
		return fmt.Errorf("connecting to TEST_DATABASE_URL: %w", err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock(7414654)"); err != nil {
		return fmt.Errorf("waiting for the template database: %w", err)
	}
	template := prefix + pg.Fingerprint() + time.Now().UTC().Format("_2006_01")
	var found bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", template).Scan(&found); err != nil {
		return fmt.Errorf("looking for the template database: %w", err)
	}
	if !found {
		if err := makeTemplate(ctx, c, template); err != nil {
			return err
		}
	}
	// File by file takes a quarter of the time that going through the log does, on
	// a server without fsync, as `make test` has it.
	_, err = c.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY file_copy")
	return err
}

// makeTemplate drops the templates of other migrations; the new one gets its
// name when it is complete.
func makeTemplate(ctx context.Context, c *pgx.Conn, template string) error {
	rows, err := c.Query(ctx, "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", prefix)
	if err != nil {
		return fmt.Errorf("listing template databases: %w", err)
	}
	stale, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("listing template databases: %w", err)
	}
	for _, name := range stale {
		if _, err := c.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("dropping a stale template database: %w", err)
		}
	}
	unfinished := prefix + "unfinished"
	if _, err := c.Exec(ctx, "CREATE DATABASE "+unfinished); err != nil {
		return fmt.Errorf("creating the template database: %w", err)
	}
	if err := pg.Migrate(ctx, address(unfinished)); err != nil {
		return err
	}
	if _, err := c.Exec(ctx, "ALTER DATABASE "+unfinished+" RENAME TO "+template); err != nil {
		return fmt.Errorf("naming the template database: %w", err)
	}
	return nil
}

// URL gives the address of a fresh, migrated database with its owner's rights.
func URL(t testing.TB) string {
	t.Helper()
	if os.Getenv("TEST_DATABASE_URL") == "" {
		t.Skip("PostgreSQL: TEST_DATABASE_URL is not set; `make test` sets it")
	}
	name := "tikklok_test_" + strings.ToLower(rand.Text()[:12])
	if err := copyTemplate(context.Background(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return address(name)
}

// DB gives a pool on a fresh database, under the role.
func DB(t testing.TB, role pg.Role) *pg.DB {
	t.Helper()
	return Open(t, URL(t), role)
}

// Open gives a pool on the database at url, under the role, with the master key
// that all tests share.
func Open(t testing.TB, url string, role pg.Role) *pg.DB {
	t.Helper()
	db, err := pg.Open(context.Background(), url, role, pg.With(Keys(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// Keys gives the master key that all tests share.
func Keys(t testing.TB) *vault.Keys {
	t.Helper()
	keys, err := vault.NewKeys([]byte("the master key of all the tests."))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Exec runs statements as the database's owner and gives the last one's first
// column, if it is a number: for fixtures.
func Exec(t testing.TB, url, sql string, args ...any) int64 {
	t.Helper()
	c, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	rows, err := c.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	var id int64
	for rows.Next() {
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return id
}

// Tenant makes a tenant and gives its id.
func Tenant(t testing.TB, url, name string) int64 {
	t.Helper()
	return Exec(t, url, "INSERT INTO tenant (name) VALUES ($1) RETURNING tenant_id", name)
}

// Contract records a contract of a tenant after a profile, such as winbase.
func Contract(t testing.TB, url string, tenant int64, profile string) {
	t.Helper()
	Exec(t, url, `INSERT INTO tenant_contract (tenant_id, version, profile, reference, signed_on, from_day, by_kind, by_id, made_at)
		SELECT $1, COALESCE(max(version), 0) + 1, $2, 'test', '2020-01-01', '2020-01-01', 'operator', 0, now() FROM tenant_contract WHERE tenant_id = $1`, tenant, profile)
}

func address(database string) string {
	u, err := url.Parse(os.Getenv("TEST_DATABASE_URL"))
	if err != nil {
		return ""
	}
	u.Path = "/" + database
	return u.String()
}

func admin(sql string) error {
	c, err := pgx.Connect(context.Background(), os.Getenv("TEST_DATABASE_URL"))
	if err != nil {
		return fmt.Errorf("connecting to TEST_DATABASE_URL: %w", err)
	}
	defer c.Close(context.Background())
	_, err = c.Exec(context.Background(), sql)
	return err
}
