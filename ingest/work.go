package ingest

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

// worker commits what its queue holds, group after group.
type worker struct {
	queue  *queue
	commit *committer
	send   sender
	clock  *clock
	log    *slog.Logger
	fresh  int // registrations made so far
	pacer  *pacer
}

// run returns when ctx ends. A group that isn't committed by then was never
// answered: its gateways send it again.
func (w *worker) run(ctx context.Context) {
	for {
		group := w.queue.drain(ctx)
		if group == nil {
			return
		}
		answers, began := receipts{}, time.Now()
		if w.settle(ctx, group, answers) == nil {
			w.paceAfter(group, began, answers)
			answers.publish(w.send, w.clock)
		}
		w.queue.live.waiting.Add(-int64(len(group)))
	}
}

// paceAfter learns from a group of backlog, and tells those who have more of it
// when it is their turn.
func (w *worker) paceAfter(group []*message, began time.Time, answers receipts) {
	if now := time.Now(); group[0].backlog {
		w.pacer.observe(group, now.Sub(began), w.queue.taps.Load(), now)
	}
	w.pacer.ask(answers)
}

// settle brings every message of a group to an end: committed, or in
// quarantine. It gives up only when ctx ends.
func (w *worker) settle(ctx context.Context, group []*message, answers receipts) error {
	good := group[:0:0]
	for _, m := range group {
		if m.fault == "" {
			good = append(good, m)
		}
	}
	if err := w.settleGood(ctx, good, answers); err != nil {
		return err
	}
	for _, m := range group {
		if m.fault == "" {
			continue
		}
		if err := w.persist(ctx, func() error { return w.commit.quarantine(ctx, m) }); err != nil {
			return err
		}
		answers.refuse(m)
	}
	return nil
}

// settleGood commits a group; one that the database refuses is split until the
// bad batch stands alone, so that it harms no other.
func (w *worker) settleGood(ctx context.Context, group []*message, answers receipts) error {
	if len(group) == 0 {
		return nil
	}
	var refused error
	err := w.persist(ctx, func() error {
		out, err := w.commit.commit(ctx, group)
		if err != nil && blamesBatch(err) {
			refused = err
			return nil
		}
		if err == nil {
			answers.commit(group, out)
			w.fresh += out.fresh
		}
		return err
	})
	switch {
	case err != nil || refused == nil:
		return err
	case len(group) == 1:
		group[0].fault = refusalReason(refused)
		return nil
	}
	half := len(group) / 2
	if err := w.settleGood(ctx, group[:half], answers); err != nil {
		return err
	}
	return w.settleGood(ctx, group[half:], answers)
}

// The back-off while the database is away.
const (
	firstWait = 50 * time.Millisecond
	longest   = 5 * time.Second
)

// persist tries until it works or ctx ends, with full jitter.
func (w *worker) persist(ctx context.Context, try func() error) error {
	for wait := firstWait; ; wait = min(2*wait, longest) {
		err := try()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.log.Warn("the database did not take a group; trying again", "error", err, "within", wait)
		select {
		case <-time.After(rand.N(wait) + time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
