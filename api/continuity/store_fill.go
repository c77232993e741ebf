package continuity

import (
	"context"
	"fmt"

	"tikklok/ingest/pg"
)

// Fill writes n registrations of a stream of its own into a tenant, as ingest
// stores them: a drill's load. Nobody holds their fobs. The transaction is one
// of the database's owner.
func Fill(ctx context.Context, tx pg.Tx, tenant, n int64) error {
	const origin = 4_000_000_000 // no gateway of a drill has such a number
	_, err := tx.Exec(ctx, `INSERT INTO origin_progress (tenant_id, origin, epoch, seen, highest, started)
		VALUES ($1, $2, 1, int8multirange(int8range(1, $3, '[]')), $3, true)`, tenant, int64(origin), n)
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token)
			SELECT $1, $2, 1, seq, seq * 1000, 0, 0, 1, substr(sha256(int8send(seq % 5000)), 1, 8) FROM generate_series(1, $3::bigint) seq`, tenant, int64(origin), n)
	}
	if err != nil {
		return fmt.Errorf("filling a database for a drill: %w", err)
	}
	return nil
}
