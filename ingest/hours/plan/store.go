package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Of gives the shifts of employees that touch a time of each: from[i] to
// to[i], Unix ms, of employees[i]. Those withdrawn are among them, and the
// older times of those that were moved, each withdrawn when that was done.
// Ascending by From.
func Of(ctx context.Context, tx pg.Tx, employees, from, to []int64) (map[int64][]Shift, error) {
	rows, err := tx.Query(ctx, `
		SELECT s.shift_id, s.employee_id, COALESCE(s.site_id, 0), s.kind, s.from_at, s.to_at, s.break, 0::bigint AS withdrawn
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(employee, a, b)
		JOIN plan_shift s ON s.tenant_id = current_tenant() AND s.employee_id = n.employee
			AND s.from_at BETWEEN n.a / 60000 - $4 AND n.b / 60000 AND s.to_at >= n.a / 60000
		WHERE NOT s.withdrawn
		UNION
		SELECT v.shift_id, v.employee_id, COALESCE(v.site_id, 0), v.kind, v.from_at, v.to_at, v.break, next.made_at
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(employee, a, b)
		JOIN plan_version v ON v.tenant_id = current_tenant() AND v.employee_id = n.employee
			AND v.from_at BETWEEN n.a / 60000 - $4 AND n.b / 60000 AND v.to_at >= n.a / 60000
		JOIN plan_version next ON next.tenant_id = v.tenant_id AND next.shift_id = v.shift_id AND next.version = v.version + 1
		WHERE NOT v.withdrawn AND (next.withdrawn OR next.from_at <> v.from_at OR next.to_at <> v.to_at)
		ORDER BY 5, 6, 1, 8`, employees, from, to, longest)
	if err != nil {
		return nil, fmt.Errorf("reading plans: %w", err)
	}
	out := map[int64][]Shift{}
	var s Shift
	_, err = pgx.ForEachRow(rows, []any{&s.ID, &s.Employee, &s.Site, &s.Kind, &s.From, &s.To, &s.Break, &s.Withdrawn}, func() error {
		out[s.Employee] = append(out[s.Employee], s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading plans: %w", err)
	}
	return out, nil
}

// Standing gives everybody's shifts that stand and start between two UTC
// minutes, the second left out; ascending by From.
func Standing(ctx context.Context, tx pg.Tx, from, to int64) ([]Shift, error) {
	rows, err := tx.Query(ctx, `SELECT `+shiftColumns+` FROM plan_shift s
		WHERE s.tenant_id = current_tenant() AND s.from_at >= $1 AND s.from_at < $2 AND NOT s.withdrawn ORDER BY s.from_at, s.shift_id`, from, to)
	return collect(rows, err)
}

const shiftColumns = `s.shift_id, s.employee_id, COALESCE(s.site_id, 0), s.kind, s.from_at, s.to_at, s.break`

func collect(rows pgx.Rows, err error) ([]Shift, error) {
	if err != nil {
		return nil, fmt.Errorf("reading plans: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s Shift, err error) {
		return s, r.Scan(&s.ID, &s.Employee, &s.Site, &s.Kind, &s.From, &s.To, &s.Break)
	})
	if err != nil {
		return nil, fmt.Errorf("reading plans: %w", err)
	}
	return out, nil
}

// Put adds a shift (ID 0), or gives one that stands a new version, and tells
// the shift as it is stored; the days it touches are computed at the next
// Recompute. What is the same already gets no version. ErrInvalid, ErrOverlap,
// ErrEmployed, ErrNotFound (of the shift, employee or site) or ErrGone.
func Put(ctx context.Context, tx pg.Tx, by audit.Actor, s Shift, now time.Time) (Shift, error) {
	if err := s.Check(); err != nil {
		return s, err
	}
	if employed, err := employed(ctx, tx, s); err != nil || !employed {
		return s, cmp.Or(err, ErrEmployed)
	}
	c := Change{Kind: Added, New: s}
	if s.ID != 0 {
		old, gone, err := byID(ctx, tx, s.ID)
		switch {
		case err != nil:
			return s, err
		case gone:
			return s, ErrGone
		case old.Employee != s.Employee:
			return s, fmt.Errorf("%w: a shift stays its employee's; withdraw it and add one for the other", ErrInvalid)
		case old == s:
			return s, nil
		}
		c = Change{Kind: Moved, Old: old, New: s}
	}
	ids, err := write(ctx, tx, by, []Change{c}, now)
	if err != nil {
		return s, err
	}
	s.ID = ids[0]
	err = audit.Append(ctx, tx, audit.Entry{Action: "plan.put", SubjectKind: "employee", SubjectID: s.Employee, By: by, Payload: s})
	if err != nil {
		return s, fmt.Errorf("planning: %w", err)
	}
	return s, nil
}

// employed says whether the employee of a shift is employed when it starts.
func employed(ctx context.Context, tx pg.Tx, s Shift) (is bool, err error) {
	err = tx.QueryRow(ctx, `SELECT e.employed_from <= d.day AND COALESCE(e.employed_until >= d.day, true)
		FROM employee e JOIN tenant t ON t.tenant_id = e.tenant_id
		CROSS JOIN LATERAL (SELECT (to_timestamp($2::bigint * 60) AT TIME ZONE COALESCE(NULLIF(e.zone, ''), t.zone))::date AS day) d
		WHERE e.tenant_id = current_tenant() AND e.employee_id = $1`, s.Employee, s.From).Scan(&is)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, fmt.Errorf("employee of a shift: %w", ErrNotFound)
	case err != nil:
		return false, fmt.Errorf("reading whether somebody is employed: %w", err)
	}
	return is, nil
}

// Withdraw takes a shift back. ErrNotFound; once withdrawn it stays so.
func Withdraw(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, now time.Time) error {
	old, gone, err := byID(ctx, tx, id)
	if err != nil || gone {
		return err
	}
	if _, err := write(ctx, tx, by, []Change{{Kind: Withdrawn, Old: old}}, now); err != nil {
		return err
	}
	err = audit.Append(ctx, tx, audit.Entry{Action: "plan.withdraw", SubjectKind: "employee", SubjectID: old.Employee, By: by, Payload: old})
	if err != nil {
		return fmt.Errorf("planning: %w", err)
	}
	return nil
}

func byID(ctx context.Context, tx pg.Tx, id int64) (s Shift, gone bool, err error) {
	err = tx.QueryRow(ctx, `SELECT `+shiftColumns+`, s.withdrawn FROM plan_shift s WHERE s.tenant_id = current_tenant() AND s.shift_id = $1 FOR UPDATE`, id).
		Scan(&s.ID, &s.Employee, &s.Site, &s.Kind, &s.From, &s.To, &s.Break, &gone)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return s, false, fmt.Errorf("shift %d: %w", id, ErrNotFound)
	case err != nil:
		return s, false, fmt.Errorf("reading a planned shift: %w", err)
	}
	return s, gone, nil
}

// refusedAs gives what the database refused as what callers branch on.
func refusedAs(err error) error {
	var broken *pgconn.PgError
	switch {
	case errors.As(err, &broken) && broken.ConstraintName == "plan_shift_no_overlap":
		return ErrOverlap
	case errors.As(err, &broken) && broken.Code == "23503":
		return fmt.Errorf("employee or site of a shift: %w", ErrNotFound)
	}
	return fmt.Errorf("storing plans: %w", err)
}
