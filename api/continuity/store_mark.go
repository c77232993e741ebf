package continuity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/ending"
)

// TakeMark counts what the database at an address has, as of one moment, and
// sees to it that the log reaches past it. The address is that of a cluster's
// owner; keys open what is sealed. Writers are held up by nothing.
// pg.ErrNeverStill where somebody was writing all the time.
func TakeMark(ctx context.Context, address string, keys pg.Option, c privacy.Catalogue) (m Mark, err error) {
	err = pg.AtMoment(ctx, address, func(tx pg.Tx, at pg.Moment) (err error) {
		m, err = readMark(ctx, tx, c)
		m.LSN, m.At = at.LSN, at.At.UTC()
		return err
	}, keys)
	if err != nil {
		return Mark{}, fmt.Errorf("counting what a restore has to have: %w", err)
	}
	if err := pg.MarkMoment(ctx, address); err != nil {
		return Mark{}, fmt.Errorf("having the log archived past a moment: %w", err)
	}
	return m, nil
}

// DumpMarked writes a dump of the database at an address to w, and gives what it
// has to have: both are of one moment. The address is that of its owner.
func DumpMarked(ctx context.Context, address string, keys pg.Option, c privacy.Catalogue, w io.Writer) (m Mark, err error) {
	err = pg.DumpSeen(ctx, address, w, func(tx pg.Tx, at time.Time) (err error) {
		m, err = readMark(ctx, tx, c)
		m.System, m.At = "", at.UTC()
		return err
	}, keys)
	if err != nil {
		return Mark{}, fmt.Errorf("dumping, and counting what a restore has to have: %w", err)
	}
	return m, nil
}

// readMark reads all of a mark but its moment.
func readMark(ctx context.Context, tx pg.Tx, c privacy.Catalogue) (Mark, error) {
	m := Mark{Schema: pg.Fingerprint(), Tenants: map[int64]ending.Totals{}, Others: map[string]int64{}}
	if err := tx.QueryRow(ctx, "SELECT system_identifier::text FROM pg_control_system()").Scan(&m.System); err != nil {
		return m, fmt.Errorf("which cluster it is: %w", err)
	}
	if err := countOthers(ctx, tx, m.Others); err != nil {
		return m, err
	}
	rows, err := tx.Query(ctx, "SELECT tenant_id FROM tenant ORDER BY tenant_id")
	if err != nil {
		return m, fmt.Errorf("listing tenants: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return m, fmt.Errorf("listing tenants: %w", err)
	}
	for _, id := range ids {
		if err := pg.Within(ctx, tx, id); err != nil {
			return m, err
		}
		if m.Tenants[id], err = ending.ControlTotals(ctx, tx, c); err != nil {
			return m, fmt.Errorf("tenant %d: %w", id, err)
		}
	}
	return m, nil
}

// countOthers counts the rows of what is no tenant's.
func countOthers(ctx context.Context, tx pg.Tx, into map[string]int64) error {
	rows, err := tx.Query(ctx, `SELECT c.relname::text FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)`)
	if err != nil {
		return fmt.Errorf("listing tables: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("listing tables: %w", err)
	}
	for _, name := range names {
		var n int64
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM "+pgx.Identifier{name}.Sanitize()).Scan(&n); err != nil {
			return fmt.Errorf("counting %s: %w", name, err)
		}
		into[name] = n
	}
	return nil
}

// Verify counts what a restored database has, as TakeMark did, goes along the
// audit log of each tenant, and says in what it is not what was marked.
func Verify(ctx context.Context, address string, keys pg.Option, c privacy.Catalogue, want Mark) (Found, error) {
	var got Mark
	err := pg.AtMoment(ctx, address, func(tx pg.Tx, _ pg.Moment) (err error) {
		got, err = readMark(ctx, tx, c)
		return err
	}, keys)
	if err != nil {
		return Found{}, fmt.Errorf("counting what was restored: %w", err)
	}
	found := Found{Registrations: got.Registrations(), Differences: want.Differences(got)}
	app, err := pg.Open(ctx, address, pg.RoleApp, keys)
	if err != nil {
		return found, err
	}
	defer app.Close()
	for id := range got.Tenants {
		r, err := audit.CheckAll(ctx, app, id, nil, nil)
		if err == nil {
			err = r.Err()
		}
		switch {
		case errors.Is(err, audit.ErrBroken):
			found.Differences = append(found.Differences, fmt.Sprintf("tenant %d: %v", id, err))
		case err != nil:
			return found, fmt.Errorf("verifying the audit log of tenant %d: %w", id, err)
		}
		found.Entries += r.Seq
	}
	slices.Sort(found.Differences)
	return found, nil
}
