package ending

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// shape is how a table is written and read: all of its columns but the
// tenant's number and those that mean something in this database only.
type shape struct {
	table   privacy.Table
	columns []string
	kinds   map[string]string // of columns, as the database calls them
	key     []string          // by which rows are ordered
	number  string            // the column that the database numbers; "": none
}

// shapes gives the tables of tenants in an order in which rows can be put in.
// A table whose columns all stay here is left out: it fills by itself.
func shapes(ctx context.Context, tx pg.Tx, c privacy.Catalogue) ([]shape, error) {
	there, err := columns(ctx, tx)
	if err != nil {
		return nil, err
	}
	references, err := privacy.References(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []shape
	for _, t := range c.Ordered(references) {
		s, ok := there[t.Name]
		if !ok {
			continue // of no tenant
		}
		s.table = t
		stays := func(column string) bool { return slices.Contains(t.Local, column) }
		s.columns, s.key = slices.DeleteFunc(s.columns, stays), slices.DeleteFunc(s.key, stays)
		if len(s.columns) > 0 {
			out = append(out, s)
		}
	}
	return out, nil
}

// columns gives what the database has of each table that has a tenant.
func columns(ctx context.Context, tx pg.Tx) (map[string]shape, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attname <> 'tenant_id'),
			jsonb_object_agg(a.attname, format_type(a.atttypid, NULL)),
			COALESCE((SELECT array_agg(k.attname::text ORDER BY x.n) FROM pg_index i, unnest(i.indkey) WITH ORDINALITY x(attnum, n)
				JOIN pg_attribute k ON k.attnum = x.attnum WHERE k.attrelid = c.oid AND i.indrelid = c.oid AND i.indisprimary AND k.attname <> 'tenant_id'), '{}'),
			COALESCE(max(a.attname::text) FILTER (WHERE a.attidentity <> '' AND a.attname <> 'tenant_id'), '')
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		GROUP BY c.oid, c.relname HAVING bool_or(a.attname = 'tenant_id')`)
	if err != nil {
		return nil, fmt.Errorf("listing tables: %w", err)
	}
	out := map[string]shape{}
	var name string
	var s shape
	_, err = pgx.ForEachRow(rows, []any{&name, &s.columns, &s.kinds, &s.key, &s.number}, func() error {
		if len(s.key) == 0 {
			s.key = slices.Clone(s.columns)
		}
		out[name] = s
		s = shape{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing tables: %w", err)
	}
	return out, nil
}

// quoted is an identifier for SQL.
func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

func names(columns []string) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = quoted(c)
	}
	return strings.Join(all, ", ")
}

// query selects the tenant's rows as they are written; what is sealed, in the
// form that a box opens.
func (s shape) query() string {
	what := make([]string, len(s.columns))
	for i, c := range s.columns {
		what[i] = "t." + quoted(c)
		switch {
		case s.table.Sealed[c] != "":
			what[i] = s.table.Sealed[c]
		case len(s.table.Sealed) > 0: // its rows are written here, not by the database
			what[i] += "::text"
		}
	}
	sql := fmt.Sprintf("SELECT %s FROM %s t WHERE t.tenant_id = current_tenant()", strings.Join(what, ", "), quoted(s.table.Name))
	if len(s.key) > 0 { // else there is one row a tenant
		sql += " ORDER BY t." + strings.Join(strings.Split(names(s.key), ", "), ", t.")
	}
	return sql
}

// plainly makes the texts of values the same wherever the server stands.
func plainly(ctx context.Context, tx pg.Tx) error {
	_, err := tx.Exec(ctx, `SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true), set_config('IntervalStyle', 'iso_8601', true),
		set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '1', true)`)
	if err != nil {
		return fmt.Errorf("choosing how values are written: %w", err)
	}
	return nil
}
