package api

import (
	"context"
	"errors"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// ListEmployees gives all employees.
func (o operations) ListEmployees(ctx context.Context, _ openapi.ListEmployeesRequestObject) (openapi.ListEmployeesResponseObject, error) {
	var all []people.Employee
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = people.Employees(ctx, tx)
		return err
	})
	readsAbout(ctx, each(all, func(e people.Employee) int64 { return e.ID })...)
	return openapi.ListEmployees200JSONResponse{Items: each(all, func(e people.Employee) openapi.Employee { return employeeView(o.seen(ctx, e)) })}, err
}

// GetEmployee gives one employee.
func (o operations) GetEmployee(ctx context.Context, r openapi.GetEmployeeRequestObject) (openapi.GetEmployeeResponseObject, error) {
	var e people.Employee
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		e, err = people.EmployeeByID(ctx, tx, r.Id)
		return err
	})
	return openapi.GetEmployee200JSONResponse(employeeView(o.seen(ctx, e))), err
}

// seen leaves out what only those who keep employees may see: the birth date
// (OB-P1).
func (s *Server) seen(ctx context.Context, e people.Employee) people.Employee {
	if !s.may(ctx, "UpdateEmployee") {
		e.Born = nil
	}
	return e
}

// CreateEmployee adds an employee.
func (o operations) CreateEmployee(ctx context.Context, r openapi.CreateEmployeeRequestObject) (openapi.CreateEmployeeResponseObject, error) {
	b := r.Body
	e := people.Employee{
		Number: b.Number, Surname: b.Surname, FirstName: or(b.FirstName), Email: or(b.Email), Zone: or(b.Zone),
		ContractMinutes: or(b.ContractMinutes), From: b.EmployedFrom.Time,
	}
	if b.EmployedUntil != nil {
		e.Until = &b.EmployedUntil.Time
	}
	if b.BirthDate != nil {
		e.Born = &b.BirthDate.Time
	}
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		id, err := people.CreateEmployee(ctx, tx, callerOf(ctx).actor(), e)
		if err != nil {
			return err
		}
		e, err = people.EmployeeByID(ctx, tx, id)
		return err
	})
	return openapi.CreateEmployee201JSONResponse(employeeView(e)), err
}

// UpdateEmployee changes the fields that were sent.
func (o operations) UpdateEmployee(ctx context.Context, r openapi.UpdateEmployeeRequestObject) (openapi.UpdateEmployeeResponseObject, error) {
	var e people.Employee
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		if e, err = people.EmployeeByID(ctx, tx, r.Id); err != nil {
			return err
		}
		if err := change(&e, *r.Body); err != nil {
			return err
		}
		if err := people.UpdateEmployee(ctx, tx, callerOf(ctx).actor(), e); err != nil {
			return err
		}
		e, err = people.EmployeeByID(ctx, tx, r.Id)
		return err
	})
	return openapi.UpdateEmployee200JSONResponse(employeeView(e)), err
}

func change(e *people.Employee, to openapi.EmployeeChange) error {
	set(&e.Number, to.Number)
	set(&e.Surname, to.Surname)
	set(&e.FirstName, to.FirstName)
	set(&e.Email, to.Email)
	set(&e.Zone, to.Zone)
	set(&e.ContractMinutes, to.ContractMinutes)
	if to.EmployedFrom != nil {
		e.From = to.EmployedFrom.Time
	}
	if to.BirthDate != nil {
		born, err := optionalDay(*to.BirthDate)
		if err != nil {
			return wrongField("birth_date", "not a date; write 2008-01-31, or nothing")
		}
		e.Born = born
	}
	if to.EmployedUntil == nil {
		return nil
	}
	until, err := optionalDay(*to.EmployedUntil)
	if err != nil {
		return wrongField("employed_until", "not a date; write 2026-01-31, or nothing")
	}
	e.Until = until
	return nil
}

func set[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}

// optionalDay reads 2026-01-31, or nothing.
func optionalDay(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	return &t, err
}

// ImportEmployees checks a CSV file, and imports it when asked and good.
func (o operations) ImportEmployees(ctx context.Context, r openapi.ImportEmployeesRequestObject) (openapi.ImportEmployeesResponseObject, error) {
	rows, problems := people.ParseCSV(r.Body)
	apply := or(r.Params.Apply)
	var done people.Preview
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		if apply {
			done, err = people.ImportEmployees(ctx, tx, callerOf(ctx).actor(), rows, problems, false)
			return err
		}
		done, err = people.CheckImport(ctx, tx, rows)
		return err
	})
	if errors.Is(err, people.ErrProblems) {
		return nil, &problem{status: 422, detail: err.Error(), fields: each(append(problems, done.Problems...), importProblem)}
	}
	return openapi.ImportEmployees200JSONResponse{
		Applied: apply, Added: done.Added, Changed: done.Changed, Same: done.Same,
		Rows: each(rows, importRow), Problems: each(append(problems, done.Problems...), importProblem),
	}, err
}

func importProblem(p people.Problem) openapi.FieldProblem {
	return openapi.FieldProblem{Field: p.Column, Message: p.Reason, Line: some(p.Line)}
}

func importRow(r people.Row) openapi.ImportRow {
	e := employeeView(r.Employee)
	return openapi.ImportRow{
		Line: r.Line, Number: e.Number, Surname: e.Surname, FirstName: e.FirstName, Email: e.Email,
		ContractMinutes: e.ContractMinutes, EmployedFrom: e.EmployedFrom, EmployedUntil: e.EmployedUntil,
	}
}

func employeeView(e people.Employee) openapi.Employee {
	v := openapi.Employee{
		Id: e.ID, Number: e.Number, Surname: e.Surname, FirstName: some(e.FirstName), Email: some(e.Email), Zone: some(e.Zone),
		ContractMinutes: e.ContractMinutes, EmployedFrom: openapi_types.Date{Time: e.From},
	}
	if e.Until != nil {
		v.EmployedUntil = &openapi_types.Date{Time: *e.Until}
	}
	if e.Born != nil {
		v.BirthDate = &openapi_types.Date{Time: *e.Born}
	}
	return v
}
