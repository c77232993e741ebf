package audit

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Placed is an entry with the hash that it has in the chain. Who keeps that
// hash elsewhere, as on paper, finds out that the chain up to it was rewritten.
type Placed struct {
	Line
	Hash [32]byte
}

// About gives the entries of one action on some subjects, oldest first.
func About(ctx context.Context, tx pg.Tx, action string, subjects []int64) ([]Placed, error) {
	return placed(ctx, tx, "e.action = $1 AND e.subject_id = ANY ($2)", action, subjects)
}

// Naming gives the entries of one action whose kept content has a text from
// least up to most, both included, under a key; oldest first. It reads all of
// that action.
func Naming(ctx context.Context, tx pg.Tx, action, key, least, most string) ([]Placed, error) {
	return placed(ctx, tx, `e.action = $1 AND p.payload->>$2 COLLATE "C" BETWEEN $3 AND $4`, action, key, least, most)
}

func placed(ctx context.Context, tx pg.Tx, where string, args ...any) ([]Placed, error) {
	rows, err := tx.Query(ctx, `
		SELECT e.seq, e.at, e.action, e.subject_kind, COALESCE(e.subject_id, 0), e.actor_kind, COALESCE(e.actor_id, 0), p.payload, e.hash
		FROM audit_entry e LEFT JOIN audit_payload p USING (tenant_id, seq)
		WHERE e.tenant_id = current_tenant() AND `+where+` ORDER BY e.seq`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p Placed, err error) {
		var hash []byte
		err = r.Scan(&p.Seq, &p.At, &p.Action, &p.SubjectKind, &p.SubjectID, &p.By.Kind, &p.By.ID, (*[]byte)(&p.Payload), &hash)
		copy(p.Hash[:], hash)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	return all, nil
}
