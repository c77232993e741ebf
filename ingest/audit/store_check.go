package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// State is how a tenant's log is, without going along it.
type State struct {
	Waiting int64     // entries that are not chained yet
	Oldest  time.Time // of those
	Cut     bool      // the chain doesn't end as it was left
	Checked time.Time // when it was last verified; zero: never
	Found   Report    // what was found then
	Asked   bool      // it is being verified, or will be in a moment
	Done    int64     // of Total links
	Total   int64
}

// waitsTooLong is how long an entry may wait for its place: a linker takes a
// second.
const waitsTooLong = time.Minute

// Late says whether entries wait longer than they may.
func (s State) Late(now time.Time) bool { return s.Waiting > 0 && now.Sub(s.Oldest) > waitsTooLong }

// Alarm says whether somebody has to look.
func (s State) Alarm(now time.Time) bool { return s.Late(now) || s.Cut || len(s.Found.Breaks) > 0 }

// StateOf reads it.
func StateOf(ctx context.Context, tx pg.Tx) (s State, err error) {
	var oldest, checked *time.Time
	var report []byte
	err = tx.QueryRow(ctx, `SELECT w.n, w.oldest, c.finished_at, c.report, u.check_id IS NOT NULL, COALESCE(u.done, 0), COALESCE(u.total, 0)
		FROM (SELECT count(*) AS n, min(e.at) AS oldest FROM (SELECT * FROM audit_waiting WHERE tenant_id = current_tenant() ORDER BY entry_id LIMIT 10000) q JOIN audit_entry e USING (tenant_id, entry_id)) w
		LEFT JOIN LATERAL (SELECT finished_at, report FROM audit_check WHERE tenant_id = current_tenant() AND finished_at IS NOT NULL ORDER BY check_id DESC LIMIT 1) c ON true
		LEFT JOIN LATERAL (SELECT check_id, done, total FROM audit_check WHERE tenant_id = current_tenant() AND finished_at IS NULL) u ON true`).
		Scan(&s.Waiting, &oldest, &checked, &report, &s.Asked, &s.Done, &s.Total)
	if err != nil {
		return s, fmt.Errorf("reading how the audit log is: %w", err)
	}
	if oldest != nil {
		s.Oldest = *oldest
	}
	if checked != nil {
		s.Checked = *checked
		if err := json.Unmarshal(report, &s.Found); err != nil {
			return s, fmt.Errorf("reading what verifying the audit log found: %w", err)
		}
	}
	sound, err := tailSound(ctx, tx)
	s.Cut = !sound
	return s, err
}

// AskCheck has the log verified soon, by whoever keeps it.
func AskCheck(ctx context.Context, tx pg.Tx) error {
	_, err := tx.Exec(ctx, "INSERT INTO audit_check (tenant_id) VALUES (current_tenant()) ON CONFLICT (tenant_id) WHERE finished_at IS NULL DO NOTHING")
	if err != nil {
		return fmt.Errorf("asking for the audit log to be verified: %w", err)
	}
	return nil
}

func checksDue(ctx context.Context, db *pg.DB, notSince time.Time) (all []int64, err error) {
	err = db.Look(ctx, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, "SELECT audit_checks_due($1)", notSince)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for audit logs to verify: %w", err)
	}
	return all, nil
}

// claimCheck takes the check that is asked for, or begins one; 0: another is
// at it.
func claimCheck(ctx context.Context, db *pg.DB, tenant int64) (id int64, err error) {
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		if err := AskCheck(ctx, tx); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `UPDATE audit_check SET heard_at = now(), done = 0, total = 0
			WHERE tenant_id = current_tenant() AND finished_at IS NULL AND (heard_at IS NULL OR heard_at < now() - interval '2 minutes') RETURNING check_id`).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("beginning to verify the audit log: %w", err)
	}
	return id, nil
}

func noteProgress(ctx context.Context, db *pg.DB, tenant, id, done, total int64) error {
	return db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE audit_check SET heard_at = now(), done = $2, total = $3 WHERE tenant_id = current_tenant() AND check_id = $1", id, done, total)
		if err != nil {
			return fmt.Errorf("noting how far the audit log is verified: %w", err)
		}
		return nil
	})
}

// checksKept is for how long it is known that a log was verified each day.
const checksKept = "400 days"

func finishCheck(ctx context.Context, db *pg.DB, tenant, id int64, r Report) error {
	report, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing what verifying the audit log found: %w", err)
	}
	return db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE audit_check SET finished_at = now(), report = $2, done = $3, total = $4 WHERE tenant_id = current_tenant() AND check_id = $1", id, string(report), r.Links, r.Seq)
		if err == nil {
			_, err = tx.Exec(ctx, "DELETE FROM audit_check WHERE tenant_id = current_tenant() AND finished_at < now() - interval '"+checksKept+"'")
		}
		if err != nil {
			return fmt.Errorf("noting what verifying the audit log found: %w", err)
		}
		return nil
	})
}
