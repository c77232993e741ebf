package statement

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// DetailsOf gives the newest details; of Version 0 where nobody filled them in.
func DetailsOf(ctx context.Context, tx pg.Tx) (Details, error) {
	var d Details
	err := tx.QueryRow(ctx, `SELECT details, version, by_kind, by_id, at FROM statement_details
		WHERE tenant_id = current_tenant() ORDER BY version DESC LIMIT 1`).Scan(&d, &d.Version, &d.By.Kind, &d.By.ID, &d.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return Details{}, nil
	}
	if err != nil {
		return Details{}, fmt.Errorf("reading who processes: %w", err)
	}
	return d, nil
}

// PutDetails adds a version, or gives what is wrong with it (ErrInvalid).
// Details that are as they were change nothing.
func PutDetails(ctx context.Context, tx pg.Tx, d Details, by audit.Actor, now time.Time) error {
	d, err := d.check()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('statement_details'), current_tenant()::int)"); err != nil { // one after the other
		return fmt.Errorf("storing who processes: %w", err)
	}
	had, err := DetailsOf(ctx, tx)
	if err != nil {
		return err
	}
	before := had
	before.Version, before.By, before.At = 0, audit.Actor{}, time.Time{}
	d.Version, d.By, d.At = 0, audit.Actor{}, time.Time{}
	if before == d {
		return nil
	}
	_, err = tx.Exec(ctx, `INSERT INTO statement_details (tenant_id, version, details, by_kind, by_id, at)
		VALUES (current_tenant(), $1, $2, $3, $4, $5)`, had.Version+1, d, by.Kind, by.ID, now)
	if err != nil {
		return fmt.Errorf("storing who processes: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "statement.details", SubjectKind: "statement", SubjectID: int64(had.Version + 1), By: by, Payload: d})
}

// ScaleOf counts how much is processed.
func ScaleOf(ctx context.Context, tx pg.Tx) (Scale, error) {
	var s Scale
	err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM employee WHERE tenant_id = current_tenant()),
			(SELECT count(*) FROM account WHERE tenant_id = current_tenant() AND closed_at IS NULL),
			(SELECT count(*) FROM site WHERE tenant_id = current_tenant()),
			(SELECT count(*) FROM reader WHERE tenant_id = current_tenant() AND retired_at IS NULL)`).Scan(&s.Employees, &s.Accounts, &s.Sites, &s.Readers)
	if err != nil {
		return Scale{}, fmt.Errorf("counting how much is processed: %w", err)
	}
	return s, nil
}
