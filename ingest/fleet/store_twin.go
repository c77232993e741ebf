package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// ErrUnseen says that a rotation can't be finished yet without leaving fobs
// behind.
var ErrUnseen = errors.New("no gateway has seen some fobs since the next key was made; wait for them, or leave them (--leave-unseen) and let them be held to a reader afterwards")

// ErrContradicted says that a rotation can't be finished yet without counting
// one person's taps as another's: until then taps come under the former key.
var ErrContradicted = errors.New("a gateway told of two fobs that they are one, so that one would count as the other under the next key; give their holders other fobs, or find the gateway that lies, and close it on the Devices page first")

// TwinConflict is two tokens that a gateway told to be one fob's, while each is
// another's: two fobs of one token, or a gateway that lies (I7).
type TwinConflict struct {
	ID       int64
	Gateway  string // its name
	Old, New string // labels of the fobs; "": of none
	At       time.Time
}

// LockTokens makes whoever adds tokens or twins of these tenants wait for each
// other until the transaction ends, so that no twin is missed by a fob that is
// registered at the same moment. Tenants are sorted.
func LockTokens(ctx context.Context, tx pg.Tx, tenants []int64) error {
	const ours = int64(7414657) << 32
	for _, t := range tenants {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", ours+t); err != nil {
			return fmt.Errorf("waiting for a tenant's tokens: %w", err)
		}
	}
	return nil
}

// AdoptTwins gives each fob that has one of these tokens (columns of one
// length) all that gateways saw to be the same fob's under other versions of
// the key. Twins whose tokens are two fobs' were kept out (ingest).
func AdoptTwins(ctx context.Context, tx pg.Tx, tenants []int64, versions []int16, tokens [][]byte) error {
	_, err := tx.Exec(ctx, `
		WITH RECURSIVE linked (tenant_id, fob_id, version, token) AS (
			SELECT f.tenant_id, f.fob_id, f.key_version, f.token FROM unnest($1::bigint[], $2::smallint[], $3::bytea[]) k (t, v, b),
				LATERAL (SELECT * FROM fob_token WHERE tenant_id = k.t AND key_version = k.v AND token = k.b OFFSET 0) f
			UNION
			SELECT l.tenant_id, l.fob_id, w.twin_version, w.twin_token FROM linked l, 
				LATERAL (SELECT * FROM token_twin WHERE tenant_id = l.tenant_id AND version = l.version AND token = l.token OFFSET 0) w)
		INSERT INTO fob_token (tenant_id, key_version, token, fob_id)
		SELECT tenant_id, version, token, fob_id FROM linked ON CONFLICT DO NOTHING`, tenants, versions, tokens)
	if err != nil {
		return fmt.Errorf("giving fobs their tokens under other keys: %w", err)
	}
	return nil
}

// Unseen gives the fobs that have tokens, but none under this version of the
// key: nobody knows it yet, because no gateway with both keys saw them.
func Unseen(ctx context.Context, tx pg.Tx, version uint32) ([]Fob, error) {
	rows, err := tx.Query(ctx, fobQuery+` AND EXISTS (SELECT FROM fob_token t WHERE t.tenant_id = f.tenant_id AND t.fob_id = f.fob_id)
		AND NOT EXISTS (SELECT FROM fob_token t WHERE t.tenant_id = f.tenant_id AND t.fob_id = f.fob_id AND t.key_version = $1) ORDER BY f.label`, int16(version))
	return collect(rows, err, "fobs that were not seen", scanFob)
}

// Behind gives the gateways in use that have not said that they have this
// version of the key. Taps under an older one keep their meaning.
func Behind(ctx context.Context, tx pg.Tx, version uint32) ([]Gateway, error) {
	rows, err := tx.Query(ctx, "SELECT "+gatewayColumns+` FROM gateway WHERE tenant_id = current_tenant() AND revoked_at IS NULL
		AND NOT EXISTS (SELECT FROM gateway_desired d WHERE d.tenant_id = gateway.tenant_id AND d.gateway_id = gateway.gateway_id AND d.reported_key >= $1)
		ORDER BY name`, int32(version))
	return collect(rows, err, "gateways without the key", scanGateway)
}

// FinishRotation makes the next key the current one. It gives the fobs that are
// unknown under it, with ErrUnseen where there are some that nobody chose to
// leave; they are known again once a gateway with both keys sees them.
// ErrContradicted while a twin conflict is open.
func FinishRotation(ctx context.Context, tx pg.Tx, by audit.Actor, now time.Time, leaveUnseen bool) ([]Fob, error) {
	keys, err := tenant.Keys(ctx, tx)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 || keys[0].State != tenant.KeyNext {
		return nil, tenant.ErrNoRotation
	}
	contradictions, err := TwinConflicts(ctx, tx)
	if err != nil {
		return nil, err
	}
	if len(contradictions) > 0 {
		return nil, ErrContradicted
	}
	unseen, err := Unseen(ctx, tx, keys[0].Version)
	if err != nil {
		return nil, err
	}
	if len(unseen) > 0 && !leaveUnseen {
		return unseen, ErrUnseen
	}
	return unseen, tenant.FinishRotation(ctx, tx, by, now)
}

// TwinConflicts gives those that nobody has closed, at most 200.
func TwinConflicts(ctx context.Context, tx pg.Tx) ([]TwinConflict, error) {
	const label = `COALESCE((SELECT f.label FROM fob_token t JOIN fob f USING (tenant_id, fob_id)
		WHERE t.tenant_id = c.tenant_id AND t.key_version = c.%[1]s_version AND t.token = c.%[1]s_token), '')`
	rows, err := tx.Query(ctx, "SELECT c.conflict_id, g.name, "+fmt.Sprintf(label, "old")+", "+fmt.Sprintf(label, "new")+`, c.at
		FROM twin_conflict c JOIN gateway g USING (tenant_id, gateway_id)
		WHERE c.tenant_id = current_tenant() AND c.resolved_at IS NULL ORDER BY c.at DESC, c.conflict_id DESC LIMIT $1`, mostAlarms)
	return collect(rows, err, "twin conflicts", func(r pgx.CollectableRow) (c TwinConflict, err error) {
		return c, r.Scan(&c.ID, &c.Gateway, &c.Old, &c.New, &c.At)
	})
}

// CloseTwinConflict writes down that a person has seen to it.
func CloseTwinConflict(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE twin_conflict SET resolved_at = $2
		WHERE tenant_id = current_tenant() AND conflict_id = $1 AND resolved_at IS NULL`, id, now)
	if err := changed("twin conflict", id, tag, err); err != nil {
		return err
	}
	return record(ctx, tx, by, "twin_conflict.close", "twin_conflict", id, nil)
}

// Register adds a fob by a tap of it, or gives one of that label its token
// under a version of the key that it has none of: it was not seen during a
// rotation (I7). A tap that a gateway saw under a version that the fob has
// tokens of is another fob's: ErrNameTaken.
func Register(ctx context.Context, tx pg.Tx, by audit.Actor, label string, keyVersion uint32, tokens []wire.Token) (Fob, error) {
	all := make([][]byte, len(tokens))
	for i := range tokens {
		all[i] = tokens[i][:]
	}
	return register(ctx, tx, by, label, keyVersion, tokens, `$2 = t.key_version OR EXISTS (SELECT FROM token_twin w
		WHERE w.tenant_id = t.tenant_id AND w.version = $2 AND w.token = ANY ($3) AND w.twin_version = t.key_version)`, int16(keyVersion), all)
}

// RegisterNumber does the same for a fob whose number a person typed: it gets
// its tokens under every key that gateways may use.
func RegisterNumber(ctx context.Context, tx pg.Tx, by audit.Actor, label string, number wire.Fob) (Fob, error) {
	ring, _, err := tenant.Ring(ctx, tx)
	if err != nil {
		return Fob{}, err
	}
	var versions []int16
	var fob Fob
	known := 0
	for _, k := range ring.Keys {
		versions = append(versions, int16(k.Version))
		f, err := FobByToken(ctx, tx, k.Version, k.Token(number))
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return Fob{}, err
		case f.Label != label:
			return Fob{}, ErrTokenTaken
		default:
			fob, known = f, known+1
		}
	}
	if known == len(ring.Keys) {
		return Fob{}, ErrNameTaken // it is registered already
	}
	if fob.ID == 0 {
		fob, err = register(ctx, tx, by, label, ring.Current, []wire.Token{current(ring).Token(number)}, "t.key_version = ANY ($2)", versions)
	}
	for _, k := range ring.Keys {
		if err == nil {
			err = ensureToken(ctx, tx, fob.ID, k.Version, k.Token(number))
		}
	}
	return fob, err
}

func current(r wire.KeyRing) wire.TokenKey {
	k, _ := r.Key(r.Current) // always there: see tenant.Ring
	return k
}

// register adds a fob, or tokens to the one of that label that has tokens t,
// but none that contradict: $1 is the label.
func register(ctx context.Context, tx pg.Tx, by audit.Actor, label string, keyVersion uint32, tokens []wire.Token, contradicts string, args ...any) (Fob, error) {
	const its = `SELECT FROM fob_token t WHERE t.tenant_id = f.tenant_id AND t.fob_id = f.fob_id`
	rows, err := tx.Query(ctx, fobQuery+" AND f.label = $1 AND EXISTS ("+its+") AND NOT EXISTS ("+its+" AND ("+contradicts+"))", append([]any{label}, args...)...)
	fob, err := one(rows, err, "fob", scanFob)
	if errors.Is(err, ErrNotFound) {
		return AddFob(ctx, tx, by, label, keyVersion, tokens)
	}
	if err != nil {
		return Fob{}, err
	}
	return fob, AddTokens(ctx, tx, by, fob.ID, keyVersion, tokens)
}

// ensureToken gives a fob a token that it may have already.
func ensureToken(ctx context.Context, tx pg.Tx, fobID int64, version uint32, token wire.Token) error {
	has, err := FobByToken(ctx, tx, version, token)
	switch {
	case errors.Is(err, ErrNotFound):
		return insertTokens(ctx, tx, fobID, version, []wire.Token{token})
	case err == nil && has.ID != fobID:
		return ErrTokenTaken
	}
	return err
}
