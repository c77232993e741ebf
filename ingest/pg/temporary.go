package pg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Temporary makes a migrated database of its own beside the one at address,
// which it leaves alone, and gives the new one's address; drop removes it.
func Temporary(ctx context.Context, address, purpose string) (own string, drop func() error, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return "", nil, errors.New("the database's address must be a URL: postgres://…")
	}
	name := "tikklok_" + purpose + "_" + strings.ToLower(rand.Text()[:12])
	if err := execute(ctx, address, "CREATE DATABASE "+name); err != nil {
		return "", nil, fmt.Errorf("making a temporary database (its role must have CREATEDB; without DATABASE_URL a private PostgreSQL is used): %w", err)
	}
	drop = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := execute(ctx, address, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("removing the temporary database %s: %w", name, err)
		}
		return nil
	}
	u.Path = "/" + name
	if err := Migrate(ctx, u.String()); err != nil {
		return "", nil, errors.Join(err, drop())
	}
	return u.String(), drop, nil
}

func execute(ctx context.Context, address, sql string) error {
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, sql)
	return err
}
