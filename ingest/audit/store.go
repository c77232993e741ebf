package audit

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Append writes an entry of the transaction's tenant; Link chains it once the
// transaction has ended. Call it after the change it describes. An ingest
// transaction has a tenant for this when its group is of one tenant.
func Append(ctx context.Context, tx pg.Tx, e Entry) error {
	payload, err := canonical(e.Payload)
	if err != nil {
		return err
	}
	var salts [32]byte // of the entry, of its payload
	rand.Read(salts[:])
	hash := hashPayload(salts[16:], payload)
	_, err = tx.Exec(ctx, `
		WITH entry AS (
			INSERT INTO audit_entry (tenant_id, action, subject_kind, subject_id, actor_kind, actor_id, payload_hash, salt)
			VALUES (COALESCE(current_tenant(), CASE WHEN cardinality(current_tenants()) = 1 THEN (current_tenants())[1] END),
				$1, $2, NULLIF($3::bigint, 0), $4, NULLIF($5::bigint, 0), $6, $7)
			RETURNING tenant_id, entry_id),
		beside AS (
			INSERT INTO audit_payload (tenant_id, entry_id, salt, payload) SELECT tenant_id, entry_id, $8, $9 FROM entry)
		INSERT INTO audit_waiting (tenant_id, entry_id) SELECT tenant_id, entry_id FROM entry`,
		e.Action, e.SubjectKind, e.SubjectID, e.By.Kind, e.By.ID, hash[:], salts[:16], salts[16:], payload)
	if err != nil {
		return fmt.Errorf("appending to the audit log: %w", err)
	}
	return nil
}

const (
	lineColumns = `e.entry_id, COALESCE(l.seq, 0), e.at, e.action, audit_class(e.action), e.subject_kind, COALESCE(e.subject_id, 0), e.actor_kind, COALESCE(e.actor_id, 0), p.payload`
	lineTables  = ` FROM audit_entry e LEFT JOIN audit_link l USING (tenant_id, entry_id) LEFT JOIN audit_payload p USING (tenant_id, entry_id) `
)

func (l *Line) fields() []any {
	return []any{&l.ID, &l.Seq, &l.At, &l.Action, &l.Class, &l.SubjectKind, &l.SubjectID, &l.By.Kind, &l.By.ID, (*[]byte)(&l.Payload)}
}

// List gives the newest entries below the id before (0: from the end), newest
// first; of some classes, or of all.
func List(ctx context.Context, tx pg.Tx, before int64, limit int, of ...Class) ([]Line, error) {
	return lines(ctx, tx, `($1::bigint = 0 OR e.entry_id < $1) AND ($3::text[] IS NULL OR audit_class(e.action) = ANY ($3))
		ORDER BY e.entry_id DESC LIMIT $2`, before, limit, of)
}

func lines(ctx context.Context, tx pg.Tx, where string, args ...any) ([]Line, error) {
	rows, err := tx.Query(ctx, "SELECT "+lineColumns+lineTables+"WHERE e.tenant_id = current_tenant() AND "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l Line, err error) { return l, r.Scan(l.fields()...) })
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	return all, nil
}
