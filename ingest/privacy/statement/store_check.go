package statement

import (
	"context"
	"fmt"

	"tikklok/ingest/pg"
)

// question is what a measure is looked at with: whether it works (NULL: there
// is nothing to look at) and one value for its sentence.
type question struct{ measure, sql string }

// questions are asked as the role that pages use: what it could do is what
// somebody could do who got hold of the program.
func questions() []question {
	return []question{
		{"tenancy", `SELECT bool_and(c.relrowsecurity AND c.relforcerowsecurity), count(*)::text FROM pg_class c
			WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
				AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)`},
		{"role", `SELECT NOT r.rolsuper AND NOT r.rolbypassrls AND NOT r.rolcreaterole AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')), r.rolname::text
			FROM pg_roles r WHERE r.rolname = current_user`},
		{"append", `SELECT bool_and(NOT has_table_privilege(current_user, c.oid, 'UPDATE, DELETE, TRUNCATE')), count(*)::text FROM pg_class c
			WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = c.oid AND p.proname = 'refuse_change')`},
		{"tokens", `SELECT bool_and(k.secret IS NULL), count(*)::text FROM token_key k WHERE k.tenant_id = current_tenant()`},
		{"sealed", `SELECT count(*) FILTER (WHERE e.first_name <> '' OR e.birth_date IS NOT NULL) = 0, count(*) FILTER (WHERE e.first_name_sealed IS NOT NULL OR e.birth_date_sealed IS NOT NULL)::text
			FROM employee e WHERE e.tenant_id = current_tenant()`},
		{"passwords", `SELECT bool_and(a.password_hash LIKE '$argon2id$%'), count(*)::text FROM account a WHERE a.tenant_id = current_tenant() AND a.closed_at IS NULL AND a.password_hash <> ''`},
		{"certificates", `SELECT bool_and(c.not_after > now()), count(*)::text FROM gateway_certificate c WHERE c.tenant_id = current_tenant() AND c.ended_at IS NULL`},
		{"database", `SELECT inet_server_addr() IS NULL OR (SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()), CASE WHEN inet_server_addr() IS NULL THEN 'Unix socket' ELSE 'TLS' END`},
		{"durable", `SELECT current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' AND current_setting('synchronous_commit') <> 'off',
			format('fsync %s, full_page_writes %s, synchronous_commit %s', current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'))`},
		{"purge", `SELECT max(at) > now() - interval '3 days', to_char(max(at), 'YYYY-MM-DD') FROM privacy_certificate WHERE tenant_id = current_tenant() AND kind = 'purge'`},
	}
}

// Look looks at every measure that the database can tell of.
func Look(ctx context.Context, tx pg.Tx) (out []Check, err error) {
	for _, q := range questions() {
		var works *bool
		var value *string
		if err := tx.QueryRow(ctx, q.sql).Scan(&works, &value); err != nil {
			return nil, fmt.Errorf("looking at the measure %s: %w", q.measure, err)
		}
		c := Check{Measure: q.measure, State: Unseen, Values: []any{""}}
		if works != nil {
			c.State = map[bool]State{true: Works, false: Lacks}[*works]
		}
		if value != nil {
			c.Values = []any{*value}
		}
		out = append(out, c)
	}
	return out, nil
}
