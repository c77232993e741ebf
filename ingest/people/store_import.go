package people

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Preview says what an import would do.
type Preview struct {
	Added, Changed, Same int
	Problems             []Problem // what is wrong with lines against what is stored: these are imported by none
}

// CheckImport compares rows with the employees that are there, by personnel
// number, without changing anything.
func CheckImport(ctx context.Context, tx pg.Tx, rows []Row) (Preview, error) {
	p, _, err := compareRows(ctx, tx, rows)
	return p, err
}

// ImportEmployees adds or changes the employees of rows, by personnel number,
// and the terms that lines tell. With problems it imports nothing and returns
// ErrProblems, unless goodOnly.
func ImportEmployees(ctx context.Context, tx pg.Tx, by audit.Actor, rows []Row, problems []Problem, goodOnly bool) (Preview, error) {
	p, changes, err := compareRows(ctx, tx, rows)
	if err != nil {
		return Preview{}, err
	}
	if len(problems)+len(p.Problems) > 0 && !goodOnly {
		return Preview{Problems: p.Problems}, ErrProblems
	}
	for _, c := range changes {
		if err := c.make(ctx, tx, by); err != nil {
			return Preview{}, fmt.Errorf("line %d: %w", c.line, err)
		}
	}
	return p, nil
}

// termsFor gives what a line says that was agreed on; hours that it does not
// tell stay as they are.
func (r Row) termsFor(contract int64, old Employee, terms map[time.Time]Terms) Terms {
	t := r.terms(contract)
	if old.ID == 0 || r.told[fieldContract] {
		return t
	}
	t.Minutes = old.ContractMinutes
	var latest time.Time
	for from, was := range terms {
		if !t.From.Before(from) && !from.Before(latest) {
			latest, t.Minutes = from, was.Minutes
		}
	}
	return t
}

// rowChange is what a line changes.
type rowChange struct {
	line     int
	employee Employee
	known    bool // the employee is there
	same     bool // and stays as it is
	terms    *Terms
}

// compareRows gives what rows would change.
func compareRows(ctx context.Context, tx pg.Tx, rows []Row) (p Preview, changes []rowChange, err error) {
	known, err := byNumber(ctx, tx)
	if err != nil {
		return p, nil, err
	}
	contracts, terms, err := agreed(ctx, tx)
	if err != nil {
		return p, nil, err
	}
	for _, r := range rows {
		if err := allowed(ctx, tx, r.Employee); err != nil {
			return Preview{}, nil, fmt.Errorf("line %d: %w", r.Line, err)
		}
		old, found := known[r.Employee.Number]
		c := rowChange{line: r.Line, employee: r.Employee, known: found}
		if found {
			c.employee = r.over(old)
			c.same = old.same(c.employee)
		}
		id, ok := contracts[r.Contract]
		if !ok {
			p.Problems = append(p.Problems, Problem{r.Line, "", "unknown-contract", nil, fmt.Sprintf("there is no contract %q; add it first, or correct the name", r.Contract)})
			continue
		}
		if t := r.termsFor(id, old, terms[old.ID]); r.dated() && terms[old.ID][t.From] != (Terms{old.ID, t.From, id, t.Minutes}) {
			c.terms = &t
		}
		switch {
		case !found:
			p.Added++
		case c.same && c.terms == nil:
			p.Same++
			continue
		default:
			p.Changed++
		}
		changes = append(changes, c)
	}
	return p, changes, nil
}

func (c rowChange) make(ctx context.Context, tx pg.Tx, by audit.Actor) (err error) {
	switch {
	case !c.known:
		c.employee.ID, err = CreateEmployee(ctx, tx, by, c.employee)
	case !c.same:
		err = UpdateEmployee(ctx, tx, by, c.employee)
	}
	if err == nil && c.terms != nil {
		c.terms.Employee = c.employee.ID
		err = SaveTerms(ctx, tx, by, *c.terms)
	}
	return err
}

// agreed gives the contracts by name, and the terms by employee and day.
func agreed(ctx context.Context, tx pg.Tx) (map[string]int64, map[int64]map[time.Time]Terms, error) {
	all, err := Contracts(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	contracts := map[string]int64{"": 0}
	for _, c := range all {
		contracts[c.Name] = c.ID
	}
	list, err := TermsOf(ctx, tx, 0)
	terms := map[int64]map[time.Time]Terms{}
	for _, t := range list {
		if terms[t.Employee] == nil {
			terms[t.Employee] = map[time.Time]Terms{}
		}
		t.From = day(t.From)
		terms[t.Employee][t.From] = t
	}
	return contracts, terms, err
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
	if r.told[fieldBorn] {
		e.Born = r.Employee.Born
	}
	if r.told[fieldContract] && !r.dated() { // else they are of the terms
		e.ContractMinutes = r.Employee.ContractMinutes
	}
	if r.told[fieldUntil] {
		e.Until = r.Employee.Until
	}
	return e
}

func (e Employee) same(other Employee) bool {
	same := e.From.Equal(other.From) && sameDay(e.Until, other.Until) && sameDay(e.Born, other.Born)
	e.From, e.Until, e.Born = other.From, other.Until, other.Born // compared above, as instants
	return same && e == other
}

func sameDay(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}
