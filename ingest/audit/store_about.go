package audit

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Placed is a linked entry with the hash that it has in the chain. Who keeps
// that hash elsewhere, as on paper, finds out that the chain up to it was
// rewritten.
type Placed struct {
	Line
	Hash [32]byte
}

// About gives the linked entries of one action on some subjects, oldest first.
// Whoever needs those of a moment ago calls Link before.
func About(ctx context.Context, tx pg.Tx, action string, subjects []int64) ([]Placed, error) {
	return placed(ctx, tx, "e.action = $1 AND e.subject_id = ANY ($2)", action, subjects)
}

// Naming gives the linked entries of one action whose kept content has a text
// from least up to most, both included, under a key; oldest first. It reads all
// of that action.
func Naming(ctx context.Context, tx pg.Tx, action, key, least, most string) ([]Placed, error) {
	return placed(ctx, tx, `e.action = $1 AND p.payload->>$2 COLLATE "C" BETWEEN $3 AND $4`, action, key, least, most)
}

func placed(ctx context.Context, tx pg.Tx, where string, args ...any) ([]Placed, error) {
	rows, err := tx.Query(ctx, "SELECT "+lineColumns+", l.hash"+lineTables+
		"WHERE e.tenant_id = current_tenant() AND l.seq IS NOT NULL AND "+where+" ORDER BY l.seq", args...)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p Placed, err error) {
		var hash []byte
		err = r.Scan(append(p.fields(), &hash)...)
		copy(p.Hash[:], hash)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	return all, nil
}

// Of gives the entries about a person: those whose subject the person is, as
// an employee (0: none) or by an account, newest first, at most limit. Reads
// of lists are not among them.
func Of(ctx context.Context, tx pg.Tx, employee int64, accounts []int64, limit int) ([]Line, error) {
	return lines(ctx, tx, `(e.subject_kind = 'employee' AND e.subject_id = $1 OR e.subject_kind = 'account' AND e.subject_id = ANY ($2))
		ORDER BY e.entry_id DESC LIMIT $3`, employee, accounts, limit)
}

// By gives the entries of what some actors of a kind did, newest first, at
// most limit.
func By(ctx context.Context, tx pg.Tx, kind ActorKind, ids []int64, limit int) ([]Line, error) {
	return lines(ctx, tx, "e.actor_kind = $1 AND e.actor_id = ANY ($2) ORDER BY e.at DESC, e.entry_id DESC LIMIT $3", kind, ids, limit)
}
