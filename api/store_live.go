package api

import (
	"context"
	"fmt"
)

// listen hears the channels tikklok (new registrations) and tikklok_live
// (recomputed hours, devices) on a connection of its own until it breaks.
func (l *live) listen(ctx context.Context, ready func(), heard func(payload string)) error {
	taken, err := l.db.Pool().Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connecting to hear changes: %w", err)
	}
	conn := taken.Hijack()
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN tikklok; LISTEN tikklok_live"); err != nil {
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
