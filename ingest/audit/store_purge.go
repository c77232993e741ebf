package audit

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/pg"
)

// Purged is what a purge removed, or would.
type Purged struct {
	Entries int64
	Oldest  time.Time // of those; zero: none
}

// Purgeable counts what Purge would remove of a class.
func Purgeable(ctx context.Context, tx pg.Tx, class Class, before time.Time) (p Purged, err error) {
	var oldest *time.Time
	err = tx.QueryRow(ctx, `SELECT count(*), min(at) FROM audit_entry WHERE tenant_id = current_tenant() AND audit_class(action) = $1 AND at < $2`,
		class, before).Scan(&p.Entries, &oldest)
	if err != nil {
		return p, fmt.Errorf("counting the audit log: %w", err)
	}
	if oldest != nil {
		p.Oldest = *oldest
	}
	return p, nil
}

// Purge removes what entries of a class say that are older than before, the
// oldest first, at most limit; their links stay, so that the chain still
// verifies. Nothing removed: it is done. The transaction is of
// pg.RolePrivacy (OB-P3).
func Purge(ctx context.Context, tx pg.Tx, class Class, before time.Time, limit int) (p Purged, err error) {
	var oldest *time.Time
	err = tx.QueryRow(ctx, `
		WITH old AS MATERIALIZED (SELECT entry_id, at FROM audit_entry e
			WHERE tenant_id = current_tenant() AND audit_class(action) = $1 AND at < $2
				AND NOT EXISTS (SELECT FROM audit_waiting w WHERE w.tenant_id = e.tenant_id AND w.entry_id = e.entry_id)
			ORDER BY at LIMIT $3),
		said AS (DELETE FROM audit_payload p USING old WHERE p.tenant_id = current_tenant() AND p.entry_id = old.entry_id),
		gone AS (DELETE FROM audit_entry e USING old WHERE e.tenant_id = current_tenant() AND e.entry_id = old.entry_id)
		SELECT count(*), min(at) FROM old`, class, before, limit).Scan(&p.Entries, &oldest)
	if err != nil {
		return p, fmt.Errorf("purging the audit log: %w", err)
	}
	if oldest != nil {
		p.Oldest = *oldest
	}
	return p, nil
}

// orNull gives a moment as a parameter; NULL for none.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
