package tenant

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Contract gives what is agreed with the transaction's tenant as it holds now:
// the newest version with the terms worked out, and the end by the notice that
// was given, if any. Without a version the strict profile holds.
func Contract(ctx context.Context, tx pg.Tx) (Agreement, error) {
	all, err := contracts(ctx, tx, "ORDER BY c.version DESC LIMIT 1")
	switch {
	case err != nil:
		return Agreement{}, err
	case len(all) == 0:
		return Agreement{Profile: Strict, Terms: strict()}, nil
	}
	return all[0], nil
}

// Contracts gives every version as Contract gives the newest, the first first;
// where none was recorded, the strict profile alone.
func Contracts(ctx context.Context, tx pg.Tx) ([]Agreement, error) {
	all, err := contracts(ctx, tx, "ORDER BY c.version")
	if err == nil && len(all) == 0 {
		all = []Agreement{{Profile: Strict, Terms: strict()}}
	}
	return all, err
}

func contracts(ctx context.Context, tx pg.Tx, which string) ([]Agreement, error) {
	rows, err := tx.Query(ctx, `SELECT c.version, c.made_at, (SELECT min(f.made_at) FROM tenant_contract f WHERE f.tenant_id = c.tenant_id), c.by_kind, c.by_id, c.profile, c.own, c.reference, c.signed_on, c.from_day,
			LEAST(c.until_day, (SELECT min(e.effective_day) FROM contract_event e WHERE e.tenant_id = c.tenant_id AND e.kind = 'notice'
				AND NOT EXISTS (SELECT FROM contract_event w WHERE w.tenant_id = e.tenant_id AND w.takes_back = e.event_id))),
			c.until_day, COALESCE(c.administrator_id, 0), c.fallback, c.telephone
		FROM tenant_contract c WHERE c.tenant_id = current_tenant() `+which)
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (a Agreement, err error) {
		return a, r.Scan(&a.Version, &a.At, &a.First, &a.By.Kind, &a.By.ID, &a.Profile, &a.Own, &a.Reference, &a.Signed, &a.Starts, &a.Ends,
			&a.Until, &a.Contact.Administrator, &a.Contact.Fallback, &a.Contact.Telephone)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	for i, a := range all {
		profile, ok := ProfileOf(a.Profile)
		if !ok {
			return nil, fmt.Errorf("the contract names the profile %q, which this version does not know; run the version that recorded it", a.Profile)
		}
		all[i].Terms = a.Own.over(profile)
	}
	return all, nil
}

// Agree records another version of the contract, in place of the one that
// holds. It refuses a contract without a trained administrator and a fallback
// address (OB-H13), and one whose document leaves open what becomes of data
// after the end, until that is chosen; and one that does not allow where the
// server keeps data, or where a delivery channel brings it (OB-P9). As Invalid,
// naming the field.
func Agree(ctx context.Context, tx pg.Tx, by audit.Actor, a Agreement, now time.Time, server ...Place) (Agreement, error) {
	a.tidy()
	if err := a.check(midnight(now)); err != nil {
		return Agreement{}, err
	}
	if err := HoldPlaces(ctx, tx); err != nil {
		return Agreement{}, err
	}
	if err := a.fits(ctx, tx, server); err != nil {
		return Agreement{}, err
	}
	if err := administers(ctx, tx, a.Contact.Administrator); err != nil {
		return Agreement{}, err
	}
	a.By, a.At = by, now
	err := tx.QueryRow(ctx, `INSERT INTO tenant_contract (tenant_id, version, profile, own, reference, signed_on, from_day, until_day,
			administrator_id, fallback, telephone, by_kind, by_id, made_at)
		SELECT current_tenant(), COALESCE(max(version), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
		FROM tenant_contract WHERE tenant_id = current_tenant() RETURNING version`,
		a.Profile, a.Own, a.Reference, a.Signed, a.Starts, a.Ends, a.Contact.Administrator, a.Contact.Fallback, a.Contact.Telephone, by.Kind, by.ID, now).Scan(&a.Version)
	if err != nil {
		return Agreement{}, fmt.Errorf("recording a contract: %w", err)
	}
	return a, audit.Append(ctx, tx, audit.Entry{Action: "contract.agree", SubjectKind: "contract", SubjectID: int64(a.Version), By: by,
		Payload: map[string]any{"profile": a.Profile, "own": a.Own, "reference": a.Reference, "signed": a.Signed, "starts": a.Starts, "ends": a.Ends, "contact": a.Contact}})
}

// fits refuses a contract under which data could not be where it is.
func (a Agreement) fits(ctx context.Context, tx pg.Tx, server []Place) error {
	rows, err := tx.Query(ctx, `SELECT $1 || kind, region, operator FROM delivery_channel
		WHERE tenant_id = current_tenant() AND off_at IS NULL ORDER BY channel_id`, ChannelPlace)
	if err != nil {
		return fmt.Errorf("reading where data goes: %w", err)
	}
	channels, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Place])
	if err != nil {
		return fmt.Errorf("reading where data goes: %w", err)
	}
	for _, p := range append(channels, server...) {
		if why := a.Terms.Refusal(p); why != "" {
			return &Invalid{Field: "place", Reason: why, Place: p}
		}
	}
	return nil
}

// HoldPlaces keeps the contract, and where data goes, as they are until the
// transaction ends: who changes one of them looks at the other first, and two
// who do so at once would see neither's change (OB-P9).
func HoldPlaces(ctx context.Context, tx pg.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('places ' || current_tenant(), 0))"); err != nil {
		return fmt.Errorf("holding the contract and where data goes: %w", err)
	}
	return nil
}

// administers refuses an account that does not.
func administers(ctx context.Context, tx pg.Tx, account int64) error {
	var may bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM account WHERE tenant_id = current_tenant() AND account_id = $1
		AND closed_at IS NULL AND 'administrator' = ANY (roles))`, account).Scan(&may)
	if err != nil {
		return fmt.Errorf("looking for the administrator: %w", err)
	}
	if !may {
		return invalid("administrator", "this account does not administer; choose one that does (N-A14.1)")
	}
	return nil
}

// Version is a contract as it was recorded, without what came later.
type Version struct {
	Number    int
	Profile   ProfileName
	Reference string
	At        time.Time
	By        audit.Actor
}

// Versions gives all that were recorded, the newest first.
func Versions(ctx context.Context, tx pg.Tx) ([]Version, error) {
	rows, err := tx.Query(ctx, "SELECT version, profile, reference, made_at, by_kind, by_id FROM tenant_contract WHERE tenant_id = current_tenant() ORDER BY version DESC")
	if err != nil {
		return nil, fmt.Errorf("listing contracts: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (v Version, err error) {
		return v, r.Scan(&v.Number, &v.Profile, &v.Reference, &v.At, &v.By.Kind, &v.By.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("listing contracts: %w", err)
	}
	return all, nil
}
