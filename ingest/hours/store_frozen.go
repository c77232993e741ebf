package hours

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Frozen is one approval as it stands frozen (I5): what was seen and added
// then, with its hash.
type Frozen struct {
	Approval int64
	Corrects int64 // the first approval of the week; 0: this is it
	By       audit.Actor
	At       time.Time
	Hash     [32]byte // SHA-256 of the snapshot's stored text
	Snapshot Snapshot
	Stands   bool // the week was not reopened or rejected since
	Altered  bool // the stored text does not have the hash any more
}

// FrozenOf gives the approvals of some employees' weeks that touch the days,
// and the corrections of earlier weeks that were approved from…before, by
// employee, week and approval. The last one of a week holds all its days.
func FrozenOf(ctx context.Context, tx pg.Tx, employees []int64, days calendar.Period, from, before time.Time) ([]Frozen, error) {
	return frozen(ctx, tx, `a.employee_id = ANY ($1) AND (a.monday BETWEEN $2::text::date - 6 AND $3::text::date
		OR a.corrects IS NOT NULL AND a.at >= $4 AND a.at < $5)`, employees, days.From.String(), days.To.String(), from, before)
}

// FrozenAs gives the approvals whose hash lies from least up to most, both
// included: those that a printed beginning of a hash can mean.
func FrozenAs(ctx context.Context, tx pg.Tx, least, most [32]byte) ([]Frozen, error) {
	return frozen(ctx, tx, `a.hash BETWEEN $1 AND $2`, least[:], most[:])
}

// FrozenBy gives one approval; ErrNotFound where there is none.
func FrozenBy(ctx context.Context, tx pg.Tx, approval int64) (Frozen, error) {
	all, err := frozen(ctx, tx, `a.approval_id = $1`, approval)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("approval %d: %w", approval, ErrNotFound)
	}
	if err != nil {
		return Frozen{}, err
	}
	return all[0], nil
}

func frozen(ctx context.Context, tx pg.Tx, where string, args ...any) ([]Frozen, error) {
	rows, err := tx.Query(ctx, `SELECT a.approval_id, COALESCE(a.corrects, 0), a.by_kind, a.by_id, a.at, a.hash, a.snapshot, t.state = 'approved'
		FROM approval a JOIN timesheet t ON t.tenant_id = a.tenant_id AND t.employee_id = a.employee_id AND t.monday = a.monday
		WHERE a.tenant_id = current_tenant() AND `+where+` ORDER BY a.employee_id, a.monday, a.approval_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading approvals: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (f Frozen, err error) {
		var hash []byte
		var text string
		if err = r.Scan(&f.Approval, &f.Corrects, &f.By.Kind, &f.By.ID, &f.At, &hash, &text, &f.Stands); err != nil {
			return f, err
		}
		copy(f.Hash[:], hash)
		f.Altered = sha256.Sum256([]byte(text)) != f.Hash
		if err = json.Unmarshal([]byte(text), &f.Snapshot); err != nil {
			err = fmt.Errorf("approval %d: what was approved can't be read: %w", f.Approval, err)
		}
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading approvals: %w", err)
	}
	return all, nil
}

// ComputedDays gives the days of some employees as they are computed now, by
// employee and day.
func ComputedDays(ctx context.Context, tx pg.Tx, employees []int64, days calendar.Period) ([]Day, error) {
	rows, err := tx.Query(ctx, `SELECT detail::text FROM worked_day WHERE tenant_id = current_tenant() AND employee_id = ANY ($1)
		AND day BETWEEN $2::text::date AND $3::text::date ORDER BY employee_id, day`, employees, days.From.String(), days.To.String())
	if err != nil {
		return nil, fmt.Errorf("reading days: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d Day, err error) {
		var text string
		if err = r.Scan(&text); err != nil {
			return d, err
		}
		return d, json.Unmarshal([]byte(text), &d)
	})
	if err != nil {
		return nil, fmt.Errorf("reading days: %w", err)
	}
	return all, nil
}

// WithHours gives who has hours, computed or approved, on the days,
// in no order; site and employee 0: all.
func WithHours(ctx context.Context, tx pg.Tx, days calendar.Period, employee, site int64) ([]Who, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT e.employee_id, e.number, e.surname, `+pg.OfJoined("e", "first_name")+`, `+contractOn+`
		FROM employee e`+pg.JoinKeys("e")+`WHERE e.tenant_id = current_tenant() AND ($3 = 0 OR e.employee_id = $3) AND (
			EXISTS (SELECT FROM hour_line l WHERE l.tenant_id = e.tenant_id AND l.employee_id = e.employee_id
				AND l.day BETWEEN $1::text::date AND $2::text::date AND ($4 = 0 OR l.site_id = $4))
			OR EXISTS (SELECT FROM approved_line l WHERE l.tenant_id = e.tenant_id AND l.employee_id = e.employee_id
				AND l.day BETWEEN $1::text::date AND $2::text::date AND ($4 = 0 OR l.site_id = $4)))`,
		days.From.String(), days.To.String(), employee, site)
	if err != nil {
		return nil, fmt.Errorf("reading who has hours: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (w Who, err error) {
		return w, r.Scan(&w.ID, &w.Number, &w.Surname, box.Text(&w.FirstName), &w.ContractMinutes)
	})
	if err != nil {
		return nil, fmt.Errorf("reading who has hours: %w", err)
	}
	return all, nil
}
