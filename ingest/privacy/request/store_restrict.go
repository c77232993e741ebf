package request

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Restrict carries out a granted request for restriction, or an objection: from
// then on the person is on no page and in no export but their own, while taps
// are stored and hours computed as before (GDPR articles 18 and 21). The request
// is then done.
func Restrict(ctx context.Context, tx pg.Tx, id int64, by audit.Actor, now time.Time) error {
	r, err := get(ctx, tx, id, "FOR UPDATE")
	if err != nil {
		return err
	}
	if r.Kind != Restriction && r.Kind != Objection || r.State != Granted {
		return fmt.Errorf("%w: request %d is no granted one for restriction, and no granted objection", ErrInvalid, id)
	}
	_, err = tx.Exec(ctx, `INSERT INTO privacy_restriction (tenant_id, employee_id, request_id, at, by_kind, by_id)
		SELECT current_tenant(), $1, $2, $3, $4, $5 WHERE NOT EXISTS
			(SELECT FROM privacy_restriction WHERE tenant_id = current_tenant() AND employee_id = $1 AND lifted_at IS NULL)`, r.Employee, id, now, by.Kind, by.ID)
	if err != nil {
		return fmt.Errorf("storing a restriction: %w", err)
	}
	_, err = Take(ctx, tx, id, Act(Done), "", by, now)
	return err
}

// Lift has the data of a restricted person used again; the person is told
// before (GDPR article 18(3)), which the reason says.
func Lift(ctx context.Context, tx pg.Tx, request int64, reason string, by audit.Actor, now time.Time) error {
	if reason = strings.TrimSpace(reason); reason == "" || len([]rune(reason)) > 500 {
		return fmt.Errorf("%w: a reason of 1 to 500 characters says why it is lifted, and that the person was told", ErrInvalid)
	}
	if by.Kind == audit.Operator {
		return fmt.Errorf("%w: a restriction is lifted by an administrator of the organisation, who signs in", ErrInvalid)
	}
	r, err := get(ctx, tx, request, "")
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `UPDATE privacy_restriction SET lifted_at = $2, lifted_kind = $3, lifted_by = $4, reason = $5
		WHERE tenant_id = current_tenant() AND employee_id = $1 AND lifted_at IS NULL`, r.Employee, now, by.Kind, by.ID, reason)
	if err != nil {
		return fmt.Errorf("lifting a restriction: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("%w: the person of request %d is not restricted", ErrInvalid, request)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "restriction.lift", SubjectKind: "employee", SubjectID: r.Employee, By: by, Payload: map[string]int64{"request": request}})
}

// RestrictAgain restricts an employee whose restriction a restore lost, as of
// when it began (I8). The request for it may be lost too: one that says so
// stands for it.
func RestrictAgain(ctx context.Context, tx pg.Tx, employee int64, by audit.Actor, since time.Time) error {
	r := Request{Kind: Restriction, Employee: employee, Requester: Self, What: "restricted before a backup was restored"}
	id, err := Receive(ctx, tx, r, by, since)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `WITH done AS (
			UPDATE privacy_request SET checked = true, state = 'done' WHERE tenant_id = current_tenant() AND request_id = $1)
		INSERT INTO privacy_restriction (tenant_id, employee_id, request_id, at, by_kind, by_id) VALUES (current_tenant(), $2, $1, $3, $4, $5)`,
		id, employee, since, by.Kind, by.ID)
	if err != nil {
		return fmt.Errorf("restricting again: %w", err)
	}
	r.ID = id
	return note(ctx, tx, r, Step{Act(Done), r.What, by, since})
}

// LiftAgain lifts the restriction of an employee that a restore brought back,
// as of when it was lifted (I8).
func LiftAgain(ctx context.Context, tx pg.Tx, employee int64, by audit.Actor, at time.Time) error {
	var id int64
	err := tx.QueryRow(ctx, "SELECT request_id FROM privacy_restriction WHERE tenant_id = current_tenant() AND employee_id = $1 AND lifted_at IS NULL", employee).Scan(&id)
	if err != nil {
		return fmt.Errorf("looking for a restriction to lift again: %w", err)
	}
	return Lift(ctx, tx, id, "lifted before a backup was restored", by, at)
}

// Finish notes that what was granted was done by hand: put right, or added.
// What this program carries out itself is done when it did.
func Finish(ctx context.Context, tx pg.Tx, id int64, by audit.Actor, now time.Time) error {
	r, err := get(ctx, tx, id, "FOR UPDATE")
	if err != nil {
		return err
	}
	if r.Kind != Rectification && r.Kind != Addition {
		return fmt.Errorf("%w: request %d, for %s, is done when it was carried out", ErrInvalid, id, r.Kind)
	}
	_, err = Take(ctx, tx, id, Act(Done), "", by, now)
	return err
}

// Restricted gives who is restricted now.
func Restricted(ctx context.Context, tx pg.Tx) (map[int64]bool, error) {
	return restricted(ctx, tx, "lifted_at IS NULL")
}

// RestrictedAt gives who was restricted at an instant.
func RestrictedAt(ctx context.Context, tx pg.Tx, at time.Time) (map[int64]bool, error) {
	return restricted(ctx, tx, "at <= $1 AND (lifted_at IS NULL OR lifted_at > $1)", at)
}

// ErasedAt gives who had been erased at an instant; of their hours what the law
// asks is left.
func ErasedAt(ctx context.Context, tx pg.Tx, at time.Time) (map[int64]bool, error) {
	rows, err := tx.Query(ctx, `SELECT e.employee_id FROM privacy_erasure x JOIN employee e USING (tenant_id, employee_id, created_at) WHERE x.tenant_id = current_tenant() AND x.at <= $1`, at)
	if err != nil {
		return nil, fmt.Errorf("listing who was erased: %w", err)
	}
	return set(rows)
}

func restricted(ctx context.Context, tx pg.Tx, when string, args ...any) (map[int64]bool, error) {
	rows, err := tx.Query(ctx, "SELECT employee_id FROM privacy_restriction WHERE tenant_id = current_tenant() AND "+when, args...)
	if err != nil {
		return nil, fmt.Errorf("listing who is restricted: %w", err)
	}
	return set(rows)
}

func set(rows pgx.Rows) (map[int64]bool, error) {
	out := map[int64]bool{}
	var id int64
	if _, err := pgx.ForEachRow(rows, []any{&id}, func() error { out[id] = true; return nil }); err != nil {
		return nil, fmt.Errorf("reading whose data is restricted or erased: %w", err)
	}
	return out, nil
}

// Show lets the transaction see who is restricted too: for the register of
// requests, and for a person's own pages.
func Show(ctx context.Context, tx pg.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT set_config('tikklok.restricted', 'shown', true)"); err != nil {
		return fmt.Errorf("showing who is restricted: %w", err)
	}
	return nil
}
