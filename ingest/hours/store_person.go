package hours

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// readPeople reads who the employees are, what they agreed on and for whom
// they work.
func readPeople(ctx context.Context, tx pg.Tx, employees []int64, out map[int64]Facts) error {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT e.employee_id, COALESCE(NULLIF(e.zone, ''), t.zone), e.employed_from, e.employed_until, e.contract_minutes, `+pg.OfPerson("e", "birth_date")+`
		FROM employee e JOIN tenant t ON t.tenant_id = e.tenant_id
		WHERE e.tenant_id = current_tenant() AND e.employee_id = ANY ($1)`, employees)
	if err != nil {
		return fmt.Errorf("reading employees: %w", err)
	}
	zones := map[string]*time.Location{}
	var id int64
	var name string
	var from time.Time
	var until, born *time.Time
	var minutes int
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &from, &until, &minutes, box.Day(&born)}, func() (err error) {
		if zones[name] == nil {
			if zones[name], err = time.LoadLocation(name); err != nil {
				return fmt.Errorf("zone %q of an employee: %w", name, err)
			}
		}
		p := Person{ID: id, Zone: zones[name], From: calendar.DateOf(from), Terms: []Terms{{Minutes: minutes}}}
		if until != nil {
			p.Until = calendar.DateOf(*until)
		}
		if born != nil {
			p.Born = calendar.DateOf(*born)
		}
		out[id] = Facts{Person: p}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading employees: %w", err)
	}
	if err := readTerms(ctx, tx, employees, out); err != nil {
		return err
	}
	return readWork(ctx, tx, employees, out)
}

// contractOn gives the minutes a week that employee e agreed on for the day $1.
const contractOn = `COALESCE((SELECT c.minutes FROM employee_terms c WHERE c.tenant_id = e.tenant_id AND c.employee_id = e.employee_id
	AND c.from_day <= $1::text::date ORDER BY c.from_day DESC LIMIT 1), e.contract_minutes)`

// readTerms adds the dated terms to those that hold from the beginning.
func readTerms(ctx context.Context, tx pg.Tx, employees []int64, out map[int64]Facts) error {
	rows, err := tx.Query(ctx, `SELECT employee_id, from_day, COALESCE(contract_id, 0), minutes FROM employee_terms
		WHERE tenant_id = current_tenant() AND employee_id = ANY ($1) ORDER BY employee_id, from_day`, employees)
	if err != nil {
		return fmt.Errorf("reading terms: %w", err)
	}
	var id int64
	var t Terms
	_, err = pgx.ForEachRow(rows, []any{&id, &t.From, &t.Contract, &t.Minutes}, func() error {
		f := out[id]
		f.Person.Terms = append(f.Person.Terms, t)
		out[id] = f
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading terms: %w", err)
	}
	return nil
}

// readWork adds the assignments of employees; nil: of all.
func readWork(ctx context.Context, tx pg.Tx, employees []int64, out map[int64]Facts) error {
	rows, err := tx.Query(ctx, `SELECT employee_id, assignment_id, COALESCE(hirer_id, 0), COALESCE(site_id, 0), number, cost_centre, from_day, until_day
		FROM assignment WHERE tenant_id = current_tenant() AND ($1::bigint[] IS NULL OR employee_id = ANY ($1)) ORDER BY employee_id, from_day, assignment_id`, employees)
	if err != nil {
		return fmt.Errorf("reading assignments: %w", err)
	}
	var id int64
	var a Assignment
	var until *time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &a.ID, &a.Hirer, &a.Site, &a.Number, &a.CostCentre, &a.From, &until}, func() error {
		f, work := out[id], a
		if until != nil {
			work.Until = calendar.DateOf(*until)
		}
		f.Person.Work = append(f.Person.Work, work)
		out[id] = f
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading assignments: %w", err)
	}
	return nil
}

// WorkAt gives on which assignments all employees work at sites.
func WorkAt(ctx context.Context, tx pg.Tx) (Work, error) { return workOf(ctx, tx, nil) }

// workOf is WorkAt of some employees; nil: of all.
func workOf(ctx context.Context, tx pg.Tx, employees []int64) (Work, error) {
	out := Work{people: map[int64]Facts{}}
	if err := readWork(ctx, tx, employees, out.people); err != nil {
		return Work{}, err
	}
	var err error
	out.hirers, err = readHirers(ctx, tx)
	return out, err
}

// readHirers gives which hirer each site was of, and is.
func readHirers(ctx context.Context, tx pg.Tx) (Hirers, error) {
	rows, err := tx.Query(ctx, "SELECT site_id, from_day, COALESCE(hirer_id, 0) FROM site_hirer WHERE tenant_id = current_tenant() ORDER BY site_id, from_day")
	if err != nil {
		return nil, fmt.Errorf("reading the hirers of sites: %w", err)
	}
	out := Hirers{}
	var site int64
	var h SiteHirer
	_, err = pgx.ForEachRow(rows, []any{&site, &h.From, &h.Hirer}, func() error {
		out[site] = append(out[site], h)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the hirers of sites: %w", err)
	}
	return out, nil
}
