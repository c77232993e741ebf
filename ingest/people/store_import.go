package people

import (
	"context"
	"fmt"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Preview says what an import would do.
type Preview struct {
	Added, Changed, Same int
}

// CheckImport compares rows with the employees that are there, by personnel
// number, without changing anything.
func CheckImport(ctx context.Context, tx pg.Tx, rows []Row) (Preview, error) {
	var p Preview
	known, err := byNumber(ctx, tx)
	if err != nil {
		return p, err
	}
	for _, r := range rows {
		if err := allowed(ctx, tx, r.Employee); err != nil {
			return Preview{}, fmt.Errorf("line %d: %w", r.Line, err)
		}
		switch old, found := known[r.Employee.Number]; {
		case !found:
			p.Added++
		case old.same(r.over(old)):
			p.Same++
		default:
			p.Changed++
		}
	}
	return p, nil
}

// ImportEmployees adds or changes the employees of rows, by personnel number.
// With problems it imports nothing and returns ErrProblems, unless goodOnly.
func ImportEmployees(ctx context.Context, tx pg.Tx, by audit.Actor, rows []Row, problems []Problem, goodOnly bool) (Preview, error) {
	if len(problems) > 0 && !goodOnly {
		return Preview{}, ErrProblems
	}
	known, err := byNumber(ctx, tx)
	if err != nil {
		return Preview{}, err
	}
	var done Preview
	for _, r := range rows {
		e := r.Employee
		old, found := known[e.Number]
		if found {
			e = r.over(old)
		}
		switch {
		case !found:
			done.Added++
			_, err = CreateEmployee(ctx, tx, by, e)
		case old.same(e):
			done.Same++
		default:
			done.Changed++
			err = UpdateEmployee(ctx, tx, by, e)
		}
		if err != nil {
			return Preview{}, fmt.Errorf("line %d: %w", r.Line, err)
		}
	}
	return done, nil
}

func byNumber(ctx context.Context, tx pg.Tx) (map[string]Employee, error) {
	all, err := Employees(ctx, tx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]Employee, len(all))
	for _, e := range all {
		known[e.Number] = e
	}
	return known, nil
}

// over gives an employee with what the row says of it.
func (r Row) over(old Employee) Employee {
	e := old
	e.Surname, e.From = r.Employee.Surname, r.Employee.From // always told
	if r.told[fieldFirstName] {
		e.FirstName = r.Employee.FirstName
	}
	if r.told[fieldEmail] {
		e.Email = r.Employee.Email
	}
	if r.told[fieldContract] {
		e.ContractMinutes = r.Employee.ContractMinutes
	}
	if r.told[fieldUntil] {
		e.Until = r.Employee.Until
	}
	return e
}

func (e Employee) same(other Employee) bool {
	sameUntil := e.Until == nil && other.Until == nil ||
		e.Until != nil && other.Until != nil && e.Until.Equal(*other.Until)
	sameFrom := e.From.Equal(other.From)
	e.From, e.Until = other.From, other.Until // compared above, as instants
	return sameFrom && sameUntil && e == other
}
