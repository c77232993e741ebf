package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Create makes a tenant with its first token key. The transaction must be of
// pg.RoleOwner; afterwards it is in the new tenant.
func Create(ctx context.Context, tx pg.Tx, by audit.Actor, name, zone, language string) (Tenant, error) {
	t := Tenant{Name: name, Zone: zone, Language: language}
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return Tenant{}, fmt.Errorf("%q is not a time zone; use a name like Europe/Amsterdam", zone)
	}
	if err := tx.QueryRow(ctx, "SELECT create_tenant($1, $2, $3)", name, zone, language).Scan(&t.ID); err != nil {
		return Tenant{}, fmt.Errorf("creating a tenant: %w", err)
	}
	if _, err := tx.Exec(ctx, "SELECT set_config('tikklok.tenant', $1, true)", fmt.Sprint(t.ID)); err != nil {
		return Tenant{}, fmt.Errorf("entering a new tenant: %w", err)
	}
	if _, err := CreateKey(ctx, tx, by); err != nil {
		return Tenant{}, err
	}
	return t, audit.Append(ctx, tx, audit.Entry{Action: "tenant.create", SubjectKind: "tenant", SubjectID: t.ID, By: by,
		Payload: map[string]string{"name": name, "zone": zone, "language": language}})
}

// Get gives the transaction's tenant.
func Get(ctx context.Context, tx pg.Tx) (Tenant, error) {
	var t Tenant
	err := tx.QueryRow(ctx, "SELECT tenant_id, name, zone, language, probe FROM tenant WHERE tenant_id = current_tenant()").
		Scan(&t.ID, &t.Name, &t.Zone, &t.Language, &t.Probe)
	if errors.Is(err, pgx.ErrNoRows) {
		return Tenant{}, ErrNotFound
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("reading the tenant: %w", err)
	}
	return t, nil
}

// ForProbes makes the transaction's tenant the probes' own. One that has
// employees can't be (constraint probe_has_no_people).
func ForProbes(ctx context.Context, tx pg.Tx, by audit.Actor) error {
	if _, err := tx.Exec(ctx, "UPDATE tenant SET probe = true WHERE tenant_id = current_tenant()"); err != nil {
		return fmt.Errorf("giving a tenant to probes: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "tenant.probe", SubjectKind: "tenant", By: by})
}

// All gives the ids of all tenants, for jobs that go through them one by one
// (I6); the transaction may be in none.
func All(ctx context.Context, tx pg.Tx) ([]int64, error) {
	rows, err := tx.Query(ctx, "SELECT tenant_ids()")
	if err != nil {
		return nil, fmt.Errorf("listing tenants: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("listing tenants: %w", err)
	}
	return ids, nil
}
