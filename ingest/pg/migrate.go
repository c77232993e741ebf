package pg

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewerSchema says that a newer program migrated this database.
var ErrNewerSchema = errors.New("the database is of a newer version of this program; start that one")

// Migrate brings the schema to this program's version; several programs may
// try at once. It needs the database's owner, not one of the Roles.
func Migrate(ctx context.Context, url string) error {
	return withMigrations(ctx, url, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// SchemaVersions gives the schema's version, 0 for an empty database, and the
// one that this program brings it to; ErrNewerSchema where that is lower.
func SchemaVersions(ctx context.Context, url string) (now, then int64, err error) {
	err = withMigrations(ctx, url, func(p *goose.Provider) (err error) {
		now, then, err = p.GetVersions(ctx)
		return err
	})
	if err == nil && now > then {
		err = ErrNewerSchema
	}
	return now, then, err
}

func withMigrations(ctx context.Context, url string, do func(*goose.Provider) error) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return fmt.Errorf("database address: %w", err)
	}
	defer pool.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading migrations: %w", err)
	}
	once, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("locking migrations: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(once))
	if err != nil {
		return fmt.Errorf("reading migrations: %w", err)
	}
	if err := do(p); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}

// Fingerprint tells this program's schema from every other: a hash of its
// migrations, 16 hexadecimal digits.
func Fingerprint() string {
	h := sha256.New()
	entries, _ := migrations.ReadDir("migrations") // embedded: can't fail
	for _, e := range entries {
		content, _ := migrations.ReadFile("migrations/" + e.Name())
		fmt.Fprintf(h, "%s %d\n%s", e.Name(), len(content), content)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
