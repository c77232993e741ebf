package retention

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/breach"
)

// frozen gives whose data stays past its term: of people under a legal hold, or
// whose data is restricted (beperking: it is kept, and not used, GDPR article
// 18). ErrFrozen while a breach is open (OB-P10), ErrHeld while a hold keeps
// everybody's.
func frozen(ctx context.Context, tx pg.Tx, now time.Time) ([]int64, error) {
	open, err := breach.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	var all bool
	var held []int64
	err = tx.QueryRow(ctx, `SELECT COALESCE(bool_or(employee_id IS NULL), false), array_agg(DISTINCT employee_id) FILTER (WHERE employee_id IS NOT NULL) FROM (
		SELECT employee_id FROM retention_hold WHERE tenant_id = current_tenant() AND lifted_at IS NULL AND until > $1
		UNION ALL SELECT employee_id FROM privacy_restriction WHERE tenant_id = current_tenant() AND lifted_at IS NULL) h`, now).Scan(&all, &held)
	switch {
	case err != nil:
		return nil, fmt.Errorf("looking for legal holds: %w", err)
	case len(open) > 0:
		return held, ErrFrozen
	case all:
		return held, ErrHeld
	}
	return held, nil
}

// turn is the right of one program to purge a tenant: a lock of a connection of
// its own, of all replicas. A connection that dies lets go of it.
type turn struct {
	conn *pgxpool.Conn
	pid  uint32 // of the connection at the server
}

// alone takes the turn, or gives ErrBusy.
func alone(ctx context.Context, db *pg.DB, tenant int64) (t turn, err error) {
	if t.conn, err = db.Pool().Acquire(ctx); err != nil {
		return t, fmt.Errorf("beginning a purge: %w", err)
	}
	var mine bool
	err = t.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtextextended('tikklok retention', $1)), pg_backend_pid()", tenant).Scan(&mine, &t.pid)
	if err != nil || !mine {
		t.conn.Release()
		if err != nil {
			return t, fmt.Errorf("beginning a purge: %w", err)
		}
		return t, ErrBusy
	}
	return t, nil
}

func (t turn) end(ctx context.Context, tenant int64) {
	after := context.WithoutCancel(ctx)
	_, _ = t.conn.Exec(after, "SELECT pg_advisory_unlock(hashtextextended('tikklok retention', $1))", tenant)
	_ = t.conn.Hijack().Close(after) // with it goes the lock, but perhaps not at once
}

// step is one transaction of a purge that has its turn still: of all purges of a
// tenant one step at most is under way, so that one that lost its turn ends before
// another does anything. ErrTurnLost where it did.
func (p Purger) step(ctx context.Context, plan plan, do func(tx pg.Tx) error) error {
	return p.DB.InTenant(ctx, plan.tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('tikklok retention step', current_tenant()))"); err != nil {
			return fmt.Errorf("waiting for another purge's step: %w", err)
		}
		var mine bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = $1 AND granted AND objsubid = 1
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND classid::bigint << 32 | objid::bigint = hashtextextended('tikklok retention', current_tenant()))`, int64(plan.turn)).Scan(&mine)
		if err != nil {
			return fmt.Errorf("looking whether a purge has its turn still: %w", err)
		}
		if !mine {
			return ErrTurnLost
		}
		return do(tx)
	})
}

// begin notes that a purge began, unless one was broken off: then it goes on.
func (p Purger) begin(ctx context.Context, plan plan) error {
	return p.step(ctx, plan, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO retention_progress (tenant_id, step, hash, began) VALUES (current_tenant(), '', decode(repeat('00', 32), 'hex'), $1)
			ON CONFLICT DO NOTHING`, plan.now)
		if err != nil {
			return fmt.Errorf("beginning a purge: %w", err)
		}
		return nil
	})
}

// piece is one bounded transaction that removes: what it removed is noted with it.
// A breach or a legal hold that came meanwhile ends the purge; one that comes
// now waits until the piece is over (await_purge). It needn't be durable at once: what a crash undoes, the next purge does.
func (p Purger) piece(ctx context.Context, plan plan, step string, do func(tx pg.Tx) (int64, [32]byte, error)) error {
	return p.step(ctx, plan, func(tx pg.Tx) error {
		if err := stillFree(ctx, tx, plan); err != nil {
			return err
		}
		n, hash, err := do(tx)
		if err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO retention_progress AS p (tenant_id, step, removed, hash, began)
			VALUES (current_tenant(), $1, $2, sha256(decode(repeat('00', 32), 'hex') || $3), $4)
			ON CONFLICT (tenant_id, step) DO UPDATE SET removed = p.removed + EXCLUDED.removed, hash = sha256(p.hash || $3)`, step, n, hash[:], plan.now)
		if err != nil {
			return fmt.Errorf("noting what was removed: %w", err)
		}
		return nil
	})
}

// stillFree holds up who would freeze data until the transaction ends, and finds
// that nobody has.
func stillFree(ctx context.Context, tx pg.Tx, plan plan) error {
	for _, sql := range []string{"SET LOCAL synchronous_commit = off", "SELECT pg_advisory_xact_lock_shared(hashtextextended('tikklok purge piece', current_tenant()))"} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("removing what is past its term: %w", err)
		}
	}
	held, err := frozen(ctx, tx, plan.now)
	if err != nil {
		return err
	}
	for _, id := range held {
		if !slices.Contains(plan.held, id) {
			return fmt.Errorf("%w: one came while the purge ran, which goes on with the next", ErrHeld)
		}
	}
	return nil
}

// What is noted of sealing, beside the steps.
const (
	daysSealed      = "sealed days"
	tapsSealed      = "sealed taps"
	weeksUnapproved = "unapproved weeks"
)

// noteSealed adds up what was sealed, so that a night that breaks off later
// tells of it too: also one that lost its turn while it sealed.
func (p Purger) noteSealed(ctx context.Context, plan plan, s Sealed) error {
	return p.DB.InTenant(ctx, plan.tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO retention_progress AS p (tenant_id, step, removed, hash, began)
			SELECT current_tenant(), step, n, decode(repeat('00', 32), 'hex'), $3 FROM unnest($1::text[], $2::bigint[]) x (step, n)
			ON CONFLICT (tenant_id, step) DO UPDATE SET removed = p.removed + EXCLUDED.removed`,
			[]string{daysSealed, tapsSealed, weeksUnapproved}, []int{s.Days, s.Taps, s.Unapproved}, plan.now)
		if err != nil {
			return fmt.Errorf("noting what was sealed: %w", err)
		}
		return nil
	})
}

// conclude makes the report of what was noted, and forgets the notes; oldestTap
// is when the oldest tap that is left arrived.
func (p Purger) conclude(ctx context.Context, tx pg.Tx, plan plan, oldestTap time.Time, r *Report) error {
	type noted struct {
		Step    string
		Removed int64
		Hash    []byte
		Began   time.Time
	}
	rows, err := tx.Query(ctx, "DELETE FROM retention_progress WHERE tenant_id = current_tenant() RETURNING step, removed, hash, began")
	if err != nil {
		return fmt.Errorf("concluding a purge: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[noted])
	if err != nil {
		return fmt.Errorf("concluding a purge: %w", err)
	}
	of := map[string]noted{}
	for _, n := range all {
		of[n.Step] = n
	}
	r.Began = of[""].Began
	r.Sealed.Days, r.Sealed.Taps, r.Sealed.Unapproved = int(of[daysSealed].Removed), int(of[tapsSealed].Removed), int(of[weeksUnapproved].Removed)
	put := func(item Item, oldest time.Time) {
		if n, some := of[item.Step]; some {
			item.Removed, item.Hash = n.Removed, hex.EncodeToString(n.Hash)
		}
		item.Left = oldest
		r.add(item)
	}
	put(plan.item(tapsStep, tapsClass), oldestTap)
	put(plan.item(punchesStep, tapsClass), oldestTap)
	for _, s := range steps() {
		item := plan.item(s.name(), s.class)
		if _, ok := s.of(p.Catalogue, item.Before, plan.held); !ok {
			item.Stays = "hold"
		}
		oldest, err := s.oldest(ctx, tx)
		if err != nil {
			return err
		}
		put(item, oldest)
	}
	for _, l := range logs() {
		item := plan.item(l.step, l.class)
		if len(plan.held) > 0 {
			item.Stays = "hold"
		}
		oldest, err := oldestEntry(ctx, tx, l.log)
		if err != nil {
			return err
		}
		put(item, oldest)
	}
	return nil
}

// oldestEntry gives when the oldest entry of a class that is left was made.
func oldestEntry(ctx context.Context, tx pg.Tx, class audit.Class) (time.Time, error) {
	var at time.Time
	err := tx.QueryRow(ctx, "SELECT at FROM audit_entry WHERE tenant_id = current_tenant() AND audit_class(action) = $1 ORDER BY at LIMIT 1", class).Scan(&at)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return at, fmt.Errorf("looking for the oldest entry: %w", err)
	}
	return at, nil
}
