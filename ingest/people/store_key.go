package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// keyPrefix lets people and scanners recognise a key that leaked.
const keyPrefix = "tk_"

// newSecret makes what a caller shows, "tk_" and 26 characters of base32 (130
// random bits), and what is kept of it.
func newSecret() (secret string, hash [32]byte) {
	secret = keyPrefix + strings.ToLower(rand.Text())
	return secret, sha256.Sum256([]byte(secret))
}

// CreateKey makes an API key and gives it with its secret, which is shown this
// once. Of k only name, scopes, networks and destinations are read.
func CreateKey(ctx context.Context, tx pg.Tx, by audit.Actor, k Key) (Key, string, error) {
	if err := k.check(); err != nil {
		return Key{}, "", err
	}
	secret, hash := newSecret()
	err := tx.QueryRow(ctx, `INSERT INTO api_key (tenant_id, name, scopes, networks, made_by) VALUES (current_tenant(), $1, $2, $3, NULLIF($4::bigint, 0))
		RETURNING api_key_id, tenant_id, created_at`, k.Name, k.Scopes, networksOf(k), madeBy(by)).Scan(&k.ID, &k.Tenant, &k.Created)
	if err != nil {
		return Key{}, "", fmt.Errorf("creating an API key: %w", err)
	}
	if err := insertSecret(ctx, tx, k.ID, hash, k.Created); err != nil {
		return Key{}, "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO api_key_destination (tenant_id, api_key_id, destination_id)
		SELECT current_tenant(), $1, unnest($2::bigint[])`, k.ID, k.Destinations)
	if err != nil {
		return Key{}, "", destinationKnown(err)
	}
	return k, secret, audit.Append(ctx, tx, audit.Entry{Action: "api_key.create", SubjectKind: "api_key", SubjectID: k.ID, By: by,
		Payload: map[string]any{"name": k.Name, "scopes": k.Scopes, "networks": k.Networks, "destinations": k.Destinations}})
}

// madeBy gives whose account a key is made with, which knows it; 0: none.
func madeBy(by audit.Actor) int64 {
	if by.Kind != audit.Account {
		return 0
	}
	return by.ID
}

// networksOf is never nil, which would be stored as no list at all.
func networksOf(k Key) []netip.Prefix { return append([]netip.Prefix{}, k.Networks...) }

func destinationKnown(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.ConstraintName == "api_key_destination_known" {
		return invalid("destinations", "one of the destinations does not exist; choose from the list")
	}
	return fmt.Errorf("giving an API key its destinations: %w", err)
}

func insertSecret(ctx context.Context, tx pg.Tx, key int64, hash [32]byte, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO api_key_secret (tenant_id, api_key_id, hash, made_at) VALUES (current_tenant(), $1, $2, $3)`, key, hash[:], now)
	if err != nil {
		return fmt.Errorf("storing an API key: %w", err)
	}
	return nil
}

// RotateKey gives a key another secret, shown this once. The former one works
// on for overlap, at most MaxOverlap; those before it never longer than they
// would have (OB-C6).
func RotateKey(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, overlap time.Duration, now time.Time) (secret string, err error) {
	if overlap < 0 || overlap > MaxOverlap {
		return "", invalid("overlap", "the former key works on for 0 to 90 days")
	}
	if err := lockKey(ctx, tx, id); err != nil {
		return "", err
	}
	until := now.Add(overlap)
	_, err = tx.Exec(ctx, `UPDATE api_key_secret SET valid_until = LEAST(valid_until, $2)
		WHERE tenant_id = current_tenant() AND api_key_id = $1 AND (valid_until IS NULL OR valid_until > $2)`, id, until)
	if err != nil {
		return "", fmt.Errorf("rotating an API key: %w", err)
	}
	secret, hash := newSecret()
	if err := insertSecret(ctx, tx, id, hash, now); err != nil {
		return "", err
	}
	return secret, audit.Append(ctx, tx, audit.Entry{Action: "api_key.rotate", SubjectKind: "api_key", SubjectID: id, By: by,
		Payload: map[string]any{"until": until.UTC()}})
}

// lockKey keeps others from changing a key that is not revoked.
func lockKey(ctx context.Context, tx pg.Tx, id int64) error {
	var key int64
	err := tx.QueryRow(ctx, `SELECT api_key_id FROM api_key
		WHERE tenant_id = current_tenant() AND api_key_id = $1 AND revoked_at IS NULL FOR UPDATE`, id).Scan(&key)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("API key %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("reading an API key: %w", err)
	}
	return nil
}

// SetKeyNetworks says where a key may be used from; none: from anywhere.
func SetKeyNetworks(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, networks []netip.Prefix) error {
	if err := lockKey(ctx, tx, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE api_key SET networks = $2 WHERE tenant_id = current_tenant() AND api_key_id = $1`, id, networksOf(Key{Networks: networks}))
	if err != nil {
		return fmt.Errorf("changing an API key: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "api_key.networks", SubjectKind: "api_key", SubjectID: id, By: by,
		Payload: map[string]any{"networks": networks}})
}

// RevokeKey ends a key's access for good, with all its secrets.
func RevokeKey(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, now time.Time) error {
	if err := lockKey(ctx, tx, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE api_key SET revoked_at = $2 WHERE tenant_id = current_tenant() AND api_key_id = $1`, id, now)
	if err != nil {
		return fmt.Errorf("revoking an API key: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "api_key.revoke", SubjectKind: "api_key", SubjectID: id, By: by})
}

// EndSecret ends the secret that a key got at an instant, or has it end sooner;
// where it has ended by then it changes nothing.
func EndSecret(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, made, until time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE api_key_secret SET valid_until = $3
		WHERE tenant_id = current_tenant() AND api_key_id = $1 AND made_at = $2 AND (valid_until IS NULL OR valid_until > $3)`, id, made, until)
	if err != nil {
		return fmt.Errorf("ending a secret of an API key: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "api_key.rotate", SubjectKind: "api_key", SubjectID: id, By: by,
		Payload: map[string]any{"until": until.UTC()}})
}

// Keys gives all API keys, the newest first, revoked ones too.
func Keys(ctx context.Context, tx pg.Tx, now time.Time) ([]Key, error) {
	return collectKeys(ctx, tx, now, ` ORDER BY k.api_key_id DESC`)
}

func collectKeys(ctx context.Context, tx pg.Tx, now time.Time, rest string, args ...any) ([]Key, error) {
	rows, err := tx.Query(ctx, `SELECT k.api_key_id, k.tenant_id, k.name, k.scopes, k.networks, k.created_at, k.last_used, k.refused_at, k.revoked_at,
			(SELECT COALESCE(array_agg(destination_id ORDER BY destination_id), '{}') FROM api_key_destination d
				WHERE (d.tenant_id, d.api_key_id) = (k.tenant_id, k.api_key_id)),
			(SELECT NULLIF(s.made_at, k.created_at) FROM api_key_secret s
				WHERE (s.tenant_id, s.api_key_id) = (k.tenant_id, k.api_key_id) AND s.valid_until IS NULL), f.valid_until, f.last_used
		FROM api_key k LEFT JOIN LATERAL (
			SELECT max(valid_until) AS valid_until, max(last_used) AS last_used FROM api_key_secret s
			WHERE (s.tenant_id, s.api_key_id) = (k.tenant_id, k.api_key_id) AND s.valid_until > $1) f ON true
		WHERE k.tenant_id = current_tenant()`+rest, append([]any{now}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("reading API keys: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanKey)
	if err != nil {
		return nil, fmt.Errorf("reading API keys: %w", err)
	}
	return all, nil
}

func scanKey(row pgx.CollectableRow) (Key, error) {
	var k Key
	err := row.Scan(&k.ID, &k.Tenant, &k.Name, &k.Scopes, &k.Networks, &k.Created, &k.LastUsed, &k.Refused, &k.Revoked,
		&k.Destinations, &k.Rotated, &k.FormerUntil, &k.FormerUsed)
	return k, err
}
