package retention

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// PutHold lays a legal hold and gives its number.
func PutHold(ctx context.Context, tx pg.Tx, h Hold, now time.Time) (int64, error) {
	h.Reason = strings.TrimSpace(h.Reason)
	if err := h.check(now); err != nil {
		return 0, err
	}
	if h.Employee != 0 {
		var there bool
		err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM employee WHERE tenant_id = current_tenant() AND employee_id = $1)", h.Employee).Scan(&there)
		if err != nil {
			return 0, fmt.Errorf("laying a legal hold: %w", err)
		}
		if !there {
			return 0, fmt.Errorf("%w: there is no such employee", ErrInvalid)
		}
	}
	err := tx.QueryRow(ctx, `INSERT INTO retention_hold (tenant_id, employee_id, reason, until, by_kind, by_id, at)
		VALUES (current_tenant(), NULLIF($1, 0::bigint), $2, $3, $4, $5, $6) RETURNING hold_id`,
		h.Employee, h.Reason, h.Until, h.By.Kind, h.By.ID, now).Scan(&h.ID)
	if err != nil {
		return 0, fmt.Errorf("laying a legal hold: %w", err)
	}
	return h.ID, audit.Append(ctx, tx, audit.Entry{Action: "retention.hold", SubjectKind: "retention_hold", SubjectID: h.ID, By: h.By,
		Payload: map[string]any{"employee": h.Employee, "reason": h.Reason, "until": h.Until}})
}

// LiftHold ends a legal hold before its date, or gives ErrNoHold.
func LiftHold(ctx context.Context, tx pg.Tx, id int64, by audit.Actor, now time.Time) error {
	done, err := tx.Exec(ctx, `UPDATE retention_hold SET lifted_at = $2, lifted_kind = $3, lifted_by = $4
		WHERE tenant_id = current_tenant() AND hold_id = $1 AND lifted_at IS NULL`, id, now, by.Kind, by.ID)
	if err != nil {
		return fmt.Errorf("lifting a legal hold: %w", err)
	}
	if done.RowsAffected() == 0 {
		return ErrNoHold
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "retention.lift", SubjectKind: "retention_hold", SubjectID: id, By: by})
}

const holdColumns = `hold_id, COALESCE(employee_id, 0), reason, until, by_kind, by_id, at,
	COALESCE(lifted_at, '0001-01-01Z'), COALESCE(lifted_kind, ''), COALESCE(lifted_by, 0)`

func scanHold(row pgx.CollectableRow) (h Hold, err error) {
	err = row.Scan(&h.ID, &h.Employee, &h.Reason, &h.Until, &h.By.Kind, &h.By.ID, &h.At, &h.Lifted, &h.LiftedBy.Kind, &h.LiftedBy.ID)
	return h, err
}

// Holds gives all legal holds, those that count first, then the newest.
func Holds(ctx context.Context, tx pg.Tx, now time.Time) ([]Hold, error) {
	rows, err := tx.Query(ctx, `SELECT `+holdColumns+` FROM retention_hold WHERE tenant_id = current_tenant()
		ORDER BY lifted_at IS NULL AND until > $1 DESC, hold_id DESC LIMIT 1000`, now)
	if err != nil {
		return nil, fmt.Errorf("listing legal holds: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanHold)
	if err != nil {
		return nil, fmt.Errorf("listing legal holds: %w", err)
	}
	return all, nil
}

// HoldsOn gives the legal holds that keep an employee's data now, those of
// everybody among them; employee 0 gives only the latter.
func HoldsOn(ctx context.Context, tx pg.Tx, employee int64, now time.Time) ([]Hold, error) {
	rows, err := tx.Query(ctx, `SELECT `+holdColumns+` FROM retention_hold WHERE tenant_id = current_tenant()
		AND lifted_at IS NULL AND until > $2 AND (employee_id IS NULL OR employee_id = $1) ORDER BY hold_id`, employee, now)
	if err != nil {
		return nil, fmt.Errorf("looking for legal holds: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanHold)
	if err != nil {
		return nil, fmt.Errorf("looking for legal holds: %w", err)
	}
	return all, nil
}
