package payroll

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// SentMinutes is what runs that are not void sent of one code of somebody's
// days, each approved line once, to however many destinations it went.
type SentMinutes struct {
	Code    string
	Minutes int
	Run     int64 // the last that sent of it
}

// SentOf gives what was sent of an employee's days from…to, both included, by
// code (I8).
func SentOf(ctx context.Context, tx pg.Tx, employee int64, from, to calendar.Date) ([]SentMinutes, error) {
	rows, err := tx.Query(ctx, `SELECT code, sum(minutes)::int, max(run_id) FROM (
			SELECT DISTINCT ON (line_id) code, minutes, run_id FROM payroll_line
			WHERE tenant_id = current_tenant() AND employee_id = $1 AND day BETWEEN $2::text::date AND $3::text::date AND reversed_at IS NULL
			ORDER BY line_id, run_id DESC) l
		GROUP BY code ORDER BY code`, employee, from.String(), to.String())
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SentMinutes])
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	return out, nil
}
