package bi

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/payroll/format"
)

// atOnce is how many employees are read at once: their lines of a year take
// some 30 MB.
const atOnce = 200

// approvedLines is the lines whose week is approved now: one that was opened
// again waits. $1 and $2 are the days.
const approvedLines = ` FROM approved_line l
	JOIN approval a ON a.tenant_id = l.tenant_id AND a.approval_id = l.approval_id
	JOIN employee e ON e.tenant_id = l.tenant_id AND e.employee_id = l.employee_id
	WHERE l.tenant_id = current_tenant() AND l.day BETWEEN $1::text::date AND $2::text::date
		AND EXISTS (SELECT FROM timesheet t WHERE t.tenant_id = a.tenant_id AND t.employee_id = a.employee_id AND t.monday = a.monday AND t.state = 'approved')`

// unpublished leaves out the lines that stand in a publication.
const unpublished = ` AND NOT EXISTS (SELECT FROM bi_hours h WHERE h.tenant_id = l.tenant_id AND h.line_id = l.line_id)`

// linesOf gives the ids of the approved lines of the days, employee by employee
// in the order of their numbers, in batches of atOnce employees.
func linesOf(ctx context.Context, tx pg.Tx, days calendar.Period, which string) ([][]int64, error) {
	rows, err := tx.Query(ctx, `SELECT l.line_id, l.employee_id`+approvedLines+which+` ORDER BY e.number, l.employee_id`, days.From.String(), days.To.String())
	if err != nil {
		return nil, fmt.Errorf("reading approved lines: %w", err)
	}
	var batches [][]int64
	var line, employee, last int64
	left := 0
	_, err = pgx.ForEachRow(rows, []any{&line, &employee}, func() error {
		if employee != last {
			last, left = employee, left-1
		}
		if left < 0 || len(batches) == 0 {
			batches, left = append(batches, nil), atOnce-1
		}
		batches[len(batches)-1] = append(batches[len(batches)-1], line)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading approved lines: %w", err)
	}
	return batches, nil
}

// readLines gives lines by id, ordered as files have them; their period is the
// one given. OFFSET 0: as in hours.ApprovedOf.
func readLines(ctx context.Context, tx pg.Tx, ids []int64, period calendar.Period, work hours.Work) ([]format.Line, error) {
	rows, err := tx.Query(ctx, `
		SELECT l.line_id, l.employee_id, e.number, l.day, l.site_id, COALESCE(s.name, ''), l.code, l.kind, l.minutes, COALESCE(a.corrects, 0), a.at, a.by_kind, a.by_id
		FROM unnest($1::bigint[]) AS asked (line_id)
		CROSS JOIN LATERAL (SELECT * FROM approved_line WHERE tenant_id = current_tenant() AND line_id = asked.line_id OFFSET 0) l
		CROSS JOIN LATERAL (SELECT number FROM employee WHERE tenant_id = current_tenant() AND employee_id = l.employee_id OFFSET 0) e
		CROSS JOIN LATERAL (SELECT corrects, at, by_kind, by_id FROM approval WHERE tenant_id = current_tenant() AND approval_id = l.approval_id OFFSET 0) a
		LEFT JOIN LATERAL (SELECT name FROM site WHERE tenant_id = current_tenant() AND site_id = l.site_id OFFSET 0) s ON true`, ids)
	if err != nil {
		return nil, fmt.Errorf("reading approved lines: %w", err)
	}
	lines, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l format.Line, err error) {
		var day time.Time
		var site int64
		err = r.Scan(&l.ID, &l.Employee, &l.Number, &day, &site, &l.Site, &l.Code, &l.Kind, &l.Minutes, &l.Corrects, &l.ApprovedAt, &l.ApprovedBy.Kind, &l.ApprovedBy.ID)
		l.Day, l.Period = calendar.DateOf(day), period
		assigned := work.Of(l.Employee, l.Day, site)
		l.CostCentre, l.Assignment = assigned.CostCentre, assigned.Number
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading approved lines: %w", err)
	}
	slices.SortFunc(lines, format.ByPlace)
	return lines, nil
}

// Approved gives the approved lines of the days, employee by employee, with
// their decimals: those of an employee and a code add up to their rounded
// total.
func Approved(ctx context.Context, tx pg.Tx, days calendar.Period) (format.Employees, error) {
	work, err := hours.WorkAt(ctx, tx)
	if err != nil {
		return nil, err
	}
	batches, err := linesOf(ctx, tx, days, "")
	if err != nil {
		return nil, err
	}
	return func(yield func(format.Employee, error) bool) {
		for _, ids := range batches {
			lines, err := readLines(ctx, tx, ids, days, work)
			if err != nil {
				yield(format.Employee{}, err)
				return
			}
			format.MakeDecimals(lines, nil)
			for e := range format.Group(lines, nil) {
				if !yield(e, nil) {
					return
				}
			}
		}
	}, nil
}
