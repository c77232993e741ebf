package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tikklok/ingest/pg"
)

// Linker chains what was appended, of all tenants. Several may run: the end of
// each chain is their lock.
type Linker struct {
	DB  *pg.DB // under pg.RoleApp
	Log *slog.Logger
}

// linkEvery keeps the time until an entry is chained under a second.
const linkEvery = 300 * time.Millisecond

// Run links until ctx ends. A database that is away, and a chain that doesn't
// end as it has to, are told of once, and again after an hour.
func (l Linker) Run(ctx context.Context) error {
	tick := time.NewTicker(linkEvery)
	defer tick.Stop()
	told := map[string]time.Time{}
	for {
		err := l.link(ctx)
		if err != nil && ctx.Err() == nil && time.Since(told[err.Error()]) > time.Hour {
			clear(told)
			told[err.Error()] = time.Now()
			l.Log.ErrorContext(ctx, "the audit log was not chained as it should; trying again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (l Linker) link(ctx context.Context) error {
	tenants, err := waitingTenants(ctx, l.DB)
	for _, id := range tenants {
		_, sound, failed := linkAll(ctx, l.DB, id)
		if !sound {
			failed = errors.Join(fmt.Errorf("%w: tenant %d: the chain did not end as it was left", ErrBroken, id), failed)
		}
		err = errors.Join(err, failed)
	}
	return err
}
