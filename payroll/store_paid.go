package payroll

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// paidIn adds up what runs of a period that are not void sent to a
// destination, whatever period their lines belong to.
func paidIn(ctx context.Context, tx pg.Tx, destination int64, p calendar.Period) (paid, error) {
	out := paid{codes: map[kindKey]int{}, people: map[int64]PersonChange{}}
	rows, err := tx.Query(ctx, `SELECT w.employee_id, e.number, w.code, w.kind, w.minutes FROM (
			SELECT employee_id, code, kind, sum(minutes)::int AS minutes FROM payroll_line
			WHERE tenant_id = current_tenant() AND destination_id = $1 AND reversed_at IS NULL
				AND run_id = ANY (ARRAY(SELECT run_id FROM payroll_run WHERE tenant_id = current_tenant()
					AND destination_id = $1 AND state <> 'void' AND period_from = $2 AND period_to = $3))
			GROUP BY 1, 2, 3) w JOIN employee e ON e.tenant_id = current_tenant() AND e.employee_id = w.employee_id`, destination, p.From, p.To)
	if err != nil {
		return paid{}, fmt.Errorf("adding up a period: %w", err)
	}
	var employee int64
	var number, code string
	var kind hours.LineKind
	var minutes int
	_, err = pgx.ForEachRow(rows, []any{&employee, &number, &code, &kind, &minutes}, func() error {
		out.codes[kindKey{code, kind}] += minutes
		person := out.people[employee]
		person.Employee, person.Number = employee, number
		if kind == hours.LineWorked {
			person.Now += minutes
		}
		out.people[employee] = person
		return nil
	})
	if err != nil {
		return paid{}, fmt.Errorf("adding up a period: %w", err)
	}
	return out, nil
}
