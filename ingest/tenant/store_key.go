package tenant

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Key gives the key that makes the tokens of taps now (I7).
func Key(ctx context.Context, tx pg.Tx) (wire.TokenKey, error) {
	r, _, err := Ring(ctx, tx)
	if err != nil {
		return wire.TokenKey{}, err
	}
	k, _ := r.Key(r.Current) // always there: see Ring
	return k, nil
}

// Ring gives the keys that the tenant's gateways should have (the current one,
// the next one while there is a rotation, and former ones for half a year), and
// the tenant's identity towards readers with memory, which comes from its first
// key and so outlives every rotation.
func Ring(ctx context.Context, tx pg.Tx) (r wire.KeyRing, owner uint64, err error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return r, 0, err
	}
	rows, err := tx.Query(ctx, `SELECT k.version, `+pg.OfTenant("k", sealedAs, "secret", "version")+`, k.state, k.state <> 'former' OR k.since > now() - make_interval(days => $1)
		FROM token_key k WHERE k.tenant_id = current_tenant() ORDER BY k.version DESC`, formerDays)
	if err != nil {
		return r, 0, fmt.Errorf("reading the token keys: %w", err)
	}
	var k wire.TokenKey
	var state KeyState
	var use bool
	_, err = pgx.ForEachRow(rows, []any{&k.Version, box.Bytes(&k.Secret), &state, &use}, func() error {
		if owner = k.Owner(); use && len(r.Keys) < wire.MaxKeys {
			r.Keys = append(r.Keys, k)
		}
		if state == KeyCurrent {
			r.Current = k.Version
		}
		k.Secret = nil // the next row gets bytes of its own
		return nil
	})
	if err != nil {
		return r, 0, fmt.Errorf("reading the token keys: %w", err)
	}
	if r.Current == 0 {
		return r, 0, ErrNoKey
	}
	return r, owner, nil
}

// Keys gives all versions of the tenant's token key, the newest first.
func Keys(ctx context.Context, tx pg.Tx) ([]KeyVersion, error) {
	rows, err := tx.Query(ctx, "SELECT version, state, since FROM token_key WHERE tenant_id = current_tenant() ORDER BY version DESC")
	if err != nil {
		return nil, fmt.Errorf("listing token keys: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k KeyVersion, err error) {
		return k, row.Scan(&k.Version, &k.State, &k.Since)
	})
	if err != nil {
		return nil, fmt.Errorf("listing token keys: %w", err)
	}
	return all, nil
}

// CreateKey makes the tenant's first token key.
func CreateKey(ctx context.Context, tx pg.Tx, by audit.Actor) (wire.TokenKey, error) {
	return insertKey(ctx, tx, by, KeyCurrent, time.Now())
}

// StartRotation makes the next version of the token key: gateways get it beside
// the current one, and tell both tokens of each fob they see (I7). ErrRotating
// when that is so already.
func StartRotation(ctx context.Context, tx pg.Tx, by audit.Actor, now time.Time) error {
	_, err := insertKey(ctx, tx, by, KeyNext, now)
	return err
}

// lostVersions is how many versions a restored backup may lack: one that a
// gateway still has is not given to another key.
const lostVersions = 8

func insertKey(ctx context.Context, tx pg.Tx, by audit.Actor, state KeyState, now time.Time) (wire.TokenKey, error) {
	k := wire.TokenKey{Secret: make([]byte, 32)}
	rand.Read(k.Secret)
	box, err := pg.SealingBox(ctx, tx)
	if err != nil {
		return wire.TokenKey{}, err
	}
	err = tx.QueryRow(ctx, `SELECT GREATEST(max(version), (SELECT max(reported_key) FROM gateway_desired
			WHERE tenant_id = current_tenant() AND reported_key <= max(k.version) + $1)) + 1
		FROM (SELECT version FROM token_key WHERE tenant_id = current_tenant() UNION ALL SELECT 0) k`, lostVersions).Scan(&k.Version)
	if err == nil { // what is sealed is bound to its version
		_, err = tx.Exec(ctx, "INSERT INTO token_key (tenant_id, version, secret_sealed, state, since) VALUES (current_tenant(), $1, $2, $3, $4)",
			k.Version, box.SealSecret(sealedAs, int64(k.Version), k.Secret), state, now)
	}
	var e *pgconn.PgError
	if errors.As(err, &e) && (e.ConstraintName == "token_key_one_next" || e.ConstraintName == "token_key_pkey") {
		return wire.TokenKey{}, ErrRotating // the second one: somebody was faster by a moment
	}
	if err != nil {
		return wire.TokenKey{}, fmt.Errorf("creating a token key: %w", err)
	}
	return k, recordKey(ctx, tx, by, "token_key.create", k.Version)
}

// sealedAs binds what is sealed of a token key to its place.
const sealedAs = "token_key"

// SealKeys seals the token keys that stand in the database as they are, from
// before they were sealed or out of an import, and says how many it sealed.
func SealKeys(ctx context.Context, tx pg.Tx) (int, error) {
	rows, err := tx.Query(ctx, "SELECT version, secret FROM token_key WHERE tenant_id = current_tenant() AND secret IS NOT NULL ORDER BY version FOR UPDATE")
	if err != nil {
		return 0, fmt.Errorf("reading what is not sealed: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k wire.TokenKey, err error) {
		return k, row.Scan(&k.Version, &k.Secret)
	})
	if err != nil || len(all) == 0 {
		return 0, err
	}
	box, err := pg.SealingBox(ctx, tx)
	for _, k := range all {
		if err == nil {
			_, err = tx.Exec(ctx, "UPDATE token_key SET secret = NULL, secret_sealed = $2 WHERE tenant_id = current_tenant() AND version = $1",
				k.Version, box.SealSecret(sealedAs, int64(k.Version), k.Secret))
		}
	}
	if err != nil {
		return 0, fmt.Errorf("sealing the token keys: %w", err)
	}
	return len(all), nil
}

// FinishRotation makes the next version the current one. Fobs that no gateway
// saw meanwhile are unknown under it until one does (see fleet.Unseen).
// ErrNoRotation when there is no next version.
func FinishRotation(ctx context.Context, tx pg.Tx, by audit.Actor, now time.Time) error {
	var next uint32
	err := tx.QueryRow(ctx, `SELECT version FROM token_key WHERE tenant_id = current_tenant() AND state = 'next' FOR UPDATE`).Scan(&next)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNoRotation
	}
	for _, step := range [][2]KeyState{{KeyCurrent, KeyFormer}, {KeyNext, KeyCurrent}} { // one current at a time
		if err == nil {
			_, err = tx.Exec(ctx, "UPDATE token_key SET state = $2, since = $3 WHERE tenant_id = current_tenant() AND state = $1", step[0], step[1], now)
		}
	}
	if err != nil {
		return fmt.Errorf("finishing the rotation of the token key: %w", err)
	}
	return recordKey(ctx, tx, by, "token_key.current", next)
}

func recordKey(ctx context.Context, tx pg.Tx, by audit.Actor, action string, version uint32) error {
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "token_key", SubjectID: int64(version), By: by})
}
