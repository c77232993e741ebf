package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Wish is what a gateway should be set to; 0: as for all gateways, or as the
// program was built. The bounds are those of wire.Settings.
type Wish struct {
	BlockedHours uint32 `json:"blocked_hours,omitempty"` // how long the list of blocked fobs counts without word from the server
	FlushMS      uint32 `json:"flush_ms,omitempty"`      // a live tap may wait for others
	KeepAliveS   uint32 `json:"keep_alive_s,omitempty"`
	MonthBytes   uint64 `json:"month_bytes,omitempty"` // what a calendar month (UTC) may cost
	StateMinutes uint32 `json:"state_minutes,omitempty"`
}

// WishOf gives what a gateway is set to; 0: what all of the tenant's are.
func WishOf(ctx context.Context, tx pg.Tx, gateway int64) (w Wish, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(blocked_hours, 0), COALESCE(flush_ms, 0), COALESCE(keep_alive_s, 0), COALESCE(month_bytes, 0),
		COALESCE(state_minutes, 0) FROM gateway_wish WHERE tenant_id = current_tenant() AND gateway_id = $1`, gateway).
		Scan(&w.BlockedHours, &w.FlushMS, &w.KeepAliveS, &w.MonthBytes, &w.StateMinutes)
	if errors.Is(err, pgx.ErrNoRows) {
		return Wish{}, nil
	}
	if err != nil {
		return Wish{}, fmt.Errorf("reading what a gateway is set to: %w", err)
	}
	return w, nil
}

// SetWish changes that. An error says which value is out of bounds.
func SetWish(ctx context.Context, tx pg.Tx, by audit.Actor, gateway int64, w Wish) error {
	s := wire.Settings{BlockedHours: w.BlockedHours, Flush: w.FlushMS, KeepAlive: w.KeepAliveS, MonthBytes: w.MonthBytes, StateMinutes: w.StateMinutes}
	if err := s.Check(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO gateway_wish (tenant_id, gateway_id, blocked_hours, flush_ms, keep_alive_s, month_bytes, state_minutes)
		VALUES (current_tenant(), $1, NULLIF($2::int, 0), NULLIF($3::int, 0), NULLIF($4::int, 0), NULLIF($5::bigint, 0), NULLIF($6::int, 0))
		ON CONFLICT (tenant_id, gateway_id) DO UPDATE SET blocked_hours = EXCLUDED.blocked_hours, flush_ms = EXCLUDED.flush_ms,
			keep_alive_s = EXCLUDED.keep_alive_s, month_bytes = EXCLUDED.month_bytes, state_minutes = EXCLUDED.state_minutes`,
		gateway, w.BlockedHours, w.FlushMS, w.KeepAliveS, int64(w.MonthBytes), w.StateMinutes)
	if err != nil {
		return fmt.Errorf("setting a gateway: %w", err)
	}
	return record(ctx, tx, by, "gateway.set", "gateway", gateway, w)
}
