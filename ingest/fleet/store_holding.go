package fleet

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// HeldBy gives which fobs an employee held, the latest first.
func HeldBy(ctx context.Context, tx pg.Tx, employeeID int64) ([]Holding, error) {
	rows, err := tx.Query(ctx, `SELECT fob_id, employee_id, issued_at, returned_at FROM fob_issue
		WHERE tenant_id = current_tenant() AND employee_id = $1 ORDER BY issued_at DESC`, employeeID)
	return collect(rows, err, "an employee's fobs", func(r pgx.CollectableRow) (h Holding, err error) {
		return h, r.Scan(&h.Fob, &h.Employee, &h.From, &h.Until)
	})
}
