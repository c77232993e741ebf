package pg_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// withoutTenant lists every table that no policy guards, with the reason (I6).
var withoutTenant = map[string]string{
	"server_heartbeat":     "signs of life of the server itself; says nothing of any tenant",
	"master_key":           "fingerprints of the master key; of no tenant, and no role may read it",
	"former_master_key":    "fingerprints of former ones; of no tenant, and no role may read it",
	"backup_place":         "where backups go, and how it stands with that; says nothing of any tenant",
	"backup_set":           "which backups stand there; says nothing of any tenant",
	"session":              "looked up by its token's hash before a tenant is known",
	"service_certificate":  "the broker's and the authority's; of no tenant",
	"restore_check":        "what checks of backups found: counts of the whole installation",
	"service_minute":       "what probes saw of the service itself, minute by minute; says nothing of any tenant",
	"service_minute_again": "of these, those that were measured again and worse",
	"port_check":           "which ports of the server were open; says nothing of any tenant",
	"support_hours":        "when support is open; says nothing of any tenant",
	"duty":                 "who of the supplier answers the telephone; says nothing of any tenant",
	"test_run":             "runs of the program's tests; says nothing of any tenant, and only the owner writes it",
	"policy_check":         "how the public policy of the whole installation was found; says nothing of any tenant",
	"goose_db_version":     "the migrations' own; no role may read it",
}

// aboveTenants lists every function that runs with its owner's rights, with
// the reason (I6); those of tikklok_lookup answer before a tenant is known.
var aboveTenants = map[string]string{
	"tenant_ids":             "jobs go through the tenants one by one",
	"create_tenant":          "a tenant is made before it is known; for the owner, and for tikklok_privacy, which imports",
	"accounts_for_sign_in":   "who could be signing in",
	"api_key_by_hash":        "whose key is this",
	"gateway_by_id":          "whose gateway is this",
	"enrolment_code_by_hash": "whose one-time code is this",
	"revoked_certificates":   "serial numbers for the revocation list, without whose they are",
	"registration_month":     "makes a partition; shows no rows",
	"audit_checks_due":       "ids of tenants whose audit log is to be verified",
	"audit_waiting_tenants":  "ids of tenants whose audit log has entries to chain",
	"bi_tenant":              "whose is the role that a tool signed in as: it may not say so itself",
	"bi_admit":               "lets such a role read what a tenant publishes; for the owner only",
	"bi_dismiss":             "ends that; for the owner only",
	"destructions":           "which tenants' destruction has begun: ids alone",
	"master_in_use":          "fingerprint of the master key; of no tenant",
	"pass_number":            "moves a sequence past an imported row's number; shows no rows",
	"remove_sealed":          "the one door through which raw taps go (I3), of the current tenant's sealed days",
}

// policies lists those that are not made by isolate, with the reason (I6).
var policies = map[string]string{
	"lookup":         "for tikklok_lookup, the owner of the functions above",
	"create_tenant":  "for create_tenant",
	"remove":         "for remove_sealed: the current tenant's rows only",
	"tenant_bi":      "for tikklok_bi, of the tenant of the role that signed in",
	"destroyed_only": "lets tikklok_privacy remove the chain of the audit log in a destruction that has begun, and no others: restrictive",
	"restricted":     "narrows what the application sees of its tenant: who is restricted (GDPR 18)",
}

func names(t *testing.T, url, sql string) []string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	rows, err := c.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const tables = `pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`

const hasTenant = `EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)`

func TestEveryTenantTableIsIsolated(t *testing.T) { // I6
	url := pgtest.URL(t)
	open := names(t, url, `SELECT relname::text FROM `+tables+` AND `+hasTenant+` AND NOT (relrowsecurity AND relforcerowsecurity
		AND 2 = (SELECT count(*) FROM pg_policies p WHERE p.tablename = relname AND p.policyname IN ('tenant_app', 'tenant_privacy')))`)
	for _, name := range open {
		t.Errorf("%s has a tenant_id and is not isolated: call isolate() for it", name)
	}
	behind := names(t, url, `SELECT relname::text FROM `+tables+` AND `+hasTenant+` AND EXISTS (SELECT FROM pg_index i
		WHERE i.indrelid = c.oid AND i.indisprimary AND i.indkey[0] <> (SELECT attnum FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id'))`)
	for _, name := range behind {
		t.Errorf("the key of %s does not begin with tenant_id", name)
	}
}

func TestExceptionsFromIsolationAreListed(t *testing.T) { // I6
	url := pgtest.URL(t)
	for _, c := range []struct {
		what, sql string
		listed    map[string]string
	}{
		{"table without tenant_id", `SELECT relname::text FROM ` + tables + ` AND NOT ` + hasTenant, withoutTenant},
		{"SECURITY DEFINER function", `SELECT DISTINCT proname::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace`, aboveTenants},
		{"policy", `SELECT DISTINCT policyname::text FROM pg_policies WHERE policyname NOT IN ('tenant_app', 'tenant_ingest', 'tenant_privacy')`, policies},
	} {
		got := names(t, url, c.sql)
		for _, name := range got {
			if c.listed[name] == "" {
				t.Errorf("%s %s is not in the list of exceptions", c.what, name)
			}
		}
		for name := range c.listed {
			if !slices.Contains(got, name) {
				t.Errorf("%s %s is listed and does not exist", c.what, name)
			}
		}
	}
}

func TestNothingGoesRoundThePolicies(t *testing.T) { // I6
	url := pgtest.URL(t)
	const ours = `('tikklok_app', 'tikklok_ingest', 'tikklok_privacy', 'tikklok_lookup', 'tikklok_bi')`
	for what, sql := range map[string]string{
		"a partition with grants": `SELECT DISTINCT g.table_name::text FROM information_schema.role_table_grants g
			JOIN pg_class c ON c.relname = g.table_name AND c.relispartition WHERE g.grantee IN ` + ours + ` OR g.grantee = 'PUBLIC'`,
		"a grant to everyone": `SELECT table_name::text FROM information_schema.role_table_grants WHERE table_schema = 'public' AND grantee = 'PUBLIC'`,
		"a view with its owner's rights": `SELECT relname::text FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace IN ('public'::regnamespace, 'bi'::regnamespace)
			AND NOT COALESCE(reloptions @> ARRAY['security_invoker=true'], false)`,
		"a role above the policies": `SELECT rolname::text FROM pg_roles WHERE rolname IN ` + ours + ` AND (rolsuper OR rolbypassrls OR rolcanlogin)`,
		"a table owned by a role":   `SELECT relname::text FROM pg_class WHERE relowner IN (SELECT oid FROM pg_roles WHERE rolname IN ` + ours + `)`,
		"a definer function that everyone may call, or that a caller's own or temporary tables could mislead": `SELECT proname::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
			AND (has_function_privilege('public', oid, 'EXECUTE') OR NOT COALESCE(proconfig @> ARRAY['search_path=public, pg_temp'], false))`,
		"an isolated table of another's policy": `SELECT tablename || ' ' || policyname FROM pg_policies WHERE policyname = 'tenant_app' AND roles <> '{tikklok_app}'
			OR policyname = 'tenant_ingest' AND roles <> '{tikklok_ingest}' OR policyname = 'tenant_privacy' AND roles <> '{tikklok_privacy}' OR policyname = 'tenant_bi' AND roles <> '{tikklok_bi}'
			OR policyname = 'restricted' AND (permissive <> 'RESTRICTIVE' OR roles <> '{tikklok_app}')
			OR policyname NOT IN ('tenant_app', 'tenant_ingest', 'tenant_privacy', 'tenant_bi', 'destroyed_only', 'restricted') AND roles <> '{tikklok_lookup}'`,
	} {
		for _, name := range names(t, url, sql) {
			t.Errorf("%s: %s", what, name)
		}
	}
}

func TestOutsideATenantNothingIsSeen(t *testing.T) { // I6
	url := pgtest.URL(t)
	pgtest.Tenant(t, url, "a")
	for _, role := range []pg.Role{pg.RoleApp, pg.RoleIngest, pg.RolePrivacy} {
		db := pgtest.Open(t, url, role)
		for range 2 { // the second time the setting is an empty string
			var n int
			err := db.Look(t.Context(), func(tx pg.Tx) error {
				return tx.QueryRow(t.Context(), "SELECT count(*) FROM tenant").Scan(&n)
			})
			if err != nil || n != 0 {
				t.Errorf("%s sees %d tenants, %v", role, n, err)
			}
			_ = db.InTenants(t.Context(), nil, func(tx pg.Tx) error { return nil })
		}
	}
}
