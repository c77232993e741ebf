package ending

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Replaced is what putting a tenant back did.
type Replaced struct {
	Manifest Manifest
	Lost     []string // in what the tenant was otherwise before: what people did since is among it
	Taps     int64    // registrations that stood there and are not of the export: they stay
}

// way is how a table's rows come back.
type way int

const (
	replaced way = iota // they become the export's
	standing            // they stay as they are
	added               // those that are missing come back, and all others stay
	updated             // those of the export come back as they were, and newer ones stay
	retold              // what is told of the export's things comes back, and what is told of newer ones stays
)

// ways are those of the tables that are not replaced. What was done and told
// stays done and told: the audit log, certificates, registers, contracts,
// suspensions. What devices brought is never taken away (I3), and devices that
// came since go on.
var ways = map[string]way{
	"audit_check": standing, "audit_entry": standing, "audit_head": standing, "audit_link": standing, "audit_payload": standing, "audit_waiting": standing,
	"bi_key": standing, "bi_login": standing, "bi_permission": standing, "breach": standing, "breach_step": standing, "breach_version": standing,
	"contract_event": standing, "tenant_contract": standing, "data_key": standing, "token_key": standing, "evidence_pack": standing, "evidence_record": standing,
	"incident": standing, "incident_call": standing, "incident_step": standing, "mail": standing, "maintenance": standing, "maintenance_cancelled": standing,
	"notice_call": standing, "notice_hook": standing, "outage_decision": standing, "privacy_certificate": standing, "register_entry": standing, "register_step": standing,
	"removal": standing, "removed_name": standing, "service_hours": standing, "statement_details": standing, "suspension_step": standing,
	"tenant_ending": standing, "tenant_import": standing,
	"enrolment_code": standing, "gateway_desired": standing, "gateway_history": standing, "gateway_outage": standing, "gateway_told": standing, "gateway_wish": standing,
	"reader_history": standing, "origin_progress": standing, "origin_heard": standing, "quarantine": standing, "name_conflict": standing,
	"registration": added, "time_pair": added,
	"hirer": updated, "site": updated, "gateway": updated, "gateway_certificate": updated, "reader": updated, "origin": updated, "hardware": updated,
	"reader_mode": retold, "reader_site": retold, "site_hirer": retold,
}

// Replace puts a tenant back as an export has it, in the database where it still
// stands: in one transaction, or nothing with the reason. It is under the same
// number, so that what is kept of it outside the database counts on (I8). db is
// under pg.RolePrivacy; nobody else may be at work on the tenant. Errors: those
// of Import.
func Replace(ctx context.Context, db *pg.DB, tenant int64, c privacy.Catalogue, o ImportOptions, from io.ReaderAt, size int64) (done Replaced, err error) {
	p, err := unpack(from, size, o, pg.Fingerprint())
	if err != nil {
		return Replaced{}, err
	}
	if p.manifest.Tenant != tenant {
		return Replaced{}, fmt.Errorf("%w: it is of tenant %d, not of tenant %d", ErrForeign, p.manifest.Tenant, tenant)
	}
	done.Manifest = p.manifest
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		in := intake{parcel: p, tx: tx}
		if err := in.whole(ctx, c); err != nil {
			return err
		}
		before, err := ControlTotals(ctx, tx, c)
		if err != nil {
			return err
		}
		done.Lost = Differences(restorable(before), restorable(p.manifest.Totals))
		if err := in.replace(ctx, c); err != nil {
			return err
		}
		after, err := ControlTotals(ctx, tx, c)
		if err != nil {
			return err
		}
		done.Taps = after.Registrations - p.manifest.Totals.Registrations
		if d := Differences(restorable(p.manifest.Totals), restorable(after)); len(d) > 0 {
			return fmt.Errorf("%w: what was put back is not what its manifest says (%s)", ErrManipulated, strings.Join(d[:min(3, len(d))], "; "))
		}
		return audit.Append(ctx, tx, audit.Entry{Action: "tenant.restore", SubjectKind: "tenant", SubjectID: tenant, By: o.By,
			Payload: map[string]any{"fingerprint": p.manifest.Fingerprint, "exported_at": p.manifest.At, "taps_since": done.Taps}})
	})
	if err != nil {
		return Replaced{}, err
	}
	return done, nil
}

// restorable is what of totals a tenant that was put back has to have.
func restorable(t Totals) Totals {
	t.Registrations, t.Audit, t.Chain, t.Tables = 0, 0, "", maps.Clone(t.Tables)
	maps.DeleteFunc(t.Tables, func(name string, _ Table) bool { return ways[name] != replaced })
	return t
}

// replace removes what is to become the export's, what stays here with it, and
// puts the export's rows in.
func (in *intake) replace(ctx context.Context, c privacy.Catalogue) error {
	all, err := shapes(ctx, in.tx, c)
	if err != nil {
		return err
	}
	for _, s := range slices.Backward(all) {
		if s.table.Name == "tenant" || ways[s.table.Name] != replaced {
			continue
		}
		if _, err := in.tx.Exec(ctx, "DELETE FROM "+quoted(s.table.Name)+" WHERE tenant_id = current_tenant()"); err != nil {
			return fmt.Errorf("making room for the rows of %s: %w", s.table.Name, err)
		}
	}
	return in.fill(ctx, in.back)
}

// back puts the rows of one table back, in its way.
func (in *intake) back(ctx context.Context, s shape) error {
	table, here := quoted(s.table.Name), "t.tenant_id = current_tenant()"
	switch ways[s.table.Name] {
	case standing:
		return nil
	case added:
		return in.put(ctx, s, "SELECT 1", "WHERE NOT EXISTS (SELECT FROM "+table+" t WHERE "+here+s.same()+")")
	case updated:
		var set []string
		for _, c := range s.columns {
			if !slices.Contains(s.key, c) {
				set = append(set, quoted(c)+" = EXCLUDED."+quoted(c))
			}
		}
		return in.put(ctx, s, "SELECT 1", "ON CONFLICT (tenant_id, "+names(s.key)+") DO UPDATE SET "+strings.Join(set, ", "))
	case retold:
		of := quoted(s.key[0])
		return in.put(ctx, s, "DELETE FROM "+table+" t WHERE "+here+" AND t."+of+" IN (SELECT "+of+" FROM "+s.incoming()+")", "")
	}
	return in.table(ctx, s)
}

// same compares a row's key with that of an incoming one.
func (s shape) same() (sql string) {
	for _, k := range s.key {
		sql += " AND t." + quoted(k) + " = i." + quoted(k)
	}
	return sql
}
