package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// The channels of LISTEN and NOTIFY; each message begins with a tenant's id in
// decimal.
const (
	ChannelNews = "tikklok"      // registrations, fobs, modes: hours may change
	ChannelLive = "tikklok_live" // something that pages show changed
)

// Listen calls ready once it hears the channel, then heard with each message,
// on a connection of its own, until ctx ends or the connection breaks: then
// something may have been missed.
func (db *DB) Listen(ctx context.Context, channel string, ready func(), heard func(message string)) error {
	taken, err := db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connecting to hear changes: %w", err)
	}
	conn := taken.Hijack()
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return fmt.Errorf("listening for changes: %w", err)
	}
	ready()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("hearing changes: %w", err)
		}
		heard(n.Payload)
	}
}

// Notify tells whoever listens on a channel of a change in a tenant.
func (db *DB) Notify(ctx context.Context, channel string, tenant int64) error {
	if _, err := db.pool.Exec(ctx, "SELECT pg_notify($1, $2)", channel, fmt.Sprint(tenant)); err != nil {
		return fmt.Errorf("telling of a change: %w", err)
	}
	return nil
}

// MakeMonths makes the partitions of this month and the next two ahead, each
// whatever becomes of the others; db must be of RoleIngest.
func (db *DB) MakeMonths(ctx context.Context, now time.Time) error {
	first := time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	var failed error
	for ahead := range 3 {
		month := first.AddDate(0, ahead, 0)
		if _, err := db.pool.Exec(ctx, "SELECT registration_month($1)", month); err != nil {
			failed = errors.Join(failed, fmt.Errorf("making the partition of %s: %w", month.Format("2006-01"), err))
		}
	}
	return failed
}
