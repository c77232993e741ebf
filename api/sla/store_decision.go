package sla

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
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

// DownIn gives how many whole minutes from an instant until before another were
// down, and how many nobody measured.
func DownIn(ctx context.Context, tx pg.Tx, from, to time.Time) (down, unmeasured int, err error) {
	all, err := Minutes(ctx, tx, from, to)
	unmeasured = max(0, int(to.Sub(from)/time.Minute))
	for _, m := range all {
		if m.State == Down {
			down++
		}
		if m.State != Unmeasured {
			unmeasured--
		}
	}
	return down, unmeasured, err
}
