package leaving

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Key is an API key that somebody who leaves made, and so knows.
type Key struct {
	ID   int64
	Name string
}

// KeysOf gives the keys in use that were made with an employee's accounts.
func KeysOf(ctx context.Context, tx pg.Tx, employee int64) ([]Key, error) {
	rows, err := tx.Query(ctx, `SELECT k.api_key_id, k.name FROM api_key k JOIN account a ON a.tenant_id = k.tenant_id AND a.account_id = k.made_by
		WHERE k.tenant_id = current_tenant() AND a.employee_id = $1 AND k.revoked_at IS NULL ORDER BY k.name, k.api_key_id`, employee)
	if err != nil {
		return nil, fmt.Errorf("reading somebody's API keys: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Key])
	if err != nil {
		return nil, fmt.Errorf("reading somebody's API keys: %w", err)
	}
	return all, nil
}
