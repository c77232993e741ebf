package hours

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
)

// AskCorrection records what an employee asks for and gives its id. by is who
// asked: the employee's own account. ErrInvalid, ErrNotFound (employee), or
// ErrState when too many of theirs are open. The same asked again, while it is
// open, is the first one's id.
func AskCorrection(ctx context.Context, tx pg.Tx, r Request, by audit.Actor, now time.Time) (id int64, err error) {
	var name string
	var open int
	err = tx.QueryRow(ctx, `SELECT COALESCE(NULLIF(e.zone, ''), t.zone), (SELECT count(*) FROM correction_request c
			WHERE c.tenant_id = e.tenant_id AND c.employee_id = e.employee_id AND c.state = 'open')
		FROM employee e JOIN tenant t ON t.tenant_id = e.tenant_id
		WHERE e.tenant_id = current_tenant() AND e.employee_id = $1 FOR UPDATE OF e`, r.Employee).Scan(&name, &open)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("employee %d: %w", r.Employee, ErrNotFound)
	}
	if err != nil {
		return 0, fmt.Errorf("asking for a correction: %w", err)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return 0, fmt.Errorf("zone %q of an employee: %w", name, err)
	}
	if err := r.check(calendar.DateOf(now.In(zone)), now); err != nil {
		return 0, err
	}
	if id, err := sameRequest(ctx, tx, r); err != nil || id != 0 {
		return id, err
	}
	if open >= mostRequests {
		return 0, fmt.Errorf("%d requests wait for an answer already: %w", open, ErrState)
	}
	err = tx.QueryRow(ctx, `INSERT INTO correction_request (tenant_id, employee_id, day, what, at, text, made_at)
		VALUES (current_tenant(), $1, $2::text::date, $3, $4, $5, $6) RETURNING request_id`,
		r.Employee, r.Day.String(), r.What, millis(r.At), r.Text, now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("asking for a correction: %w", err)
	}
	if err := tell(ctx, tx); err != nil {
		return 0, err
	}
	return id, audit.Append(ctx, tx, audit.Entry{Action: "request.make", SubjectKind: "employee", SubjectID: r.Employee, By: by,
		Payload: map[string]any{"request": id, "day": r.Day, "what": r.What}})
}

func sameRequest(ctx context.Context, tx pg.Tx, r Request) (id int64, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(min(request_id), 0) FROM correction_request WHERE tenant_id = current_tenant() AND employee_id = $1
		AND day = $2::text::date AND what = $3 AND at IS NOT DISTINCT FROM $4::bigint AND text = $5 AND state = 'open'`,
		r.Employee, r.Day.String(), r.What, millis(r.At), r.Text).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("asking for a correction: %w", err)
	}
	return id, nil
}

// millis gives an instant as it is stored; nil: none.
func millis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// OpenRequests gives the requests that nobody answered, the oldest first.
func OpenRequests(ctx context.Context, tx pg.Tx) ([]Request, error) {
	return readRequests(ctx, tx, "c.state = 'open' ORDER BY c.request_id")
}

// RequestByID gives a request, or ErrNotFound.
func RequestByID(ctx context.Context, tx pg.Tx, id int64) (Request, error) {
	all, err := readRequests(ctx, tx, "c.request_id = $1", id)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("request %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Request{}, err
	}
	return all[0], nil
}

// RequestsOf gives an employee's requests, the newest first, at most 100.
func RequestsOf(ctx context.Context, tx pg.Tx, employee int64) ([]Request, error) {
	return readRequests(ctx, tx, "c.employee_id = $1 ORDER BY c.request_id DESC LIMIT 100", employee)
}

func readRequests(ctx context.Context, tx pg.Tx, which string, args ...any) ([]Request, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT c.request_id, c.employee_id, e.number, e.surname, `+pg.OfPerson("e", "first_name")+`, e.contract_minutes, c.day, c.what, c.at, c.text,
			c.made_at, c.state, c.by_kind, c.by_id, c.answered_at, c.reason,
			CASE c.by_kind WHEN 'account' THEN COALESCE((SELECT a.name FROM account a WHERE a.tenant_id = c.tenant_id AND a.account_id = c.by_id), '') ELSE '' END
		FROM correction_request c JOIN employee e ON e.tenant_id = c.tenant_id AND e.employee_id = c.employee_id
		WHERE c.tenant_id = current_tenant() AND `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("reading requests: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Request, error) { return scanRequest(row, box) })
	if err != nil {
		return nil, fmt.Errorf("reading requests: %w", err)
	}
	return all, nil
}

func scanRequest(row pgx.CollectableRow, box vault.Box) (r Request, err error) {
	var day time.Time
	var at *int64
	var answered *time.Time
	err = row.Scan(&r.ID, &r.Employee, &r.Who.Number, &r.Who.Surname, box.Text(&r.Who.FirstName), &r.Who.ContractMinutes, &day, &r.What, &at, &r.Text,
		&r.Made, &r.State, &r.By.Kind, &r.By.ID, &answered, &r.Reason, &r.ByName)
	r.Who.ID, r.Day = r.Employee, calendar.DateOf(day)
	if at != nil {
		r.At = time.UnixMilli(*at).UTC()
	}
	if answered != nil {
		r.Answered = *answered
	}
	return r, err
}

// AnswerRequest grants or refuses a request, with a reason. What is granted is
// decided apart from it (Decide): the answer changes no hours. ErrNoReason,
// ErrNotFound, or ErrState when it was answered already.
func AnswerRequest(ctx context.Context, tx pg.Tx, id int64, to RequestState, by audit.Actor, reason string, now time.Time) error {
	switch {
	case to != RequestGranted && to != RequestRefused:
		return fmt.Errorf("%w: a request is granted or refused, not %q", ErrInvalid, string(to))
	case len(reason) < 1 || len(reason) > 500:
		return ErrNoReason
	}
	var employee int64
	err := tx.QueryRow(ctx, `UPDATE correction_request SET state = $2, by_kind = $3, by_id = $4, answered_at = $5, reason = $6
		WHERE tenant_id = current_tenant() AND request_id = $1 AND state = 'open' RETURNING employee_id`, id, to, by.Kind, by.ID, now, reason).Scan(&employee)
	if errors.Is(err, pgx.ErrNoRows) {
		return answeredOrGone(ctx, tx, id)
	}
	if err != nil {
		return fmt.Errorf("answering a request: %w", err)
	}
	if err := tell(ctx, tx); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "request.answer", SubjectKind: "employee", SubjectID: employee, By: by,
		Payload: map[string]any{"request": id, "state": to}})
}

func answeredOrGone(ctx context.Context, tx pg.Tx, id int64) error {
	var there bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM correction_request WHERE tenant_id = current_tenant() AND request_id = $1)", id).Scan(&there)
	switch {
	case err != nil:
		return fmt.Errorf("answering a request: %w", err)
	case there:
		return fmt.Errorf("request %d was answered already: %w", id, ErrState)
	}
	return fmt.Errorf("request %d: %w", id, ErrNotFound)
}
