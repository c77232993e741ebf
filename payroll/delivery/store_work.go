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
// left alone by the attempt. The key of a message is made of the run's: it is
// the same after a restore, so that the other end knows it again.
func enqueue(ctx context.Context, tx pg.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO delivery (tenant_id, channel_id, run_id, event, key, made_at, due_at)
		SELECT c.tenant_id, c.channel_id, r.run_id, 'run.ready', 'msg_' || md5(r.key || c.kind || 'run.ready'), $1::timestamptz, $1::timestamptz
		FROM delivery_channel c JOIN payroll_run r USING (tenant_id, destination_id)
		WHERE c.tenant_id = current_tenant() AND c.off_at IS NULL AND r.at >= c.since
			AND (r.state = 'created' OR r.state = 'delivered' AND c.kind = 'webhook')
			AND NOT EXISTS (SELECT FROM delivery d WHERE (d.tenant_id, d.channel_id, d.run_id, d.event) = (c.tenant_id, c.channel_id, r.run_id, 'run.ready'))
		UNION ALL
		SELECT c.tenant_id, c.channel_id, r.run_id, 'run.void', 'msg_' || md5(r.key || c.kind || 'run.void'), $1, $1
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

// dueNow says whether a delivery d is due at $1. One that is due later than any
// wait was put off by a clock that was ahead.
const dueNow = "(d.due_at <= $1 OR d.due_at > $1::timestamptz + interval '7 hours')"

// due gives the channels of the tenant that have something to do, what waits
// longest first.
func due(ctx context.Context, tx pg.Tx, tenant int64, now time.Time) ([]errand, error) {
	rows, err := tx.Query(ctx, `SELECT d.channel_id, bool_or(d.attempts > 0) FROM delivery d JOIN delivery_channel c USING (tenant_id, channel_id)
		WHERE d.tenant_id = current_tenant() AND d.state = 'waiting' AND c.off_at IS NULL
		GROUP BY d.channel_id HAVING bool_or(`+dueNow+`) ORDER BY min(d.due_at), d.channel_id`, now)
	if err != nil {
		return nil, fmt.Errorf("reading what is due: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (errand, error) {
		e := errand{place: place{tenant: tenant}}
		return e, row.Scan(&e.channel, &e.failing)
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is due: %w", err)
	}
	return all, nil
}

// claim locks the delivery of a channel that has been due longest and that
// nobody else works on. The lock lets others read it and begin attempts beside
// it.
func claim(ctx context.Context, tx pg.Tx, channel int64, now time.Time) (Delivery, bool, error) {
	all, err := collect(ctx, tx, ` AND d.state = 'waiting' AND `+dueNow+` AND c.off_at IS NULL AND d.channel_id = $2
		ORDER BY d.due_at, d.delivery_id LIMIT 1 FOR NO KEY UPDATE OF d SKIP LOCKED`, now, channel)
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
// upon. Another server may have ended the attempt meanwhile: errLost.
func noteShown(ctx context.Context, tx pg.Tx, id int64, number int, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE delivery_attempt SET shown_at = $3
		WHERE tenant_id = current_tenant() AND delivery_id = $1 AND attempt = $2 AND ended_at IS NULL`, id, number, now)
	if err != nil {
		return fmt.Errorf("noting an attempt: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errLost
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
func endAttempt(ctx context.Context, tx pg.Tx, id int64, number int, outcome Outcome, why error, secrets Secrets, now time.Time) error {
	var said refusal
	detail := ""
	if why != nil {
		_ = errors.As(why, &said)
		detail = clip(secrets.hide(why.Error()), 500)
	}
	_, err := tx.Exec(ctx, `UPDATE delivery_attempt SET ended_at = $3, outcome = $4, status = $5, answer = $6, detail = $7, fault = $8,
			shown_at = CASE WHEN $4 = 'failed' THEN NULL ELSE shown_at END
		WHERE tenant_id = current_tenant() AND delivery_id = $1 AND attempt = $2`, id, number, now, outcome, said.status, clip(secrets.hide(said.answer), 300), detail, faultOf(why))
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

// setUncertain leaves a delivery to a person. why is a reason of ours; "": its
// last attempt says it.
func setUncertain(ctx context.Context, tx pg.Tx, id int64, why string) error {
	_, err := tx.Exec(ctx, `UPDATE delivery SET state = 'uncertain', by_kind = $2, by_id = $3, reason = $4
		WHERE tenant_id = current_tenant() AND delivery_id = $1`, id, system.Kind, system.ID, why)
	if err != nil {
		return fmt.Errorf("marking a delivery as uncertain: %w", err)
	}
	return nil
}

// channelOf gives a channel with its secrets open.
func (s Seal) channelOf(ctx context.Context, tx pg.Tx, id int64) (c Channel, secrets Secrets, err error) {
	var tenant int64
	var sealed []byte
	err = tx.QueryRow(ctx, `SELECT tenant_id, channel_id, destination_id, kind, settings, since, off_at, region, operator, secrets FROM delivery_channel
		WHERE tenant_id = current_tenant() AND channel_id = $1`, id).Scan(&tenant, &c.ID, &c.Destination, &c.Kind, &c.Settings, &c.Since, &c.Off, &c.Region, &c.Operator, &sealed)
	if err != nil {
		return Channel{}, Secrets{}, fmt.Errorf("reading a channel: %w", err)
	}
	secrets, err = s.open(sealed, label(tenant, c.Destination, c.Kind))
	return c, secrets, err
}

// Brought says whether a channel brings a run, or has: a package that pulled it
// as well would have it twice (I8). What a person gave up, or brought
// otherwise, can be pulled.
func Brought(ctx context.Context, tx pg.Tx, run int64) (brought bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM payroll_run r JOIN delivery_channel c USING (tenant_id, destination_id)
			LEFT JOIN delivery d ON (d.tenant_id, d.channel_id, d.run_id, d.event) = (c.tenant_id, c.channel_id, r.run_id, 'run.ready')
		WHERE r.tenant_id = current_tenant() AND r.run_id = $1 AND c.off_at IS NULL AND c.kind <> 'webhook'
			AND (d.state IN ('waiting', 'uncertain', 'done') OR d.state IS NULL AND r.state = 'created' AND r.at >= c.since))`, run).Scan(&brought)
	if err != nil {
		return false, fmt.Errorf("reading how a run is handed over: %w", err)
	}
	return brought, nil
}
