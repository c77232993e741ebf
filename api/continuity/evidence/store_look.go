package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// LookDue says whether the day of now, in the zone of now, has no look yet.
func LookDue(ctx context.Context, tx pg.Tx, now time.Time) (due bool, err error) {
	err = tx.QueryRow(ctx, "SELECT NOT EXISTS (SELECT FROM evidence_look WHERE tenant_id = current_tenant() AND day = $1::date)", now.Format(time.DateOnly)).Scan(&due)
	if err != nil {
		return false, fmt.Errorf("asking for the day's look at proofs: %w", err)
	}
	return due, nil
}

// KeepLook looks at what can be looked at and keeps it for the day of now, in
// the zone of now; a look that the day has already stays.
func KeepLook(ctx context.Context, tx pg.Tx, c privacy.Catalogue, program string, now time.Time) error {
	y, m, _ := now.Date()
	month := Month{time.Date(y, m, 1, 0, 0, 0, 0, now.Location())}
	found, err := lookNow(ctx, tx, Order{Month: month, Now: now, Program: program, Catalogue: c})
	if err != nil {
		return err
	}
	seen := make(map[string]sight, len(found))
	for _, f := range found {
		seen[f.Proof] = sight{f.Holds, f.Value}
	}
	raw, err := json.Marshal(seen)
	if err != nil {
		return fmt.Errorf("writing a look at proofs: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO evidence_look (tenant_id, day, at, program, seen) VALUES (current_tenant(), $1::date, $2, $3, $4) ON CONFLICT DO NOTHING`,
		now.Format(time.DateOnly), now, program, raw)
	if err != nil {
		return fmt.Errorf("keeping a look at proofs: %w", err)
	}
	return nil
}

// glances gives the looks of a month up to a moment, the first first.
func glances(ctx context.Context, tx pg.Tx, m Month, upTo time.Time) ([]glance, error) {
	rows, err := tx.Query(ctx, `SELECT at, program, seen FROM evidence_look WHERE tenant_id = current_tenant() AND day >= $1::date AND at <= $2 ORDER BY day`,
		m.First.Format(time.DateOnly), upTo)
	if err != nil {
		return nil, fmt.Errorf("reading what was seen: %w", err)
	}
	return collect(rows, func(row pgx.CollectableRow) (g glance, err error) { return g, row.Scan(&g.at, &g.program, &g.seen) })
}
