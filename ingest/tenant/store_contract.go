package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Contract gives what is agreed with the transaction's tenant as it holds now:
// the newest version with the terms worked out, and the end by the notice that
// was given, if any. Without a version the strict profile holds.
func Contract(ctx context.Context, tx pg.Tx) (Agreement, error) {
	var a Agreement
	var starts, signed *time.Time
	err := tx.QueryRow(ctx, `SELECT c.version, c.made_at, c.by_kind, c.by_id, c.profile, c.own, c.reference, c.signed_on, c.from_day,
			LEAST(c.until_day, (SELECT min(e.effective_day) FROM contract_event e WHERE e.tenant_id = c.tenant_id AND e.kind = 'notice'
				AND NOT EXISTS (SELECT FROM contract_event w WHERE w.tenant_id = e.tenant_id AND w.takes_back = e.event_id))),
			COALESCE(c.administrator_id, 0), c.fallback, c.telephone
		FROM tenant_contract c WHERE c.tenant_id = current_tenant() ORDER BY c.version DESC LIMIT 1`).
		Scan(&a.Version, &a.At, &a.By.Kind, &a.By.ID, &a.Profile, &a.Own, &a.Reference, &signed, &starts, &a.Ends,
			&a.Contact.Administrator, &a.Contact.Fallback, &a.Contact.Telephone)
	if errors.Is(err, pgx.ErrNoRows) {
		return Agreement{Profile: Strict, Terms: strict()}, nil
	}
	if err != nil {
		return Agreement{}, fmt.Errorf("reading the contract: %w", err)
	}
	profile, ok := ProfileOf(a.Profile)
	if !ok {
		return Agreement{}, fmt.Errorf("the contract names the profile %q, which this version does not know; run the version that recorded it", a.Profile)
	}
	a.Signed, a.Starts, a.Terms = *signed, *starts, a.Own.over(profile)
	return a, nil
}
