package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/payroll/delivery"
)

// Hook is where a tenant's own systems are told.
type Hook struct {
	URL   string
	Since time.Time
	Off   *time.Time // not used since; nil: in use
}

// PutHook has announcements from now on told to an address, and gives the
// secret that signs them, this once. Errors: delivery.ErrInvalid.
func PutHook(ctx context.Context, tx pg.Tx, by audit.Actor, seal delivery.Seal, address string, now time.Time) (shown string, err error) {
	var of int64
	if err := tx.QueryRow(ctx, "SELECT current_tenant()").Scan(&of); err != nil {
		return "", fmt.Errorf("reading the tenant: %w", err)
	}
	address, sealed, shown, err := seal.NewHook(of, address)
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO notice_hook (tenant_id, url, secrets, since) VALUES (current_tenant(), $1, $2, $3)
		ON CONFLICT (tenant_id) DO UPDATE SET url = excluded.url, secrets = excluded.secrets, since = excluded.since, off_at = NULL`, address, sealed, now)
	if err != nil {
		return "", fmt.Errorf("storing a webhook: %w", err)
	}
	return shown, audit.Append(ctx, tx, audit.Entry{Action: "notice_hook.put", SubjectKind: "tenant", SubjectID: of, By: by, Payload: map[string]any{"url": address}})
}

// DropHook takes the webhook out of use; what waits for it is told no more.
func DropHook(ctx context.Context, tx pg.Tx, by audit.Actor, now time.Time) error {
	var of int64
	err := tx.QueryRow(ctx, `UPDATE notice_hook SET off_at = $1, secrets = '' WHERE tenant_id = current_tenant() AND off_at IS NULL RETURNING tenant_id`, now).Scan(&of)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("taking a webhook out of use: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE notice_call SET state = 'expired', ended_at = $1 WHERE tenant_id = current_tenant() AND state = 'waiting'`, now); err != nil {
		return fmt.Errorf("taking a webhook out of use: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "notice_hook.drop", SubjectKind: "tenant", SubjectID: of, By: by})
}

// HookOf gives the tenant's webhook; ok is false where there never was one.
func HookOf(ctx context.Context, tx pg.Tx) (h Hook, ok bool, err error) {
	err = tx.QueryRow(ctx, `SELECT url, since, off_at FROM notice_hook WHERE tenant_id = current_tenant()`).Scan(&h.URL, &h.Since, &h.Off)
	if errors.Is(err, pgx.ErrNoRows) {
		return Hook{}, false, nil
	}
	if err != nil {
		return Hook{}, false, fmt.Errorf("reading a webhook: %w", err)
	}
	return h, true, nil
}

// Call is how far the webhook is with one event.
type Call struct {
	Event    Event
	State    string // waiting, done or expired
	Attempts int
	Ended    *time.Time
	Answer   string // of the last attempt that failed
}

// Calls gives those about one thing.
func Calls(ctx context.Context, tx pg.Tx, about string) ([]Call, error) {
	rows, err := tx.Query(ctx, `SELECT event, state, attempts, ended_at, answer FROM notice_call WHERE tenant_id = current_tenant() AND about = $1 ORDER BY call_id`, about)
	if err != nil {
		return nil, fmt.Errorf("reading calls of a webhook: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Call])
	if err != nil {
		return nil, fmt.Errorf("reading calls of a webhook: %w", err)
	}
	return all, nil
}

// Tell has the webhook told of an event, where there is one in use: once about
// each thing, until it is heard or, at a moment, of no use any more. Data is
// what it says; it must hold nobody's data.
func Tell(ctx context.Context, tx pg.Tx, e Event, about string, data any, until, now time.Time) error {
	body, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("telling a webhook: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO notice_call (tenant_id, about, event, data, made_at, due_at, until_at)
		SELECT current_tenant(), $1, $2, $3, $4, $4, $5 FROM notice_hook WHERE tenant_id = current_tenant() AND off_at IS NULL
		ON CONFLICT ON CONSTRAINT notice_call_once DO NOTHING`, about, e, body, now, until)
	if err != nil {
		return fmt.Errorf("telling a webhook: %w", err)
	}
	return nil
}

// calling is a call at an attempt.
type calling struct {
	id, tenant int64
	event      Event
	data       json.RawMessage
	key        string
	made       time.Time
	attempt    int
	url        string
	sealed     []byte
}

// claimCall takes the call that has been due longest, and keeps others off it
// for a while: one whose server is killed is made again, under the same id. No
// call waits for two hours: what does is of a clock that was ahead. A call of no
// use any more is ended.
func claimCall(ctx context.Context, tx pg.Tx, now time.Time) (c calling, ok bool, err error) {
	_, err = tx.Exec(ctx, `UPDATE notice_call SET state = 'expired', ended_at = $1
		WHERE tenant_id = current_tenant() AND state = 'waiting' AND due_at <= $1 AND until_at <= $1`, now)
	if err != nil {
		return c, false, fmt.Errorf("ending calls of a webhook: %w", err)
	}
	err = tx.QueryRow(ctx, `UPDATE notice_call c SET attempts = attempts + 1, due_at = $2 FROM notice_hook h
		WHERE c.tenant_id = current_tenant() AND h.tenant_id = c.tenant_id AND h.off_at IS NULL AND c.call_id = (SELECT call_id FROM notice_call
			WHERE tenant_id = current_tenant() AND state = 'waiting' AND (due_at <= $1 OR due_at > $1::timestamptz + interval '2 hours') ORDER BY due_at, call_id LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING c.call_id, c.tenant_id, c.event, c.data, c.key, c.made_at, c.attempts, h.url, h.secrets`, now, now.Add(lease)).
		Scan(&c.id, &c.tenant, &c.event, &c.data, &c.key, &c.made, &c.attempt, &c.url, &c.sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("beginning a call of a webhook: %w", err)
	}
	return c, true, nil
}

// endCall writes down how an attempt ended; why is "" where it was heard.
func endCall(ctx context.Context, tx pg.Tx, c calling, why string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notice_call SET state = CASE WHEN $3 = '' THEN 'done' ELSE 'waiting' END, ended_at = CASE WHEN $3 = '' THEN $4::timestamptz END,
			due_at = $5, answer = left($3, 300)
		WHERE tenant_id = current_tenant() AND call_id = $1 AND attempts = $2 AND state = 'waiting'`, c.id, c.attempt, why, now, now.Add(backoff(c.attempt)))
	if err != nil {
		return fmt.Errorf("noting a call of a webhook: %w", err)
	}
	return nil
}
