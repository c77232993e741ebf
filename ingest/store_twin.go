package ingest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// twinColumns are claims, an array a column.
type twinColumns struct {
	tenant, gateway        []int64
	oldVersion, newVersion []int16
	old, new               [][]byte
}

func columnsOf(claims []twinClaim) (c twinColumns) {
	for i := range claims {
		t := &claims[i]
		c.tenant, c.gateway = append(c.tenant, t.tenant), append(c.gateway, int64(t.gateway))
		c.oldVersion, c.newVersion = append(c.oldVersion, int16(t.OldVersion)), append(c.newVersion, int16(t.NewVersion))
		c.old, c.new = append(c.old, t.Old[:]), append(c.new, t.New[:])
	}
	return c
}

// queryTwinFacts gives what is known of each claim's tokens.
func queryTwinFacts(ctx context.Context, tx pg.Tx, claims []twinClaim) ([]twinFacts, error) {
	c := columnsOf(claims)
	rows, err := tx.Query(ctx, `
		WITH brought AS (SELECT tenant_id, gateway_id, (count(*) / 2)::int AS n FROM token_twin
			WHERE (tenant_id, gateway_id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[])) GROUP BY tenant_id, gateway_id)
		SELECT
			COALESCE((SELECT fob_id FROM fob_token WHERE tenant_id = k.t AND key_version = k.ov AND token = k.old), 0),
			COALESCE((SELECT fob_id FROM fob_token WHERE tenant_id = k.t AND key_version = k.nv AND token = k.new), 0),
			(SELECT twin_token FROM token_twin WHERE tenant_id = k.t AND version = k.ov AND token = k.old AND twin_version = k.nv),
			(SELECT twin_token FROM token_twin WHERE tenant_id = k.t AND version = k.nv AND token = k.new AND twin_version = k.ov),
			COALESCE(b.n, 0)
		FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::bytea[], $6::bytea[])
			WITH ORDINALITY k (t, g, ov, nv, old, new, i)
		LEFT JOIN brought b ON b.tenant_id = k.t AND b.gateway_id = k.g ORDER BY k.i`,
		c.tenant, c.gateway, c.oldVersion, c.newVersion, c.old, c.new)
	if err != nil {
		return nil, fmt.Errorf("looking up twins: %w", err)
	}
	facts, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (f twinFacts, err error) {
		return f, r.Scan(&f.oldFob, &f.newFob, &f.newOf, &f.oldOf, &f.strange)
	})
	if err != nil {
		return nil, fmt.Errorf("looking up twins: %w", err)
	}
	return facts, nil
}

func insertTwins(ctx context.Context, tx pg.Tx, claims []twinClaim) error {
	if len(claims) == 0 {
		return nil
	}
	c := columnsOf(claims)
	_, err := tx.Exec(ctx, `
		WITH k (t, g, ov, nv, old, new) AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::bytea[], $6::bytea[]))
		INSERT INTO token_twin (tenant_id, gateway_id, version, token, twin_version, twin_token)
		SELECT t, g, ov, old, nv, new FROM k UNION ALL SELECT t, g, nv, new, ov, old FROM k`,
		c.tenant, c.gateway, c.oldVersion, c.newVersion, c.old, c.new)
	if err != nil {
		return fmt.Errorf("keeping twins: %w", err)
	}
	return nil
}

// twinNews is what one commit found of one gateway.
type twinNews struct {
	gateway uint32
	first   int64 // its lowest conflict_id
	count   int64
}

// insertTwinConflicts keeps contradictions while their gateway has room, and
// gives what of that is news.
func insertTwinConflicts(ctx context.Context, tx pg.Tx, claims []twinClaim) ([]twinNews, error) {
	c := columnsOf(claims)
	rows, err := tx.Query(ctx, `
		WITH news AS (
			INSERT INTO twin_conflict (tenant_id, gateway_id, old_version, new_version, old_token, new_token)
			SELECT k.* FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::bytea[], $6::bytea[]) k (t, g, ov, nv, old, new)
			WHERE (SELECT count(*) FROM twin_conflict x WHERE x.tenant_id = k.t AND x.gateway_id = k.g AND x.resolved_at IS NULL) < $7
			ON CONFLICT ON CONSTRAINT twin_conflict_once DO NOTHING RETURNING gateway_id, conflict_id)
		SELECT gateway_id, min(conflict_id), count(*) FROM news GROUP BY gateway_id ORDER BY 1`,
		c.tenant, c.gateway, c.oldVersion, c.newVersion, c.old, c.new, openConflicts)
	if err != nil {
		return nil, fmt.Errorf("keeping contradictory twins: %w", err)
	}
	news, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (n twinNews, err error) {
		return n, r.Scan(&n.gateway, &n.first, &n.count)
	})
	if err != nil {
		return nil, fmt.Errorf("keeping contradictory twins: %w", err)
	}
	return news, nil
}
