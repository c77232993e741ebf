package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/law"
	"tikklok/ingest/pg"
)

// What the Act looks back on, in days: 52 weeks, and for a series or a rest
// that a day changes, the week before it.
const (
	lawReach = 8
	lawBack  = 52*7 + 2*7 + lawReach
)

// CheckLaw holds whoever's days were written since the last call against the
// Working Hours Act, or the agreement in its place, in bounded transactions.
// What it finds is LawFindings; a breach is an exception of its day too. It
// follows Recompute, and may run at several places at once.
func CheckLaw(ctx context.Context, db *pg.DB, tenant int64, now time.Time) error {
	for more := true; more; {
		err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
			more, err = checkLaw(ctx, tx, now, nil)
			return err
		})
		if err != nil {
			return fmt.Errorf("holding hours against the law: %w", err)
		}
	}
	return nil
}

// lawDue is who is to be checked, from which day on.
type lawDue struct {
	employees []int64
	from      []string
	day       map[int64]calendar.Date
}

// checkLaw does one bounded piece, of these employees (nil: of all); more says
// that there is more to do.
func checkLaw(ctx context.Context, tx pg.Tx, now time.Time, only []int64) (more bool, err error) {
	var waits bool // without a lock: mostly nothing does
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM law_due WHERE tenant_id = current_tenant() AND ($1::bigint[] IS NULL OR employee_id = ANY ($1)))", only).Scan(&waits)
	if err != nil || !waits {
		return false, err
	}
	if err := lock(ctx, tx); err != nil {
		return false, err
	}
	due, err := takeLawDue(ctx, tx, only)
	if err != nil || len(due.employees) == 0 {
		return false, err
	}
	agreements, err := Agreements(ctx, tx)
	if err != nil {
		return false, err
	}
	people := map[int64]Facts{}
	if err := readPeople(ctx, tx, due.employees, people); err != nil {
		return false, err
	}
	work, err := readWorked(ctx, tx, due.employees, due.from, lawBack)
	if err != nil {
		return false, err
	}
	var found []LawFinding
	for _, id := range due.employees {
		since := due.day[id].In(time.UTC).Unix()/60 - lawReach*24*60
		all := work[id]
		for _, f := range law.Check(history(people[id].Person.Zone, all), LawOf(agreements, people[id].Person), now.Unix()/60) {
			if f.Over.To > since {
				f.Day = dayOf(all, f.At, f.Day)
				found = append(found, LawFinding{id, f})
			}
		}
	}
	if err := due.writeFindings(ctx, tx, found); err != nil {
		return false, err
	}
	return len(due.employees) == employeesAtOnce, due.writeBreaches(ctx, tx, found)
}

func takeLawDue(ctx context.Context, tx pg.Tx, only []int64) (due lawDue, err error) {
	due.day = map[int64]calendar.Date{}
	rows, err := tx.Query(ctx, `DELETE FROM law_due WHERE tenant_id = current_tenant() AND employee_id IN (
			SELECT employee_id FROM law_due WHERE tenant_id = current_tenant() AND ($2::bigint[] IS NULL OR employee_id = ANY ($2)) ORDER BY employee_id LIMIT $1)
		RETURNING employee_id, from_day`, employeesAtOnce, only)
	if err != nil {
		return due, fmt.Errorf("reading whom to check: %w", err)
	}
	var id int64
	var from calendar.Date
	_, err = pgx.ForEachRow(rows, []any{&id, &from}, func() error {
		due.employees, due.from = append(due.employees, id), append(due.from, from.String())
		due.day[id] = from
		return nil
	})
	if err != nil {
		return due, fmt.Errorf("reading whom to check: %w", err)
	}
	return due, nil
}

// readWorked reads the shifts of employees, each from so many days before a
// day on.
func readWorked(ctx context.Context, tx pg.Tx, employees []int64, from []string, back int) (map[int64][]datedWork, error) {
	rows, err := tx.Query(ctx, `SELECT w.employee_id, w.day, w.spans FROM unnest($1::bigint[], $2::text[]) n(employee, day)
		JOIN worked_day w ON w.tenant_id = current_tenant() AND w.employee_id = n.employee AND w.day >= n.day::date - $3::int AND w.spans <> '{}'
		ORDER BY w.employee_id, w.day`, employees, from, back)
	if err != nil {
		return nil, fmt.Errorf("reading shifts: %w", err)
	}
	out := map[int64][]datedWork{}
	var id int64
	var day calendar.Date
	var spans []int64
	_, err = pgx.ForEachRow(rows, []any{&id, &day, &spans}, func() error {
		out[id] = append(out[id], readSpans(day, spans)...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading shifts: %w", err)
	}
	return out, nil
}

// writeFindings replaces what rests on the days that are due.
func (due lawDue) writeFindings(ctx context.Context, tx pg.Tx, found []LawFinding) error {
	_, err := tx.Exec(ctx, `DELETE FROM law_finding f USING unnest($1::bigint[], $2::text[]) n(employee, day)
		WHERE f.tenant_id = current_tenant() AND f.employee_id = n.employee
			AND f.over_to > extract(epoch FROM n.day::timestamp)::bigint / 60 - $3::bigint * 1440`, due.employees, due.from, lawReach)
	if err != nil {
		return fmt.Errorf("replacing findings: %w", err)
	}
	rows := make([][]any, len(found))
	for i, f := range found {
		shifts := make([]int64, 0, 2*len(f.Shifts))
		for _, s := range f.Shifts {
			shifts = append(shifts, s.From, s.To)
		}
		rows[i] = []any{f.Employee, f.Day.String(), f.Row, f.At, f.Severity, f.Over.From, f.Over.To, f.Allowed, f.Found, shifts}
	}
	for _, r := range rows {
		_, err := tx.Exec(ctx, `INSERT INTO law_finding (tenant_id, employee_id, day, rule, at, severity, over_from, over_to, allowed, found, shifts)
			VALUES (current_tenant(), $1, $2::text::date, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`, r...)
		if err != nil {
			return fmt.Errorf("storing findings: %w", err)
		}
	}
	return nil
}

// writeBreaches makes exceptions of breaches on the days that are due, and
// takes away those that are none any more; what somebody accepted is none.
func (due lawDue) writeBreaches(ctx context.Context, tx pg.Tx, found []LawFinding) error {
	accepted, err := acceptedBreaches(ctx, tx, due.employees)
	if err != nil {
		return err
	}
	byEmployee := map[int64][]LawFinding{}
	for _, f := range found {
		byEmployee[f.Employee] = append(byEmployee[f.Employee], f)
	}
	var who []int64
	var days, lists []string
	for id, findings := range byEmployee {
		for day, exceptions := range breaches(findings) {
			list := []Exception{}
			for _, e := range exceptions {
				if !accepted[acceptedBreach{id, day, e.About()}] {
					list = append(list, e)
				}
			}
			text, err := json.Marshal(list)
			if err != nil {
				return fmt.Errorf("writing down a breach: %w", err)
			}
			who, days, lists = append(who, id), append(days, day.String()), append(lists, string(text))
		}
	}
	_, err = tx.Exec(ctx, `
		WITH others AS (
			SELECT w.employee_id, w.day, w.detail, COALESCE(n.list::jsonb, '[]') AS law,
				COALESCE((SELECT jsonb_agg(x ORDER BY i) FROM jsonb_array_elements(w.detail->'exceptions') WITH ORDINALITY e(x, i) WHERE x->>'kind' <> 'law'), '[]') AS rest
			FROM unnest($1::bigint[], $2::text[]) d(employee, day)
			JOIN worked_day w ON w.tenant_id = current_tenant() AND w.employee_id = d.employee AND w.day >= d.day::date - $3::int
			LEFT JOIN unnest($4::bigint[], $5::text[], $6::text[]) n(employee, day, list) ON n.employee = w.employee_id AND n.day::date = w.day
			WHERE n.list IS NOT NULL OR w.detail @> '{"exceptions": [{"kind": "law"}]}')
		UPDATE worked_day w SET detail = CASE WHEN o.rest || o.law = '[]' THEN o.detail - 'exceptions' ELSE jsonb_set(o.detail, '{exceptions}', o.rest || o.law) END
		FROM others o WHERE w.tenant_id = current_tenant() AND w.employee_id = o.employee_id AND w.day = o.day
			AND COALESCE(o.detail->'exceptions', '[]') <> o.rest || o.law`, due.employees, due.from, lawReach, who, days, lists)
	if err != nil {
		return fmt.Errorf("noting breaches: %w", err)
	}
	return nil
}

// acceptedBreach is a breach that somebody accepted.
type acceptedBreach struct {
	employee int64
	day      calendar.Date
	about    ExceptionKind
}

func acceptedBreaches(ctx context.Context, tx pg.Tx, employees []int64) (map[acceptedBreach]bool, error) {
	rows, err := tx.Query(ctx, `SELECT d.employee_id, d.day, d.about FROM decision d
		WHERE d.tenant_id = current_tenant() AND d.employee_id = ANY ($1) AND d.kind = 'accept' AND d.about LIKE 'law:%' AND d.day IS NOT NULL
			AND NOT EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id)`, employees)
	if err != nil {
		return nil, fmt.Errorf("reading accepted breaches: %w", err)
	}
	out := map[acceptedBreach]bool{}
	var a acceptedBreach
	_, err = pgx.ForEachRow(rows, []any{&a.employee, &a.day, &a.about}, func() error {
		out[a] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading accepted breaches: %w", err)
	}
	return out, nil
}

// LawFindings gives what was found on the days of a period, of one employee or
// (0) of all: by employee and time.
func LawFindings(ctx context.Context, tx pg.Tx, days calendar.Period, employee int64) ([]LawFinding, error) {
	rows, err := tx.Query(ctx, `SELECT employee_id, day, rule, at, severity, over_from, over_to, allowed, found, shifts FROM law_finding
		WHERE tenant_id = current_tenant() AND day BETWEEN $1::text::date AND $2::text::date AND $3::bigint IN (0, employee_id)
		ORDER BY employee_id, at, rule`, days.From.String(), days.To.String(), employee)
	if err != nil {
		return nil, fmt.Errorf("reading what the law limits: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (f LawFinding, err error) {
		var shifts []int64
		err = r.Scan(&f.Employee, &f.Day, &f.Row, &f.At, &f.Severity, &f.Over.From, &f.Over.To, &f.Allowed, &f.Found, &shifts)
		for i := 0; i+1 < len(shifts); i += 2 {
			f.Shifts = append(f.Shifts, law.Span{From: shifts[i], To: shifts[i+1]})
		}
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what the law limits: %w", err)
	}
	return all, nil
}

// weekFindings gives what was found in the week of one timesheet, or of many,
// by employee.
func weekFindings(ctx context.Context, tx pg.Tx, week calendar.Week, sheets []*sheet) (map[int64][]LawFinding, error) {
	only := int64(0)
	if len(sheets) == 1 {
		only = sheets[0].Who.ID
	}
	all, err := LawFindings(ctx, tx, calendar.Period{From: week.Monday(), To: week.Sunday()}, only)
	out := map[int64][]LawFinding{}
	for _, f := range all {
		out[f.Employee] = append(out[f.Employee], f)
	}
	return out, err
}
