package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// SuspendedSince says since when the tenant's service is suspended; nil: it
// isn't. Every request asks.
func SuspendedSince(ctx context.Context, tx pg.Tx) (*time.Time, error) {
	var since *time.Time
	err := tx.QueryRow(ctx, `SELECT CASE kind WHEN 'suspended' THEN made_at END FROM suspension_step
		WHERE tenant_id = current_tenant() AND kind IN ('suspended', 'lifted') ORDER BY step_id DESC LIMIT 1`).Scan(&since)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading whether the service is suspended: %w", err)
	}
	return since, nil
}

// RefuseSuspended is ErrSuspended while the tenant's service is suspended: what
// makes an export asks first, whoever asks for it (OB-H10).
func RefuseSuspended(ctx context.Context, tx pg.Tx) error {
	since, err := SuspendedSince(ctx, tx)
	if err == nil && since != nil {
		err = ErrSuspended
	}
	return err
}

// SuspensionSteps gives all steps, the first first.
func SuspensionSteps(ctx context.Context, tx pg.Tx) ([]SuspensionStep, error) {
	rows, err := tx.Query(ctx, `SELECT step_id, kind, ground, told_day, COALESCE(takes_back, 0), reference, by_kind, by_id, made_at
		FROM suspension_step WHERE tenant_id = current_tenant() ORDER BY step_id`)
	if err != nil {
		return nil, fmt.Errorf("listing what led to a suspension: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e SuspensionStep, err error) {
		return e, r.Scan(&e.ID, &e.Kind, &e.Ground, &e.Told, &e.TakesBack, &e.Reference, &e.By.Kind, &e.By.ID, &e.At)
	})
	if err != nil {
		return nil, fmt.Errorf("listing what led to a suspension: %w", err)
	}
	return all, nil
}

// TakeStep records a step under the contract in force, or refuses it (MayTake).
// It holds from the commit on: the next request of anybody sees it.
func TakeStep(ctx context.Context, tx pg.Tx, by audit.Actor, e SuspensionStep, now time.Time) (SuspensionStep, error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('tikklok suspension', current_tenant()))"); err != nil {
		return SuspensionStep{}, fmt.Errorf("waiting for another step: %w", err)
	}
	agreed, err := Contract(ctx, tx)
	if err != nil {
		return SuspensionStep{}, err
	}
	all, err := SuspensionSteps(ctx, tx)
	if err != nil {
		return SuspensionStep{}, err
	}
	if err := SuspensionOf(all).MayTake(&e, agreed.Terms.Reminders, midnight(now)); err != nil {
		return SuspensionStep{}, err
	}
	e.By, e.At = by, now
	err = tx.QueryRow(ctx, `INSERT INTO suspension_step (tenant_id, kind, ground, told_day, takes_back, reference, by_kind, by_id, made_at)
		VALUES (current_tenant(), $1, $2, $3, NULLIF($4::bigint, 0), $5, $6, $7, $8) RETURNING step_id`,
		e.Kind, e.Ground, e.Told, e.TakesBack, e.Reference, by.Kind, by.ID, now).Scan(&e.ID)
	if err != nil {
		return SuspensionStep{}, fmt.Errorf("recording a step of a suspension: %w", err)
	}
	return e, audit.Append(ctx, tx, audit.Entry{Action: "suspension." + string(e.Kind), SubjectKind: "suspension_step", SubjectID: e.ID, By: by,
		Payload: map[string]any{"ground": e.Ground, "told": e.Told, "takes_back": e.TakesBack, "reference": e.Reference}})
}
