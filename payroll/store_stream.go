package payroll

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/payroll/format"
)

// streamOrder is that of format.ByPlace.
const streamOrder = ` ORDER BY e.number COLLATE "C", l.employee_id, l.period_from, l.period_to, l.day, l.code COLLATE "C", l.line_id`

// RunEmployees gives the lines of a run, those of a void one too, employee by
// employee as the database sends them: tx can do nothing else until they are
// all read. Names and Sent are left out.
func RunEmployees(ctx context.Context, tx pg.Tx, id int64) format.Employees {
	return func(yield func(format.Employee, error) bool) {
		rows, err := tx.Query(ctx, `SELECT `+lineColumns+` FROM `+lineTables+` WHERE l.tenant_id = current_tenant() AND l.run_id = $1`+streamOrder, id)
		if err != nil {
			yield(format.Employee{}, fmt.Errorf("reading the lines of run %d: %w", id, err))
			return
		}
		defer rows.Close()
		if err := groupRows(rows, yield); err != nil {
			yield(format.Employee{}, fmt.Errorf("reading the lines of run %d: %w", id, err))
		}
	}
}

// groupRows yields employees as their last line comes. The texts of lines are
// few: each is kept once.
func groupRows(rows pgx.Rows, yield func(format.Employee, error) bool) error {
	var e format.Employee
	texts := map[string]string{}
	for rows.Next() {
		l, err := scanLine(rows)
		if err != nil {
			return err
		}
		for _, s := range []*string{&l.Code, &l.Component, &l.Site, &l.CostCentre, &l.Assignment} {
			*s = once(texts, *s)
		}
		if l.Employee != e.ID && len(e.Lines) > 0 {
			if !yield(e, nil) {
				return nil
			}
			e.Lines = nil
		}
		e.ID, e.Number, e.Lines = l.Employee, l.Number, append(e.Lines, l)
	}
	if rows.Err() == nil && len(e.Lines) > 0 {
		yield(e, nil)
	}
	return rows.Err()
}

func once(texts map[string]string, s string) string {
	if kept, ok := texts[s]; ok {
		return kept
	}
	texts[s] = s
	return s
}
