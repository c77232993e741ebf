package people

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// TermsOf gives the terms of an employee, of all with 0, oldest first.
func TermsOf(ctx context.Context, tx pg.Tx, employee int64) ([]Terms, error) {
	rows, err := tx.Query(ctx, `SELECT employee_id, from_day, COALESCE(contract_id, 0), minutes FROM employee_terms
		WHERE tenant_id = current_tenant() AND $1::bigint IN (0, employee_id) ORDER BY employee_id, from_day`, employee)
	if err != nil {
		return nil, fmt.Errorf("listing terms: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Terms])
	if err != nil {
		return nil, fmt.Errorf("listing terms: %w", err)
	}
	return all, nil
}

// SaveTerms sets what an employee agreed on from a day on; what stood on that
// day is replaced. ErrNotFound when there is no such employee or contract.
func SaveTerms(ctx context.Context, tx pg.Tx, by audit.Actor, t Terms) error {
	t.From = day(t.From)
	if err := t.check(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO employee_terms (tenant_id, employee_id, from_day, contract_id, minutes)
		VALUES (current_tenant(), $1, $2, NULLIF($3::bigint, 0), $4)
		ON CONFLICT (tenant_id, employee_id, from_day) DO UPDATE SET contract_id = EXCLUDED.contract_id, minutes = EXCLUDED.minutes`,
		t.Employee, t.From, t.Contract, t.Minutes)
	if err != nil {
		return named("setting terms", err)
	}
	return auditTerms(ctx, tx, by, "terms.save", t)
}

// DropTerms takes the terms of a day away: those before them hold on.
// ErrNotFound when none begin on that day.
func DropTerms(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, from time.Time) error {
	tag, err := tx.Exec(ctx, "DELETE FROM employee_terms WHERE tenant_id = current_tenant() AND employee_id = $1 AND from_day = $2", employee, day(from))
	if err != nil {
		return fmt.Errorf("removing terms: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("terms of employee %d from %s: %w", employee, from.Format(time.DateOnly), ErrNotFound)
	}
	return auditTerms(ctx, tx, by, "terms.drop", Terms{Employee: employee, From: day(from)})
}

func auditTerms(ctx context.Context, tx pg.Tx, by audit.Actor, action string, t Terms) error {
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "employee", SubjectID: t.Employee, By: by, Payload: t})
}
