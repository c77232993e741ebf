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
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// template is made once a process: migrating takes far longer than copying.
var template = sync.OnceValues(func() (string, error) {
	name := "tikklok_template_" + strings.ToLower(rand.Text()[:10])
	if err := admin("CREATE DATABASE " + name); err != nil {
		return "", err
	}
	return name, pg.Migrate(context.Background(), address(name))
})

// URL gives the address of a fresh, migrated database with its owner's rights.
func URL(t testing.TB) string {
	t.Helper()
	if os.Getenv("TEST_DATABASE_URL") == "" {
		t.Skip("PostgreSQL: TEST_DATABASE_URL is not set; `make test` sets it")
	}
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	name := "tikklok_test_" + strings.ToLower(rand.Text()[:12])
	if err := admin("CREATE DATABASE " + name + " TEMPLATE " + from); err != nil {
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

// Open gives a pool on the database at url, under the role.
func Open(t testing.TB, url string, role pg.Role) *pg.DB {
	t.Helper()
	db, err := pg.Open(context.Background(), url, role)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
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
