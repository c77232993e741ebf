package leaving

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// atOnce is how many are dealt with in one round of a tenant.
const atOnce = 500

// Settle carries out what is due in a tenant: who leaves, and whose last
// working day passed without anybody saying more, or who was given a fob or an
// account since: their fob is blocked after the last shift. Each is a transaction of its own, so that one that
// fails does not hold up the others. It is called often.
func Settle(ctx context.Context, db *pg.DB, tenant int64, over ShiftOver, now time.Time) error {
	by := audit.Actor{Kind: audit.System}
	var due, silent []int64
	err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
		if err = comeBack(ctx, tx, now); err != nil {
			return err
		}
		if due, err = ids(ctx, tx, `SELECT leaving_id FROM leaving WHERE tenant_id = current_tenant() AND stays_at IS NULL
			AND (access_at IS NULL OR fobs_at IS NULL) ORDER BY 1 LIMIT $1`, atOnce); err != nil {
			return err
		}
		silent, err = ids(ctx, tx, `SELECT DISTINCT e.employee_id FROM employee e JOIN tenant t USING (tenant_id)
			WHERE e.tenant_id = current_tenant() AND e.employed_until < ($1::timestamptz AT TIME ZONE COALESCE(NULLIF(e.zone, ''), t.zone))::date
				AND NOT EXISTS (SELECT FROM leaving l WHERE l.tenant_id = e.tenant_id AND l.employee_id = e.employee_id AND l.stays_at IS NULL
					AND (l.access_at IS NULL OR l.fobs_at IS NULL))
				AND (EXISTS (SELECT FROM fob_issue i WHERE i.tenant_id = e.tenant_id AND i.employee_id = e.employee_id AND i.returned_at IS NULL AND i.issued_at <= $1)
					OR EXISTS (SELECT FROM account a WHERE a.tenant_id = e.tenant_id AND a.employee_id = e.employee_id AND a.closed_at IS NULL))
			ORDER BY 1 LIMIT $2`, now, atOnce)
		return err
	})
	for _, employee := range silent {
		err = errors.Join(err, db.InTenant(ctx, tenant, func(tx pg.Tx) error {
			keep, err := ids(ctx, tx, "SELECT DISTINCT unnest(keep_keys) FROM leaving WHERE tenant_id = current_tenant() AND employee_id = $1", employee)
			if err != nil {
				return err
			}
			id, err := begin(ctx, tx, by, Leaving{Employee: employee, Fobs: AfterLastShift, KeepKeys: keep}, now)
			if err != nil {
				return err
			}
			return settle(ctx, tx, by, id, false, over, now)
		}))
	}
	for _, id := range due {
		err = errors.Join(err, db.InTenant(ctx, tenant, func(tx pg.Tx) error { return settle(ctx, tx, by, id, false, over, now) }))
	}
	return err
}

// comeBack notes that who left is employed again, so that what ended stays
// ended, and what they are given now ends when they leave again.
func comeBack(ctx context.Context, tx pg.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE leaving l SET stays_at = $1 FROM employee e JOIN tenant t USING (tenant_id)
		WHERE l.tenant_id = current_tenant() AND e.tenant_id = l.tenant_id AND e.employee_id = l.employee_id AND l.stays_at IS NULL AND l.access_at IS NOT NULL
			AND (e.employed_until IS NULL OR e.employed_until > (l.access_at AT TIME ZONE COALESCE(NULLIF(e.zone, ''), t.zone))::date)`, now)
	if err != nil {
		return fmt.Errorf("looking for who came back: %w", err)
	}
	return nil
}
