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

// shape is a table as the database has it: its columns but the tenant's number.
type shape struct {
	table   privacy.Table
	columns []string
	kinds   map[string]string // of columns, as the database calls them
	key     []string          // by which rows are ordered, as an index has them; none: there is one row a tenant
	number  string            // the column that the database numbers; "": none
}

// carried gives the tables that an export carries, in an order in which rows
// can be put in. A table whose columns all stay here fills by itself elsewhere.
func carried(ctx context.Context, tx pg.Tx, c privacy.Catalogue) ([]shape, error) {
	all, err := shapes(ctx, tx, c)
	out := all[:0]
	for _, s := range all {
		stays := func(column string) bool { return slices.Contains(s.table.Local, column) }
		s.columns, s.key = slices.DeleteFunc(s.columns, stays), slices.DeleteFunc(s.key, stays)
		if len(s.columns) > 0 {
			out = append(out, s)
		}
	}
	return out, err
}

// shapes gives all tables of tenants, each after those that it refers to.
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
		if s, ok := there[t.Name]; ok { // else it is of no tenant
			s.table = t
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
			COALESCE((SELECT array_agg(k.attname::text ORDER BY x.n) FROM
				(SELECT i.indkey FROM pg_index i WHERE i.indrelid = c.oid AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indkey[0] = min(a.attnum) FILTER (WHERE a.attname = 'tenant_id')
					ORDER BY i.indisprimary DESC, i.indnatts DESC LIMIT 1) i, unnest(i.indkey) WITH ORDINALITY x(attnum, n)
				JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = x.attnum WHERE k.attname <> 'tenant_id'), '{}'),
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
	if len(s.key) > 0 {
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
