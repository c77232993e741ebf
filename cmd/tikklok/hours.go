package main

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/leaving"
	"tikklok/ingest/pg"
)

// How often hours are looked at without news, how long after news that could
// not be taken up whole, and the shortest pause between two rounds.
const (
	hoursEvery = 30 * time.Second
	hoursAgain = time.Second
	hoursPause = 100 * time.Millisecond
)

// hoursKeeper computes hours again where something changed, and then approves
// what was asked for.
type hoursKeeper struct {
	db       *pg.DB
	approval approvalKeeper
	woken    chan struct{} // one place

	mu  sync.Mutex
	due map[int64]bool // tenants with news; 0: look at all
}

func (k *hoursKeeper) run(ctx context.Context) error {
	var listening sync.WaitGroup
	listening.Go(func() { k.listen(ctx) })
	defer listening.Wait()
	wait := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-k.woken:
		case <-time.After(wait):
			k.wake(0)
		}
		began := time.Now()
		wait = k.round(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(hoursPause, time.Since(began))): // taps that come in all the while need the cores first
		}
	}
}

// listen wakes the keeper with each message, and for all tenants when some may
// have been missed. A database that is away is told of once, not each second.
func (k *hoursKeeper) listen(ctx context.Context) {
	heard := true
	for ctx.Err() == nil {
		err := k.db.Listen(ctx, pg.ChannelNews, func() { heard = true; k.wake(0) }, func(message string) {
			tenant, err := strconv.ParseInt(message, 10, 64)
			if err != nil {
				tenant = 0
			}
			k.wake(tenant)
		})
		if heard {
			warn(err, "hours don't hear of news; trying each second")
		}
		heard = false
		select {
		case <-ctx.Done():
		case <-time.After(hoursAgain):
		}
	}
}

func (k *hoursKeeper) wake(tenant int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.due == nil {
		k.due = map[int64]bool{}
	}
	k.due[tenant] = true
	select {
	case k.woken <- struct{}{}:
	default: // it is awake already
	}
}

// round computes the tenants that are due; one that fails does not hold up
// the others. It gives how long to wait for news before the next.
func (k *hoursKeeper) round(ctx context.Context) time.Duration {
	wait := hoursEvery
	for _, tenant := range k.take(ctx) {
		changes, err := hours.Recompute(ctx, k.db, tenant, time.Now())
		if ctx.Err() != nil {
			return wait
		}
		if err != nil {
			slog.Error("hours of a tenant were not computed; trying again", "tenant", tenant, "error", err)
		}
		over := leaving.ShiftOver(hours.LastShiftOver)
		if err != nil || changes.Behind {
			over = leaving.NotYet
		}
		warn(leaving.Settle(ctx, k.db, tenant, over, time.Now()), "who left was not shut out; trying again")
		if err == nil {
			err = hours.CheckLaw(ctx, k.db, tenant, time.Now())
			warn(err, "hours of a tenant were not held against the law; trying again")
		}
		more, failed := k.approval.round(ctx, tenant, err == nil && !changes.Behind, time.Now())
		if failed != nil && ctx.Err() == nil {
			slog.Error("what waits to be approved was not; trying again", "tenant", tenant, "error", failed)
		}
		if more {
			k.wake(tenant)
		}
		if err != nil || changes.Behind {
			wait = hoursAgain
		}
		if changes.Taps > 0 || changes.Days > 0 {
			warn(k.db.Notify(ctx, pg.ChannelLive, tenant), "open pages were not told of new hours")
		}
	}
	return wait
}

func (k *hoursKeeper) take(ctx context.Context) []int64 {
	k.mu.Lock()
	due := k.due
	k.due = nil
	k.mu.Unlock()
	if due[0] {
		all, err := tenants(ctx, k.db)
		warn(err, "hours can't list the tenants")
		for _, t := range all {
			due[t.ID] = true
		}
	}
	delete(due, 0)
	ids := make([]int64, 0, len(due))
	for id := range due {
		ids = append(ids, id)
	}
	return ids
}
