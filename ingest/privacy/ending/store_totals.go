package ending

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// ControlTotals counts what the transaction's tenant has; it should be one of
// db.AsOf, under pg.RolePrivacy.
func ControlTotals(ctx context.Context, tx pg.Tx, c privacy.Catalogue) (Totals, error) {
	all, err := carried(ctx, tx, c)
	if err == nil {
		err = plainly(ctx, tx)
	}
	if err != nil {
		return Totals{}, err
	}
	t, err := counts(ctx, tx)
	if err != nil {
		return Totals{}, err
	}
	for _, s := range all {
		if t.Tables[s.table.Name], err = s.total(ctx, tx, io.Discard); err != nil {
			return Totals{}, err
		}
	}
	return t, nil
}

// total writes a table's rows and says what they are.
func (s shape) total(ctx context.Context, tx pg.Tx, to io.Writer) (Table, error) {
	m := &meter{to: to, hash: sha256.New()}
	n, err := s.writeCSV(ctx, tx, m)
	return Table{Rows: n, SHA256: m.sum()}, err
}

// counts is all of the totals but the tables.
func counts(ctx context.Context, tx pg.Tx) (Totals, error) {
	t := Totals{Tables: map[string]Table{}}
	var chain []byte
	err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM employee WHERE tenant_id = current_tenant()),
			(SELECT count(*) FROM account WHERE tenant_id = current_tenant()),
			(SELECT count(*) FROM registration WHERE tenant_id = current_tenant()),
			(SELECT count(*) FROM punch WHERE tenant_id = current_tenant()),
			(SELECT count(*) FROM payroll_run WHERE tenant_id = current_tenant()),
			(SELECT count(*) FROM audit_entry WHERE tenant_id = current_tenant()),
			COALESCE((SELECT hash FROM audit_head WHERE tenant_id = current_tenant()), '')`).
		Scan(&t.People, &t.Accounts, &t.Registrations, &t.Punches, &t.Runs, &t.Audit, &chain)
	if err != nil {
		return t, fmt.Errorf("counting what the tenant has: %w", err)
	}
	t.Chain = hex.EncodeToString(chain)
	for _, m := range []struct {
		into *map[string]int64
		from string
	}{{&t.Minutes, "hour_line"}, {&t.Approved, "approved_line"}, {&t.Paid, "payroll_line WHERE reversed_at IS NULL"}} {
		if *m.into, err = minutes(ctx, tx, m.from); err != nil {
			return t, err
		}
	}
	return t, nil
}

// minutes adds the minutes of lines up by code and kind.
func minutes(ctx context.Context, tx pg.Tx, from string) (map[string]int64, error) {
	rows, err := tx.Query(ctx, `SELECT trim(code || ' ' || kind), sum(minutes)::bigint FROM
		(SELECT * FROM `+from+`) l WHERE tenant_id = current_tenant() GROUP BY code, kind`)
	if err != nil {
		return nil, fmt.Errorf("adding minutes up: %w", err)
	}
	out := map[string]int64{}
	var key string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&key, &n}, func() error { out[key] += n; return nil })
	if err != nil {
		return nil, fmt.Errorf("adding minutes up: %w", err)
	}
	return out, nil
}
