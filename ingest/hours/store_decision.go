package hours

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Decide records a decision and gives its id (I3); the days it touches are
// computed at the next Recompute. ErrNoReason, ErrNotFound (employee, site, or
// a tap that is not theirs), or ErrInvalid with what is wrong with it.
func Decide(ctx context.Context, tx pg.Tx, d Decision, now time.Time) (int64, error) {
	if err := d.check(now); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	var due dueList
	origin, epoch, seq, err := findTap(ctx, tx, d, &due)
	if err != nil {
		return 0, err
	}
	if !d.At.IsZero() {
		due.add(d.Employee, d.At.UnixMilli())
	}
	id, err := insertDecision(ctx, tx, d, origin, epoch, seq, now)
	if err != nil {
		return 0, err
	}
	return id, due.write(ctx, tx)
}

// check says what is wrong with a decision that is to be made.
func (d Decision) check(now time.Time) error {
	switch {
	case len(d.Reason) < 1 || len(d.Reason) > 500:
		return ErrNoReason
	case d.By.Kind != audit.Account && d.By.Kind != audit.APIKey && d.By.Kind != audit.Operator:
		return errors.New("a decision is made by a person")
	case d.Kind == UndoOf:
		return errors.New("use undo to take a decision back")
	case d.Kind == AddPunch && d.Mode != In && d.Mode != Out && d.Mode != Break:
		return fmt.Errorf("an added punch is in, out or break, not %q", string(d.Mode))
	case d.Kind == AddPunch && d.Tap != "":
		return errors.New("an added punch has no tap; use set_time to give a tap its time")
	case (d.Kind == SetTime || d.Kind == IgnoreTap) && d.Tap == "":
		return fmt.Errorf("%s needs the tap it is about", d.Kind)
	case d.Kind != IgnoreTap && d.At.UnixMilli() < firstPlausible:
		return fmt.Errorf("%s needs a time after 2014", d.Kind)
	case d.Kind != IgnoreTap && d.At.After(now.Add(time.Minute)):
		return ErrFuture
	case d.Kind != AddPunch && d.Kind != SetTime && d.Kind != IgnoreTap && d.Kind != Accept:
		return fmt.Errorf("decision %q is unknown; known are add_punch, set_time, ignore_tap and accept", string(d.Kind))
	}
	return nil
}

// findTap looks the decision's tap up and notes its days; all nil: it has none.
func findTap(ctx context.Context, tx pg.Tx, d Decision, due *dueList) (origin, epoch, seq *int64, err error) {
	if d.Tap == "" {
		return nil, nil, nil, nil
	}
	name, err := d.Tap.Name()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	o, e, s := int64(name.Origin), int64(name.Epoch), int64(name.Seq)
	t := timed{employee: d.Employee}
	err = tx.QueryRow(ctx, `SELECT placed, uncertainty FROM punch WHERE tenant_id = current_tenant()
		AND origin = $1 AND epoch = $2 AND seq = $3 AND employee_id = $4`, o, e, s, d.Employee).Scan(&t.placed, &t.instant.Uncertainty)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, nil, fmt.Errorf("tap %s of employee %d: %w", d.Tap, d.Employee, ErrNotFound)
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("looking up a tap: %w", err)
	}
	due.addTap(t)
	return &o, &e, &s, addOlderTimes(ctx, tx, d.Employee, o, e, s, due)
}

// addOlderTimes adds the times that a tap was set to before.
func addOlderTimes(ctx context.Context, tx pg.Tx, employee, origin, epoch, seq int64, due *dueList) error {
	rows, err := tx.Query(ctx, `SELECT at FROM decision WHERE tenant_id = current_tenant() AND employee_id = $1
		AND origin = $2 AND epoch = $3 AND seq = $4 AND kind = 'set_time'`, employee, origin, epoch, seq)
	if err != nil {
		return fmt.Errorf("looking up a tap's times: %w", err)
	}
	var at int64
	if _, err := pgx.ForEachRow(rows, []any{&at}, func() error { due.add(employee, at); return nil }); err != nil {
		return fmt.Errorf("looking up a tap's times: %w", err)
	}
	return nil
}

func insertDecision(ctx context.Context, tx pg.Tx, d Decision, origin, epoch, seq *int64, now time.Time) (id int64, err error) {
	var at *int64
	if !d.At.IsZero() {
		ms := d.At.UnixMilli()
		at = &ms
	}
	err = tx.QueryRow(ctx, `INSERT INTO decision (tenant_id, employee_id, kind, origin, epoch, seq, at, mode, site_id, undoes, proposed, reason, by_kind, by_id, made_at)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, NULLIF($8::bigint, 0), NULLIF($9::bigint, 0), $10, $11, $12, $13, $14) RETURNING decision_id`,
		d.Employee, d.Kind, origin, epoch, seq, at, d.Mode, d.Site, d.Undoes, d.Proposed, d.Reason, d.By.Kind, d.By.ID, now).Scan(&id)
	var broken *pgconn.PgError
	switch {
	case errors.As(err, &broken) && broken.ConstraintName == "decision_undone_once":
		return 0, ErrUndone
	case errors.As(err, &broken) && broken.Code == "23503":
		return 0, fmt.Errorf("employee or site of the decision: %w", ErrNotFound)
	case err != nil:
		return 0, fmt.Errorf("storing a decision: %w", err)
	}
	d.ID, d.Made = id, now
	err = audit.Append(ctx, tx, audit.Entry{Action: "hours.decide", SubjectKind: "employee", SubjectID: d.Employee, By: d.By, Payload: d})
	if err != nil {
		return 0, fmt.Errorf("storing a decision: %w", err)
	}
	return id, nil
}

// Undo records that a decision no longer holds and gives the undo's id.
func Undo(ctx context.Context, tx pg.Tx, id int64, by audit.Actor, reason string, now time.Time) (int64, error) {
	undone, origin, epoch, seq, err := decisionByID(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if undone.Kind == UndoOf {
		return 0, fmt.Errorf("%w: an undo is not undone; decide again instead", ErrInvalid)
	}
	d := Decision{Employee: undone.Employee, Kind: UndoOf, Undoes: id, Reason: reason, By: by}
	if len(reason) < 1 || len(reason) > 500 {
		return 0, ErrNoReason
	}
	var due dueList
	if !undone.At.IsZero() {
		due.add(undone.Employee, undone.At.UnixMilli())
	}
	if seq != nil {
		undone.Tap = tapID(*origin, *epoch, *seq)
		if _, _, _, err := findTap(ctx, tx, undone, &due); err != nil && !errors.Is(err, ErrNotFound) {
			return 0, err
		}
	}
	undo, err := insertDecision(ctx, tx, d, nil, nil, nil, now)
	if err != nil {
		return 0, err
	}
	return undo, due.write(ctx, tx)
}

const decisionColumns = `d.decision_id, d.employee_id, d.kind, d.origin, d.epoch, d.seq, d.at, d.mode, COALESCE(d.site_id, 0), COALESCE(d.undoes, 0),
	d.proposed, d.reason, d.by_kind, d.by_id, d.made_at,
	EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id),
	CASE d.by_kind WHEN 'account' THEN COALESCE((SELECT a.name FROM account a WHERE a.tenant_id = d.tenant_id AND a.account_id = d.by_id), '') ELSE '' END`

// scanDecision reads decisionColumns, and what stands before them.
func scanDecision(row pgx.CollectableRow, before ...any) (d Decision, origin, epoch, seq *int64, err error) {
	var at *int64
	err = row.Scan(append(before, &d.ID, &d.Employee, &d.Kind, &origin, &epoch, &seq, &at, &d.Mode, &d.Site, &d.Undoes,
		&d.Proposed, &d.Reason, &d.By.Kind, &d.By.ID, &d.Made, &d.Undone, &d.ByName)...)
	if at != nil {
		d.At = time.UnixMilli(*at).UTC()
	}
	if seq != nil {
		d.Tap = tapID(*origin, *epoch, *seq)
	}
	return d, origin, epoch, seq, err
}

func decisionByID(ctx context.Context, tx pg.Tx, id int64) (d Decision, origin, epoch, seq *int64, err error) {
	rows, err := tx.Query(ctx, `SELECT `+decisionColumns+` FROM decision d WHERE d.tenant_id = current_tenant() AND d.decision_id = $1`, id)
	if err == nil {
		d, err = pgx.CollectExactlyOneRow(rows, func(r pgx.CollectableRow) (d Decision, err error) {
			d, origin, epoch, seq, err = scanDecision(r)
			return d, err
		})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		err = fmt.Errorf("decision %d: %w", id, err)
	}
	return d, origin, epoch, seq, err
}

// readDecisions gives all decisions about employees, oldest first.
func readDecisions(ctx context.Context, tx pg.Tx, employees []int64) ([]Decision, error) {
	rows, err := tx.Query(ctx, `SELECT `+decisionColumns+` FROM decision d
		WHERE d.tenant_id = current_tenant() AND d.employee_id = ANY ($1) ORDER BY d.decision_id`, employees)
	if err != nil {
		return nil, fmt.Errorf("reading decisions: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (Decision, error) {
		d, _, _, _, err := scanDecision(r)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading decisions: %w", err)
	}
	return all, nil
}
