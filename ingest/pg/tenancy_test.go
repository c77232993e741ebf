package pg_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// mark stands in every text of the tenant that others must not see.
const mark = "mark-of-a"

// tenancy is a database in which one tenant has a row in every table, and
// another has none.
type tenancy struct {
	*testing.T
	url     string
	owner   *pgx.Conn
	a, b    int64
	tables  []string
	views   []string // of the application; of bi's the tests of payroll/bi tell
	digests map[string]string
}

func newTenancy(t *testing.T) *tenancy {
	y := &tenancy{T: t, url: pgtest.URL(t), digests: map[string]string{}}
	var err error
	if y.owner, err = pgx.Connect(t.Context(), y.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = y.owner.Close(context.Background()) })
	y.a, y.b = pgtest.Tenant(t, y.url, mark), pgtest.Tenant(t, y.url, "b")
	y.tables = names(t, y.url, "SELECT relname::text FROM "+tables+" AND "+hasTenant+" ORDER BY relname")
	y.views = names(t, y.url, "SELECT relname::text FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm') AND "+hasTenant)
	y.exec("SET session_replication_role = replica") // rows refer to nothing, triggers rest
	for _, sql := range names(t, y.url, `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname) FROM pg_constraint
		WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conislocal AND conrelid <> 0`) {
		y.exec(sql)
	}
	for _, table := range y.tables {
		y.fill(table)
		y.digests[table] = y.digest(table)
	}
	return y
}

func (y *tenancy) exec(sql string, args ...any) {
	y.Helper()
	if _, err := y.owner.Exec(y.Context(), sql, args...); err != nil {
		y.Fatalf("%s: %v", sql, err)
	}
}

// fill puts one row of tenant a into the table, a value in each column.
func (y *tenancy) fill(table string) {
	y.Helper()
	if table == "tenant" {
		return
	}
	sql := names(y.T, y.url, fmt.Sprintf(`SELECT 'INSERT INTO %[1]s (' || string_agg(quote_ident(attname), ', ' ORDER BY attnum) || ') OVERRIDING SYSTEM VALUE VALUES ('
		|| string_agg(CASE WHEN attname = 'tenant_id' THEN '%[2]d' ELSE sample END || '::' || kind, ', ' ORDER BY attnum) || ')'
		FROM (SELECT attnum, attname, format_type(atttypid, NULL) AS kind, CASE
			WHEN atttypid::regtype::text LIKE '%%multirange' THEN '''{[7,8)}''' WHEN atttypid::regtype::text LIKE '%%range' THEN '''[7,8)'''
			WHEN atttypid = 'cidr[]'::regtype THEN '''{10.0.0.0/8}''' WHEN atttypid::regtype::text IN ('text[]', 'name[]') THEN '''{%[3]s}''' WHEN atttypid = 'bytea[]'::regtype THEN '''{}'''
			WHEN atttypid::regtype::text LIKE '%%[]' THEN '''{7}''' WHEN atttypid IN ('date'::regtype, 'timestamptz'::regtype, 'timestamp'::regtype) THEN '''2026-11-01'''
			WHEN atttypid IN ('json'::regtype, 'jsonb'::regtype) THEN '''{"a":"%[3]s"}''' WHEN atttypid = 'bytea'::regtype THEN '''%[3]s''' WHEN atttypid = 'boolean'::regtype THEN '''true'''
			WHEN atttypid = 'uuid'::regtype THEN '''00000000-0000-0000-0000-000000000007''' WHEN atttypid = 'pg_snapshot'::regtype THEN '''7:7:'''
			WHEN atttypid IN ('text'::regtype, 'name'::regtype, 'varchar'::regtype) THEN '''%[3]s''' WHEN atttypid IN ('cidr'::regtype, 'inet'::regtype) THEN '''10.0.0.0''' ELSE '''7''' END AS sample
			FROM pg_attribute WHERE attrelid = '%[1]s'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '') c`, table, y.a, mark))
	y.exec(sql[0])
}

func (y *tenancy) digest(table string) (d string) {
	y.Helper()
	err := y.owner.QueryRow(y.Context(), fmt.Sprintf("SELECT count(*) || ' ' || COALESCE(md5(string_agg(t::text, E'\n' ORDER BY t::text)), '') FROM %s t WHERE tenant_id = $1", table), y.a).Scan(&d)
	if err != nil {
		y.Fatal(err)
	}
	return d
}

// untouched says which tables of tenant a are not as they were.
func (y *tenancy) untouched(after string) {
	y.Helper()
	for _, table := range y.tables {
		if d := y.digest(table); d != y.digests[table] {
			y.Errorf("%s changed %s of another tenant", after, table)
			y.digests[table] = d
		}
	}
}

// stand is what a transaction says of its tenants.
type stand struct {
	name string
	in   func(context.Context, *pg.DB, func(pg.Tx) error) error
}

// stands are those that don't say a; always in the same order, so that a seed
// says what is tried.
func (y *tenancy) stands() []stand {
	return []stand{
		{"no tenant", func(ctx context.Context, db *pg.DB, fn func(pg.Tx) error) error { return db.Look(ctx, fn) }},
		{"another tenant", func(ctx context.Context, db *pg.DB, fn func(pg.Tx) error) error {
			return db.InTenant(ctx, y.b, fn)
		}},
		{"a group of others", func(ctx context.Context, db *pg.DB, fn func(pg.Tx) error) error {
			return db.InTenants(ctx, []int64{y.b, y.b + 1000}, fn)
		}},
		{"a group of none", func(ctx context.Context, db *pg.DB, fn func(pg.Tx) error) error {
			return db.InTenants(ctx, nil, fn)
		}},
	}
}

// errBack undoes a trial's transaction.
var errBack = errors.New("back")

func TestNoRoleReachesAnotherTenantsRows(t *testing.T) { // I6
	y := newTenancy(t)
	for _, role := range []pg.Role{pg.RoleApp, pg.RoleIngest, pg.RolePrivacy} {
		db := pgtest.Open(t, y.url, role)
		for _, stand := range y.stands() {
			for _, table := range y.tables {
				for _, sql := range []string{
					"SELECT * FROM " + table + " WHERE tenant_id = $1", "UPDATE " + table + " SET tenant_id = tenant_id WHERE tenant_id = $1",
					"DELETE FROM " + table + " WHERE tenant_id = $1", "SELECT * FROM " + table + " WHERE tenant_id = $1 FOR UPDATE",
				} {
					_ = stand.in(t.Context(), db, func(tx pg.Tx) error {
						tag, err := tx.Exec(t.Context(), sql, y.a)
						if err == nil && tag.RowsAffected() != 0 {
							t.Errorf("%s with %s: %s takes %d rows", role, stand.name, sql, tag.RowsAffected())
						}
						return errBack
					})
				}
			}
		}
	}
	y.untouched("a statement")
}

func TestNoRoleReadsAnotherTenantThroughAView(t *testing.T) { // I6
	y := newTenancy(t)
	if all := names(t, y.url, "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"); len(all) != len(y.views) || len(all) == 0 {
		t.Errorf("of the views %v only %v say whose their rows are", all, y.views)
	}
	y.exec("UPDATE time_pair SET source = 1") // believed_pair shows no others
	for _, view := range y.views {
		var rows int
		sql := "SELECT count(*) FROM " + view + " WHERE tenant_id = $1"
		if err := y.owner.QueryRow(t.Context(), sql, y.a).Scan(&rows); err != nil || rows == 0 {
			t.Errorf("%s shows its own tenant %d rows, %v: the others prove nothing", view, rows, err)
		}
		for _, role := range []pg.Role{pg.RoleApp, pg.RoleIngest, pg.RolePrivacy} {
			db := pgtest.Open(t, y.url, role)
			for _, stand := range y.stands() {
				err := stand.in(t.Context(), db, func(tx pg.Tx) error { return tx.QueryRow(t.Context(), sql, y.a).Scan(&rows) })
				if err == nil && rows != 0 {
					t.Errorf("%s with %s: %s shows %d rows", role, stand.name, view, rows)
				}
			}
		}
	}
}

func TestNoRolePutsRowsIntoAnotherTenant(t *testing.T) { // I6
	y := newTenancy(t)
	y.exec("SET session_replication_role = origin")
	for _, role := range []pg.Role{pg.RoleApp, pg.RoleIngest, pg.RolePrivacy} {
		db := pgtest.Open(t, y.url, role)
		for _, stand := range y.stands() {
			for _, table := range y.tables {
				_ = stand.in(t.Context(), db, func(tx pg.Tx) error {
					_, err := tx.Exec(t.Context(), fmt.Sprintf("INSERT INTO %s (tenant_id) OVERRIDING SYSTEM VALUE VALUES ($1)", table), y.a)
					if err == nil {
						t.Errorf("%s with %s puts a row into %s", role, stand.name, table)
					}
					return errBack
				})
			}
		}
	}
	y.untouched("an insert")
}

// function is a function of the schema that can be called by itself.
type function struct {
	name  string
	kinds []string
}

func (y *tenancy) functions() []function {
	y.Helper()
	var all []function
	for _, line := range names(y.T, y.url, `SELECT proname || '|' || COALESCE((SELECT string_agg(format_type(k, NULL), ',' ORDER BY n) FROM unnest(proargtypes) WITH ORDINALITY a(k, n)), '')
		FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND prorettype <> 'trigger'::regtype ORDER BY proname, oid`) {
		name, kinds, _ := strings.Cut(line, "|")
		f := function{name: name}
		if kinds != "" {
			f.kinds = strings.Split(kinds, ",")
		}
		all = append(all, f)
	}
	return all
}

// answersFirst are the functions that may answer about a tenant that nobody
// named: by what only that tenant's people or devices know, or by ids alone.
var answersFirst = []string{"tenant_ids", "accounts_for_sign_in", "api_key_by_hash", "gateway_by_id", "enrolment_code_by_hash", "revoked_certificates"}

// argument draws a value of a kind: often one that tenant a has.
func (y *tenancy) argument(r *rand.Rand, kind string) string {
	switch kind {
	case "text", "name", "character varying":
		return []string{"'" + mark + "'", "''", "'x'", "'retention'", "'account'", "'account_id'", "NULL"}[r.IntN(7)]
	case "bytea":
		return []string{"'" + mark + "'::bytea", `'\x00'::bytea`, "NULL"}[r.IntN(3)]
	case "date":
		return []string{"'2026-11-01'::date", "'2030-01-01'::date", "NULL"}[r.IntN(3)]
	case "timestamp with time zone":
		return []string{"'2026-11-01'::timestamptz", "now()", "NULL"}[r.IntN(3)]
	case "regclass":
		return "'" + y.tables[r.IntN(len(y.tables))] + "'::regclass"
	case "boolean":
		return []string{"true", "false", "NULL"}[r.IntN(3)]
	}
	value := []string{"7", "0", "-1", fmt.Sprint(y.a), fmt.Sprint(y.b), "2147483647", "NULL"}[r.IntN(7)]
	if of, list := strings.CutSuffix(kind, "[]"); list {
		return "ARRAY[" + value + "]::" + of + "[]"
	}
	return value + "::" + kind
}

func (y *tenancy) call(r *rand.Rand, f function) string {
	args := make([]string, len(f.kinds))
	for i, kind := range f.kinds {
		args[i] = y.argument(r, kind)
	}
	return f.name + "(" + strings.Join(args, ", ") + ")"
}

// FuzzTenancy calls every function of the schema as every role, with another
// tenant's setting and with none: nothing of a tenant that is not named comes
// out, and nothing of it changes (I6).
func FuzzTenancy(f *testing.F) {
	for seed := range uint64(3) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		y := newTenancy(t)
		y.exec("SET session_replication_role = origin")
		r := rand.New(rand.NewPCG(seed, 6))
		for _, role := range []pg.Role{pg.RoleApp, pg.RoleIngest, pg.RolePrivacy} {
			db := pgtest.Open(t, y.url, role)
			for _, stand := range y.stands() {
				for _, fn := range y.functions() {
					call := y.call(r, fn)
					got, _ := y.answer(stand.in, db, call)
					if strings.Contains(got, mark) && !slices.Contains(answersFirst, fn.name) {
						t.Errorf("%s with %s: %s answers %s", role, stand.name, call, got)
					}
				}
			}
		}
		y.untouched("a function")
	})
}

// ofTheOwner are functions that none of the roles may call.
var ofTheOwner = []string{"isolate", "bi_admit", "bi_dismiss", "bi_tenant"}

// The fuzz proves something of a function only where its arguments get it
// done: one that refuses all that is drawn needs another kind of value.
func TestTheFuzzOfTenanciesGetsEveryFunctionDone(t *testing.T) { // I6
	y := newTenancy(t)
	y.exec("SET session_replication_role = origin")
	waits := slices.DeleteFunc(y.functions(), func(f function) bool { return slices.Contains(ofTheOwner, f.name) })
	r := rand.New(rand.NewPCG(6, 6))
	dbs := []*pg.DB{pgtest.Open(t, y.url, pg.RoleApp), pgtest.Open(t, y.url, pg.RoleIngest), pgtest.Open(t, y.url, pg.RolePrivacy)}
	for range 400 {
		waits = slices.DeleteFunc(waits, func(f function) bool {
			return slices.ContainsFunc(dbs, func(db *pg.DB) bool {
				_, err := y.answer(y.stands()[1].in, db, y.call(r, f))
				return err == nil
			})
		})
	}
	for _, f := range waits {
		t.Errorf("%s(%s) was never done", f.name, strings.Join(f.kinds, ", "))
	}
}

// answer is all that a call gives, its transaction committed.
func (y *tenancy) answer(in func(context.Context, *pg.DB, func(pg.Tx) error) error, db *pg.DB, call string) (got string, err error) {
	err = in(y.Context(), db, func(tx pg.Tx) error {
		return tx.QueryRow(y.Context(), "SELECT COALESCE(string_agg(r::text, ' '), '') FROM "+call+" r").Scan(&got)
	})
	return got, err
}

// TestAConnectionForgetsItsTenantHoweverATransactionEnds holds that no
// transaction begins with what an earlier one said of its tenants, on the one
// connection of a pool, even where that was said for the whole session.
func TestAConnectionForgetsItsTenantHoweverATransactionEnds(t *testing.T) { // I6
	y := newTenancy(t)
	for _, role := range []pg.Role{pg.RoleApp, pg.RoleIngest, pg.RolePrivacy} {
		db := pgtest.Open(t, y.url+"&pool_max_conns=1", role)
		for name, end := range map[string]func(context.Context, pg.Tx) error{
			"committed":   func(context.Context, pg.Tx) error { return nil },
			"rolled back": func(context.Context, pg.Tx) error { return errBack },
			"failed": func(ctx context.Context, tx pg.Tx) error {
				_, err := tx.Exec(ctx, "SELECT 1/0")
				return err
			},
			"set for the session": func(ctx context.Context, tx pg.Tx) error {
				_, err := tx.Exec(ctx, "SELECT set_config('tikklok.tenant', $1, false), set_config('tikklok.tenants', $2, false)", fmt.Sprint(y.a), fmt.Sprintf("{%d}", y.a))
				return err
			},
		} {
			_ = db.InTenant(t.Context(), y.a, func(tx pg.Tx) error { return end(t.Context(), tx) })
			for _, stand := range y.stands() {
				var n int
				err := stand.in(t.Context(), db, func(tx pg.Tx) error {
					return tx.QueryRow(t.Context(), "SELECT count(*) FROM tenant WHERE tenant_id = $1", y.a).Scan(&n)
				})
				if err != nil || n != 0 {
					t.Errorf("%s: after one that %s, a transaction with %s sees the tenant, %v", role, name, stand.name, err)
				}
			}
		}
	}
}
