package incident

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Roster gives the duty that isn't over at an instant, the earliest first: of
// the whole installation.
func Roster(ctx context.Context, tx pg.Tx, from time.Time) ([]Duty, error) {
	rows, err := tx.Query(ctx, "SELECT duty_id, from_at, until_at, step, name, telephone, email FROM duty WHERE until_at > $1 ORDER BY from_at, step, duty_id", from)
	if err != nil {
		return nil, fmt.Errorf("reading the duty roster: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Duty])
	if err != nil {
		return nil, fmt.Errorf("reading the duty roster: %w", err)
	}
	return all, nil
}

// keepsDuty is how long a stretch that is over stays: it names a person of the
// supplier.
const keepsDuty = 90 * 24 * time.Hour

// PutDuty adds a stretch to the roster and gives its number; those that were
// over for 90 days go. A *privacy.Refused names what is wrong.
func PutDuty(ctx context.Context, tx pg.Tx, d Duty, now time.Time) (id int64, err error) {
	d.Name, d.Telephone, d.Email = strings.TrimSpace(d.Name), strings.TrimSpace(d.Telephone), strings.TrimSpace(d.Email)
	if err := d.check(); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM duty WHERE until_at < $1", now.Add(-keepsDuty)); err != nil {
		return 0, fmt.Errorf("tidying the duty roster: %w", err)
	}
	err = tx.QueryRow(ctx, "INSERT INTO duty (from_at, until_at, step, name, telephone, email, at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING duty_id",
		d.From, d.Until, d.Step, d.Name, d.Telephone, d.Email, now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("adding to the duty roster: %w", err)
	}
	return id, nil
}

// DropDuty takes a stretch off the roster; as a *privacy.Refused where there is none.
func DropDuty(ctx context.Context, tx pg.Tx, id int64) error {
	tag, err := tx.Exec(ctx, "DELETE FROM duty WHERE duty_id = $1", id)
	if err != nil {
		return fmt.Errorf("taking duty %d off the roster: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return privacy.Refuse("duty", "unknown", fmt.Sprintf("%d does not stand on the roster", id))
	}
	return nil
}

// NoteCall writes down that somebody was called, and when somebody answered.
func NoteCall(ctx context.Context, tx pg.Tx, c Call, by audit.Actor, now time.Time) error {
	if err := c.check(now); err != nil {
		return err
	}
	if c.Incident != 0 {
		if _, err := Get(ctx, tx, c.Incident); err != nil {
			return err
		}
	}
	var answered *time.Time
	if !c.Answered.IsZero() {
		answered = &c.Answered
	}
	var id int64
	err := tx.QueryRow(ctx, `INSERT INTO incident_call (tenant_id, incident_id, step, called_at, answered_at, at, by_kind, by_id)
		VALUES (current_tenant(), NULLIF($1::bigint, 0), $2, $3, $4, $5, $6, $7) RETURNING call_id`, c.Incident, c.Step, c.CalledAt, answered, now, by.Kind, by.ID).Scan(&id)
	if err != nil {
		return fmt.Errorf("writing a call down: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "incident.call", SubjectKind: "incident", SubjectID: c.Incident, By: by,
		Payload: map[string]any{"call": id, "step": c.Step, "called_at": stamp(c.CalledAt), "answered": !c.Answered.IsZero()}})
}

// Calls gives those about an incident, or all with 0, the newest first, at most
// so many.
func Calls(ctx context.Context, tx pg.Tx, incident int64, most int) ([]Call, error) {
	rows, err := tx.Query(ctx, `SELECT call_id, COALESCE(incident_id, 0), step, called_at, answered_at FROM incident_call
		WHERE tenant_id = current_tenant() AND ($1::bigint = 0 OR incident_id = $1) ORDER BY called_at DESC, call_id DESC LIMIT $2`, incident, most)
	if err != nil {
		return nil, fmt.Errorf("reading calls: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c Call, err error) {
		var answered *time.Time
		err = r.Scan(&c.ID, &c.Incident, &c.Step, &c.CalledAt, &answered)
		if answered != nil {
			c.Answered = *answered
		}
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading calls: %w", err)
	}
	return all, nil
}
