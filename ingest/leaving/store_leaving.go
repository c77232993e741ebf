package leaving

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// End ends an employment on lastDay, in one transaction: with a last day that
// is today or before, accounts, their sessions and the API keys made with them
// are closed now, and by Settle when that day is over else; the fobs as l.Fobs
// says. To end it again on another day, or otherwise, replaces what was said.
func End(ctx context.Context, tx pg.Tx, by audit.Actor, l Leaving, lastDay time.Time, over ShiftOver, now time.Time) (Leaving, error) {
	if l.Fobs != AfterLastShift && l.Fobs != AtOnce {
		return Leaving{}, ErrFobs
	}
	e, err := people.EmployeeByID(ctx, tx, l.Employee)
	if err != nil {
		return Leaving{}, err
	}
	lastDay = time.Date(lastDay.Year(), lastDay.Month(), lastDay.Day(), 0, 0, 0, 0, time.UTC)
	if lastDay.Before(e.From) || lastDay.After(now.AddDate(longest, 0, 0)) {
		return Leaving{}, ErrLastDay
	}
	if err := otherAdministrator(ctx, tx, l.Employee); err != nil {
		return Leaving{}, err
	}
	e.Until = &lastDay
	if err := people.UpdateEmployee(ctx, tx, by, e); err != nil {
		return Leaving{}, err
	}
	id, err := begin(ctx, tx, by, l, now)
	if err != nil {
		return Leaving{}, err
	}
	if err := settle(ctx, tx, by, id, true, over, now); err != nil {
		return Leaving{}, err
	}
	return Of(ctx, tx, l.Employee)
}

// begin writes down that an employment ends, in place of what was said before.
func begin(ctx context.Context, tx pg.Tx, by audit.Actor, l Leaving, now time.Time) (id int64, err error) {
	_, err = tx.Exec(ctx, "UPDATE leaving SET stays_at = $2 WHERE tenant_id = current_tenant() AND employee_id = $1 AND stays_at IS NULL", l.Employee, now)
	if err == nil {
		err = tx.QueryRow(ctx, `INSERT INTO leaving (tenant_id, employee_id, fobs, keep_keys, by_kind, by_id, made_at)
			VALUES (current_tenant(), $1, $2, $3, $4, $5, $6) RETURNING leaving_id`,
			l.Employee, l.Fobs, append([]int64{}, l.KeepKeys...), by.Kind, by.ID, now).Scan(&id)
	}
	if err != nil {
		return 0, fmt.Errorf("ending an employment: %w", err)
	}
	return id, audit.Append(ctx, tx, audit.Entry{Action: "employee.leave", SubjectKind: "employee", SubjectID: l.Employee, By: by,
		Payload: map[string]any{"fobs": l.Fobs, "keep_keys": l.KeepKeys}})
}

// otherAdministrator refuses to shut out the last who administers.
func otherAdministrator(ctx context.Context, tx pg.Tx, employee int64) error {
	var only bool
	err := tx.QueryRow(ctx, `SELECT COALESCE(bool_and(employee_id IS NOT DISTINCT FROM $1), false) FROM account
		WHERE tenant_id = current_tenant() AND closed_at IS NULL AND 'administrator' = ANY (roles)`, employee).Scan(&only)
	if err != nil {
		return fmt.Errorf("looking for other administrators: %w", err)
	}
	if only {
		return ErrOnlyAdministrator
	}
	return nil
}

// Of gives how an employee leaves or left, or people.ErrNotFound.
func Of(ctx context.Context, tx pg.Tx, employee int64) (Leaving, error) {
	rows, err := tx.Query(ctx, `SELECT l.leaving_id, l.employee_id, e.employed_until, l.fobs, l.keep_keys, l.by_kind, l.by_id, l.made_at, l.access_at, l.fobs_at
		FROM leaving l JOIN employee e USING (tenant_id, employee_id)
		WHERE l.tenant_id = current_tenant() AND l.employee_id = $1 AND l.stays_at IS NULL AND e.employed_until IS NOT NULL`, employee)
	if err != nil {
		return Leaving{}, fmt.Errorf("reading how somebody leaves: %w", err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, func(r pgx.CollectableRow) (l Leaving, err error) {
		return l, r.Scan(&l.ID, &l.Employee, &l.LastDay, &l.Fobs, &l.KeepKeys, &l.By.Kind, &l.By.ID, &l.At, &l.Access, &l.Blocked)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Leaving{}, fmt.Errorf("employee %d does not leave: %w", employee, people.ErrNotFound)
	}
	if err != nil {
		return Leaving{}, fmt.Errorf("reading how somebody leaves: %w", err)
	}
	l.Held, err = heldToTheEnd(ctx, tx, l)
	return l, err
}

// heldToTheEnd gives the fobs that somebody holds, or held when their fobs
// were blocked.
func heldToTheEnd(ctx context.Context, tx pg.Tx, l Leaving) ([]Fob, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (i.fob_id) i.fob_id, f.label, COALESCE(NULLIF(i.ended, ''), f.status), i.back_at
		FROM fob_issue i JOIN fob f USING (tenant_id, fob_id)
		WHERE i.tenant_id = current_tenant() AND i.employee_id = $1 AND (i.returned_at IS NULL OR i.returned_at >= $2)
		ORDER BY i.fob_id, i.issued_at DESC`, l.Employee, l.At)
	if err != nil {
		return nil, fmt.Errorf("reading the fobs of somebody who leaves: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Fob])
	if err != nil {
		return nil, fmt.Errorf("reading the fobs of somebody who leaves: %w", err)
	}
	return all, nil
}

// settle carries out what is due of one leaving, whose row it locks. Another
// that is at it goes on alone.
func settle(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, byHand bool, over ShiftOver, now time.Time) error {
	var l Leaving
	var today time.Time
	err := tx.QueryRow(ctx, `SELECT l.leaving_id, l.employee_id, e.employed_until, l.fobs, l.keep_keys, l.access_at, l.fobs_at,
			($2::timestamptz AT TIME ZONE COALESCE(NULLIF(e.zone, ''), t.zone))::date
		FROM leaving l JOIN employee e USING (tenant_id, employee_id) JOIN tenant t USING (tenant_id)
		WHERE l.tenant_id = current_tenant() AND l.leaving_id = $1 FOR UPDATE OF l SKIP LOCKED`, id, now).
		Scan(&l.ID, &l.Employee, &l.LastDay, &l.Fobs, &l.KeepKeys, &l.Access, &l.Blocked, &today)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading how somebody leaves: %w", err)
	}
	if l.LastDay == nil { // it was taken off the employee: the employment goes on
		return note(ctx, tx, id, "stays_at", now)
	}
	if l.Access == nil && closes(*l.LastDay, today, byHand) {
		if err := closeAccess(ctx, tx, by, l, now); err != nil {
			return err
		}
	}
	if l.Blocked != nil {
		return nil
	}
	done := l.Fobs == AtOnce
	if !done && !l.LastDay.After(today) {
		if done, err = over(ctx, tx, l.Employee, *l.LastDay, now); err != nil {
			return err
		}
	}
	if !done {
		return nil
	}
	return blockFobs(ctx, tx, by, l, now)
}

// closeAccess closes every account of an employee, whatever its roles, and
// the keys made with them. Their sessions are refused from then on.
func closeAccess(ctx context.Context, tx pg.Tx, by audit.Actor, l Leaving, now time.Time) error {
	keys, err := KeysOf(ctx, tx, l.Employee)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if slices.Contains(l.KeepKeys, k.ID) {
			continue
		}
		if err := people.RevokeKey(ctx, tx, by, k.ID, now); err != nil {
			return err
		}
	}
	accounts, err := ids(ctx, tx, `SELECT account_id FROM account WHERE tenant_id = current_tenant() AND employee_id = $1 AND closed_at IS NULL`, l.Employee)
	if err != nil {
		return err
	}
	for _, id := range accounts {
		if err := people.CloseAccount(ctx, tx, by, id, now); err != nil {
			return err
		}
	}
	return note(ctx, tx, l.ID, "access_at", now)
}

// blockFobs ends what the employee holds: a tap from now on waits for a person
// (OB-H1), and gateways are told.
func blockFobs(ctx context.Context, tx pg.Tx, by audit.Actor, l Leaving, now time.Time) error {
	held, err := ids(ctx, tx, "SELECT fob_id FROM fob_issue WHERE tenant_id = current_tenant() AND employee_id = $1 AND returned_at IS NULL AND issued_at <= $2", l.Employee, now)
	if err != nil {
		return err
	}
	for _, fob := range held {
		if err := fleet.Return(ctx, tx, by, fob, now, string(fleet.StatusBlocked)); err != nil {
			return err
		}
	}
	return note(ctx, tx, l.ID, "fobs_at", now)
}

func note(ctx context.Context, tx pg.Tx, id int64, what string, now time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE leaving SET "+what+" = $2 WHERE tenant_id = current_tenant() AND leaving_id = $1", id, now)
	if err != nil {
		return fmt.Errorf("noting how somebody leaves: %w", err)
	}
	return nil
}

func ids(ctx context.Context, tx pg.Tx, sql string, args ...any) ([]int64, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("reading who leaves: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("reading who leaves: %w", err)
	}
	return all, nil
}
