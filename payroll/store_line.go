package payroll

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/payroll/format"
)

const lineColumns = `l.line_id, l.employee_id, e.number, l.period_from, l.period_to, l.day, l.code, l.kind, l.component, l.minutes, l.hundredths,
	l.site, l.cost_centre, l.assignment, l.corrects, a.at, a.by_kind, a.by_id`

// lineTables are the tables of lineColumns.
const lineTables = `payroll_line l JOIN employee e USING (tenant_id, employee_id)
	JOIN approved_line o USING (tenant_id, line_id) JOIN approval a USING (tenant_id, approval_id)`

func scanLine(row pgx.CollectableRow) (format.Line, error) {
	var l format.Line
	var from, to, day time.Time
	err := row.Scan(&l.ID, &l.Employee, &l.Number, &from, &to, &day, &l.Code, &l.Kind, &l.Component, &l.Minutes, &l.Hundredths,
		&l.Site, &l.CostCentre, &l.Assignment, &l.Corrects, &l.ApprovedAt, &l.ApprovedBy.Kind, &l.ApprovedBy.ID)
	l.Period, l.Day = calendar.Period{From: calendar.DateOf(from), To: calendar.DateOf(to)}, calendar.DateOf(day)
	return l, err
}

// RunLines gives the lines of a run, those of a void one too.
func RunLines(ctx context.Context, tx pg.Tx, id int64) ([]format.Line, error) {
	rows, err := tx.Query(ctx, `SELECT `+lineColumns+` FROM `+lineTables+`
		WHERE l.tenant_id = current_tenant() AND l.run_id = $1 ORDER BY e.number, l.period_from, l.day, l.code, l.line_id`, id)
	return collectLines(rows, err)
}

// sentLines gives what stands sent of the employees and periods, in order of id.
func sentLines(ctx context.Context, tx pg.Tx, destination int64, cards map[card]bool) ([]format.Line, error) {
	var employees []int64
	var froms []string
	for c := range cards {
		employees, froms = append(employees, c.employee), append(froms, c.period.From.String())
	}
	slices.Sort(employees)
	slices.Sort(froms)
	rows, err := tx.Query(ctx, `SELECT `+lineColumns+` FROM `+lineTables+`
		WHERE l.tenant_id = current_tenant() AND l.destination_id = $1 AND l.reversed_at IS NULL
			AND l.employee_id = ANY ($2::bigint[]) AND l.period_from = ANY ($3::text[]::date[]) ORDER BY l.line_id`,
		destination, slices.Compact(employees), slices.Compact(froms))
	lines, err := collectLines(rows, err)
	return slices.DeleteFunc(lines, func(l format.Line) bool { return !cards[card{l.Employee, l.Period}] }), err
}

// cardsSent gives the employees and periods that the runs from…to of a
// destination hold, with the newest of those runs.
func cardsSent(ctx context.Context, tx pg.Tx, destination, from, to int64) (map[card]int64, error) {
	rows, err := tx.Query(ctx, `SELECT employee_id, period_from, period_to, max(run_id) FROM payroll_line
		WHERE tenant_id = current_tenant() AND destination_id = $1 AND run_id BETWEEN $2 AND $3 AND reversed_at IS NULL
		GROUP BY employee_id, period_from, period_to`, destination, from, to)
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	cards := map[card]int64{}
	var employee, run int64
	var first, last time.Time
	_, err = pgx.ForEachRow(rows, []any{&employee, &first, &last, &run}, func() error {
		cards[card{employee, calendar.Period{From: calendar.DateOf(first), To: calendar.DateOf(last)}}] = run
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	return cards, nil
}

func collectLines(rows pgx.Rows, err error) ([]format.Line, error) {
	if err != nil {
		return nil, fmt.Errorf("reading payroll lines: %w", err)
	}
	lines, err := pgx.CollectRows(rows, scanLine)
	if err != nil {
		return nil, fmt.Errorf("reading payroll lines: %w", err)
	}
	return lines, nil
}

// waitingMonths gives the first days of the months with approved lines of the
// days that the destination has not been sent: more were approved than stand
// sent. The two sides are counted apart: joined in the database they took
// minutes for 500,000 lines, before it had statistics.
func waitingMonths(ctx context.Context, tx pg.Tx, destination int64, days calendar.Period) (map[calendar.Date]bool, error) {
	rows, err := tx.Query(ctx, `SELECT month, sum(n) FROM (
			SELECT date_trunc('month', day)::date AS month, count(*) AS n FROM approved_line
				WHERE tenant_id = current_tenant() AND day BETWEEN $2 AND $3 GROUP BY 1
			UNION ALL SELECT date_trunc('month', day)::date, -count(*) FROM payroll_line
				WHERE tenant_id = current_tenant() AND destination_id = $1 AND day BETWEEN $2 AND $3 AND reversed_at IS NULL GROUP BY 1) x
		GROUP BY month HAVING sum(n) <> 0`, destination, days.From, days.To)
	if err != nil {
		return nil, fmt.Errorf("looking for lines that wait: %w", err)
	}
	months := map[calendar.Date]bool{}
	var first time.Time
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&first, &n}, func() error { months[calendar.DateOf(first)] = true; return nil }); err != nil {
		return nil, fmt.Errorf("looking for lines that wait: %w", err)
	}
	return months, nil
}

// takenLines gives the ids of the lines of the days that stand sent, with the
// run that took them.
func takenLines(ctx context.Context, tx pg.Tx, destination int64, days calendar.Period) (map[int64]int64, error) {
	rows, err := tx.Query(ctx, `SELECT line_id, run_id FROM payroll_line WHERE tenant_id = current_tenant()
		AND destination_id = $1 AND reversed_at IS NULL AND day BETWEEN $2 AND $3`, destination, days.From, days.To)
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	taken := map[int64]int64{}
	var line, run int64
	_, err = pgx.ForEachRow(rows, []any{&line, &run}, func() error { taken[line] = run; return nil })
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	return taken, nil
}

// insertLines takes lines into a run; payroll_line_once refuses one that
// stands in another (I8).
func insertLines(ctx context.Context, tx pg.Tx, run, destination int64, lines []format.Line) error {
	n := len(lines)
	id, employee, corrects := make([]int64, n), make([]int64, n), make([]int64, n)
	minutes, hundredths := make([]int32, n), make([]int32, n)
	from, to, day, code, component := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	site, centre, assignment, kind := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, l := range lines {
		id[i], employee[i], corrects[i], minutes[i], hundredths[i] = l.ID, l.Employee, l.Corrects, int32(l.Minutes), int32(l.Hundredths)
		from[i], to[i], day[i], code[i] = l.Period.From.String(), l.Period.To.String(), l.Day.String(), l.Code
		component[i], kind[i] = l.Component, string(l.Kind)
		site[i], centre[i], assignment[i] = l.Site, l.CostCentre, l.Assignment
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO payroll_line (tenant_id, run_id, destination_id, line_id, employee_id, period_from, period_to, day, code, component, minutes, hundredths,
			site, cost_centre, assignment, corrects, kind)
		SELECT current_tenant(), $1, $2, l, e, pf::date, pt::date, d::date, c, cp, m, h, s, cc, a, co, k
		FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::int[],
			$11::text[], $12::text[], $13::text[], $14::bigint[], $15::text[], $16::text[]) AS x (l, e, pf, pt, d, c, m, h, s, cc, a, co, cp, k)`,
		run, destination, id, employee, from, to, day, code, minutes, hundredths, site, centre, assignment, corrects, component, kind)
	if err != nil {
		return fmt.Errorf("taking lines into run %d: %w", run, err)
	}
	return nil
}

// Sent gives the employees of whom every approved line of the days from…to,
// both included, stands in a run that is not void.
func Sent(ctx context.Context, tx pg.Tx, from, to calendar.Date) (map[int64]bool, error) {
	rows, err := tx.Query(ctx, `SELECT a.employee_id FROM approved_line a LEFT JOIN (
			SELECT DISTINCT line_id FROM payroll_line WHERE tenant_id = current_tenant() AND day BETWEEN $1::text::date AND $2::text::date AND reversed_at IS NULL
				AND destination_id = ANY (ARRAY(SELECT destination_id FROM payroll_destination WHERE tenant_id = current_tenant()))) l ON l.line_id = a.line_id
		WHERE a.tenant_id = current_tenant() AND a.day BETWEEN $1::text::date AND $2::text::date
		GROUP BY a.employee_id HAVING bool_and(l.line_id IS NOT NULL)`, from.String(), to.String())
	if err != nil {
		return nil, fmt.Errorf("reading whose hours were sent: %w", err)
	}
	sent := map[int64]bool{}
	var employee int64
	if _, err := pgx.ForEachRow(rows, []any{&employee}, func() error { sent[employee] = true; return nil }); err != nil {
		return nil, fmt.Errorf("reading whose hours were sent: %w", err)
	}
	return sent, nil
}
