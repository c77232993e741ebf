package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// keyPrefix lets people and scanners recognise a key that leaked.
const keyPrefix = "tk_"

// CreateKey makes an API key and gives it with its secret, which is shown
// this once: "tk_" and 26 characters of base32 (130 random bits).
func CreateKey(ctx context.Context, tx pg.Tx, by audit.Actor, name string, scopes []Scope) (Key, string, error) {
	name = strings.TrimSpace(name)
	if !between(name, 1, 100) {
		return Key{}, "", invalid("name", "a name has 1 to 100 characters")
	}
	if err := checkScopes(scopes); err != nil {
		return Key{}, "", err
	}
	secret := keyPrefix + strings.ToLower(rand.Text())
	k := Key{Name: name, Scopes: scopes}
	hash := sha256.Sum256([]byte(secret))
	err := tx.QueryRow(ctx, `INSERT INTO api_key (tenant_id, name, hash, scopes) VALUES (current_tenant(), $1, $2, $3)
		RETURNING api_key_id, tenant_id, created_at`, name, hash[:], scopes).Scan(&k.ID, &k.Tenant, &k.Created)
	if err != nil {
		return Key{}, "", fmt.Errorf("creating an API key: %w", err)
	}
	return k, secret, audit.Append(ctx, tx, audit.Entry{Action: "api_key.create", SubjectKind: "api_key", SubjectID: k.ID, By: by,
		Payload: map[string]any{"name": name, "scopes": scopes}})
}

// Keys gives all API keys, the newest first, revoked ones too.
func Keys(ctx context.Context, tx pg.Tx) ([]Key, error) {
	rows, err := tx.Query(ctx, `SELECT api_key_id, tenant_id, name, scopes, created_at, last_used, revoked_at
		FROM api_key WHERE tenant_id = current_tenant() ORDER BY api_key_id DESC`)
	if err != nil {
		return nil, fmt.Errorf("listing API keys: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanKey)
	if err != nil {
		return nil, fmt.Errorf("listing API keys: %w", err)
	}
	return all, nil
}

func scanKey(row pgx.CollectableRow) (Key, error) {
	var k Key
	err := row.Scan(&k.ID, &k.Tenant, &k.Name, &k.Scopes, &k.Created, &k.LastUsed, &k.Revoked)
	return k, err
}

// RevokeKey ends a key's access for good.
func RevokeKey(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE api_key SET revoked_at = $2
		WHERE tenant_id = current_tenant() AND api_key_id = $1 AND revoked_at IS NULL`, id, now)
	if err != nil {
		return fmt.Errorf("revoking an API key: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("API key %d: %w", id, ErrNotFound)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "api_key.revoke", SubjectKind: "api_key", SubjectID: id, By: by})
}

// KeyByToken gives the key that a caller showed, or ErrUnknownKey, and notes
// its use to the minute.
func KeyByToken(ctx context.Context, db *pg.DB, secret string, now time.Time) (Key, error) {
	if !strings.HasPrefix(secret, keyPrefix) {
		return Key{}, ErrUnknownKey
	}
	hash := sha256.Sum256([]byte(secret))
	var tenant, id int64
	err := db.Look(ctx, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, "SELECT tenant_id, api_key_id FROM api_key_by_hash($1)", hash[:]).Scan(&tenant, &id)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Key{}, ErrUnknownKey
	}
	if err != nil {
		return Key{}, fmt.Errorf("looking up an API key: %w", err)
	}
	var k Key
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
		k, err = useKey(ctx, tx, id, now)
		return err
	})
	return k, err
}

func useKey(ctx context.Context, tx pg.Tx, id int64, now time.Time) (Key, error) {
	if _, err := tx.Exec(ctx, `UPDATE api_key SET last_used = $2 WHERE tenant_id = current_tenant() AND api_key_id = $1
		AND (last_used IS NULL OR last_used < $2::timestamptz - interval '1 minute')`, id, now); err != nil {
		return Key{}, fmt.Errorf("noting the use of an API key: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT api_key_id, tenant_id, name, scopes, created_at, last_used, revoked_at
		FROM api_key WHERE tenant_id = current_tenant() AND api_key_id = $1`, id)
	if err != nil {
		return Key{}, fmt.Errorf("reading an API key: %w", err)
	}
	k, err := pgx.CollectExactlyOneRow(rows, scanKey)
	if err != nil {
		return Key{}, fmt.Errorf("reading an API key: %w", err)
	}
	return k, nil
}
