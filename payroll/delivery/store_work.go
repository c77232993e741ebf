package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// withChannels gives the tenants to look at. Which of them have channels is
// theirs to know: each is asked in its own transaction (I6).
func withChannels(ctx context.Context, tx pg.Tx) ([]int64, error) { return tenant.All(ctx, tx) }

// enqueue puts into the outbox what follows from the register: a run that was
// created since its destination has the channel; a void run of which the other
// end was told, or may have been. What was brought otherwise, or is void, is
// left alone by the attempt.
func enqueue(ctx context.Context, tx pg.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO delivery (tenant_id, channel_id, run_id, event, made_at, due_at)
		SELECT c.tenant_id, c.channel_id, r.run_id, 'run.ready', $1::timestamptz, $1::timestamptz
		FROM delivery_channel c JOIN payroll_run r USING (tenant_id, destination_id)
		WHERE c.tenant_id = current_tenant() AND c.off_at IS NULL AND r.at >= c.since
			AND (r.state = 'created' OR r.state = 'delivered' AND c.kind = 'webhook')
			AND NOT EXISTS (SELECT FROM delivery d WHERE (d.tenant_id, d.channel_id, d.run_id, d.event) = (c.tenant_id, c.channel_id, r.run_id, 'run.ready'))
		UNION ALL
		SELECT c.tenant_id, c.channel_id, r.run_id, 'run.void', $1, $1
		FROM delivery d JOIN delivery_channel c USING (tenant_id, channel_id) JOIN payroll_run r USING (tenant_id, run_id)
		WHERE d.tenant_id = current_tenant() AND c.off_at IS NULL AND c.kind = 'webhook' AND d.event = 'run.ready' AND r.state = 'void'
			AND EXISTS (SELECT FROM delivery_attempt a WHERE (a.tenant_id, a.delivery_id) = (d.tenant_id, d.delivery_id))
			AND NOT EXISTS (SELECT FROM delivery o WHERE (o.tenant_id, o.channel_id, o.run_id, o.event) = (c.tenant_id, c.channel_id, r.run_id, 'run.void'))
		ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING`, now)
	if err != nil {
		return fmt.Errorf("filling the outbox: %w", err)
	}
	return nil
}

// claim locks the delivery that has been due longest and that nobody else
// works on. The lock lets others read it and begin attempts beside it.
func claim(ctx context.Context, tx pg.Tx, now time.Time) (Delivery, bool, error) {
	all, err := collect(ctx, tx, ` AND d.state = 'waiting' AND d.due_at <= $1 AND c.off_at IS NULL
		ORDER BY d.due_at, d.delivery_id LIMIT 1 FOR NO KEY UPDATE OF d SKIP LOCKED`, now)
	if err != nil || len(all) == 0 {
		return Delivery{}, false, err
	}
	return all[0], true, nil
}

// begin commits that an attempt was begun.
func begin(ctx context.Context, tx pg.Tx, id int64, number int, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO delivery_attempt (tenant_id, delivery_id, attempt, started_at)
		VALUES (current_tenant(), $1, $2, $3)`, id, number, now)
	if err != nil {
		return fmt.Errorf("beginning an attempt: %w", err)
	}
	return nil
}

// noteShown commits that the step is about to be taken that the other end acts
// upon.
func noteShown(ctx context.Context, tx pg.Tx, id int64, number int, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE delivery_attempt SET shown_at = $3
		WHERE tenant_id = current_tenant() AND delivery_id = $1 AND attempt = $2`, id, number, now)
	if err != nil {
		return fmt.Errorf("noting an attempt: %w", err)
	}
	return nil
}

// maybeShown says whether the other end may have seen an attempt that nobody
// has looked into.
func maybeShown(ctx context.Context, tx pg.Tx, d Delivery) (shown bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM delivery_attempt
		WHERE tenant_id = current_tenant() AND delivery_id = $1 AND attempt > $2 AND shown_at IS NOT NULL)`, d.ID, d.settled).Scan(&shown)
	if err != nil {
		return false, fmt.Errorf("reading attempts: %w", err)
	}
	return shown, nil
}

func lastAttempt(ctx context.Context, tx pg.Tx, id int64) (a Attempt, err error) {
	err = tx.QueryRow(ctx, `SELECT attempt, started_at, ended_at FROM delivery_attempt
		WHERE tenant_id = current_tenant() AND delivery_id = $1 ORDER BY attempt DESC LIMIT 1`, id).Scan(&a.Number, &a.Started, &a.Ended)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Attempt{}, fmt.Errorf("reading attempts: %w", err)
	}
	return a, nil
}

// endAttempt writes down how an attempt ended. One that failed has shown
// nothing.
func endAttempt(ctx context.Context, tx pg.Tx, id int64, number int, outcome Outcome, why error, now time.Time) error {
	var said refusal
	detail := ""
	if why != nil {
		_ = errors.As(why, &said)
		detail = clip(why.Error(), 500)
	}
	_, err := tx.Exec(ctx, `UPDATE delivery_attempt SET ended_at = $3, outcome = $4, status = $5, answer = $6, detail = $7,
			shown_at = CASE WHEN $4 = 'failed' THEN NULL ELSE shown_at END
		WHERE tenant_id = current_tenant() AND delivery_id = $1 AND attempt = $2`, id, number, now, outcome, said.status, said.answer, detail)
	if err != nil {
		return fmt.Errorf("ending an attempt: %w", err)
	}
	return nil
}

// postpone counts the attempts and says when the next one is due.
func postpone(ctx context.Context, tx pg.Tx, id int64, attempts, accepted int, due time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE delivery SET attempts = $2, accepted = $3, due_at = $4
		WHERE tenant_id = current_tenant() AND delivery_id = $1`, id, attempts, accepted, due)
	if err != nil {
		return fmt.Errorf("postponing a delivery: %w", err)
	}
	return nil
}

func setUncertain(ctx context.Context, tx pg.Tx, id int64) error {
	_, err := tx.Exec(ctx, `UPDATE delivery SET state = 'uncertain' WHERE tenant_id = current_tenant() AND delivery_id = $1`, id)
	if err != nil {
		return fmt.Errorf("marking a delivery as uncertain: %w", err)
	}
	return nil
}

// channelOf gives a channel with its secrets open.
func (s Seal) channelOf(ctx context.Context, tx pg.Tx, id int64) (c Channel, secrets Secrets, err error) {
	var tenant int64
	var sealed []byte
	err = tx.QueryRow(ctx, `SELECT tenant_id, channel_id, destination_id, kind, settings, since, off_at, secrets FROM delivery_channel
		WHERE tenant_id = current_tenant() AND channel_id = $1`, id).Scan(&tenant, &c.ID, &c.Destination, &c.Kind, &c.Settings, &c.Since, &c.Off, &sealed)
	if err != nil {
		return Channel{}, Secrets{}, fmt.Errorf("reading a channel: %w", err)
	}
	secrets, err = s.open(sealed, label(tenant, c.Destination, c.Kind))
	return c, secrets, err
}
