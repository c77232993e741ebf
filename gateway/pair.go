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
)

// pairKeeper gives the gateway's own stream its time pairs (I4).
type pairKeeper struct {
	*agent
	stream wire.Stream
	last   wire.Pair
	named  uint64
}

// look journals a pair when one is due. One that can't be stored is due again.
func (k *pairKeeper) look() {
	m := k.clock.now()
	p := wire.Pair{Tick: k.clock.tick(), Instant: m.Instant, Bound: m.Bound, Source: m.Source}
	stream, named := k.journal.Own(), k.journal.Named()
	if stream == k.stream && !k.due(p, named) {
		return
	}
	if k.journal.Append(journal.Pair{Stream: stream, Pair: p}) == nil {
		k.stream, k.last, k.named = stream, p, named
	}
}

func (k *pairKeeper) due(p wire.Pair, named uint64) bool {
	since := p.Tick - k.last.Tick
	step := (p.Instant - int64(p.Tick)) - (k.last.Instant - int64(k.last.Tick))
	if step < 0 {
		step = -step
	}
	allowed := int64(pairStep)
	if p.Source == wire.SourceServer {
		allowed += int64(k.last.Bound)
	}
	return p.Source != k.last.Source || step > allowed ||
		named != k.named && since >= pairWithTaps ||
		p.Source != wire.SourceDisciplined && since >= pairRefresh
}
