package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

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
// oldest first, at most limit, and records that; their links stay, so that the
// chain still verifies. Nothing removed: it is done. The transaction is of
// pg.RolePrivacy (OB-P3).
func Purge(ctx context.Context, tx pg.Tx, class Class, before time.Time, limit int) (p Purged, err error) {
	var oldest *time.Time
	var ids []int64
	err = tx.QueryRow(ctx, `
		WITH old AS MATERIALIZED (SELECT entry_id, at FROM audit_entry e
			WHERE tenant_id = current_tenant() AND audit_class(action) = $1 AND at < $2
				AND NOT EXISTS (SELECT FROM audit_waiting w WHERE w.tenant_id = e.tenant_id AND w.entry_id = e.entry_id)
			ORDER BY at LIMIT $3),
		said AS (DELETE FROM audit_payload p USING old WHERE p.tenant_id = current_tenant() AND p.entry_id = old.entry_id),
		gone AS (DELETE FROM audit_entry e USING old WHERE e.tenant_id = current_tenant() AND e.entry_id = old.entry_id)
		SELECT min(at), COALESCE(array_agg(entry_id ORDER BY entry_id), '{}') FROM old`, class, before, limit).Scan(&oldest, &ids)
	if err != nil {
		return p, fmt.Errorf("purging the audit log: %w", err)
	}
	if oldest == nil {
		return p, nil
	}
	return Purged{int64(len(ids)), *oldest}, recordRemoval(ctx, tx, removal{Contents: []Span{}, Entries: spansOf(ids)})
}

// Forget removes the content of entries, by the places (ctid) of their rows in
// audit_payload, and records that; a record of what was removed stays. It gives
// the places that went. The transaction is of pg.RolePrivacy (OB-P7).
func Forget(ctx context.Context, tx pg.Tx, places []string) (gone []string, err error) {
	rows, err := tx.Query(ctx, `DELETE FROM audit_payload p USING audit_entry e
		WHERE p.tenant_id = current_tenant() AND p.ctid = ANY ($1::text[]::tid[])
			AND e.tenant_id = p.tenant_id AND e.entry_id = p.entry_id AND e.action <> $2
		RETURNING p.ctid::text, p.entry_id`, places, removeAction)
	if err != nil {
		return nil, fmt.Errorf("removing what entries of the audit log say: %w", err)
	}
	var place string
	var id int64
	var ids []int64
	_, err = pgx.ForEachRow(rows, []any{&place, &id}, func() error {
		gone, ids = append(gone, place), append(ids, id)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("removing what entries of the audit log say: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	return gone, recordRemoval(ctx, tx, removal{Contents: spansOf(ids), Entries: []Span{}})
}

// recordRemoval names nobody: who had it done stands in a certificate.
func recordRemoval(ctx context.Context, tx pg.Tx, r removal) error {
	return Append(ctx, tx, Entry{Action: removeAction, By: Actor{Kind: System}, Payload: r})
}

// orNull gives a moment as a parameter; NULL for none.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
