package people

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// KeyByToken gives the key that a caller showed from an address, and notes its
// use to the minute. Errors: ErrUnknownKey; ErrKeyAddress, audited at most once
// a minute, so that whoever found a key fills no log (OB-C4).
func KeyByToken(ctx context.Context, db *pg.DB, secret string, from netip.Addr, now time.Time) (Key, error) {
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
		if k, err = shownKey(ctx, tx, id, hash, now); err != nil {
			return err
		}
		if !k.From(from) {
			return noteRefusal(ctx, tx, id, now)
		}
		k.LastUsed = &now
		return noteUse(ctx, tx, id, hash, now)
	})
	if err != nil {
		return Key{}, err
	}
	if !k.From(from) { // after the commit, so that the refusal is kept
		return Key{}, ErrKeyAddress
	}
	return k, nil
}

// shownKey gives a key whose secret of that hash works now.
func shownKey(ctx context.Context, tx pg.Tx, id int64, hash [32]byte, now time.Time) (Key, error) {
	keys, err := collectKeys(ctx, tx, now, ` AND k.api_key_id = $2 AND k.revoked_at IS NULL AND EXISTS (SELECT FROM api_key_secret s
		WHERE (s.tenant_id, s.api_key_id) = (k.tenant_id, k.api_key_id) AND s.hash = $3 AND (s.valid_until IS NULL OR s.valid_until > $1))`, id, hash[:])
	if err != nil {
		return Key{}, err
	}
	if len(keys) == 0 {
		return Key{}, ErrUnknownKey
	}
	return keys[0], nil
}

func noteUse(ctx context.Context, tx pg.Tx, id int64, hash [32]byte, now time.Time) error {
	_, err := tx.Exec(ctx, `WITH k AS (UPDATE api_key SET last_used = $3 WHERE tenant_id = current_tenant() AND api_key_id = $1
			AND (last_used IS NULL OR last_used < $3::timestamptz - interval '1 minute'))
		UPDATE api_key_secret SET last_used = $3 WHERE tenant_id = current_tenant() AND api_key_id = $1 AND hash = $2
			AND (last_used IS NULL OR last_used < $3::timestamptz - interval '1 minute')`, id, hash[:], now)
	if err != nil {
		return fmt.Errorf("noting the use of an API key: %w", err)
	}
	return nil
}

// noteRefusal writes down that a key was shown from outside its networks. The
// address stays out of it: it is nobody's that we know (OB-P1).
func noteRefusal(ctx context.Context, tx pg.Tx, id int64, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE api_key SET refused_at = $2 WHERE tenant_id = current_tenant() AND api_key_id = $1
		AND (refused_at IS NULL OR refused_at < $2::timestamptz - interval '1 minute')`, id, now)
	if err != nil {
		return fmt.Errorf("noting a refused API key: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "api_key.refuse", SubjectKind: "api_key", SubjectID: id, By: audit.Actor{Kind: audit.APIKey, ID: id}})
}
