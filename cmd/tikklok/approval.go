package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tikklok/ingest/hours/approval"
	"tikklok/ingest/pg"
)

// approvalEvery is how long after its last success the system looks again for
// weeks to approve by itself and deadlines to remind of.
const approvalEvery = 10 * time.Minute

// bulkPieces is how many hundreds of one approval of many are done before
// hours have their turn again.
const bulkPieces = 5

// approvalKeeper approves what was asked for in the background.
type approvalKeeper struct {
	db   *pg.DB
	last map[int64]time.Time // success by tenant; none: it is due
}

// round goes on with what waits of a tenant; more says that something still
// does. After a restart, or a night's sleep, everything is due. Nothing is
// approved by itself while taps that arrived are not computed (I2).
func (k *approvalKeeper) round(ctx context.Context, tenant int64, computed bool, now time.Time) (more bool, err error) {
	more, err = k.bulks(ctx, tenant, now)
	if more || !computed || now.Sub(k.last[tenant]) < approvalEvery {
		return more, err
	}
	return false, errors.Join(err, k.byItself(ctx, tenant, now))
}

func (k *approvalKeeper) byItself(ctx context.Context, tenant int64, now time.Time) error {
	if _, err := approval.ApproveAutomatically(ctx, k.db, tenant, now); err != nil {
		return err
	}
	if err := k.db.InTenant(ctx, tenant, func(tx pg.Tx) error { return approval.Remind(ctx, tx, now) }); err != nil {
		return fmt.Errorf("reminding of deadlines: %w", err)
	}
	k.last[tenant] = now
	return nil
}

// bulks does a part of each approval of many; one that fails holds up no other.
func (k *approvalKeeper) bulks(ctx context.Context, tenant int64, now time.Time) (more bool, err error) {
	var waiting []int64
	err = k.db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
		waiting, err = approval.Unfinished(ctx, tx)
		return err
	})
	if err != nil || len(waiting) == 0 {
		return false, err
	}
	for _, bulk := range waiting {
		failed := approval.WorkBulk(ctx, k.db, tenant, bulk, bulkPieces, now)
		more, err = more || failed == nil, errors.Join(err, failed)
	}
	return more, errors.Join(err, k.db.Notify(ctx, pg.ChannelLive, tenant))
}
