package request

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// SubjectOf gives an employee with the accounts that sign in as them, or
// ErrNobody.
func SubjectOf(ctx context.Context, tx pg.Tx, employee int64) (privacy.Subject, error) {
	s := privacy.Subject{Employee: employee}
	err := tx.QueryRow(ctx, `SELECT ARRAY(SELECT a.account_id FROM account a WHERE a.tenant_id = e.tenant_id AND a.employee_id = e.employee_id ORDER BY 1)
		FROM employee e WHERE e.tenant_id = current_tenant() AND e.employee_id = $1`, employee).Scan(&s.Accounts)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, fmt.Errorf("employee %d: %w", employee, ErrNobody)
	}
	if err != nil {
		return s, fmt.Errorf("looking up a person: %w", err)
	}
	return s, nil
}

// today is the day in the tenant's zone, as midnight UTC.
func today(ctx context.Context, tx pg.Tx, now time.Time) (day time.Time, err error) {
	if err = tx.QueryRow(ctx, "SELECT ($1::timestamptz AT TIME ZONE zone)::date FROM tenant WHERE tenant_id = current_tenant()", now).Scan(&day); err != nil {
		return day, fmt.Errorf("looking up the organisation's zone: %w", err)
	}
	return day, nil
}

// Receive writes a request down and gives its number. One that the person made
// on their own page is made sure of; for others that is a step of its own.
func Receive(ctx context.Context, tx pg.Tx, r Request, by audit.Actor, now time.Time) (int64, error) {
	day, err := today(ctx, tx, now)
	if err != nil {
		return 0, err
	}
	if r.Received.IsZero() {
		r.Received = day
	}
	r.Name, r.What = strings.TrimSpace(r.Name), strings.TrimSpace(r.What)
	if err := r.check(day); err != nil {
		return 0, err
	}
	if _, err := SubjectOf(ctx, tx, r.Employee); err != nil {
		return 0, err
	}
	if err := bounded(ctx, tx, r); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `INSERT INTO privacy_request (tenant_id, kind, employee_id, requester, name, what, received, due, checked, made_at)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING request_id`,
		r.Kind, r.Employee, r.Requester, r.Name, r.What, r.Received, DueAfter(r.Received, months), r.Requester == SignedIn, now).Scan(&r.ID)
	if err != nil {
		return 0, fmt.Errorf("storing a request: %w", err)
	}
	return r.ID, note(ctx, tx, r, Step{Received, "", by, now})
}

// bounded gives ErrMany where as many requests wait as a person may make on
// their own page; what comes by letter is always written down. Two at once wait
// for each other.
func bounded(ctx context.Context, tx pg.Tx, r Request) error {
	if r.Requester != SignedIn {
		return nil
	}
	_, err := tx.Exec(ctx, "SELECT FROM employee WHERE tenant_id = current_tenant() AND employee_id = $1 FOR NO KEY UPDATE", r.Employee)
	var open int
	if err == nil {
		err = tx.QueryRow(ctx, "SELECT count(*) FROM privacy_request WHERE tenant_id = current_tenant() AND employee_id = $1 AND state IN ('open', 'granted')", r.Employee).Scan(&open)
	}
	if err != nil {
		return fmt.Errorf("counting the requests that wait: %w", err)
	}
	if open >= mostOpen {
		return fmt.Errorf("%w: %d wait for an answer; another can be made when one was answered, or by letter", ErrMany, open)
	}
	return nil
}

// note keeps a step, here and in the audit log; there without its words.
func note(ctx context.Context, tx pg.Tx, r Request, s Step) error {
	_, err := tx.Exec(ctx, `INSERT INTO privacy_request_step (tenant_id, request_id, act, reason, by_kind, by_id, at)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6)`, r.ID, s.Act, s.Reason, s.By.Kind, s.By.ID, s.At)
	if err != nil {
		return fmt.Errorf("storing a step of a request: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "request." + string(s.Act), SubjectKind: "request", SubjectID: r.ID, By: s.By,
		Payload: map[string]any{"kind": r.Kind, "employee": r.Employee}})
}

// Take takes a step of a request, or gives ErrInvalid with what hinders it.
// Only an administrator of the controller may decide: who calls has seen to
// that, and an operator cannot (OB-P7, OB-P15).
func Take(ctx context.Context, tx pg.Tx, id int64, act Act, reason string, by audit.Actor, now time.Time) (Request, error) {
	r, err := get(ctx, tx, id, "FOR UPDATE")
	if err != nil {
		return r, err
	}
	if by.Kind != audit.Account && act != Received && act != Act(Done) && act != Act(Withdrawn) {
		return r, fmt.Errorf("%w: requests are decided by an administrator of the organisation, who signs in", ErrInvalid)
	}
	reason = strings.TrimSpace(reason)
	if r.State, err = r.next(act, reason); err != nil {
		return r, err
	}
	switch act {
	case Checked:
		r.Checked = true
	case Extended:
		r.Extended, r.Due = true, DueAfter(r.Received, monthsExtended)
	}
	_, err = tx.Exec(ctx, "UPDATE privacy_request SET due = $2, extended = $3, checked = $4, state = $5, certificate_id = NULLIF($6::bigint, 0) WHERE tenant_id = current_tenant() AND request_id = $1",
		r.ID, r.Due, r.Extended, r.Checked, r.State, r.Certificate)
	if err != nil {
		return r, fmt.Errorf("storing a request: %w", err)
	}
	return r, note(ctx, tx, r, Step{act, reason, by, now})
}

const requestColumns = "request_id, kind, employee_id, requester, name, what, received, due, extended, checked, state, COALESCE(certificate_id, 0)"

func scanRequest(row pgx.CollectableRow) (r Request, err error) {
	return r, row.Scan(&r.ID, &r.Kind, &r.Employee, &r.Requester, &r.Name, &r.What, &r.Received, &r.Due, &r.Extended, &r.Checked, &r.State, &r.Certificate)
}

func get(ctx context.Context, tx pg.Tx, id int64, lock string) (Request, error) {
	rows, err := tx.Query(ctx, "SELECT "+requestColumns+" FROM privacy_request WHERE tenant_id = current_tenant() AND request_id = $1 "+lock, id)
	if err != nil {
		return Request{}, fmt.Errorf("reading a request: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRequest)
	if errors.Is(err, pgx.ErrNoRows) {
		return Request{}, fmt.Errorf("request %d: %w", id, ErrNone)
	}
	if err != nil {
		return Request{}, fmt.Errorf("reading a request: %w", err)
	}
	return r, nil
}

// Get gives a request with its steps, or ErrNone.
func Get(ctx context.Context, tx pg.Tx, id int64) (Request, error) {
	r, err := get(ctx, tx, id, "")
	if err != nil {
		return r, err
	}
	rows, err := tx.Query(ctx, `SELECT act, reason, by_kind, by_id, at FROM privacy_request_step
		WHERE tenant_id = current_tenant() AND request_id = $1 ORDER BY step_id`, id)
	if err != nil {
		return r, fmt.Errorf("reading a request's steps: %w", err)
	}
	r.Steps, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Step, err error) {
		return s, row.Scan(&s.Act, &s.Reason, &s.By.Kind, &s.By.ID, &s.At)
	})
	if err != nil {
		return r, fmt.Errorf("reading a request's steps: %w", err)
	}
	return r, nil
}

// List gives requests: those that an answer is owed to, first due first, then
// the others, newest first. Employee 0: everybody's.
func List(ctx context.Context, tx pg.Tx, employee int64, limit int) ([]Request, error) {
	rows, err := tx.Query(ctx, `SELECT `+requestColumns+` FROM privacy_request WHERE tenant_id = current_tenant() AND ($1 = 0 OR employee_id = $1)
		ORDER BY state NOT IN ('open', 'granted'), CASE WHEN state IN ('open', 'granted') THEN due END, request_id DESC LIMIT $2`, employee, limit)
	if err != nil {
		return nil, fmt.Errorf("listing requests: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanRequest)
	if err != nil {
		return nil, fmt.Errorf("listing requests: %w", err)
	}
	return all, nil
}
