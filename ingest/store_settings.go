package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
)

// queryBlocked gives the tokens of lost and blocked fobs that gateways with
// this ring make.
func queryBlocked(ctx context.Context, tx pg.Tx, tenant int64, ring wire.KeyRing) ([]wire.Token, error) {
	versions := make([]int16, 0, len(ring.Keys))
	for _, k := range ring.Keys {
		versions = append(versions, int16(k.Version))
	}
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT t.token FROM fob f JOIN fob_token t ON t.tenant_id = f.tenant_id AND t.fob_id = f.fob_id
		WHERE f.tenant_id = $1 AND f.status IN ('lost', 'blocked') AND t.key_version = ANY ($2) ORDER BY t.token LIMIT $3`,
		tenant, versions, wire.MaxBlocked)
	if err != nil {
		return nil, fmt.Errorf("reading blocked fobs: %w", err)
	}
	blocked, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (wire.Token, error) {
		var b []byte
		err := row.Scan(&b)
		return wire.Token(b), err
	})
	if err != nil {
		return nil, fmt.Errorf("reading blocked fobs: %w", err)
	}
	return blocked, nil
}

// queryWishes gives what people set, by gateway; 0: for all of the tenant's.
func queryWishes(ctx context.Context, tx pg.Tx, tenant int64) (map[uint32]wire.Settings, error) {
	rows, err := tx.Query(ctx, `SELECT gateway_id, COALESCE(blocked_hours, 0), COALESCE(flush_ms, 0), COALESCE(keep_alive_s, 0),
		COALESCE(month_bytes, 0), COALESCE(state_minutes, 0) FROM gateway_wish WHERE tenant_id = $1`, tenant)
	if err != nil {
		return nil, fmt.Errorf("reading what gateways are set to: %w", err)
	}
	wishes := map[uint32]wire.Settings{}
	var id int64
	var s wire.Settings
	_, err = pgx.ForEachRow(rows, []any{&id, &s.BlockedHours, &s.Flush, &s.KeepAlive, &s.MonthBytes, &s.StateMinutes}, func() error {
		wishes[uint32(id)] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what gateways are set to: %w", err)
	}
	return wishes, nil
}

func queryDesiredRows(ctx context.Context, tx pg.Tx, tenant int64, of []gateway) (map[uint32]desiredRow, error) {
	var ids []int64
	for _, g := range of {
		ids = append(ids, int64(g.id))
	}
	rows, err := tx.Query(ctx, `SELECT gateway_id, version, digest, ring, ring_version, reported, reported_key
		FROM gateway_desired WHERE tenant_id = $1 AND gateway_id = ANY ($2)`, tenant, ids)
	if err != nil {
		return nil, fmt.Errorf("reading the versions of settings: %w", err)
	}
	found := map[uint32]desiredRow{}
	var id int64
	var row desiredRow
	_, err = pgx.ForEachRow(rows, []any{&id, &row.version, &row.digest, &row.ring, &row.ringVersion, &row.reported, &row.reportedKey}, func() error {
		found[uint32(id)] = row
		row.digest, row.ring = nil, nil // the next row gets bytes of its own
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the versions of settings: %w", err)
	}
	return found, nil
}

// raiseVersions gives changed settings a version higher than ever before, there
// and here; never lower than the clock, so that a restored backup doesn't go
// back either. Another replica may have done it meanwhile.
func raiseVersions(ctx context.Context, tx pg.Tx, tenant int64, digests map[uint32][]byte, ring []byte) error {
	var ids []int64
	var sums [][]byte
	for _, id := range slices.Sorted(maps.Keys(digests)) {
		ids, sums = append(ids, int64(id)), append(sums, digests[id])
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO gateway_desired AS d (tenant_id, gateway_id, digest, ring, version, ring_version)
		SELECT $1, k.id, k.digest, $4, v, v
		FROM unnest($2::bigint[], $3::bytea[]) k (id, digest), (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint) c (v)
		ON CONFLICT (tenant_id, gateway_id) DO UPDATE SET
			version = GREATEST(d.version + 1, d.reported + 1, EXCLUDED.version), digest = EXCLUDED.digest, ring = EXCLUDED.ring,
			ring_version = CASE WHEN d.ring = EXCLUDED.ring AND d.reported <= d.version THEN d.ring_version
				ELSE GREATEST(d.version + 1, d.reported + 1, EXCLUDED.version) END
		WHERE d.digest <> EXCLUDED.digest OR d.reported > d.version`, tenant, ids, sums, ring)
	if err != nil {
		return fmt.Errorf("numbering the settings: %w", err)
	}
	return nil
}

// queueReported notes what a gateway says to use. A version that no server
// gives counts as none.
func queueReported(b *pgx.Batch, from gateway, s wire.State) {
	reported := int64(s.Settings)
	if s.Settings > wire.MaxSettings {
		reported = 0
	}
	b.Queue(`
		INSERT INTO gateway_desired AS d (tenant_id, gateway_id, reported, reported_key) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, gateway_id) DO UPDATE SET reported = EXCLUDED.reported, reported_key = EXCLUDED.reported_key
		WHERE (d.reported, d.reported_key) <> (EXCLUDED.reported, EXCLUDED.reported_key)`,
		from.tenant, int64(from.id), reported, min(s.KeyVersion, wire.MaxKeyVersion))
}
