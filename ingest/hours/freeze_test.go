package hours

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Approve freezes a week by one person's word: what is left of an approval
// once the levels are given.
func Approve(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week calendar.Week, reason string, now time.Time) error {
	reviews, err := Reviews(ctx, tx, week, []int64{employee}, now)
	if err != nil {
		return err
	}
	if len(reviews) == 0 {
		return fmt.Errorf("timesheet of employee %d, week %s: %w", employee, week, ErrNotFound)
	}
	return reviews[0].Freeze(ctx, tx, by, reason, nil, now)
}
