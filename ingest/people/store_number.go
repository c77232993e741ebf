package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// EmployeeByNumber gives the employee of a number, or ErrNotFound.
func EmployeeByNumber(ctx context.Context, tx pg.Tx, number string) (Employee, error) {
	var id int64
	err := tx.QueryRow(ctx, "SELECT employee_id FROM employee WHERE tenant_id = current_tenant() AND number = $1", number).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Employee{}, fmt.Errorf("employee number %q: %w", number, ErrNotFound)
	}
	if err != nil {
		return Employee{}, fmt.Errorf("reading an employee: %w", err)
	}
	return EmployeeByID(ctx, tx, id)
}
