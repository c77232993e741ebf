package privacy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Columns gives every column of every table of the database, partitions left
// out; the migrations' own table too.
func Columns(ctx context.Context, tx pg.Tx) ([]Column, error) {
	rows, err := tx.Query(ctx, `SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY c.relname, a.attnum`)
	if err != nil {
		return nil, fmt.Errorf("listing columns: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Column])
	if err != nil {
		return nil, fmt.Errorf("listing columns: %w", err)
	}
	return all, nil
}

// References gives the tables that a table refers to, by name; itself left out.
func References(ctx context.Context, tx pg.Tx) (map[string][]string, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
		WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid AND conparentid = 0`)
	if err != nil {
		return nil, fmt.Errorf("listing references: %w", err)
	}
	out := map[string][]string{}
	var from, to string
	_, err = pgx.ForEachRow(rows, []any{&from, &to}, func() error { out[from] = append(out[from], to); return nil })
	if err != nil {
		return nil, fmt.Errorf("listing references: %w", err)
	}
	return out, nil
}
