package hours

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// scopeExists gives ErrNotFound for a scope of something that is not there.
func scopeExists(ctx context.Context, tx pg.Tx, s rule.Scope) error {
	query, ok := map[rule.ScopeKind]string{
		rule.ScopeHirer:      "SELECT EXISTS (SELECT FROM hirer WHERE tenant_id = current_tenant() AND hirer_id = $1)",
		rule.ScopeSite:       "SELECT EXISTS (SELECT FROM site WHERE tenant_id = current_tenant() AND site_id = $1)",
		rule.ScopeContract:   "SELECT EXISTS (SELECT FROM contract WHERE tenant_id = current_tenant() AND contract_id = $1)",
		rule.ScopeAssignment: "SELECT EXISTS (SELECT FROM assignment WHERE tenant_id = current_tenant() AND assignment_id = $1)",
		rule.ScopeEmployee:   "SELECT EXISTS (SELECT FROM employee WHERE tenant_id = current_tenant() AND employee_id = $1)",
	}[s.Kind]
	if !ok {
		return nil // the tenant
	}
	var exists bool
	if err := tx.QueryRow(ctx, query, s.ID).Scan(&exists); err != nil {
		return fmt.Errorf("looking up %s: %w", s, err)
	}
	if !exists {
		return fmt.Errorf("%s: %w", s, ErrNotFound)
	}
	return nil
}

// concerned gives a query for the employees of a scope ($1) from a day ($2) on.
// Of a site they are those who tapped there, were put there by a decision, or
// are assigned to it.
func concerned(kind rule.ScopeKind) string {
	const sites = `SELECT p.employee_id FROM reader_site r JOIN punch p ON p.tenant_id = r.tenant_id AND p.reader_id = r.reader_id
			WHERE r.tenant_id = current_tenant() AND r.site_id IN (SELECT site_id FROM chosen) AND p.employee_id IS NOT NULL
				AND p.placed >= (extract(epoch FROM $2::text::date::timestamp) * 1000)::bigint - 86400000
		UNION SELECT employee_id FROM decision WHERE tenant_id = current_tenant() AND site_id IN (SELECT site_id FROM chosen)
		UNION SELECT employee_id FROM hour_line WHERE tenant_id = current_tenant() AND site_id IN (SELECT site_id FROM chosen) AND day >= $2::text::date - 1
		UNION SELECT employee_id FROM plan_version WHERE tenant_id = current_tenant() AND site_id IN (SELECT site_id FROM chosen)
			AND to_at * 60 >= extract(epoch FROM $2::text::date::timestamp)
		UNION SELECT employee_id FROM assignment WHERE tenant_id = current_tenant() AND site_id IN (SELECT site_id FROM chosen)`
	switch kind {
	case rule.ScopeHirer:
		return `WITH chosen AS (SELECT site_id FROM site_hirer WHERE tenant_id = current_tenant() AND hirer_id = $1::bigint) ` + sites + `
			UNION SELECT employee_id FROM assignment WHERE tenant_id = current_tenant() AND hirer_id = $1::bigint`
	case rule.ScopeSite:
		return `WITH chosen AS (SELECT $1::bigint AS site_id) ` + sites
	case rule.ScopeContract:
		return `SELECT DISTINCT t.employee_id FROM employee_terms t WHERE t.tenant_id = current_tenant() AND t.contract_id = $1::bigint
			AND NOT EXISTS (SELECT FROM employee_terms n WHERE n.tenant_id = t.tenant_id AND n.employee_id = t.employee_id
				AND n.from_day > t.from_day AND n.from_day <= $2::text::date - 1)`
	case rule.ScopeAssignment:
		return `SELECT employee_id FROM assignment WHERE tenant_id = current_tenant() AND assignment_id = $1::bigint
			AND (until_day IS NULL OR until_day >= $2::text::date - 1)`
	case rule.ScopeEmployee:
		return `SELECT employee_id FROM employee WHERE tenant_id = current_tenant() AND employee_id = $1::bigint AND $2::text <> ''`
	}
	return `SELECT employee_id FROM employee WHERE tenant_id = current_tenant() AND $1::bigint = 0
			AND (employed_until IS NULL OR employed_until >= $2::text::date - 1)
		UNION SELECT employee_id FROM worked_day WHERE tenant_id = current_tenant() AND day >= $2::text::date - 1`
}

func (r ruleReach) last() string {
	if (r.until == calendar.Date{}) {
		return "2101-01-01"
	}
	return r.until.String()
}

// frozen gives the approved weeks that the rules reach; nil: none. A week that
// was reopened counts: its lines may have gone to payroll.
func (r ruleReach) frozen(ctx context.Context, tx pg.Tx) (*FrozenWeeks, error) {
	var f FrozenWeeks
	var first, last *time.Time
	err := tx.QueryRow(ctx, `SELECT count(*), count(DISTINCT employee_id), min(monday), max(monday) FROM approval
		WHERE tenant_id = current_tenant() AND corrects IS NULL AND monday >= $2::text::date - 6 AND monday <= $3::text::date
			AND employee_id IN (`+concerned(r.scope.Kind)+`)`, r.scope.ID, r.from.String(), r.last()).Scan(&f.Weeks, &f.Employees, &first, &last)
	if err != nil {
		return nil, fmt.Errorf("looking for approved weeks: %w", err)
	}
	if f.Weeks == 0 {
		return nil, nil
	}
	f.First, f.Last = calendar.DateOf(*first).Week(), calendar.DateOf(*last).Week()
	return &f, nil
}

// due notes that the days which the rules reach have to be computed again: up
// to now, and as far as anything is known or was planned beyond. A day more on either side is
// for zones and nights.
func (r ruleReach) due(ctx context.Context, tx pg.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
		SELECT current_tenant(), e.employee_id, x.a, x.b FROM employee e CROSS JOIN LATERAL (
			SELECT (extract(epoch FROM greatest($2::text::date, e.employed_from)::timestamp) * 1000)::bigint - 86400000 AS a,
				least(greatest($4::bigint, (SELECT (extract(epoch FROM max(w.day)::timestamp) * 1000)::bigint FROM worked_day w
					WHERE w.tenant_id = e.tenant_id AND w.employee_id = e.employee_id),
					(SELECT max(v.to_at) * 60000 FROM plan_version v WHERE v.tenant_id = e.tenant_id AND v.employee_id = e.employee_id)) + 86400000,
					(extract(epoch FROM $3::text::date::timestamp) * 1000)::bigint + 2 * 86400000) AS b) x
		WHERE e.tenant_id = current_tenant() AND x.a <= x.b AND e.employee_id IN (`+concerned(r.scope.Kind)+`)`,
		r.scope.ID, r.from.String(), r.last(), now.UnixMilli())
	if err != nil {
		return fmt.Errorf("noting what new rules change: %w", err)
	}
	return nil
}

// employees gives the employees that the rules reach, in order, after one, at
// most so many; and how many there are in all.
func (r ruleReach) employees(ctx context.Context, tx pg.Tx, to calendar.Date, limit int) (ids []int64, all int, err error) {
	rows, err := tx.Query(ctx, `SELECT e.employee_id, count(*) OVER () FROM employee e
		WHERE e.tenant_id = current_tenant() AND e.employed_from <= $3::text::date AND (e.employed_until IS NULL OR e.employed_until >= $2::text::date - 1)
			AND e.employee_id IN (`+concerned(r.scope.Kind)+`) ORDER BY e.employee_id LIMIT $4`, r.scope.ID, r.from.String(), to.String(), limit)
	if err != nil {
		return nil, 0, fmt.Errorf("looking for whom rules concern: %w", err)
	}
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&id, &all}, func() error {
		ids = append(ids, id)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("looking for whom rules concern: %w", err)
	}
	return ids, all, nil
}

// scopesTogether gives which scopes with rules of their own meet in somebody's
// work, from some weeks before a new set's day on. The new set's is one.
func scopesTogether(ctx context.Context, tx pg.Tx, sets []rule.Set, s rule.Set) ([]rule.Of, error) {
	if !meet(append(slices.Clip(sets), s)) {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `
		WITH layered AS (
			SELECT scope, scope_id FROM rule_set WHERE tenant_id = current_tenant() AND scope <> 'tenant' UNION SELECT $1::text, $2::bigint),
		met AS (
			SELECT e.employee_id, t.contract_id, a.assignment_id, COALESCE(s.hirer_id, a.hirer_id) AS hirer_id, s.site_id
			FROM employee e
			LEFT JOIN employee_terms t ON t.tenant_id = e.tenant_id AND t.employee_id = e.employee_id
				AND NOT EXISTS (SELECT FROM employee_terms n WHERE n.tenant_id = t.tenant_id AND n.employee_id = t.employee_id
					AND n.from_day > t.from_day AND n.from_day <= $3::text::date)
			LEFT JOIN assignment a ON a.tenant_id = e.tenant_id AND a.employee_id = e.employee_id AND (a.until_day IS NULL OR a.until_day >= $3::text::date)
			LEFT JOIN (SELECT DISTINCT employee_id, site_id FROM hour_line WHERE tenant_id = current_tenant() AND day >= $3::text::date - 35) w
				ON w.employee_id = e.employee_id
			LEFT JOIN site s ON s.tenant_id = e.tenant_id AND s.site_id = COALESCE(a.site_id, w.site_id)
			WHERE e.tenant_id = current_tenant() AND (e.employed_until IS NULL OR e.employed_until >= $3::text::date))
		SELECT DISTINCT
			CASE WHEN EXISTS (SELECT FROM layered WHERE scope = 'employee' AND scope_id = employee_id) THEN employee_id ELSE 0 END,
			CASE WHEN EXISTS (SELECT FROM layered WHERE scope = 'contract' AND scope_id = contract_id) THEN contract_id ELSE 0 END,
			CASE WHEN EXISTS (SELECT FROM layered WHERE scope = 'assignment' AND scope_id = assignment_id) THEN assignment_id ELSE 0 END,
			CASE WHEN EXISTS (SELECT FROM layered WHERE scope = 'hirer' AND scope_id = hirer_id) THEN hirer_id ELSE 0 END,
			CASE WHEN EXISTS (SELECT FROM layered WHERE scope = 'site' AND scope_id = site_id) THEN site_id ELSE 0 END
		FROM met`, s.Scope.Kind, s.Scope.ID, s.From.String())
	if err != nil {
		return nil, fmt.Errorf("looking for rules that meet: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (o rule.Of, err error) {
		return o, r.Scan(&o.Employee, &o.Contract, &o.Assignment, &o.Hirer, &o.Site)
	})
	if err != nil {
		return nil, fmt.Errorf("looking for rules that meet: %w", err)
	}
	return out, nil
}

// meet says whether there are layers of two kinds, which may come together.
func meet(sets []rule.Set) bool {
	kinds := map[rule.ScopeKind]bool{}
	for _, s := range sets {
		kinds[s.Scope.Kind] = !s.Scope.IsTenant()
	}
	n := 0
	for _, layer := range kinds {
		if layer {
			n++
		}
	}
	return n > 1
}

// RefusedLayers gives the layers that are left out for somebody from a day on
// because they came to contradict others: each version once.
func RefusedLayers(ctx context.Context, tx pg.Tx, day calendar.Date) ([]rule.Refusal, error) {
	sets, err := RuleSets(ctx, tx)
	if err != nil {
		return nil, err
	}
	together, err := scopesTogether(ctx, tx, sets, rule.Set{From: day})
	if err != nil {
		return nil, err
	}
	book, err := rule.NewBook(sets)
	if err != nil {
		return nil, err
	}
	var out []rule.Refusal
	seen := map[int]bool{}
	for _, of := range together {
		for _, r := range book.For(day, of).Refused {
			if !seen[r.Set.Version] {
				seen[r.Set.Version] = true
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// ScopeNames gives what the subjects of scopes are called: an employee's name,
// an assignment's number.
func ScopeNames(ctx context.Context, tx pg.Tx, scopes []rule.Scope) (map[rule.Scope]string, error) {
	var kinds []string
	var ids []int64
	for _, s := range scopes {
		kinds, ids = append(kinds, string(s.Kind)), append(ids, s.ID)
	}
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		WITH n AS (SELECT DISTINCT kind, id FROM unnest($1::text[], $2::bigint[]) x(kind, id))
		SELECT n.kind, n.id, s.name, NULL::bytea FROM n JOIN site s ON s.tenant_id = current_tenant() AND s.site_id = n.id AND n.kind = 'site'
		UNION ALL SELECT n.kind, n.id, h.name, NULL FROM n JOIN hirer h ON h.tenant_id = current_tenant() AND h.hirer_id = n.id AND n.kind = 'hirer'
		UNION ALL SELECT n.kind, n.id, c.name, NULL FROM n JOIN contract c ON c.tenant_id = current_tenant() AND c.contract_id = n.id AND n.kind = 'contract'
		UNION ALL SELECT n.kind, n.id, a.number, NULL FROM n JOIN assignment a ON a.tenant_id = current_tenant() AND a.assignment_id = n.id AND n.kind = 'assignment'
		UNION ALL SELECT n.kind, n.id, e.surname, `+pg.OfPerson("e", "first_name")+` FROM n
			JOIN employee e ON e.tenant_id = current_tenant() AND e.employee_id = n.id AND n.kind = 'employee'`, kinds, ids)
	if err != nil {
		return nil, fmt.Errorf("reading whom rules are for: %w", err)
	}
	out := map[rule.Scope]string{}
	var s rule.Scope
	var name, first string
	_, err = pgx.ForEachRow(rows, []any{&s.Kind, &s.ID, &name, box.Text(&first)}, func() error {
		if out[s] = name; first != "" {
			out[s] += ", " + first
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading whom rules are for: %w", err)
	}
	return out, nil
}

// ScopeByNumber gives the employee, or the assignment that began last, of a
// number. ErrNotFound where there is none.
func ScopeByNumber(ctx context.Context, tx pg.Tx, kind rule.ScopeKind, number string) (rule.Scope, error) {
	s := rule.Scope{Kind: kind}
	err := tx.QueryRow(ctx, `SELECT id FROM (
			SELECT employee_id AS id, employed_from AS d FROM employee WHERE tenant_id = current_tenant() AND $1 = 'employee' AND number = $2
			UNION ALL SELECT assignment_id, from_day FROM assignment WHERE tenant_id = current_tenant() AND $1 = 'assignment' AND number = $2) x
		ORDER BY d DESC LIMIT 1`, kind, number).Scan(&s.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, fmt.Errorf("%s %q: %w", kind, number, ErrNotFound)
	}
	if err != nil {
		return s, fmt.Errorf("looking up a number: %w", err)
	}
	return s, nil
}
