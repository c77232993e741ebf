package plan

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// write makes changes, each a version with who and when, in any order: the
// overlap is looked for at the end. It gives the shifts' ids.
func write(ctx context.Context, tx pg.Tx, by audit.Actor, changes []Change, now time.Time) ([]int64, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	if _, err := tx.Exec(ctx, "SET CONSTRAINTS plan_shift_no_overlap DEFERRED"); err != nil {
		return nil, fmt.Errorf("storing plans: %w", err)
	}
	ids, err := writeHeads(ctx, tx, changes)
	if err != nil {
		return nil, refusedAs(err)
	}
	if _, err := tx.Exec(ctx, "SET CONSTRAINTS plan_shift_no_overlap IMMEDIATE"); err != nil {
		return nil, refusedAs(err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO plan_version (tenant_id, shift_id, version, employee_id, site_id, kind, from_at, to_at, break, withdrawn, by_kind, by_id, made_at)
		SELECT tenant_id, shift_id, version, employee_id, site_id, kind, from_at, to_at, break, withdrawn, $2, $3, $4
		FROM plan_shift WHERE tenant_id = current_tenant() AND shift_id = ANY ($1)`, ids, by.Kind, by.ID, now.UnixMilli())
	if err != nil {
		return nil, refusedAs(err)
	}
	return ids, noteDue(ctx, tx, changes)
}

// writeHeads puts the newest version of each shift in its row.
func writeHeads(ctx context.Context, tx pg.Tx, changes []Change) ([]int64, error) {
	var batch pgx.Batch
	ids := make([]int64, len(changes))
	for i, c := range changes {
		n := c.New
		var uid []byte
		var occurrence *int64
		if c.key.event != [32]byte{} {
			uid, occurrence = c.key.event[:], &c.key.occurrence
		}
		query, values := `UPDATE plan_shift SET site_id = NULLIF($1::bigint, 0), kind = $2, from_at = $3, to_at = $4, break = $5,
				sequence = greatest(sequence, $6), version = version + 1
			WHERE tenant_id = current_tenant() AND shift_id = $7 RETURNING shift_id`, []any{n.Site, n.Kind, n.From, n.To, n.Break, c.sequence, c.Old.ID}
		switch c.Kind {
		case Added:
			query, values = `INSERT INTO plan_shift (tenant_id, employee_id, site_id, kind, from_at, to_at, break, version, sequence, uid, occurrence)
				VALUES (current_tenant(), $7, NULLIF($1::bigint, 0), $2, $3, $4, $5, 1, $6, $8, $9) RETURNING shift_id`,
				[]any{n.Site, n.Kind, n.From, n.To, n.Break, c.sequence, n.Employee, uid, occurrence}
		case Withdrawn:
			query, values = `UPDATE plan_shift SET withdrawn = true, sequence = greatest(sequence, $2), version = version + 1
				WHERE tenant_id = current_tenant() AND shift_id = $1 RETURNING shift_id`, []any{c.Old.ID, c.sequence}
		}
		batch.Queue(query, values...).QueryRow(func(row pgx.Row) error { return row.Scan(&ids[i]) })
	}
	return ids, tx.SendBatch(ctx, &batch).Close()
}

// noteDue has the days of changed shifts computed again.
func noteDue(ctx context.Context, tx pg.Tx, changes []Change) error {
	var employees, from, to []int64
	for _, c := range changes {
		for _, s := range []Shift{c.Old, c.New} {
			if s.Employee != 0 {
				employees, from, to = append(employees, s.Employee), append(from, s.From*60_000), append(to, s.To*60_000)
			}
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
		SELECT current_tenant(), employee, min(a), max(b) FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(employee, a, b)
		GROUP BY employee, a / 86400000`, employees, from, to)
	if err != nil {
		return fmt.Errorf("noting what is due: %w", err)
	}
	return nil
}
