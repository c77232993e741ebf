package sla

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Office is what office hours are from a month on.
type Office struct {
	Version int // 0: never agreed, and the service window stands for them
	Month   Month
	Window  window.Window
	By      audit.Actor
	At      time.Time
}

// OfficeIn gives the office hours that hold in a month, in the zone: those of the
// last month from which some hold, as they were last recorded, so that hours that
// are recorded ahead come when it is their time. Where none were agreed the
// service window's hours stand for them, and Version is 0.
func OfficeIn(ctx context.Context, tx pg.Tx, m Month, zone *time.Location) (Office, error) {
	var o Office
	var first time.Time
	var days int16
	err := tx.QueryRow(ctx, `SELECT version, month, opens, closes, days, holidays, by_kind, by_id, made_at FROM service_hours
		WHERE tenant_id = current_tenant() AND month <= $1 ORDER BY month DESC, version DESC LIMIT 1`, m.In(time.UTC)).
		Scan(&o.Version, &first, &o.Window.From, &o.Window.To, &days, &o.Window.Holidays, &o.By.Kind, &o.By.ID, &o.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return Office{Window: window.Service(zone)}, nil
	}
	if err != nil {
		return Office{}, fmt.Errorf("reading office hours: %w", err)
	}
	o.Month, o.Window.Days, o.Window.Zone = MonthOf(first), window.Days(days), zone
	return o, nil
}

// PutOffice records what office hours are from a month on: one that isn't over
// yet, but for the first time that they are recorded. What doesn't fit is
// ErrInvalid.
func PutOffice(ctx context.Context, tx pg.Tx, o Office, now time.Time) error {
	if err := o.Window.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('service_hours', current_tenant()))"); err != nil { // one after another
		return fmt.Errorf("recording office hours: %w", err)
	}
	var version int
	err := tx.QueryRow(ctx, "SELECT COALESCE(max(version), 0) FROM service_hours WHERE tenant_id = current_tenant()").Scan(&version)
	if err != nil {
		return fmt.Errorf("reading office hours: %w", err)
	}
	if version > 0 && o.Month.Before(MonthOf(now.In(o.Window.Zone))) {
		return fmt.Errorf("%w: office hours from %s on, which is over; give this month or a later one", ErrInvalid, o.Month)
	}
	_, err = tx.Exec(ctx, `INSERT INTO service_hours (tenant_id, version, month, opens, closes, days, holidays, by_kind, by_id, made_at)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9)`, version+1, o.Month.In(time.UTC), o.Window.From, o.Window.To, int16(o.Window.Days), o.Window.Holidays, o.By.Kind, o.By.ID, now)
	if err != nil {
		return fmt.Errorf("recording office hours: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "service.hours", SubjectKind: "service_hours", SubjectID: int64(version + 1), By: o.By,
		Payload: map[string]any{"month": o.Month, "opens": o.Window.From, "closes": o.Window.To, "days": o.Window.Days, "holidays": o.Window.Holidays}})
}
