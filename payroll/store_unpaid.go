package payroll

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// UnpaidOf gives the weeks of an employee with approved lines that no package
// has taken in: until it did, it may pull the run again, others' hours with it,
// or the run be voided and made anew. Where there is no destination nothing
// leaves by runs, and nothing waits for one.
func UnpaidOf(ctx context.Context, tx pg.Tx, employee int64) ([]calendar.Week, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT date_trunc('week', a.day)::date FROM approved_line a
		WHERE a.tenant_id = current_tenant() AND a.employee_id = $1
			AND EXISTS (SELECT FROM payroll_destination d WHERE d.tenant_id = a.tenant_id)
			AND NOT EXISTS (SELECT FROM payroll_line l JOIN payroll_run r ON r.tenant_id = l.tenant_id AND r.run_id = l.run_id
				WHERE l.tenant_id = a.tenant_id AND l.line_id = a.line_id AND l.reversed_at IS NULL AND r.state = 'acknowledged')
		ORDER BY 1`, employee)
	if err != nil {
		return nil, fmt.Errorf("looking for unpaid hours: %w", err)
	}
	mondays, err := pgx.CollectRows(rows, pgx.RowTo[calendar.Date])
	if err != nil {
		return nil, fmt.Errorf("looking for unpaid hours: %w", err)
	}
	weeks := make([]calendar.Week, len(mondays))
	for i, m := range mondays {
		weeks[i] = m.Week()
	}
	return weeks, nil
}
