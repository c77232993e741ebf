package people

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

const employeeColumns = `employee_id, number, surname, first_name, email, zone, contract_minutes, employed_from, employed_until, birth_date`

func scanEmployee(row pgx.CollectableRow) (Employee, error) {
	var e Employee
	err := row.Scan(&e.ID, &e.Number, &e.Surname, &e.FirstName, &e.Email, &e.Zone, &e.ContractMinutes, &e.From, &e.Until, &e.Born)
	return e, err
}

// Employees gives all employees in order of name (SortByName).
func Employees(ctx context.Context, tx pg.Tx) ([]Employee, error) {
	rows, err := tx.Query(ctx, "SELECT "+employeeColumns+" FROM employee WHERE tenant_id = current_tenant()")
	if err != nil {
		return nil, fmt.Errorf("listing employees: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanEmployee)
	if err != nil {
		return nil, fmt.Errorf("listing employees: %w", err)
	}
	SortByName(all, func(e Employee) Name { return Name{e.Surname, e.FirstName, e.Number} })
	return all, nil
}

// EmployeeByID gives one employee, or ErrNotFound.
func EmployeeByID(ctx context.Context, tx pg.Tx, id int64) (Employee, error) {
	rows, err := tx.Query(ctx, "SELECT "+employeeColumns+" FROM employee WHERE tenant_id = current_tenant() AND employee_id = $1", id)
	if err != nil {
		return Employee{}, fmt.Errorf("reading an employee: %w", err)
	}
	e, err := pgx.CollectExactlyOneRow(rows, scanEmployee)
	if errors.Is(err, pgx.ErrNoRows) {
		return Employee{}, fmt.Errorf("employee %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Employee{}, fmt.Errorf("reading an employee: %w", err)
	}
	return e, nil
}

// CreateEmployee adds e and gives its id.
func CreateEmployee(ctx context.Context, tx pg.Tx, by audit.Actor, e Employee) (int64, error) {
	e.tidy()
	if err := e.check(); err != nil {
		return 0, err
	}
	if err := allowed(ctx, tx, e); err != nil {
		return 0, err
	}
	err := tx.QueryRow(ctx, `INSERT INTO employee (tenant_id, number, surname, first_name, email, zone, contract_minutes, employed_from, employed_until, birth_date)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING employee_id`,
		e.Number, e.Surname, e.FirstName, e.Email, e.Zone, e.ContractMinutes, e.From, e.Until, e.Born).Scan(&e.ID)
	if err != nil {
		return 0, named("adding an employee", err)
	}
	return e.ID, auditEmployee(ctx, tx, by, "employee.create", e)
}

// UpdateEmployee replaces the employee with e's id.
func UpdateEmployee(ctx context.Context, tx pg.Tx, by audit.Actor, e Employee) error {
	e.tidy()
	if err := e.check(); err != nil {
		return err
	}
	if err := allowed(ctx, tx, e); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `UPDATE employee SET number = $2, surname = $3, first_name = $4, email = $5, zone = $6,
			contract_minutes = $7, employed_from = $8, employed_until = $9, birth_date = $10
		WHERE tenant_id = current_tenant() AND employee_id = $1`,
		e.ID, e.Number, e.Surname, e.FirstName, e.Email, e.Zone, e.ContractMinutes, e.From, e.Until, e.Born)
	if err != nil {
		return named("changing an employee", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("employee %d: %w", e.ID, ErrNotFound)
	}
	return auditEmployee(ctx, tx, by, "employee.update", e)
}

// auditEmployee writes down what was stored, but for the birth date: where the
// field is switched off again it shall stand nowhere (OB-P1).
func auditEmployee(ctx context.Context, tx pg.Tx, by audit.Actor, action string, e Employee) error {
	e.Born = nil
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "employee", SubjectID: e.ID, By: by, Payload: e})
}

const foreignKeyViolation = "23503" // SQLSTATE

// named gives the sentinel of a violated constraint, or wraps the error.
func named(attempt string, err error) error {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		switch pgErr.ConstraintName {
		case "employee_number_once":
			return ErrNumberTaken
		case "account_email_once":
			return ErrEmailTaken
		case "account_employee_once":
			return ErrHasAccount
		case "contract_name_once", "hirer_name_once":
			return ErrNameTaken
		}
		if pgErr.Code == foreignKeyViolation {
			return fmt.Errorf("%s: what %s names: %w", attempt, pgErr.ConstraintName, ErrNotFound)
		}
	}
	return fmt.Errorf("%s: %w", attempt, err)
}

func (e *Employee) tidy() {
	for _, s := range []*string{&e.Number, &e.Surname, &e.FirstName, &e.Email} {
		*s = strings.TrimSpace(*s)
	}
	e.From = day(e.From)
	if e.Until != nil {
		until := day(*e.Until)
		e.Until = &until
	}
	if e.Born != nil {
		born := day(*e.Born)
		e.Born = &born
	}
}

func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
