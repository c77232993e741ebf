package ending

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Replaced is what putting a tenant back did.
type Replaced struct {
	Manifest Manifest
	Lost     []string // in what the tenant was otherwise before: what people did since is among it
	// Forgotten are holds and requests made since whose person wasn't there then,
	// by their numbers.
	Forgotten []string
	Taps      int64 // registrations that stood there and are not of the export: they stay
}

// way is how a table's rows come back.
type way int

const (
	replaced way = iota // they become the export's
	standing            // they stay as they are
	added               // those that are missing come back, and all others stay
	updated             // those of the export come back as they were, and newer ones stay
	retold              // what is told of the export's things comes back, and what is told of newer ones stays
	kept                // as added, but those go whose person, request or fob isn't there any more
)

// ways are those of all tables of tenants. What was done and told stays done and
// told: the audit log, certificates, registers, contracts, suspensions. What
// devices brought is never taken away (I3), and devices that came since go on. What
// persons asked for, what may not go, and how long the customer instructed to keep
// it, stays as it stands now: a purge is final.
// So do tokens: gateways go on under the newest key.
var ways = map[way]string{
	replaced: `account account_hirer api_key api_key_destination api_key_secret approval approval_bulk approval_bulk_item approval_policy approval_reminder approval_step approved_line assignment
		bi_hours bi_publication correction_request decision delivery delivery_attempt delivery_channel deputy employee employee_terms contract
		fob fob_issue hole_given_up hour_line hours_cursor hours_due law_due law_figures law_finding leaving optional_field
		payroll_code_map payroll_destination payroll_file payroll_line payroll_part payroll_run payroll_step person_key plan_shift plan_version
		privacy_erasure punch retention_progress rule_set
		seal sealed_day tenant time_pair_doubt timesheet twin_conflict worked_day`,
	standing: `audit_check audit_entry audit_head audit_link audit_payload audit_waiting alarm
		bi_key bi_login bi_permission breach breach_step breach_version contract_event data_key duty_told
		enrolment_code evidence_look evidence_pack evidence_record gateway_desired gateway_history gateway_outage gateway_told gateway_wish
		incident incident_call incident_step mail maintenance maintenance_cancelled name_conflict notice_call notice_hook
		origin_heard origin_progress outage_decision privacy_certificate quarantine reader_history register_entry register_step removal removed_name retention_term
		service_hours service_report statement_details suspension_step tenant_contract tenant_ending tenant_import token_key`,
	added:   "registration time_pair token_twin",
	updated: "hirer site gateway gateway_certificate reader origin hardware",
	retold:  "reader_mode reader_site site_hirer",
	kept:    "fob_token privacy_request privacy_request_step privacy_restriction retention_hold support_grant",
}

// toldOf says of what the retold tables tell. Of a thing of the export nothing may
// have been told then: a site without a hirer.
var toldOf = map[string]string{"reader_mode": "reader", "reader_site": "reader", "site_hirer": "site"}

// wayOf gives how a table's rows come back; false: nobody chose.
func wayOf(table string) (way, bool) {
	for w, names := range ways {
		if slices.Contains(strings.Fields(names), table) {
			return w, true
		}
	}
	return standing, false
}

// Replace puts a tenant back as an export has it, in the database where it still
// stands: in one transaction, or nothing with the reason. It is under the same
// number, so that what is kept of it outside the database counts on (I8). db is
// under pg.RolePrivacy; nobody else may be at work on the tenant. Errors: those
// of Import, and ErrNameTaken.
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
		if err := in.theSame(ctx); err != nil {
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
		done.Forgotten, done.Taps = in.forgotten, after.Registrations-p.manifest.Totals.Registrations
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

// theSame finds that the tenant of the export is the one that stands here: a
// number comes again where the whole database went back to before it was given.
func (in *intake) theSame(ctx context.Context) error {
	s := in.shape("tenant")
	if err := plainly(ctx, in.tx); err != nil {
		return err
	}
	if err := in.stage(ctx, s); err != nil {
		return blame(err, s.table.Name)
	}
	var here, there string
	var made, came time.Time
	err := in.tx.QueryRow(ctx, "SELECT t.name, t.created_at, i.name, i.created_at FROM tenant t, "+s.incoming()+" i WHERE t.tenant_id = current_tenant()").Scan(&here, &made, &there, &came)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%w: %s has no row", ErrManipulated, csvPath(s.table.Name))
	}
	if err != nil {
		return fmt.Errorf("comparing the tenant with that of the export: %w", err)
	}
	if !made.Equal(came) {
		return fmt.Errorf("%w: under the number %d it has %q, made at %s, and here stands %q, made at %s; choose a moment at which that one stood under the number, or take a FILE",
			ErrForeign, in.manifest.Tenant, there, came.UTC().Format(time.RFC3339), here, made.UTC().Format(time.RFC3339))
	}
	return in.unstage(ctx, s)
}

// restorable is what of totals a tenant that was put back has to have.
func restorable(t Totals) Totals {
	t.Registrations, t.Audit, t.Chain, t.Tables = 0, 0, "", maps.Clone(t.Tables)
	maps.DeleteFunc(t.Tables, func(name string, _ Table) bool { w, _ := wayOf(name); return w != replaced })
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
		w, chosen := wayOf(s.table.Name)
		if !chosen {
			return fmt.Errorf("nobody chose how the rows of %s come back; take this version's FILE instead, or a version that knows", s.table.Name)
		}
		if w == kept {
			if err := in.setAside(ctx, s); err != nil {
				return err
			}
		}
	}
	for _, s := range slices.Backward(all) {
		w, _ := wayOf(s.table.Name)
		if s.table.Name == "tenant" || w != replaced && w != kept {
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
	w, _ := wayOf(s.table.Name)
	switch w {
	case standing:
		return nil
	case added:
		return in.add(ctx, s)
	case kept:
		return in.keep(ctx, s)
	case updated:
		if err := in.freeNames(ctx, s); err != nil {
			return err
		}
		var set []string
		for _, c := range s.columns {
			if !slices.Contains(s.key, c) {
				set = append(set, quoted(c)+" = EXCLUDED."+quoted(c))
			}
		}
		return in.put(ctx, s, "SELECT 1", "ON CONFLICT (tenant_id, "+names(s.key)+") DO UPDATE SET "+strings.Join(set, ", "))
	case retold:
		of, things := quoted(s.key[0]), in.shape(toldOf[s.table.Name])
		if err := in.stage(ctx, things); err != nil {
			return err
		}
		if err := in.put(ctx, s, "DELETE FROM "+table+" t WHERE "+here+" AND t."+of+" IN (SELECT "+of+" FROM "+things.incoming()+")", ""); err != nil {
			return err
		}
		return in.unstage(ctx, things)
	}
	return in.table(ctx, s)
}

// add puts in what is missing.
func (in *intake) add(ctx context.Context, s shape) error {
	return in.put(ctx, s, "SELECT 1", "WHERE NOT EXISTS (SELECT FROM "+quoted(s.table.Name)+" t WHERE t.tenant_id = current_tenant()"+s.same()+")")
}

// same compares a row's key with that of an incoming one.
func (s shape) same() string {
	return " AND " + equal(s.key)
}
