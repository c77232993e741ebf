package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

const deliveryQuery = `SELECT d.delivery_id, d.channel_id, c.kind, c.destination_id, p.name, d.run_id, r.period_from, r.period_to, d.event, d.state,
	d.made_at, d.due_at, d.attempts, d.accepted, d.ended_at, COALESCE(d.by_kind, ''), COALESCE(d.by_id, 0), d.reason, d.key, d.settled, d.step,
	c.off_at IS NULL AND EXISTS (SELECT FROM delivery_attempt a WHERE (a.tenant_id, a.delivery_id) = (d.tenant_id, d.delivery_id) AND a.ended_at IS NULL)
	FROM delivery d JOIN delivery_channel c USING (tenant_id, channel_id) JOIN payroll_run r USING (tenant_id, run_id)
	JOIN payroll_destination p ON (p.tenant_id, p.destination_id) = (c.tenant_id, c.destination_id)
	WHERE d.tenant_id = current_tenant()`

func scanDelivery(row pgx.CollectableRow) (Delivery, error) {
	var d Delivery
	var from, to time.Time
	err := row.Scan(&d.ID, &d.Channel, &d.Kind, &d.Destination, &d.Name, &d.Run, &from, &to, &d.Event, &d.State,
		&d.Made, &d.Due, &d.Attempts, &d.Accepted, &d.Ended, &d.By.Kind, &d.By.ID, &d.Reason, &d.key, &d.settled, &d.step, &d.Sending)
	d.Period = calendar.Period{From: calendar.DateOf(from), To: calendar.DateOf(to)}
	return d, err
}

func collect(ctx context.Context, tx pg.Tx, rest string, args ...any) ([]Delivery, error) {
	rows, err := tx.Query(ctx, deliveryQuery+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the outbox: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanDelivery)
	if err != nil {
		return nil, fmt.Errorf("reading the outbox: %w", err)
	}
	return all, nil
}

// Outbox gives deliveries with their attempts: first those that a person must
// look at, then those that wait, then the newest; of one run, or of
// all (0), at most limit.
func Outbox(ctx context.Context, tx pg.Tx, run int64, limit int) ([]Delivery, error) {
	all, err := collect(ctx, tx, ` AND ($1::bigint = 0 OR d.run_id = $1)
		ORDER BY d.state <> 'uncertain', d.state <> 'waiting', d.delivery_id DESC LIMIT $2`, run, limit)
	if err != nil {
		return nil, err
	}
	tried, err := attemptsOf(ctx, tx, all)
	for i, d := range all {
		all[i].Tried = tried[d.ID]
	}
	return all, err
}

// ByID gives one delivery, or ErrNotFound.
func ByID(ctx context.Context, tx pg.Tx, id int64) (Delivery, error) {
	all, err := collect(ctx, tx, " AND d.delivery_id = $1", id)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("delivery %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Delivery{}, err
	}
	return all[0], nil
}

// Attempts gives what was tried, the first first.
func Attempts(ctx context.Context, tx pg.Tx, id int64) ([]Attempt, error) {
	tried, err := attemptsOf(ctx, tx, []Delivery{{ID: id}})
	return tried[id], err
}

func attemptsOf(ctx context.Context, tx pg.Tx, all []Delivery) (map[int64][]Attempt, error) {
	ids := make([]int64, len(all))
	for i, d := range all {
		ids[i] = d.ID
	}
	rows, err := tx.Query(ctx, `SELECT delivery_id, attempt, started_at, ended_at, outcome, status, answer, detail, fault FROM delivery_attempt
		WHERE tenant_id = current_tenant() AND delivery_id = ANY ($1) ORDER BY delivery_id, attempt`, ids)
	if err != nil {
		return nil, fmt.Errorf("reading attempts: %w", err)
	}
	tried, id, a := map[int64][]Attempt{}, int64(0), Attempt{}
	_, err = pgx.ForEachRow(rows, []any{&id, &a.Number, &a.Started, &a.Ended, &a.Outcome, &a.Status, &a.Answer, &a.Detail, &a.Fault}, func() error {
		tried[id] = append(tried[id], a)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading attempts: %w", err)
	}
	return tried, nil
}

// held locks a delivery for a person's decision, or gives ErrSending while it
// is under way. Who holds it knows that no attempt is: one that was begun and
// not ended was broken off.
func held(ctx context.Context, tx pg.Tx, id int64, now time.Time) (Delivery, error) {
	all, err := collect(ctx, tx, " AND d.delivery_id = $1 FOR NO KEY UPDATE OF d NOWAIT", id)
	var locked *pgconn.PgError
	switch {
	case errors.As(err, &locked) && locked.Code == "55P03": // lock_not_available
		return Delivery{}, fmt.Errorf("delivery %d: %w", id, ErrSending)
	case err == nil && len(all) == 0:
		err = fmt.Errorf("delivery %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Delivery{}, err
	}
	_, err = tx.Exec(ctx, `UPDATE delivery_attempt SET ended_at = $2, outcome = 'interrupted'
		WHERE tenant_id = current_tenant() AND delivery_id = $1 AND ended_at IS NULL`, id, now)
	if err != nil {
		return Delivery{}, fmt.Errorf("ending an attempt: %w", err)
	}
	return all[0], nil
}

func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < 1 || n > 500 {
		return "", invalid("reason", "a reason has 1 to 500 characters")
	}
	return reason, nil
}

// Again has a delivery sent at the next round. One that the other end has, or
// may have, takes a reason: whoever gives it has looked there. Errors:
// ErrNotFound, ErrSending, ErrInvalid; ErrState for one that was withdrawn.
func Again(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, reason string, now time.Time) error {
	d, err := held(ctx, tx, id, now)
	if err != nil {
		return err
	}
	if d.State == Withdrawn {
		return fmt.Errorf("delivery %d: %w", id, ErrState)
	}
	if d.State != Waiting {
		if reason, err = checkReason(reason); err != nil {
			return err
		}
	} else {
		reason = strings.TrimSpace(reason)
	}
	run, err := payroll.RunByID(ctx, tx, d.Run)
	if err != nil {
		return err
	}
	step := run.State
	if d.State == Waiting { // sooner is not in spite of what became of the run
		step = d.step
	}
	_, err = tx.Exec(ctx, `UPDATE delivery SET state = 'waiting', due_at = $2, ended_at = NULL, by_kind = $3, by_id = $4, reason = $5, step = $6,
			settled = CASE WHEN state = 'waiting' THEN settled ELSE attempts END, accepted = CASE WHEN state = 'done' THEN 0 ELSE accepted END
		WHERE tenant_id = current_tenant() AND delivery_id = $1`, id, now, by.Kind, by.ID, reason, step)
	if err != nil {
		return fmt.Errorf("sending again: %w", err)
	}
	return note(ctx, tx, by, "delivery.again", d, reason)
}

// GiveUp ends a delivery that did not arrive.
func GiveUp(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, reason string, now time.Time) error {
	return decide(ctx, tx, by, id, GivenUp, reason, now)
}

// Arrived ends an uncertain delivery: somebody saw that the other end has it.
// The run is delivered by that.
func Arrived(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, reason string, now time.Time) error {
	return decide(ctx, tx, by, id, Done, reason, now)
}

func decide(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, state State, reason string, now time.Time) error {
	reason, err := checkReason(reason)
	if err != nil {
		return err
	}
	d, err := held(ctx, tx, id, now)
	if err != nil {
		return err
	}
	action := "delivery.give_up"
	if state == Done {
		action = "delivery.arrived"
	}
	if d.State != Uncertain && (state == Done || d.State != Waiting) {
		return fmt.Errorf("delivery %d: %w", id, ErrState)
	}
	if err := end(ctx, tx, by, id, state, reason, now); err != nil {
		return err
	}
	if state == Done && d.Event == Ready && d.Kind.Brings() {
		// of a void run, and of one that went on meanwhile, it is only noted here
		if err := delivered(ctx, tx, by, d, now); err != nil && !errors.Is(err, payroll.ErrVoid) {
			return err
		}
	}
	return note(ctx, tx, by, action, d, reason)
}

func end(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, state State, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE delivery SET state = $2, ended_at = $3, by_kind = $4, by_id = $5, reason = $6
		WHERE tenant_id = current_tenant() AND delivery_id = $1`, id, state, now, by.Kind, by.ID, reason)
	if err != nil {
		return fmt.Errorf("ending a delivery: %w", err)
	}
	return nil
}

func note(ctx context.Context, tx pg.Tx, by audit.Actor, action string, d Delivery, reason string) error {
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "payroll_run", SubjectID: d.Run, By: by,
		Payload: map[string]any{"delivery": d.ID, "channel": d.Channel, "kind": d.Kind, "event": d.Event, "reason": reason}})
}
