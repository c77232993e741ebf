package evidence

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/pg"
)

// PolicyDue says whether the policy was not looked at in the last day.
func PolicyDue(ctx context.Context, tx pg.Tx, now time.Time) (due bool, err error) {
	err = tx.QueryRow(ctx, "SELECT NOT EXISTS (SELECT FROM policy_check WHERE at > $1)", now.Add(-24*time.Hour)).Scan(&due)
	if err != nil {
		return false, fmt.Errorf("asking when the policy was last looked at: %w", err)
	}
	return due, nil
}

// PutPolicy keeps how the policy was found.
func PutPolicy(ctx context.Context, tx pg.Tx, c PolicyCheck) error {
	expires := &c.Expires
	if c.Expires.IsZero() {
		expires = nil
	}
	_, err := tx.Exec(ctx, "INSERT INTO policy_check (at, address, expires, problem) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", c.At, c.Address, expires, c.Problem)
	if err != nil {
		return fmt.Errorf("keeping how the policy was found: %w", err)
	}
	return nil
}
