package ended

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/tenant"
)

// things are all that can end, with when they did: NULL where they did not.
const things = `
	SELECT 'account' AS kind, account_id AS id, created_at AS created, '' AS of, closed_at AS at, '' AS how
		FROM account WHERE tenant_id = current_tenant()
	UNION ALL SELECT 'api_key', api_key_id, created_at, '', revoked_at, ''
		FROM api_key WHERE tenant_id = current_tenant()
	UNION ALL SELECT 'api_secret', k.api_key_id, k.created_at, (extract(epoch FROM s.made_at) * 1000000)::bigint::text, s.valid_until, ''
		FROM api_key_secret s JOIN api_key k USING (tenant_id, api_key_id) WHERE s.tenant_id = current_tenant()
	UNION ALL SELECT 'gateway', gateway_id, created_at, '', revoked_at, ''
		FROM gateway WHERE tenant_id = current_tenant()
	UNION ALL SELECT 'certificate', g.gateway_id, g.created_at, encode(c.fingerprint, 'hex'), c.ended_at, ''
		FROM gateway_certificate c JOIN gateway g USING (tenant_id, gateway_id) WHERE c.tenant_id = current_tenant()
	UNION ALL SELECT 'fob', f.fob_id, f.created_at, (extract(epoch FROM i.issued_at) * 1000000)::bigint::text, i.returned_at,
			CASE WHEN i.returned_at IS NULL THEN '' ELSE COALESCE(NULLIF(i.ended, ''), 'returned') END
		FROM fob_issue i JOIN fob f USING (tenant_id, fob_id) WHERE i.tenant_id = current_tenant()
	UNION ALL SELECT 'use', e.employee_id, e.created_at, (extract(epoch FROM r.at) * 1000000)::bigint::text, r.at, ''
		FROM privacy_restriction r JOIN employee e USING (tenant_id, employee_id) WHERE r.tenant_id = current_tenant()
	UNION ALL SELECT 'restriction', e.employee_id, e.created_at, (extract(epoch FROM r.at) * 1000000)::bigint::text, r.lifted_at, ''
		FROM privacy_restriction r JOIN employee e USING (tenant_id, employee_id) WHERE r.tenant_id = current_tenant()
	UNION ALL SELECT CASE s.kind WHEN 'suspended' THEN 'service' ELSE 'suspension' END, t.tenant_id, t.created_at, (extract(epoch FROM s.made_at) * 1000000)::bigint::text, s.made_at, s.ground
		FROM suspension_step s JOIN tenant t USING (tenant_id) WHERE s.tenant_id = current_tenant() AND s.kind IN ('suspended', 'lifted')`

// ends gives all that ended.
func ends(ctx context.Context, tx pg.Tx) ([]End, error) {
	return list(ctx, tx, "SELECT kind, id, created, of, at, how FROM ("+things+") t WHERE at IS NOT NULL ORDER BY at, kind, id, of")
}

// standing gives what did not end at an instant; At is zero, or later. A use
// has no row before it ends: see unrestricted.
func standing(ctx context.Context, tx pg.Tx, now time.Time) ([]End, error) {
	return list(ctx, tx, "SELECT kind, id, created, of, at, how FROM ("+things+") t WHERE at IS NULL OR kind = 'api_secret' AND at > $1", now)
}

func list(ctx context.Context, tx pg.Tx, sql string, args ...any) ([]End, error) {
	if err := request.Show(ctx, tx); err != nil { // who is restricted too
		return nil, err
	}
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("listing what was ended: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e End, err error) {
		var at *time.Time
		if err = r.Scan(&e.Kind, &e.ID, &e.Created, &e.Of, &at, &e.How); at != nil {
			e.At = *at
		}
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing what was ended: %w", err)
	}
	return all, nil
}

// unrestricted says whether it is that employee, neither erased nor restricted,
// and the database lacks the restriction.
func unrestricted(ctx context.Context, tx pg.Tx, e End) (is bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM employee e WHERE e.tenant_id = current_tenant() AND e.employee_id = $1 AND e.created_at = $2
		AND NOT EXISTS (SELECT FROM privacy_erasure x WHERE x.tenant_id = e.tenant_id AND x.employee_id = e.employee_id AND x.created_at = e.created_at)
		AND NOT EXISTS (SELECT FROM privacy_restriction r WHERE r.tenant_id = e.tenant_id AND r.employee_id = e.employee_id AND (r.lifted_at IS NULL OR r.at = $3)))`,
		e.ID, e.Created, e.At).Scan(&is)
	if err != nil {
		return false, fmt.Errorf("looking whether somebody is restricted: %w", err)
	}
	return is, nil
}

// lacksStep says whether it is that tenant, and the database lacks the step.
func lacksStep(ctx context.Context, tx pg.Tx, e End) (lacks bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenant t WHERE t.tenant_id = current_tenant() AND t.tenant_id = $1 AND t.created_at = $2
		AND NOT EXISTS (SELECT FROM suspension_step s WHERE s.tenant_id = t.tenant_id AND s.made_at = $3
			AND s.kind = CASE $4::text WHEN 'service' THEN 'suspended' ELSE 'lifted' END))`, e.ID, e.Created, e.At, e.Kind).Scan(&lacks)
	if err != nil {
		return false, fmt.Errorf("looking for a step of a suspension: %w", err)
	}
	return lacks, nil
}

// again ends something that stands, as of when it ended, and says whether it
// did. Who is restricted already is left.
func again(ctx context.Context, tx pg.Tx, e End) (bool, error) {
	by := audit.Actor{Kind: audit.System}
	switch e.Kind {
	case Account:
		return true, people.CloseAccount(ctx, tx, by, e.ID, e.At)
	case Key:
		return true, people.RevokeKey(ctx, tx, by, e.ID, e.At)
	case Secret:
		made, err := e.since()
		if err != nil {
			return false, err
		}
		return true, people.EndSecret(ctx, tx, by, e.ID, made, e.At)
	case Gateway:
		return true, fleet.RevokeGateway(ctx, tx, by, e.ID, e.At)
	case Certificate:
		print, err := hex.DecodeString(e.Of)
		if err != nil {
			return false, err
		}
		return true, fleet.EndCertificate(ctx, tx, by, e.ID, print, e.At)
	case Fob:
		return true, fleet.Return(ctx, tx, by, e.ID, e.At, e.How)
	case Restriction:
		return true, request.LiftAgain(ctx, tx, e.ID, by, e.At)
	case Use:
		free, err := unrestricted(ctx, tx, e)
		if err != nil || !free {
			return false, err
		}
		return true, request.RestrictAgain(ctx, tx, e.ID, by, e.At)
	case Service:
		return true, tenant.StepAgain(ctx, tx, by, tenant.Suspended, tenant.Ground(e.How), e.At)
	case Suspension:
		return true, tenant.StepAgain(ctx, tx, by, tenant.Lifted, tenant.Ground(e.How), e.At)
	}
	return false, fmt.Errorf("this version knows no %q", e.Kind)
}
