package payroll

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// EarlierOf gives what a run paid of periods before its own, the oldest first,
// without reading its lines.
func EarlierOf(ctx context.Context, tx pg.Tx, run int64) ([]Earlier, error) {
	rows, err := tx.Query(ctx, `SELECT l.period_from, l.period_to, l.kind, count(*), count(*) FILTER (WHERE l.corrects <> 0), count(DISTINCT l.employee_id), sum(l.minutes)
		FROM payroll_line l JOIN payroll_run r USING (tenant_id, run_id)
		WHERE l.tenant_id = current_tenant() AND l.run_id = $1 AND l.day < r.period_from
		GROUP BY GROUPING SETS ((l.period_from, l.period_to), (l.period_from, l.period_to, l.kind))
		ORDER BY 1, 2, 3 NULLS FIRST`, run)
	if err != nil {
		return nil, fmt.Errorf("reading what run %d paid of earlier periods: %w", run, err)
	}
	var all []Earlier
	var from, to time.Time
	var kind *hours.LineKind // nil: of all kinds
	var lines, corrections, people, minutes int
	_, err = pgx.ForEachRow(rows, []any{&from, &to, &kind, &lines, &corrections, &people, &minutes}, func() error {
		if kind == nil {
			all = append(all, Earlier{Period: calendar.Period{From: calendar.DateOf(from), To: calendar.DateOf(to)}, Lines: lines, Corrections: corrections, People: people})
			return nil
		}
		e := &all[len(all)-1]
		if *kind == hours.LineWorked {
			e.Minutes = minutes
		} else {
			e.Beside = append(e.Beside, KindTotal{*kind, minutes})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what run %d paid of earlier periods: %w", run, err)
	}
	return all, nil
}
