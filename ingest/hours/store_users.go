package hours

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Users counts the employees who used each reader, and each gateway by which
// their taps came, since an instant; nobody is named (OB-H6).
func Users(ctx context.Context, tx pg.Tx, since time.Time) (byReader, byGateway map[int64]int, err error) {
	if byReader, err = countUsers(ctx, tx, `SELECT reader_id, count(DISTINCT employee_id) FROM punch
		WHERE tenant_id = current_tenant() AND employee_id IS NOT NULL AND placed >= $1 GROUP BY 1`, since); err != nil {
		return nil, nil, err
	}
	byGateway, err = countUsers(ctx, tx, `SELECT h.gateway_id, count(DISTINCT p.employee_id)
		FROM punch p JOIN origin_heard h ON h.tenant_id = p.tenant_id AND h.origin = p.origin AND h.epoch = p.epoch
		WHERE p.tenant_id = current_tenant() AND p.employee_id IS NOT NULL AND p.placed >= $1 GROUP BY 1`, since)
	return byReader, byGateway, err
}

func countUsers(ctx context.Context, tx pg.Tx, sql string, since time.Time) (map[int64]int, error) {
	rows, err := tx.Query(ctx, sql, since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("counting users of devices: %w", err)
	}
	users := map[int64]int{}
	var device int64
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&device, &n}, func() error { users[device] = n; return nil }); err != nil {
		return nil, fmt.Errorf("counting users of devices: %w", err)
	}
	return users, nil
}
