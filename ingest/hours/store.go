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

// lock lets one transaction a tenant compute or approve at a time. Whose data
// is restricted is computed on as the record that the law asks; pages and
// exports don't see them (migration 00109; GDPR article 18).
func lock(ctx context.Context, tx pg.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('hours', current_tenant())), set_config('tikklok.restricted', 'shown', true)"); err != nil {
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
// instants. New is what is committed now and was not when it was done last: the
// snapshot of then says so exactly, so nothing that commits late is missed, and
// nothing waits for another transaction that takes its time. A snapshot that
// knows of transactions that have not begun, or none, means that this database
// was restored or is new: then everything is taken up again. behind: more came
// meanwhile.
func takeUp(ctx context.Context, tx pg.Tx) (touched []stretchOfStream, behind bool, err error) {
	c, err := readCursor(ctx, tx)
	if err != nil {
		return nil, false, err
	}
	tag, err := tx.Exec(ctx, `INSERT INTO punch (tenant_id, origin, epoch, seq, tick, gap, wall, reader_id, key_version, token, arrived)
		SELECT tenant_id, origin, epoch, seq, tick, gap, wall, reader_id, key_version, token, floor(extract(epoch FROM arrived) * 1000)::bigint
		FROM registration WHERE tenant_id = current_tenant() AND `+isNew+`
		ON CONFLICT DO NOTHING`, c.from, c.until, c.seen)
	if err != nil {
		return nil, false, fmt.Errorf("taking up registrations: %w", err)
	}
	if touched, err = takeUpPairs(ctx, tx, c); err != nil {
		return nil, false, err
	}
	if c.anew {
		_, err = tx.Exec(ctx, "UPDATE punch SET pending = true WHERE tenant_id = current_tenant() AND NOT pending AND NOT sealed")
		touched = nil
	}
	if err == nil && (tag.RowsAffected() > 0 || len(touched) > 0 || c.anew || c.old) {
		_, err = tx.Exec(ctx, `INSERT INTO hours_cursor (tenant_id, txn, seen) VALUES (current_tenant(), $1, $2::text::pg_snapshot)
			ON CONFLICT (tenant_id) DO UPDATE SET txn = EXCLUDED.txn, seen = EXCLUDED.seen`, c.oldest, c.now)
	}
	if err == nil {
		plan := "auto"
		if n := tag.RowsAffected(); n > 0 && n <= fewTaps {
			plan = "force_generic_plan"
		}
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM registration WHERE tenant_id = current_tenant() AND `+isNew+`)
			OR EXISTS (SELECT FROM time_pair WHERE tenant_id = current_tenant() AND `+isNew+`),
			set_config('plan_cache_mode', $4, true)`, c.oldest, c.next, c.now, plan).Scan(&behind, &plan)
	}
	if err != nil {
		return nil, false, fmt.Errorf("noting how far hours are: %w", err)
	}
	return touched, behind, nil
}

// cursor is how far registrations and time pairs have been taken up.
type cursor struct {
	from, until int64  // transactions that may have brought something new: from ≤ txn < until
	seen        string // what was committed when it was done last
	now         string // what is committed now
	oldest      int64  // the oldest transaction that runs now
	next        int64  // the first that has not begun
	anew        bool   // everything is to be taken up again
	old         bool   // it should be moved on though nothing new came
}

// fewTaps is up to how many new taps the statements that follow are not planned
// for what they find: they go by keys, and planning would take longer than all
// the rest.
const fewTaps = 50

// isNew tells rows that came since, by $1 from, $2 until and $3 seen. Rows from
// next on are of the cluster that was dumped, when this one was restored.
const isNew = `txn >= $1 AND txn < $2 AND NOT pg_visible_in_snapshot(txn::text::xid8, $3::text::pg_snapshot)`

func readCursor(ctx context.Context, tx pg.Tx) (c cursor, err error) {
	var reached int64
	err = tx.QueryRow(ctx, `SELECT COALESCE(c.txn, 0), COALESCE(c.seen::text, c.txn || ':' || c.txn || ':', ''), s::text,
			pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint, COALESCE(GREATEST(c.txn, pg_snapshot_xmax(c.seen)::text::bigint), 0)
		FROM pg_current_snapshot() s LEFT JOIN hours_cursor c ON c.tenant_id = current_tenant()`).Scan(&c.from, &c.seen, &c.now, &c.oldest, &c.next, &reached)
	if err != nil {
		return c, fmt.Errorf("reading how far hours are: %w", err)
	}
	c.old, c.until = c.oldest-c.from > 10_000, c.next
	if c.from == 0 || reached > c.next {
		c.anew, c.from, c.until, c.seen = true, 0, 1<<62, "1:1:"
	}
	return c, nil
}
