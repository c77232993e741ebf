package people

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// AssignmentsOf gives the assignments of an employee, of all with 0, oldest
// first.
func AssignmentsOf(ctx context.Context, tx pg.Tx, employee int64) ([]Assignment, error) {
	rows, err := tx.Query(ctx, `SELECT assignment_id, employee_id, COALESCE(hirer_id, 0), COALESCE(site_id, 0), number, cost_centre, from_day, until_day
		FROM assignment WHERE tenant_id = current_tenant() AND $1::bigint IN (0, employee_id) ORDER BY employee_id, from_day, assignment_id`, employee)
	if err != nil {
		return nil, fmt.Errorf("listing assignments: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Assignment])
	if err != nil {
		return nil, fmt.Errorf("listing assignments: %w", err)
	}
	return all, nil
}

// SaveAssignment adds an assignment (ID 0), or replaces that of a's id and
// employee, and gives its id. Where several hold on a day, the one for the
// site counts, then the one for its hirer, then the one that began last.
// ErrNotFound when there is no such assignment, employee, hirer or site.
func SaveAssignment(ctx context.Context, tx pg.Tx, by audit.Actor, a Assignment) (int64, error) {
	a.tidy()
	if err := a.check(); err != nil {
		return 0, err
	}
	if a.ID == 0 {
		err := tx.QueryRow(ctx, `INSERT INTO assignment (tenant_id, employee_id, hirer_id, site_id, number, cost_centre, from_day, until_day)
			VALUES (current_tenant(), $1, NULLIF($2::bigint, 0), NULLIF($3::bigint, 0), $4, $5, $6, $7) RETURNING assignment_id`,
			a.Employee, a.Hirer, a.Site, a.Number, a.CostCentre, a.From, a.Until).Scan(&a.ID)
		if err != nil {
			return 0, named("adding an assignment", err)
		}
		return a.ID, auditAssignment(ctx, tx, by, a)
	}
	tag, err := tx.Exec(ctx, `UPDATE assignment SET hirer_id = NULLIF($3::bigint, 0), site_id = NULLIF($4::bigint, 0), number = $5, cost_centre = $6, from_day = $7, until_day = $8
		WHERE tenant_id = current_tenant() AND assignment_id = $1 AND employee_id = $2`,
		a.ID, a.Employee, a.Hirer, a.Site, a.Number, a.CostCentre, a.From, a.Until)
	if err != nil {
		return 0, named("changing an assignment", err)
	}
	if tag.RowsAffected() == 0 {
		return 0, fmt.Errorf("assignment %d of employee %d: %w", a.ID, a.Employee, ErrNotFound)
	}
	return a.ID, auditAssignment(ctx, tx, by, a)
}

func auditAssignment(ctx context.Context, tx pg.Tx, by audit.Actor, a Assignment) error {
	return audit.Append(ctx, tx, audit.Entry{Action: "assignment.save", SubjectKind: "employee", SubjectID: a.Employee, By: by, Payload: a})
}

func (a *Assignment) tidy() {
	a.Number, a.CostCentre, a.From = strings.TrimSpace(a.Number), strings.TrimSpace(a.CostCentre), day(a.From)
	if a.Until != nil {
		until := day(*a.Until)
		a.Until = &until
	}
}
