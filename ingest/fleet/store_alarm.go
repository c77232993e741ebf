package fleet

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// mostAlarms is how many of each kind are listed, the newest first.
const mostAlarms = 200

// Conflicts gives the name conflicts that nobody has closed, at most 200.
func Conflicts(ctx context.Context, tx pg.Tx) ([]Conflict, error) {
	rows, err := tx.Query(ctx, `SELECT c.conflict_id, c.origin, c.epoch, c.seq, c.reader_id, COALESCE(r.name, ''), c.gateway_id, c.at
		FROM name_conflict c LEFT JOIN reader r ON r.tenant_id = c.tenant_id AND r.reader_id = c.reader_id
		WHERE c.tenant_id = current_tenant() AND c.resolved_at IS NULL ORDER BY c.at DESC, c.conflict_id DESC LIMIT $1`, mostAlarms)
	return collect(rows, err, "name conflicts", func(row pgx.CollectableRow) (c Conflict, err error) {
		var origin, epoch, seq int64
		err = row.Scan(&c.ID, &origin, &epoch, &seq, &c.Reader, &c.ReaderName, &c.Gateway, &c.At)
		c.Origin, c.Epoch, c.Seq = uint64(origin), uint64(epoch), uint64(seq)
		return c, err
	})
}

// Quarantine gives the batches in quarantine that nobody has closed, at most
// 200.
func Quarantine(ctx context.Context, tx pg.Tx) ([]Quarantined, error) {
	rows, err := tx.Query(ctx, `SELECT quarantine_id, gateway_id, reason, length(payload), at
		FROM quarantine WHERE tenant_id = current_tenant() AND resolved_at IS NULL ORDER BY at DESC, quarantine_id DESC LIMIT $1`, mostAlarms)
	return collect(rows, err, "quarantined batches", func(row pgx.CollectableRow) (q Quarantined, err error) {
		return q, row.Scan(&q.ID, &q.Gateway, &q.Reason, &q.Bytes, &q.At)
	})
}

// CountAlarms counts the name and twin conflicts and quarantined batches that
// nobody has closed, and the certificates that end soon.
func CountAlarms(ctx context.Context, tx pg.Tx, now time.Time) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM name_conflict WHERE tenant_id = current_tenant() AND resolved_at IS NULL)
		+ (SELECT count(*) FROM quarantine WHERE tenant_id = current_tenant() AND resolved_at IS NULL)
		+ (SELECT count(*) FROM twin_conflict WHERE tenant_id = current_tenant() AND resolved_at IS NULL)
		+ (SELECT count(*) FROM (`+expiring+`) e)`, now.Add(CertificateAlarm)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting alarms: %w", err)
	}
	return n, nil
}

// expiring selects what ends before $1: the service's own certificates, and
// those of gateways that have no other.
const expiring = `SELECT name AS kind, 0 AS gateway_id, not_after FROM service_certificate WHERE not_after < $1
	UNION ALL
	SELECT 'gateway', c.gateway_id, max(c.not_after) FROM gateway_certificate c JOIN gateway g USING (tenant_id, gateway_id)
	WHERE c.tenant_id = current_tenant() AND c.ended_at IS NULL AND g.revoked_at IS NULL
	GROUP BY c.gateway_id HAVING max(c.not_after) < $1`

// ExpiringCertificates gives the certificates that have ended or end within
// CertificateAlarm, the first to end first.
func ExpiringCertificates(ctx context.Context, tx pg.Tx, now time.Time) ([]Expiring, error) {
	rows, err := tx.Query(ctx, "SELECT kind, gateway_id, not_after FROM ("+expiring+") e ORDER BY not_after, gateway_id LIMIT $2", now.Add(CertificateAlarm), mostAlarms)
	return collect(rows, err, "certificates that end", func(r pgx.CollectableRow) (e Expiring, err error) {
		return e, r.Scan(&e.Kind, &e.Gateway, &e.Until)
	})
}

// CloseConflict writes down that a person has seen to a name conflict; both
// readings stay stored.
func CloseConflict(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE name_conflict SET resolved_at = $2
		WHERE tenant_id = current_tenant() AND conflict_id = $1 AND resolved_at IS NULL`, id, now)
	if err := changed("name conflict", id, tag, err); err != nil {
		return err
	}
	return record(ctx, tx, by, "conflict.close", "name_conflict", id, nil)
}

// CloseQuarantine writes down that a person has seen to a quarantined batch;
// its bytes stay stored.
func CloseQuarantine(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE quarantine SET resolved_at = $2
		WHERE tenant_id = current_tenant() AND quarantine_id = $1 AND resolved_at IS NULL`, id, now)
	if err := changed("quarantined batch", id, tag, err); err != nil {
		return err
	}
	return record(ctx, tx, by, "quarantine.close", "quarantine", id, nil)
}
