package hours

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// EmployeeDays is some days of an employee.
type EmployeeDays struct {
	Employee int64
	Days     calendar.Period
}

// ApprovedOf gives the frozen lines of days, which do not overlap, of weeks
// that stand approved, by employee number, day and id. Lines are never taken back:
// corrections follow. A week that was reopened or rejected gives none until it
// is approved again: its lines then come with what changed (I8).
//
// Each day, approval and week is looked up by its key: OFFSET 0 keeps the
// planner, which may know nothing of new tables yet, from reading all of them
// for a few employees, and the pairs from taking the index of days.
func ApprovedOf(ctx context.Context, tx pg.Tx, asked []EmployeeDays) ([]Line, error) {
	employees, froms, tos := make([]int64, len(asked)), make([]time.Time, len(asked)), make([]time.Time, len(asked))
	for i, s := range asked {
		employees[i], froms[i], tos[i] = s.Employee, s.Days.From.In(time.UTC), s.Days.To.In(time.UTC)
	}
	rows, err := tx.Query(ctx, `
		SELECT l.line_id, l.approval_id, l.employee_id, e.number, l.day, l.site_id, COALESCE(s.name, ''), l.code, l.kind, l.minutes, COALESCE(a.corrects, 0), a.reason, a.at, a.by_kind, a.by_id
		FROM unnest($1::bigint[], $2::date[], $3::date[]) AS want (employee_id, first, last)
		CROSS JOIN LATERAL (SELECT number FROM employee WHERE tenant_id = current_tenant() AND employee_id = want.employee_id OFFSET 0) e
		CROSS JOIN LATERAL (SELECT * FROM approved_line WHERE tenant_id = current_tenant() AND (employee_id, day) >= (want.employee_id, want.first)
			AND (employee_id, day) <= (want.employee_id, want.last) OFFSET 0) l
		CROSS JOIN LATERAL (SELECT monday, corrects, reason, at, by_kind, by_id FROM approval WHERE tenant_id = current_tenant() AND approval_id = l.approval_id OFFSET 0) a
		CROSS JOIN LATERAL (SELECT state FROM timesheet WHERE tenant_id = current_tenant() AND employee_id = l.employee_id AND monday = a.monday OFFSET 0) t
		LEFT JOIN LATERAL (SELECT name FROM site WHERE tenant_id = current_tenant() AND site_id = l.site_id OFFSET 0) s ON true
		WHERE t.state = 'approved' ORDER BY e.number, l.day, l.line_id`, employees, froms, tos)
	if err != nil {
		return nil, fmt.Errorf("reading approved lines: %w", err)
	}
	lines, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l Line, err error) {
		var day time.Time
		err = r.Scan(&l.ID, &l.Approval, &l.Employee, &l.Number, &day, &l.Site, &l.SiteName, &l.Code, &l.Kind, &l.Minutes, &l.Corrects, &l.Reason, &l.ApprovedAt, &l.ApprovedBy.Kind, &l.ApprovedBy.ID)
		l.Day = calendar.DateOf(day)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading approved lines: %w", err)
	}
	return lines, nil
}
