package api

import (
	"context"
	"fmt"

	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// EndAllSessions removes the sessions of everybody: those that a restored
// database has were ended since, or are not known to who has them. db is under
// pg.RoleOwner.
func EndAllSessions(ctx context.Context, db *pg.DB) error {
	err := db.Look(ctx, func(tx pg.Tx) error { _, err := tx.Exec(ctx, "DELETE FROM session"); return err })
	if err != nil {
		return fmt.Errorf("ending all sessions: %w", err)
	}
	return nil
}

// EndSessions removes the sessions of a tenant that is destroyed, or put back
// from a backup: those of closed accounts are refused already, and now leave no
// row either. A session says in its data alone whose it is.
func EndSessions(ctx context.Context, db *pg.DB, tenant int64) error {
	err := db.Look(ctx, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, "SELECT token_hash, data FROM session")
		if err != nil {
			return err
		}
		var gone [][]byte
		var hash, data []byte
		_, err = pgx.ForEachRow(rows, []any{&hash, &data}, func() error {
			if _, values, err := (scs.GobCodec{}).Decode(data); err == nil && values[keyTenant] == tenant {
				gone = append(gone, hash)
			}
			hash, data = nil, nil
			return nil
		})
		if err == nil {
			_, err = tx.Exec(ctx, "DELETE FROM session WHERE token_hash = ANY ($1)", gone)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("ending the sessions of a tenant: %w", err)
	}
	return nil
}
