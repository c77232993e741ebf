package hours

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// dueList collects employees and instants whose days have to be computed again.
type dueList struct{ employees, from, to []int64 }

func (d *dueList) add(employee, at int64) {
	if employee != 0 {
		d.employees, d.from, d.to = append(d.employees, employee), append(d.from, at), append(d.to, at)
	}
}

// addTap adds all that a tap may touch.
func (d *dueList) addTap(t timed) {
	if t.instant.Uncertainty <= widestDoubt && t.employee != 0 {
		d.add(t.employee, t.placed-t.instant.Uncertainty)
		d.to[len(d.to)-1] = t.placed + t.instant.Uncertainty
		return
	}
	d.add(t.employee, t.placed)
}

// write notes them, one row an employee and day: far-apart instants stay apart.
func (d *dueList) write(ctx context.Context, tx pg.Tx) error {
	if len(d.employees) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
		SELECT current_tenant(), employee, min(a), max(b) FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(employee, a, b)
		GROUP BY employee, a / 86400000`, d.employees, d.from, d.to)
	if err != nil {
		return fmt.Errorf("noting what is due: %w", err)
	}
	return nil
}

// spreadDue turns what is due of fobs and readers into what is due of employees.
func spreadDue(ctx context.Context, tx pg.Tx) error {
	var fobs, readers bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM hours_due WHERE tenant_id = current_tenant() AND fob_id IS NOT NULL),
		EXISTS (SELECT FROM hours_due WHERE tenant_id = current_tenant() AND reader_id IS NOT NULL)`).Scan(&fobs, &readers)
	if err != nil {
		return fmt.Errorf("noting what is due: %w", err)
	}
	if fobs {
		if err := spreadFobs(ctx, tx); err != nil {
			return err
		}
	}
	if !readers {
		return nil
	}
	_, err = tx.Exec(ctx, `
		WITH gone AS (DELETE FROM hours_due WHERE tenant_id = current_tenant() AND reader_id IS NOT NULL RETURNING reader_id, from_at)
		INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
		SELECT current_tenant(), p.employee_id, min(p.placed), max(p.placed)
		FROM gone g JOIN punch p ON p.tenant_id = current_tenant() AND p.reader_id = g.reader_id AND p.placed >= g.from_at
		WHERE p.employee_id IS NOT NULL GROUP BY p.employee_id`)
	if err != nil {
		return fmt.Errorf("noting what a reader's mode changed: %w", err)
	}
	return nil
}

// spreadFobs gives taps to who held their fob, after that was changed.
func spreadFobs(ctx context.Context, tx pg.Tx) error {
	rows, err := tx.Query(ctx, `
		WITH gone AS (DELETE FROM hours_due WHERE tenant_id = current_tenant() AND fob_id IS NOT NULL RETURNING fob_id),
			names AS (SELECT DISTINCT key_version, token FROM fob_token WHERE tenant_id = current_tenant() AND fob_id IN (SELECT fob_id FROM gone))
		SELECT `+timedColumns+` FROM names n
		JOIN punch p ON p.tenant_id = current_tenant() AND p.token = n.token AND p.key_version = n.key_version AND NOT p.pending AND NOT p.sealed`)
	if err != nil {
		return fmt.Errorf("reading a fob's taps: %w", err)
	}
	taps, err := pgx.CollectRows(rows, scanTimed)
	if err != nil {
		return fmt.Errorf("reading a fob's taps: %w", err)
	}
	if len(taps) == 0 {
		return nil
	}
	whose, err := whoseTaps(ctx, tx, taps)
	if err != nil {
		return err
	}
	contested, err := contested(ctx, tx)
	if err != nil {
		return err
	}
	var updates []timed
	var due dueList
	for _, t := range taps {
		was := t
		if t.assign(whose); t == was && contested[tokenName{t.keyVersion, t.token}] {
			due.addTap(t)
		} else if t != was {
			due.addTap(was)
			due.addTap(t)
			updates = append(updates, t)
		}
	}
	if err := writeTimed(ctx, tx, updates, nil); err != nil {
		return err
	}
	return due.write(ctx, tx)
}

// due is what is due of one employee.
type due struct{ employee, from, to int64 }

// takeDue gives the employees due, at most employeesAtOnce, or only one; more
// says that others wait. Shifts that ran for too long are due by themselves.
func takeDue(ctx context.Context, tx pg.Tx, now int64, only int64) (out []due, more bool, err error) {
	rows, err := tx.Query(ctx, `
		WITH old AS (
			SELECT employee_id, (extract(epoch FROM day::timestamp) * 1000)::bigint AS a, revisit AS b
			FROM worked_day WHERE tenant_id = current_tenant() AND revisit < $1::bigint AND $2::bigint IN (0, employee_id)),
		chosen AS (
			SELECT employee_id FROM hours_due WHERE tenant_id = current_tenant() AND employee_id IS NOT NULL AND $2::bigint IN (0, employee_id)
			UNION SELECT employee_id FROM old ORDER BY employee_id LIMIT $3),
		gone AS (
			DELETE FROM hours_due WHERE tenant_id = current_tenant() AND employee_id IN (SELECT employee_id FROM chosen)
			RETURNING employee_id, from_at, to_at)
		SELECT employee_id, min(a), max(b) FROM (
			SELECT employee_id, from_at AS a, to_at AS b FROM gone
			UNION ALL SELECT employee_id, a, b FROM old WHERE employee_id IN (SELECT employee_id FROM chosen)) x
		GROUP BY employee_id`, now, only, employeesAtOnce)
	if err == nil {
		out, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (d due, err error) {
			return d, r.Scan(&d.employee, &d.from, &d.to)
		})
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading what is due: %w", err)
	}
	more = len(out) == employeesAtOnce
	var later dueList
	out, later = boundDue(out)
	return out, more || len(later.employees) > 0, later.write(ctx, tx)
}

// daysAtOnce is how many days of employees one transaction computes: new rules
// may be due for years.
const daysAtOnce = 20_000

// boundDue leaves for later what is more than a transaction should hold, at
// least one employee stays.
func boundDue(list []due) (now []due, later dueList) {
	days := int64(0)
	for i, d := range list {
		if days += 1 + (d.to-d.from)/dayMillis; days > daysAtOnce && i > 0 {
			for _, d := range list[i:] {
				later.employees, later.from, later.to = append(later.employees, d.employee), append(later.from, d.from), append(later.to, d.to)
			}
			return list[:i], later
		}
	}
	return list, later
}

// anyDue gives those of the employees whose days have to be computed again.
func anyDue(ctx context.Context, tx pg.Tx, employees []int64, now time.Time) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT employee_id FROM hours_due WHERE tenant_id = current_tenant() AND employee_id = ANY ($1)
		UNION SELECT employee_id FROM worked_day WHERE tenant_id = current_tenant() AND employee_id = ANY ($1) AND revisit < $2`, employees, now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("reading who is due: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("reading who is due: %w", err)
	}
	return due, nil
}
