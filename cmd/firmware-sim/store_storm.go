package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/fleet"
)

// enrolAll makes gateways with a site, a reader and a certificate each, past
// the API: the storm is about their return, not about how they came.
func (d *database) enrolAll(ctx context.Context, authority *fleet.Authority, n int) ([]enrolled, error) {
	all, err := d.addGateways(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := issueAll(authority, all); err != nil {
		return nil, err
	}
	var ids []int64
	var prints, ders, serials [][]byte
	for i := range all {
		c := all[i].tls.Leaf
		ids, prints = append(ids, all[i].id), append(prints, all[i].fingerprint[:])
		ders, serials = append(ders, c.Raw), append(serials, c.SerialNumber.Bytes())
	}
	_, err = d.conn.Exec(ctx, `
		INSERT INTO gateway_certificate (tenant_id, gateway_id, fingerprint, certificate, serial, not_after, used_at)
		SELECT tenant_id, gateway_id, f, c, s, $5, now() FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[]) k (id, f, c, s)
		JOIN gateway ON gateway_id = k.id`, ids, prints, ders, serials, time.Now().AddDate(1, 0, 0))
	if err == nil {
		_, err = d.conn.Exec(ctx, "ANALYZE site, gateway, gateway_certificate, origin, reader")
	}
	if err != nil {
		return nil, fmt.Errorf("writing certificates down: %w", err)
	}
	return all, nil
}

func (d *database) addGateways(ctx context.Context, n int) ([]enrolled, error) {
	rows, err := d.conn.Query(ctx, `
		WITH owner AS (SELECT min(tenant_id) AS tenant_id FROM tenant),
		sites AS (INSERT INTO site (tenant_id, name) SELECT tenant_id, 'storm ' || i FROM owner, generate_series(1, $1::int) i RETURNING *),
		gateways AS (INSERT INTO gateway (tenant_id, site_id, name) SELECT tenant_id, site_id, name FROM sites RETURNING *),
		readers AS (INSERT INTO reader (tenant_id, site_id, origin, key, name, protocol) SELECT tenant_id, site_id, gateway_id, 'deur', 'deur', 'em4100' FROM gateways),
		origins AS (INSERT INTO origin (tenant_id, origin, site_id, gateway_id) SELECT tenant_id, gateway_id, site_id, gateway_id FROM gateways)
		SELECT gateway_id FROM gateways ORDER BY gateway_id`, n)
	if err != nil {
		return nil, fmt.Errorf("adding gateways: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(c pgx.CollectableRow) (e enrolled, err error) { return e, c.Scan(&e.id) })
	if err != nil {
		return nil, fmt.Errorf("adding gateways: %w", err)
	}
	return all, nil
}
