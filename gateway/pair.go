package gateway

import (
	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

// When the gateway's own stream gets a time pair, besides its start and each
// change of the clock's source, in ms.
const (
	pairWithTaps = 10 * 60_000 // after the last one, when there were taps
	pairRefresh  = 60 * 60_000 // to ask the server for its time
	pairStep     = 50          // the clock jumped by more than this and its bound
	pairContest  = 60_000      // to ask again when the server's time changed
	jumpsTold    = 60_000      // between two lines of the log
)

// pairKeeper gives the gateway's own stream its time pairs (I4).
type pairKeeper struct {
	*agent
	boot   *bootNotes
	stream wire.Stream
	last   wire.Pair // journaled
	seen   wire.Pair // at the last look
	named  uint64
	told   steps
	toldAt uint64

	failing bool // the notes of this boot
}

// look journals a pair when one is due, and with one that contradicts it the
// pair from before the jump: the two stand for as long as each was shown. One
// that can't be stored is due again.
func (k *pairKeeper) look() {
	tick, m := k.clock.read()
	p := wire.Pair{Tick: tick, Instant: m.Instant, Bound: m.Bound, Source: m.Source}
	before := k.seen
	k.seen = p
	k.tell()
	k.carryBoot(p)
	stream, named := k.journal.Own(), k.journal.Named()
	same := stream == k.stream
	if same && !k.due(p, named) {
		return
	}
	records := []journal.Record{journal.Pair{Stream: stream, Pair: p}}
	if same && k.jumped(before, p) && before != k.last {
		records = append([]journal.Record{journal.Pair{Stream: stream, Pair: before}}, records...)
	}
	if k.journal.Append(records...) == nil {
		k.stream, k.last, k.named = stream, p, named
	}
}

func (k *pairKeeper) due(p wire.Pair, named uint64) bool {
	since := p.Tick - k.last.Tick
	return p.Source != k.last.Source || k.jumped(k.last, p) ||
		named != k.named && since >= pairWithTaps ||
		p.Source != wire.SourceDisciplined && since >= pairRefresh ||
		k.clock.contested() && since >= pairContest
}

// jumped says whether the known time moved against the ticks.
func (k *pairKeeper) jumped(from, to wire.Pair) bool {
	step := (to.Instant - int64(to.Tick)) - (from.Instant - int64(from.Tick))
	allowed := int64(pairStep)
	if to.Source == wire.SourceServer {
		allowed += int64(from.Bound)
	}
	return max(step, -step) > allowed
}

// tell logs each jump once, and of a clock that never stands still only some.
func (k *pairKeeper) tell() {
	now, was := k.clock.noticed(), k.told
	if was.wall > 0 && now != was && k.seen.Tick-k.toldAt < jumpsTold {
		return
	}
	if now != was {
		k.told, k.toldAt = now, k.seen.Tick
	}
	if now.wall != was.wall {
		k.log.Warn("the machine's clock was set: taps keep their time by the ticks", "by_ms", now.by, "jumps", now.wall)
	}
	if now.server != was.server {
		k.log.Warn("the server's time changed; what it says now is used", "changes", now.server)
	}
	if now.doubt && !was.doubt {
		k.log.Warn("the machine vouches for a clock that contradicts the server's time or its own past: not used; check its time servers")
	} else if was.doubt && !now.doubt {
		k.log.Info("the machine's clock is no longer doubted")
	}
}

// carryBoot logs a change of whether the notes can be kept.
func (k *pairKeeper) carryBoot(p wire.Pair) {
	err := k.boot.carry(k.journal, k.clock, p)
	if err != nil && !k.failing {
		k.log.Warn("time is not carried to the next run", "error", err)
	}
	k.failing = err != nil
}
