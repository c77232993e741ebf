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

// employees reads the employees that a condition finds, in no order.
func employees(ctx context.Context, tx pg.Tx, which string, args ...any) ([]Employee, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT e.employee_id, e.number, e.surname, `+pg.OfJoined("e", "first_name")+`, e.email, e.zone, e.contract_minutes,
			e.employed_from, e.employed_until, `+pg.OfJoined("e", "birth_date")+`
		FROM employee e`+pg.JoinKeys("e")+`WHERE e.tenant_id = current_tenant() AND `+which, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Employee, err error) {
		return e, row.Scan(&e.ID, &e.Number, &e.Surname, box.Text(&e.FirstName), &e.Email, &e.Zone, &e.ContractMinutes, &e.From, &e.Until, box.Day(&e.Born))
	})
}

// Employees gives all employees in order of name (SortByName).
func Employees(ctx context.Context, tx pg.Tx) ([]Employee, error) {
	all, err := employees(ctx, tx, "true")
	if err != nil {
		return nil, fmt.Errorf("listing employees: %w", err)
	}
	SortByName(all, func(e Employee) Name { return Name{e.Surname, e.FirstName, e.Number} })
	return all, nil
}

// EmployeeByID gives one employee, or ErrNotFound.
func EmployeeByID(ctx context.Context, tx pg.Tx, id int64) (Employee, error) {
	found, err := employees(ctx, tx, "e.employee_id = $1", id)
	if err != nil {
		return Employee{}, fmt.Errorf("reading an employee: %w", err)
	}
	if len(found) == 0 {
		return Employee{}, fmt.Errorf("employee %d: %w", id, ErrNotFound)
	}
	return found[0], nil
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
	err := tx.QueryRow(ctx, `INSERT INTO employee (tenant_id, number, surname, email, zone, contract_minutes, employed_from, employed_until)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7) RETURNING employee_id`,
		e.Number, e.Surname, e.Email, e.Zone, e.ContractMinutes, e.From, e.Until).Scan(&e.ID)
	if err != nil {
		return 0, named("adding an employee", err)
	}
	if err := e.keepOptional(ctx, tx, Employee{}); err != nil {
		return 0, err
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
	was, err := EmployeeByID(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE employee SET number = $2, surname = $3, email = $4, zone = $5,
			contract_minutes = $6, employed_from = $7, employed_until = $8
		WHERE tenant_id = current_tenant() AND employee_id = $1`,
		e.ID, e.Number, e.Surname, e.Email, e.Zone, e.ContractMinutes, e.From, e.Until)
	if err != nil {
		return named("changing an employee", err)
	}
	if err := e.keepOptional(ctx, tx, was); err != nil {
		return err
	}
	return auditEmployee(ctx, tx, by, "employee.update", e)
}

// auditEmployee writes down what was stored, but for the optional fields: where
// one is switched off again, or the person's key destroyed, it shall stand
// nowhere (OB-P1).
func auditEmployee(ctx context.Context, tx pg.Tx, by audit.Actor, action string, e Employee) error {
	e.FirstName, e.Born = "", nil
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
		case "probe_has_no_people":
			return ErrProbes
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
