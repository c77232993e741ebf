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
// It holds from the commit on: the next request of anybody sees it. Days are the
// tenant's; without a day it was told today.
func TakeStep(ctx context.Context, tx pg.Tx, by audit.Actor, e SuspensionStep, now time.Time) (SuspensionStep, error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('tikklok suspension', current_tenant()))"); err != nil {
		return SuspensionStep{}, fmt.Errorf("waiting for another step: %w", err)
	}
	today, err := suspensionDay(ctx, tx, now)
	if err != nil {
		return SuspensionStep{}, err
	}
	if e.Told.IsZero() {
		e.Told = today
	}
	agreed, err := Contract(ctx, tx)
	if err != nil {
		return SuspensionStep{}, err
	}
	all, err := SuspensionSteps(ctx, tx)
	if err != nil {
		return SuspensionStep{}, err
	}
	if err := SuspensionOf(all).MayTake(&e, agreed.Terms.Reminders, today); err != nil {
		return SuspensionStep{}, err
	}
	e.By, e.At = by, now
	return record(ctx, tx, e)
}

// suspensionDay is the day of an instant in the tenant's zone. The probes' own
// tenant has none: without it nobody's service would be measured.
func suspensionDay(ctx context.Context, tx pg.Tx, now time.Time) (time.Time, error) {
	t, err := Get(ctx, tx)
	if err != nil {
		return time.Time{}, err
	}
	if t.Probe {
		return time.Time{}, invalid("tenant", t.Name+" is the probes' own; name the customer whose service is meant")
	}
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("the zone of the tenant: %w", err)
	}
	return midnight(now.In(zone)), nil
}

// lostWriting is the reference of a step whose own was lost: the log outside
// the database that brings it back holds no writing.
const lostWriting = "told before a backup was restored"

// StepAgain records a step that was taken at an instant and that a restored
// database lacks (I8): whatever reminders it has.
func StepAgain(ctx context.Context, tx pg.Tx, by audit.Actor, kind SuspensionKind, ground Ground, at time.Time) error {
	_, err := record(ctx, tx, SuspensionStep{Kind: kind, Ground: ground, Told: midnight(at), Reference: lostWriting, By: by, At: at})
	return err
}

func record(ctx context.Context, tx pg.Tx, e SuspensionStep) (SuspensionStep, error) {
	err := tx.QueryRow(ctx, `INSERT INTO suspension_step (tenant_id, kind, ground, told_day, takes_back, reference, by_kind, by_id, made_at)
		VALUES (current_tenant(), $1, $2, $3, NULLIF($4::bigint, 0), $5, $6, $7, $8) RETURNING step_id`,
		e.Kind, e.Ground, e.Told, e.TakesBack, e.Reference, e.By.Kind, e.By.ID, e.At).Scan(&e.ID)
	if err != nil {
		return SuspensionStep{}, fmt.Errorf("recording a step of a suspension: %w", err)
	}
	return e, audit.Append(ctx, tx, audit.Entry{Action: "suspension." + string(e.Kind), SubjectKind: "suspension_step", SubjectID: e.ID, By: e.By,
		Payload: map[string]any{"ground": e.Ground, "told": e.Told, "takes_back": e.TakesBack, "reference": e.Reference}})
}
