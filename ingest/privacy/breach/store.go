package breach

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Open gives the numbers of the tenant's breaches that are not closed. While
// there are any, nothing irreversible is done: what retention would remove
// stays, as it may show who was affected (OB-P10, P-7.5).
func Open(ctx context.Context, tx pg.Tx) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT b.breach_id FROM breach b
		WHERE b.tenant_id = current_tenant() AND COALESCE((SELECT s.what FROM breach_step s
			WHERE s.tenant_id = b.tenant_id AND s.breach_id = b.breach_id AND s.what IN ('closed', 'reopened')
			ORDER BY s.step_id DESC LIMIT 1), '') <> 'closed'
		ORDER BY b.breach_id`)
	if err != nil {
		return nil, fmt.Errorf("looking for open breaches: %w", err)
	}
	open, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("looking for open breaches: %w", err)
	}
	return open, nil
}
