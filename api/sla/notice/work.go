package notice

import (
	"context"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/pg"
)

// Work gives what was announced of work that ends after an instant and was not
// cancelled, as availability is reckoned with it (W-3.2).
func Work(ctx context.Context, tx pg.Tx, since time.Time) (all []sla.Work, err error) {
	announced, err := List(ctx, tx, since)
	for _, m := range announced {
		if m.Cancelled == nil {
			all = append(all, sla.Work{From: m.From, To: m.Until, Announced: m.Announced})
		}
	}
	return all, err
}
