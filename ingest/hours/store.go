package hours

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tikklok/ingest/pg"
)

// Errors that callers branch on.
var (
	ErrNotFound = errors.New("no such record")
	ErrState    = errors.New("the timesheet's state does not allow it")
	ErrUndone   = errors.New("the decision was already undone")
	ErrInvalid  = errors.New("not valid")
	ErrFuture   = errors.New("the time lies in the future; wait until it has happened")                                        // an ErrInvalid too
	ErrSealed   = errors.New("the day is sealed: its taps may be gone, and only minutes added or taken by hand can change it") // I5
	ErrNoReason = errors.New("a reason of 1 to 500 bytes is needed")
)

// What one transaction of Recompute takes at most.
const (
	tapsAtOnce      = 20_000
	employeesAtOnce = 500
)

// Recompute takes up all registrations, time pairs, decisions, fobs, reader
// modes and rules that changed since the last call, in bounded transactions,
// and computes the days they touch again. It may run at several places at
// once, and after a failure it goes on where the last commit was. Listeners on
// the channel tikklok_live are told the tenant's id when something changed.
func Recompute(ctx context.Context, db *pg.DB, tenant int64, now time.Time) (Changes, error) {
	var all Changes
	for more := true; more; {
		err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
			var c Changes
			c, more, err = recompute(ctx, tx, now)
			all.Taps, all.Employees, all.Days, all.Behind = all.Taps+c.Taps, all.Employees+c.Employees, all.Days+c.Days, c.Behind
			return err
		})
		if err != nil {
			return all, fmt.Errorf("computing hours: %w", err)
		}
	}
	return all, nil
}

// recompute does one bounded piece; more says that there is more to do.
func recompute(ctx context.Context, tx pg.Tx, now time.Time) (c Changes, more bool, err error) {
	if err := lock(ctx, tx); err != nil {
		return c, false, err
	}
	touched, behind, err := takeUp(ctx, tx)
	if err != nil {
		return c, false, err
	}
	taps, moreTaps, err := timeTaps(ctx, tx, touched)
	if err != nil {
		return c, false, err
	}
	if err := spreadDue(ctx, tx); err != nil {
		return c, false, err
	}
	c, moreDays, err := computeDue(ctx, tx, now, 0)
	if err != nil {
		return c, false, err
	}
	c.Taps, c.Behind = taps, behind
	if c.Taps+c.Days > 0 {
		err = tell(ctx, tx)
	}
	return c, moreTaps || moreDays, err
}

// lock lets one transaction a tenant compute or approve at a time.
func lock(ctx context.Context, tx pg.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('hours', current_tenant()))"); err != nil {
		return fmt.Errorf("taking turns: %w", err)
	}
	return nil
}

func tell(ctx context.Context, tx pg.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_notify('tikklok_live', current_tenant()::text)"); err != nil {
		return fmt.Errorf("telling of new hours: %w", err)
	}
	return nil
}

// stretchOfStream is a range of ticks whose instants may have changed.
type stretchOfStream struct{ origin, epoch, from, to int64 }

// takeUp copies new registrations and gives where new time pairs change
// instants. It reads what transactions below the oldest running one brought
// and leaves the rest for the next time (behind), so nothing that commits late
// is missed. A cursor beyond the newest transaction, or none, means that this
// database was restored or is new: then everything is taken up again.
func takeUp(ctx context.Context, tx pg.Tx) (touched []stretchOfStream, behind bool, err error) {
	var cursor, oldest, next int64
	err = tx.QueryRow(ctx, `SELECT COALESCE((SELECT txn FROM hours_cursor WHERE tenant_id = current_tenant()), 0),
		pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() s`).Scan(&cursor, &oldest, &next)
	if err != nil {
		return nil, false, fmt.Errorf("reading how far hours are: %w", err)
	}
	from, to := cursor, oldest
	if cursor == 0 || cursor > next {
		from, to = 0, 1<<62
	}
	tag, err := tx.Exec(ctx, `INSERT INTO punch (tenant_id, origin, epoch, seq, tick, gap, wall, reader_id, key_version, token, arrived)
		SELECT tenant_id, origin, epoch, seq, tick, gap, wall, reader_id, key_version, token, floor(extract(epoch FROM arrived) * 1000)::bigint
		FROM registration WHERE tenant_id = current_tenant() AND txn >= $1 AND txn < $2
		ON CONFLICT DO NOTHING`, from, to)
	if err != nil {
		return nil, false, fmt.Errorf("taking up registrations: %w", err)
	}
	if touched, err = takeUpPairs(ctx, tx, from, to); err != nil {
		return nil, false, err
	}
	if from == 0 {
		_, err = tx.Exec(ctx, "UPDATE punch SET pending = true WHERE tenant_id = current_tenant() AND NOT pending")
		touched = nil
	}
	if err == nil && (tag.RowsAffected() > 0 || len(touched) > 0 || from == 0 || oldest-cursor > 10_000) {
		_, err = tx.Exec(ctx, `INSERT INTO hours_cursor VALUES (current_tenant(), $1)
			ON CONFLICT (tenant_id) DO UPDATE SET txn = EXCLUDED.txn`, oldest)
	}
	if err == nil {
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM registration WHERE tenant_id = current_tenant() AND txn >= $1 AND txn < next)
			OR EXISTS (SELECT FROM time_pair WHERE tenant_id = current_tenant() AND txn >= $1 AND txn < next)
			FROM CAST(pg_snapshot_xmax(pg_current_snapshot())::text AS bigint) next`, max(oldest, to)).Scan(&behind) // rows from next on are of the cluster that was dumped
	}
	if err != nil {
		return nil, false, fmt.Errorf("noting how far hours are: %w", err)
	}
	return touched, behind, nil
}
