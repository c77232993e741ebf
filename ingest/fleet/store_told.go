package fleet

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
)

const toldColumns = `told_at, settings, key_version, certificate_until, month_bytes, uptime, machine_uptime, booted_at,
	connections, lost, signal, unsent_since, offline_since, offline_how`

func (t *Told) fields() []any {
	return []any{&t.At, &t.Settings, &t.KeyVersion, &t.CertificateUntil, &t.MonthBytes, &t.Uptime, &t.MachineUptime, &t.Booted,
		&t.Connections, &t.Lost, &t.Signal, &t.UnsentSince, &t.OfflineSince, &t.OfflineHow}
}

// Hear writes down what a gateway that is online says of itself, with the
// hour's history and the outage that it ends. It stands in the transaction of
// an ingest group (I6), before the gateway's own row is written: the row lock
// keeps two replicas that were told the same from counting it twice.
func Hear(ctx context.Context, tx pg.Tx, tenant, gateway int64, s wire.State) error {
	if err := wakeTold(ctx, tx, tenant, gateway); err != nil {
		return err
	}
	var was Told
	var now time.Time
	var unsent int64
	err := tx.QueryRow(ctx, `SELECT now(), g.unsent, `+toldColumns+` FROM gateway_told t JOIN gateway g USING (tenant_id, gateway_id)
		WHERE tenant_id = $1 AND gateway_id = $2 FOR UPDATE OF t`, tenant, gateway).Scan(append([]any{&now, &unsent}, was.fields()...)...)
	if err != nil {
		return fmt.Errorf("reading what a gateway told before: %w", err)
	}
	next, sample, outage := was.hear(s, unsent, now)
	b := &pgx.Batch{}
	queueTold(b, tenant, gateway, next)
	queueSample(b, tenant, gateway, sample)
	if outage != nil {
		b.Queue(`INSERT INTO gateway_outage (tenant_id, gateway_id, since, until, cause)
			SELECT $1, $2, $3::timestamptz, $4, $5 WHERE (SELECT count(*) FROM gateway_outage WHERE tenant_id = $1 AND gateway_id = $2
				AND since > $3::timestamptz - interval '1 hour') < $6 ON CONFLICT DO NOTHING`,
			tenant, gateway, outage.Since, outage.Until, outage.Cause, hourOutages)
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("storing what a gateway told: %w", err)
	}
	return nil
}

func wakeTold(ctx context.Context, tx pg.Tx, tenant, gateway int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO gateway_told (tenant_id, gateway_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, tenant, gateway)
	if err != nil {
		return fmt.Errorf("storing what a gateway told: %w", err)
	}
	return nil
}

func queueTold(b *pgx.Batch, tenant, gateway int64, t Told) {
	b.Queue(`UPDATE gateway_told SET told_at = $3, settings = $4, key_version = $5, certificate_until = $6, month_bytes = $7, uptime = $8,
			machine_uptime = $9, booted_at = $10, connections = $11, lost = $12, signal = $13, unsent_since = $14, offline_since = NULL, offline_how = ''
		WHERE tenant_id = $1 AND gateway_id = $2`, tenant, gateway, t.At, t.Settings, t.KeyVersion, t.CertificateUntil, t.MonthBytes, t.Uptime,
		t.MachineUptime, t.Booted, t.Connections, t.Lost, t.Signal, t.UnsentSince)
}

func queueSample(b *pgx.Batch, tenant, gateway int64, s Sample) {
	b.Queue(`INSERT INTO gateway_history AS h (tenant_id, gateway_id, at, unsent, signal, connections, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id, gateway_id, at) DO UPDATE SET unsent = GREATEST(h.unsent, EXCLUDED.unsent),
			signal = LEAST(h.signal, EXCLUDED.signal),
			connections = h.connections + EXCLUDED.connections, bytes = h.bytes + EXCLUDED.bytes`,
		tenant, gateway, s.At, s.Unsent, s.Signal, s.Connections, s.Bytes)
}

// HearEnd writes down that a gateway is offline, since when, and how that was
// learned: by the goodbye of its program, or by its last will. One that is
// offline already stays so since then. It stands in an ingest transaction.
func HearEnd(ctx context.Context, tx pg.Tx, tenant, gateway int64, s wire.State) error {
	how := OfflineWill
	if saysGoodbye(s) {
		how = OfflineGoodbye
	}
	_, err := tx.Exec(ctx, `WITH gone AS (
			UPDATE gateway SET online = false WHERE tenant_id = $1 AND gateway_id = $2 AND online RETURNING tenant_id, gateway_id)
		INSERT INTO gateway_told (tenant_id, gateway_id, offline_since, offline_how) SELECT tenant_id, gateway_id, now(), $3 FROM gone
		ON CONFLICT (tenant_id, gateway_id) DO UPDATE SET offline_since = EXCLUDED.offline_since, offline_how = EXCLUDED.offline_how`, tenant, gateway, how)
	if err != nil {
		return fmt.Errorf("storing that a gateway is offline: %w", err)
	}
	return nil
}

// EndUnheard marks the gateways of an ingest transaction's tenants offline
// that were not heard since an instant.
func EndUnheard(ctx context.Context, tx pg.Tx, since time.Time) error {
	_, err := tx.Exec(ctx, `WITH gone AS (
			UPDATE gateway SET online = false WHERE online AND last_heard < $1 RETURNING tenant_id, gateway_id, last_heard)
		INSERT INTO gateway_told (tenant_id, gateway_id, offline_since, offline_how) SELECT tenant_id, gateway_id, last_heard, 'unheard' FROM gone
		ON CONFLICT (tenant_id, gateway_id) DO UPDATE SET offline_since = EXCLUDED.offline_since, offline_how = EXCLUDED.offline_how`, since)
	if err != nil {
		return fmt.Errorf("marking gateways offline: %w", err)
	}
	return nil
}

// Beat writes a server process's sign of life, and forgets those of processes
// that were silent for a week.
func Beat(ctx context.Context, tx pg.Tx, h Heartbeat) error {
	_, err := tx.Exec(ctx, `WITH old AS (DELETE FROM server_heartbeat WHERE at < now() - interval '7 days' AND server <> $1)
		INSERT INTO server_heartbeat (server, started_at, at, broker, hears) VALUES ($1, $2, now(), $3, $4)
		ON CONFLICT (server) DO UPDATE SET started_at = $2, at = now(), broker = $3, hears = $4`, h.Server, h.Started, h.Broker, h.Hears)
	if err != nil {
		return fmt.Errorf("storing a sign of life: %w", err)
	}
	return nil
}

// Beats gives the servers' signs of life, the newest first.
func Beats(ctx context.Context, tx pg.Tx) ([]Heartbeat, error) {
	rows, err := tx.Query(ctx, "SELECT server, started_at, at, broker, hears FROM server_heartbeat ORDER BY at DESC")
	return collect(rows, err, "signs of life", func(r pgx.CollectableRow) (h Heartbeat, err error) {
		return h, r.Scan(&h.Server, &h.Started, &h.At, &h.Broker, &h.Hears)
	})
}
