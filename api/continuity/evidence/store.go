package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/statement"
)

// question is asked of the database for a proof: whether it holds, when that
// was, and one value for its sentence. No row, or NULL: there is no proof. $1
// is the moment after which proofs are too late.
type question struct{ proof, sql string }

// questions are asked as the role that pages use, of the current tenant.
func questions() []question {
	return []question{
		{"fobs-out", `SELECT count(*) = count(DISTINCT fob_id) AND EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'fob_issue'::regclass AND contype = 'x'), now(), count(*)::text
			FROM fob_issue WHERE tenant_id = current_tenant() AND returned_at IS NULL AND $1 = $1 HAVING count(*) > 0`},
		{"readers-heard", `SELECT true, max(last_contact), count(*)::text FROM reader
			WHERE tenant_id = current_tenant() AND retired_at IS NULL AND last_contact < $1 HAVING count(*) > 0`},
		{"gateways-heard", `SELECT true, max(last_heard), count(*)::text FROM gateway
			WHERE tenant_id = current_tenant() AND retired_at IS NULL AND last_heard < $1 HAVING count(*) > 0`},
		{"payroll-run", `SELECT true, at, run_id || ', ' || format || ', ' || lines FROM payroll_run
			WHERE tenant_id = current_tenant() AND state <> 'void' AND at < $1 ORDER BY at DESC LIMIT 1`},
		{"hardware", `SELECT true, now(), count(*)::text FROM hardware WHERE tenant_id = current_tenant() AND $1 = $1 HAVING count(*) > 0`},
		{"contract", `SELECT true, now(), profile FROM tenant_contract WHERE tenant_id = current_tenant() AND made_at < $1 ORDER BY version DESC LIMIT 1`},
		{"contact", `SELECT administrator_id IS NOT NULL AND fallback <> '', now(), '' FROM tenant_contract
			WHERE tenant_id = current_tenant() AND made_at < $1 ORDER BY version DESC LIMIT 1`},
		{"purge", `SELECT true, at, certificate_id::text FROM privacy_certificate
			WHERE tenant_id = current_tenant() AND kind = 'purge' AND at < $1 ORDER BY at DESC LIMIT 1`},
		{"export", `SELECT true, at, certificate_id::text FROM privacy_certificate
			WHERE tenant_id = current_tenant() AND kind = 'export' AND at < $1 ORDER BY at DESC LIMIT 1`},
		{"requests", `SELECT count(*) = 0, now(), count(*)::text FROM privacy_request
			WHERE tenant_id = current_tenant() AND state IN ('open', 'granted') AND due < current_date AND $1 = $1`},
		{"breaches", `SELECT count(*) = 0, now(), count(*)::text FROM breach b WHERE b.tenant_id = current_tenant() AND b.known_at + make_interval(hours => b.hours) < now() AND $1 = $1
			AND NOT EXISTS (SELECT FROM breach_step s WHERE s.tenant_id = b.tenant_id AND s.breach_id = b.breach_id AND s.what IN ('telephone', 'email', 'dismissed'))`},
		{"details", `SELECT true, now(), version::text FROM statement_details WHERE tenant_id = current_tenant() AND at < $1 ORDER BY version DESC LIMIT 1`},
		{"statistics", `SELECT NOT p.allowed OR c.profile = 'winbase', now(), CASE WHEN p.allowed THEN 'on' ELSE 'off' END
			FROM (SELECT COALESCE((SELECT allowed FROM bi_permission WHERE tenant_id = current_tenant() AND at < $1 ORDER BY permission_id DESC LIMIT 1), false) AS allowed) p
			LEFT JOIN LATERAL (SELECT profile FROM tenant_contract WHERE tenant_id = current_tenant() ORDER BY version DESC LIMIT 1) c ON true`},
		{"support", `SELECT count(*) FILTER (WHERE until > at + interval '8 hours') = 0, now(), count(*) FILTER (WHERE until > now() AND ended_at IS NULL)::text
			FROM support_grant WHERE tenant_id = current_tenant() AND $1 = $1`},
		{"leavings", `SELECT count(*) = 0, now(), count(*)::text FROM employee e JOIN account a ON a.tenant_id = e.tenant_id AND a.employee_id = e.employee_id
			WHERE e.tenant_id = current_tenant() AND e.employed_until < current_date - 1 AND a.closed_at IS NULL AND $1 = $1`},
		{"measures", `SELECT true, s.at, e.entry_id::text FROM register_entry e JOIN register_step s ON s.tenant_id = e.tenant_id AND s.entry_id = e.entry_id
			WHERE e.tenant_id = current_tenant() AND e.book = 'measure' AND s.what = 'told' AND s.at < $1 ORDER BY s.at DESC LIMIT 1`},
		{"audit", `SELECT report->'breaks' IS NULL, finished_at, report->>'links' FROM audit_check
			WHERE tenant_id = current_tenant() AND finished_at < $1 ORDER BY finished_at DESC LIMIT 1`},
		{"office-hours", `SELECT true, now(), version::text FROM service_hours WHERE tenant_id = current_tenant() AND made_at < $1 ORDER BY version DESC LIMIT 1`},
		{"maintenance", `SELECT m.from_at - m.announced_at >= make_interval(mins => m.ahead_minutes), m.announced_at, m.reference FROM maintenance m
			WHERE m.tenant_id = current_tenant() AND m.announced_at < $1 ORDER BY m.announced_at DESC LIMIT 1`},
		{"duty", `SELECT bool_or(step = 1 AND from_at <= now() AND until_at > now()), now(), count(*)::text FROM duty WHERE until_at > now() AND from_at < $1 HAVING count(*) > 0`},
		{"backup", `SELECT true, max(ended_at), max(set) FROM backup_set WHERE kind = 'base' AND ended_at < $1 HAVING count(*) > 0`},
		{"restore-check", `SELECT findings = '[]', at, set FROM restore_check WHERE set <> '' AND at < $1 ORDER BY at DESC LIMIT 1`},
		{"backup-places", `SELECT count(*) FILTER (WHERE region <> '' AND operator <> '') >= 2, now(), count(*) FILTER (WHERE region <> '' AND operator <> '')::text
			FROM backup_place WHERE gone_at IS NULL AND since < $1 HAVING count(*) > 0`},
		{"ports", `SELECT unexpected = '{}', at, array_to_string(open, ', ') FROM port_check WHERE at < $1 ORDER BY at DESC LIMIT 1`},
		{"evidence-pack", `SELECT true, at, pack_id::text FROM evidence_pack WHERE tenant_id = current_tenant() AND at < $1 ORDER BY at DESC LIMIT 1`},
	}
}

// look finds the last proof of each kind that isn't too late for a moment.
func look(ctx context.Context, tx pg.Tx, r Register, o Order, moment time.Time) ([]Finding, error) {
	out, err := looked(ctx, tx, o.Catalogue)
	if err != nil {
		return nil, err
	}
	found, err := served(ctx, tx, o, moment)
	if err != nil {
		return nil, err
	}
	out = append(out, found...)
	days := r.days()
	for _, q := range questions() {
		f, err := q.ask(ctx, tx, moment.AddDate(0, 0, days[q.proof]))
		if err != nil {
			return nil, err
		}
		if !f.At.IsZero() {
			out = append(out, f)
		}
	}
	for _, more := range []func(context.Context, pg.Tx, time.Time) ([]Finding, error){tests, records} {
		found, err := more(ctx, tx, moment)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// days gives how long each proof stays fresh: the longest of its controls.
func (r Register) days() map[string]int {
	days := map[string]int{}
	for _, o := range r.Obligations {
		for _, c := range o.Controls {
			days[c.Proof] = max(days[c.Proof], c.Days)
		}
	}
	return days
}

// ask gives a finding; without At where there is no proof.
func (q question) ask(ctx context.Context, tx pg.Tx, upTo time.Time) (Finding, error) {
	var holds *bool
	var at *time.Time
	var value *string
	err := tx.QueryRow(ctx, q.sql, upTo).Scan(&holds, &at, &value)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Finding{}, fmt.Errorf("looking for the proof %s: %w", q.proof, err)
	}
	f := Finding{Proof: q.proof}
	if holds != nil && at != nil {
		f.Holds, f.At = *holds, *at
	}
	if value != nil {
		f.Value = *value
	}
	return f, nil
}

// looked gives what is looked at in the database as it is now: the measures of
// GDPR article 32, and the catalogue held against the columns that there are.
func looked(ctx context.Context, tx pg.Tx, c privacy.Catalogue) ([]Finding, error) {
	var now time.Time
	if err := tx.QueryRow(ctx, "SELECT now()").Scan(&now); err != nil {
		return nil, fmt.Errorf("reading the time: %w", err)
	}
	columns, err := privacy.Columns(ctx, tx)
	if err != nil {
		return nil, err
	}
	outside := len(c.Uncatalogued(columns))
	out := []Finding{{Proof: "fields", At: now, Holds: outside == 0, Value: fmt.Sprint(outside)}}
	checks, err := statement.Look(ctx, tx)
	for _, m := range checks {
		if m.State != statement.Unseen && m.Measure != "purge" { // a purge has a date of its own
			out = append(out, Finding{Proof: m.Measure, At: now, Holds: m.State == statement.Works, Value: fmt.Sprint(m.Values...)})
		}
	}
	return out, err
}

// profile names the preset that the contract was recorded by; "" without one.
func profile(ctx context.Context, tx pg.Tx) (name string, err error) {
	err = tx.QueryRow(ctx, "SELECT profile FROM tenant_contract WHERE tenant_id = current_tenant() ORDER BY version DESC LIMIT 1").Scan(&name)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("reading the contract: %w", err)
	}
	return name, nil
}
