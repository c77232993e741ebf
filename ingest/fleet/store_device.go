package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

const gatewayColumns = `gateway_id, site_id, name,
	(SELECT max(not_after) FROM gateway_certificate c WHERE c.tenant_id = gateway.tenant_id AND c.gateway_id = gateway.gateway_id AND c.ended_at IS NULL),
	online, software, clock, unsent, damaged, last_heard, revoked_at, retired_at, COALESCE(retired_by, 0), retired_reason`

func scanGateway(row pgx.CollectableRow) (Gateway, error) {
	var g Gateway
	var retired *time.Time
	var r Retirement
	err := row.Scan(&g.ID, &g.Site, &g.Name, &g.CertificateUntil, &g.Online, &g.Software, &g.Clock, &g.Unsent, &g.Damaged, &g.LastHeard, &g.Revoked,
		&retired, &r.By, &r.Reason)
	g.Retired = r.since(retired)
	return g, err
}

// since gives the retirement, or nil where there is none.
func (r Retirement) since(at *time.Time) *Retirement {
	if at == nil {
		return nil
	}
	r.At = *at
	return &r
}

// GatewayByID gives one gateway, or ErrNotFound.
func GatewayByID(ctx context.Context, tx pg.Tx, id int64) (Gateway, error) {
	rows, err := tx.Query(ctx, "SELECT "+gatewayColumns+" FROM gateway WHERE tenant_id = current_tenant() AND gateway_id = $1", id)
	return one(rows, err, fmt.Sprintf("gateway %d", id), scanGateway)
}

// Gateways gives all gateways in order of name, revoked ones too.
func Gateways(ctx context.Context, tx pg.Tx) ([]Gateway, error) {
	rows, err := tx.Query(ctx, "SELECT "+gatewayColumns+" FROM gateway WHERE tenant_id = current_tenant() ORDER BY name")
	return collect(rows, err, "gateways", scanGateway)
}

// AddGateway makes a gateway and binds its own origin to it (I1).
func AddGateway(ctx context.Context, tx pg.Tx, by audit.Actor, siteID int64, name string) (Gateway, error) {
	g := Gateway{Site: siteID, Name: name}
	err := tx.QueryRow(ctx, `INSERT INTO gateway (tenant_id, site_id, name) VALUES (current_tenant(), $1, $2)
		RETURNING gateway_id`, siteID, name).Scan(&g.ID)
	if err != nil {
		return Gateway{}, named("adding a gateway", err)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO origin (tenant_id, origin, site_id, gateway_id)
		VALUES (current_tenant(), $1, $2, $1)`, g.ID, siteID); err != nil {
		return Gateway{}, fmt.Errorf("binding a gateway's origin: %w", err)
	}
	return g, record(ctx, tx, by, "gateway.create", "gateway", g.ID, map[string]any{"name": name, "site": siteID})
}

// RenameGateway changes a gateway's name.
func RenameGateway(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, name string) error {
	tag, err := tx.Exec(ctx, "UPDATE gateway SET name = $2 WHERE tenant_id = current_tenant() AND gateway_id = $1", id, name)
	if err := changed("gateway", id, tag, err); err != nil {
		return err
	}
	return record(ctx, tx, by, "gateway.rename", "gateway", id, map[string]any{"name": name})
}

// RevokeGateway ends a gateway's access for good (OB-C11).
func RevokeGateway(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE gateway SET revoked_at = $2, online = false
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND revoked_at IS NULL`, id, now)
	if err := changedInUse(ctx, tx, id, tag, err); err != nil {
		return err
	}
	if err := errors.Join(endCertificates(ctx, tx, id, now), revokeCodes(ctx, tx, id, now), tell(ctx, tx)); err != nil {
		return err
	}
	return record(ctx, tx, by, "gateway.revoke", "gateway", id, nil)
}

// changedInUse is changed for a gateway that must not be revoked; ErrRevoked
// where it is.
func changedInUse(ctx context.Context, tx pg.Tx, id int64, tag pgconn.CommandTag, err error) error {
	err = changed("gateway", id, tag, err)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	if g, unknown := GatewayByID(ctx, tx, id); unknown == nil && g.Revoked != nil {
		return ErrRevoked
	}
	return err
}

const readerColumns = `reader_id, site_id, origin, key, name, mode, protocol, firmware, health, battery_percent, stored, last_contact,
	signal, health_since, listed_at, COALESCE(replaces, 0), retired_at, COALESCE(retired_by, 0), retired_reason`

// silentPort is a gateway's port for a reader with memory that stands under its
// own name no longer, because a reader answered there: ingest empties its health.
const silentPort = "(protocol = 'link' AND key <> '' AND health = '')"

// Readers gives all readers in order of name, those out of use too.
func Readers(ctx context.Context, tx pg.Tx) ([]Reader, error) {
	rows, err := tx.Query(ctx, "SELECT "+readerColumns+" FROM reader WHERE tenant_id = current_tenant() AND NOT "+silentPort+" ORDER BY name, reader_id")
	return collect(rows, err, "readers", scanReader)
}

// ReaderByID gives one reader, or ErrNotFound.
func ReaderByID(ctx context.Context, tx pg.Tx, id int64) (Reader, error) {
	rows, err := tx.Query(ctx, "SELECT "+readerColumns+" FROM reader WHERE tenant_id = current_tenant() AND reader_id = $1", id)
	return one(rows, err, fmt.Sprintf("reader %d", id), scanReader)
}

// lockReader is ReaderByID, and keeps other leaves of the reader waiting until
// the transaction ends.
func lockReader(ctx context.Context, tx pg.Tx, id int64) (Reader, error) {
	rows, err := tx.Query(ctx, "SELECT "+readerColumns+" FROM reader WHERE tenant_id = current_tenant() AND reader_id = $1 FOR NO KEY UPDATE", id)
	return one(rows, err, fmt.Sprintf("reader %d", id), scanReader)
}

func scanReader(row pgx.CollectableRow) (Reader, error) {
	var r Reader
	var retired *time.Time
	var away Retirement
	err := row.Scan(&r.ID, &r.Site, &r.Origin, &r.Key, &r.Name, &r.Mode, &r.Protocol, &r.Firmware, &r.Health, &r.BatteryPercent, &r.Stored, &r.LastContact,
		&r.Signal, &r.HealthSince, &r.Listed, &r.Replaces, &retired, &away.By, &away.Reason)
	r.Retired = away.since(retired)
	return r, err
}

// UpdateReader changes a reader's name and mode. The mode holds for every tap
// that is computed from now on, those of unapproved days too.
func UpdateReader(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, name string, mode Mode) error {
	tag, err := tx.Exec(ctx, "UPDATE reader SET name = $2, mode = $3 WHERE tenant_id = current_tenant() AND reader_id = $1", id, name, mode)
	if err := changed("reader", id, tag, err); err != nil {
		return err
	}
	if err := tell(ctx, tx); err != nil {
		return err
	}
	return record(ctx, tx, by, "reader.update", "reader", id, map[string]any{"name": name, "mode": mode})
}

// MoveReader binds a reader with memory to another site of the tenant: from now
// on that site's gateways may submit its taps (I1). What the old site's
// gateways still hold of it comes in all the same.
func MoveReader(ctx context.Context, tx pg.Tx, by audit.Actor, id, site int64) error {
	tag, err := tx.Exec(ctx, `
		WITH moved AS (
			UPDATE reader SET site_id = $2 WHERE tenant_id = current_tenant() AND reader_id = $1 AND key = '' RETURNING origin)
		UPDATE origin SET site_id = $2 FROM moved WHERE tenant_id = current_tenant() AND origin.origin = moved.origin AND gateway_id IS NULL`, id, site)
	if err := changed("reader with memory", id, tag, err); err != nil {
		return err
	}
	return record(ctx, tx, by, "reader.move", "reader", id, map[string]any{"site": site})
}

// tell wakes whoever listens on the channel tikklok, with the tenant's id,
// after the commit.
func tell(ctx context.Context, tx pg.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_notify('tikklok', current_tenant()::text)"); err != nil {
		return fmt.Errorf("telling of a change: %w", err)
	}
	return nil
}
