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
	o.site_id, l.site, l.cost_centre, l.assignment, l.corrects, a.at, a.by_kind, a.by_id`

// lineTables are the tables of lineColumns.
const lineTables = `payroll_line l JOIN employee e USING (tenant_id, employee_id)
	JOIN approved_line o USING (tenant_id, line_id) JOIN approval a USING (tenant_id, approval_id)`

func scanLine(row pgx.CollectableRow) (format.Line, error) {
	var l format.Line
	var from, to, day time.Time
	err := row.Scan(&l.ID, &l.Employee, &l.Number, &from, &to, &day, &l.Code, &l.Kind, &l.Component, &l.Minutes, &l.Hundredths,
		&l.SiteID, &l.Site, &l.CostCentre, &l.Assignment, &l.Corrects, &l.ApprovedAt, &l.ApprovedBy.Kind, &l.ApprovedBy.ID)
	l.Period, l.Day = calendar.Period{From: calendar.DateOf(from), To: calendar.DateOf(to)}, calendar.DateOf(day)
	return l, err
}

// RunLines gives the lines of a run, those of a void one too.
func RunLines(ctx context.Context, tx pg.Tx, id int64) ([]format.Line, error) {
	rows, err := tx.Query(ctx, `SELECT `+lineColumns+` FROM `+lineTables+`
		WHERE l.tenant_id = current_tenant() AND l.run_id = $1 ORDER BY e.number, l.period_from, l.day, l.code, l.line_id`, id)
	return collectLines(rows, err)
}

// sentLines gives what stands sent of the employees and periods, in order of
// id. Each is looked up by its key; OFFSET 0 keeps the planner from reading all
// for a few.
func sentLines(ctx context.Context, tx pg.Tx, destination int64, cards []card) ([]format.Line, error) {
	employees, froms, tos := make([]int64, len(cards)), make([]time.Time, len(cards)), make([]time.Time, len(cards))
	for i, c := range cards {
		employees[i], froms[i], tos[i] = c.employee, c.period.From.In(time.UTC), c.period.To.In(time.UTC)
	}
	rows, err := tx.Query(ctx, `SELECT `+lineColumns+` FROM unnest($2::bigint[], $3::date[], $4::date[]) AS c (employee_id, first, last)
		CROSS JOIN LATERAL (SELECT * FROM payroll_line WHERE tenant_id = current_tenant() AND destination_id = $1 AND reversed_at IS NULL
			AND employee_id = c.employee_id AND period_from = c.first AND period_to = c.last OFFSET 0) l
		CROSS JOIN LATERAL (SELECT number FROM employee WHERE tenant_id = current_tenant() AND employee_id = l.employee_id OFFSET 0) e
		CROSS JOIN LATERAL (SELECT approval_id, site_id FROM approved_line WHERE tenant_id = current_tenant() AND line_id = l.line_id OFFSET 0) o
		CROSS JOIN LATERAL (SELECT at, by_kind, by_id FROM approval WHERE tenant_id = current_tenant() AND approval_id = o.approval_id OFFSET 0) a
		ORDER BY l.line_id`, destination, employees, froms, tos)
	return collectLines(rows, err)
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

// planAnew has the transaction's questions planned each time they are asked: a
// plan from when a table was small reads all of it once it has grown.
func planAnew(ctx context.Context, tx pg.Tx) error {
	if _, err := tx.Exec(ctx, "SET LOCAL plan_cache_mode = force_custom_plan"); err != nil {
		return fmt.Errorf("choosing how to look lines up: %w", err)
	}
	return nil
}

// waitingEmployees gives whose approved lines of the days the destination has
// not been sent, by number and id, with the months in which they are: where
// more, or others, were approved than stand sent. The two sides are counted
// apart: joined in the database they took minutes for 500,000 lines, before it
// had statistics.
func waitingEmployees(ctx context.Context, tx pg.Tx, destination int64, days calendar.Period) ([]waitingEmployee, error) {
	rows, err := tx.Query(ctx, `SELECT employee_id, number, month, lines, sent FROM (
			SELECT employee_id, month, sum(abs(n))::int AS lines, bool_or(n < 0) AS sent FROM (
				SELECT employee_id, date_trunc('month', day::timestamp)::date AS month, count(*) AS n FROM approved_line
					WHERE tenant_id = current_tenant() AND day BETWEEN $2 AND $3 GROUP BY 1, 2
				UNION ALL SELECT employee_id, date_trunc('month', day::timestamp)::date, -count(*) FROM payroll_line
					WHERE tenant_id = current_tenant() AND destination_id = $1 AND day BETWEEN $2 AND $3 AND reversed_at IS NULL GROUP BY 1, 2) x
			GROUP BY 1, 2 HAVING sum(n) <> 0) w
		JOIN employee e USING (employee_id) WHERE e.tenant_id = current_tenant()
		ORDER BY number COLLATE "C", employee_id, month`, destination, days.From, days.To)
	if err != nil {
		return nil, fmt.Errorf("looking for lines that wait: %w", err)
	}
	var all []waitingEmployee
	var next waitingEmployee
	var first time.Time
	_, err = pgx.ForEachRow(rows, []any{&next.id, &next.number, &first, &next.lines, &next.sent}, func() error {
		if len(all) == 0 || all[len(all)-1].id != next.id {
			all = append(all, waitingEmployee{id: next.id, number: next.number})
		}
		e := &all[len(all)-1]
		e.lines, e.sent = e.lines+next.lines, e.sent || next.sent
		e.months = append(e.months, monthOf(calendar.DateOf(first), days))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for lines that wait: %w", err)
	}
	return all, nil
}

// firstWaiting gives the first week in which approved lines of somebody wait.
func firstWaiting(ctx context.Context, tx pg.Tx, destination int64, e waitingEmployee) (calendar.Week, error) {
	var day time.Time
	err := tx.QueryRow(ctx, `SELECT COALESCE(min(a.day), $3) FROM approved_line a WHERE a.tenant_id = current_tenant() AND a.employee_id = $2 AND a.day >= $3
		AND NOT EXISTS (SELECT FROM payroll_line l WHERE l.tenant_id = a.tenant_id AND l.destination_id = $1 AND l.line_id = a.line_id AND l.reversed_at IS NULL)`,
		destination, e.id, e.months[0].From.In(time.UTC)).Scan(&day)
	if err != nil {
		return calendar.Week{}, fmt.Errorf("looking for lines that wait: %w", err)
	}
	return calendar.DateOf(day).Week(), nil
}

// sentPeriods notes of what periods that touch the months in which lines of
// the employees wait something was sent. They are read once, and not looked up
// employee by employee: a run that is composed makes the table grow from
// nothing in one transaction, and the indexes of a table without statistics
// look alike to the planner, so that each look-up reads all of it.
func sentPeriods(ctx context.Context, tx pg.Tx, destination int64, queue []waitingEmployee) error {
	if len(queue) == 0 {
		return nil
	}
	first, last, place := queue[0].months[0].From, queue[0].months[0].To, map[int64]int{}
	for i, e := range queue {
		place[e.id] = i
		if from := e.months[0].From; from.Before(first) {
			first = from
		}
		if to := e.months[len(e.months)-1].To; last.Before(to) {
			last = to
		}
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT employee_id, period_from, period_to FROM payroll_line
		WHERE tenant_id = current_tenant() AND destination_id = $1 AND reversed_at IS NULL AND period_from <= $3 AND period_to >= $2`, destination, first, last)
	if err != nil {
		return fmt.Errorf("reading what was sent: %w", err)
	}
	var employee int64
	var from, to time.Time
	_, err = pgx.ForEachRow(rows, []any{&employee, &from, &to}, func() error {
		p := calendar.Period{From: calendar.DateOf(from), To: calendar.DateOf(to)}
		if i, ok := place[employee]; ok && slices.ContainsFunc(queue[i].months, func(m calendar.Period) bool { return p.Holds(m.From) || m.Holds(p.From) }) {
			queue[i].periods = append(queue[i].periods, p)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading what was sent: %w", err)
	}
	return nil
}

// monthOf gives the days of a month that are in a period.
func monthOf(first calendar.Date, in calendar.Period) calendar.Period {
	month := calendar.Period{From: first, To: calendar.DateOf(time.Date(first.Year, first.Month+1, 0, 0, 0, 0, 0, time.UTC))}
	if month.From.Before(in.From) {
		month.From = in.From
	}
	if in.To.Before(month.To) {
		month.To = in.To
	}
	return month
}

// takenOf gives of what period those of the lines went that stand sent. Only the right index has the
// order, and so it is taken even while nothing is known of the table.
func takenOf(ctx context.Context, tx pg.Tx, destination int64, ids []int64) (map[int64]calendar.Period, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT l.line_id, l.period_from, l.period_to FROM unnest($2::bigint[]) AS asked (line_id)
		CROSS JOIN LATERAL (SELECT line_id, period_from, period_to FROM payroll_line WHERE tenant_id = current_tenant() AND destination_id = $1
			AND line_id BETWEEN asked.line_id AND asked.line_id AND reversed_at IS NULL ORDER BY line_id LIMIT 1) l`, destination, ids)
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	taken := map[int64]calendar.Period{}
	var line int64
	var from, to time.Time
	_, err = pgx.ForEachRow(rows, []any{&line, &from, &to}, func() error {
		taken[line] = calendar.Period{From: calendar.DateOf(from), To: calendar.DateOf(to)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	return taken, nil
}

// lastRunOf gives the newest run that holds lines of the days; 0: none.
func lastRunOf(ctx context.Context, tx pg.Tx, destination int64, days calendar.Period) (run int64, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(max(run_id), 0) FROM payroll_line WHERE tenant_id = current_tenant()
		AND destination_id = $1 AND reversed_at IS NULL AND day BETWEEN $2 AND $3`, destination, days.From, days.To).Scan(&run)
	if err != nil {
		return 0, fmt.Errorf("reading what was sent: %w", err)
	}
	return run, nil
}

// firstSent gives the first day of which something stands sent, at most the day
// given.
func firstSent(ctx context.Context, tx pg.Tx, destination int64, most calendar.Date) (calendar.Date, error) {
	var first time.Time
	err := tx.QueryRow(ctx, `SELECT LEAST(min(day), $2::date) FROM payroll_line
		WHERE tenant_id = current_tenant() AND destination_id = $1 AND reversed_at IS NULL`, destination, most.In(time.UTC)).Scan(&first)
	if err != nil {
		return calendar.Date{}, fmt.Errorf("reading what was sent: %w", err)
	}
	return calendar.DateOf(first), nil
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
