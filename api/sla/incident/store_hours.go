package incident

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/api/sla/window"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// TermsNow gives the terms of the tenant's contract of today. The hours of
// support are the contract's own, but for W, which leaves them to what its
// operator publishes (W-3.6).
func TermsNow(ctx context.Context, tx pg.Tx) (Terms, error) {
	contract, err := tenant.Contract(ctx, tx)
	if err != nil {
		return Terms{}, err
	}
	t := TermsOf(contract.Terms)
	if t.Profile == tenant.WinBase {
		t.Hours, err = SupportHours(ctx, tx)
	}
	return t, err
}

// SupportHours gives when support is open, of the whole installation; nil:
// nobody said, and the service window stands for it.
func SupportHours(ctx context.Context, tx pg.Tx) (*Hours, error) {
	var h Hours
	err := tx.QueryRow(ctx, "SELECT opens, closes, days FROM support_hours ORDER BY version DESC LIMIT 1").Scan(&h.Opens, &h.Closes, &h.Days)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading when support is open: %w", err)
	}
	return &h, nil
}

// PutSupportHours says when support is open from now on: incidents of before
// keep the hours of their day. Hours that are none are window.ErrInvalid.
func PutSupportHours(ctx context.Context, tx pg.Tx, h Hours, now time.Time) error {
	if err := h.in(time.UTC).Check(); err != nil {
		return err
	}
	if h.Days > window.EveryDay {
		return fmt.Errorf("%w: no day of the week", window.ErrInvalid)
	}
	_, err := tx.Exec(ctx, "INSERT INTO support_hours (opens, closes, days, made_at) VALUES ($1, $2, $3, $4)", h.Opens, h.Closes, int(h.Days), now)
	if err != nil {
		return fmt.Errorf("keeping when support is open: %w", err)
	}
	return nil
}
