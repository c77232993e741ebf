package sla

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// Decide records whose failing the time from an instant until before another
// was, and why. Both are whole minutes that are over. What doesn't fit is
// ErrInvalid.
func Decide(ctx context.Context, tx pg.Tx, d Decision, now time.Time) (Decision, error) {
	d.Reason, d.At = strings.TrimSpace(d.Reason), now
	if err := d.check(now); err != nil {
		return Decision{}, err
	}
	err := tx.QueryRow(ctx, `INSERT INTO outage_decision (tenant_id, from_at, to_at, cause, reason, by_kind, by_id, made_at)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7) RETURNING decision_id`, d.From, d.To, d.Cause, d.Reason, d.By.Kind, d.By.ID, d.At).Scan(&d.ID)
	if err != nil {
		return Decision{}, fmt.Errorf("recording whose failing an outage was: %w", err)
	}
	return d, audit.Append(ctx, tx, audit.Entry{Action: "outage.decide", SubjectKind: "outage", SubjectID: d.ID, By: d.By,
		Payload: map[string]any{"from": d.From, "to": d.To, "cause": d.Cause, "reason": d.Reason}})
}

func (d Decision) check(now time.Time) error {
	whole := func(t time.Time) bool { return t.Equal(t.Truncate(time.Minute)) }
	switch {
	case !slices.Contains(Causes(), d.Cause):
		return fmt.Errorf("%w: an outage caused by %.40q; use supplier, customer or force_majeure", ErrInvalid, d.Cause)
	case d.Reason == "" || utf8.RuneCountInString(d.Reason) > 200:
		return fmt.Errorf("%w: a decision without a reason of 1 to 200 characters", ErrInvalid)
	case !whole(d.From) || !whole(d.To) || !d.From.Before(d.To) || d.To.After(now):
		return fmt.Errorf("%w: an outage from %s to %s; give whole minutes that are over", ErrInvalid, d.From.Format(time.RFC3339), d.To.Format(time.RFC3339))
	}
	return nil
}

// Decisions gives what was decided of a time, the first taken first.
func Decisions(ctx context.Context, tx pg.Tx, from, to time.Time) ([]Decision, error) {
	rows, err := tx.Query(ctx, `SELECT decision_id, from_at, to_at, cause, reason, by_kind, by_id, made_at FROM outage_decision
		WHERE tenant_id = current_tenant() AND from_at < $2 AND to_at > $1 ORDER BY made_at, decision_id`, from, to)
	if err != nil {
		return nil, fmt.Errorf("reading decisions on outages: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d Decision, err error) {
		return d, r.Scan(&d.ID, &d.From, &d.To, &d.Cause, &d.Reason, &d.By.Kind, &d.By.ID, &d.At)
	})
	if err != nil {
		return nil, fmt.Errorf("reading decisions on outages: %w", err)
	}
	return all, nil
}

// Office is what office hours are from a month on.
type Office struct {
	Version int // 0: never agreed, and the service window stands for them
	Month   Month
	Window  window.Window
	By      audit.Actor
	At      time.Time
}

// OfficeIn gives the office hours that hold in a month, in the zone. Where none
// were agreed the service window's hours stand for them, and Version is 0.
func OfficeIn(ctx context.Context, tx pg.Tx, m Month, zone *time.Location) (Office, error) {
	var o Office
	var first time.Time
	var days int16
	err := tx.QueryRow(ctx, `SELECT version, month, opens, closes, days, holidays, by_kind, by_id, made_at FROM service_hours
		WHERE tenant_id = current_tenant() AND month <= $1 ORDER BY version DESC LIMIT 1`, m.In(time.UTC)).
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

// ReportOf reckons a month of the transaction's tenant, in its zone, under the
// contract as it stands now; work is what was announced of maintenance.
func ReportOf(ctx context.Context, tx pg.Tx, m Month, zone *time.Location, work []Work, now time.Time) (Report, error) {
	contract, err := tenant.Contract(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	office, err := OfficeIn(ctx, tx, m, zone)
	if err != nil {
		return Report{}, err
	}
	from, to := m.In(zone).Add(-margin*time.Minute), m.Add(1).In(zone).Add(margin*time.Minute)
	f := Facts{Work: work}
	if f.Minutes, err = Minutes(ctx, tx, from, to); err != nil {
		return Report{}, err
	}
	if f.Decisions, err = Decisions(ctx, tx, from, to); err != nil {
		return Report{}, err
	}
	return TermsOf(contract, office.Window).Report(m, zone, f, now), nil
}
