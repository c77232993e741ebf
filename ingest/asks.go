package ingest

import (
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

// The bounds of asking: down-link bytes cost money.
const (
	maxAsks     = 64        // spans a message
	maxAskNames = 4096      // names a span; the rest later
	longestAsk  = time.Hour // between two asks for one hole
)

// asks remembers when a hole was asked for: the first time once it is a while
// old, for what is on its way needs no asking; then ever more rarely (I2).
type asks struct {
	after time.Duration
	holes map[holeKey]*ask
}

type holeKey struct {
	wire.Stream
	from    uint64
	gateway int64
}

type ask struct {
	next time.Time
	wait time.Duration
	seen time.Time
}

func newAsks(after time.Duration) *asks {
	return &asks{after: after, holes: map[holeKey]*ask{}}
}

// choose gives the spans to ask each gateway for now, of those holes that it
// may hold. Who isn't there is not asked, nor asked less often for it later.
func (a *asks) choose(holes []fleet.Hole, present []gateway, now time.Time) map[int64][]wire.Span {
	there := map[int64]bool{}
	for _, g := range present {
		there[int64(g.id)] = true
	}
	spans := map[int64][]wire.Span{}
	for _, h := range holes {
		for i, g := range h.HeldBy {
			from := h.HeldFrom[i]
			if there[g] && len(spans[g]) < maxAsks && a.due(holeKey{h.Stream, from, g}, now) {
				spans[g] = append(spans[g], wire.Span{Stream: h.Stream, From: from, To: min(h.To, from+maxAskNames-1)})
			}
		}
	}
	return spans
}

// due says whether to ask now, and if so, puts the next time off.
func (a *asks) due(k holeKey, now time.Time) bool {
	k1, ok := a.holes[k]
	if !ok {
		a.holes[k] = &ask{next: now.Add(a.after), wait: a.after, seen: now}
		return false
	}
	k1.seen = now
	if now.Before(k1.next) {
		return false
	}
	k1.wait = min(2*k1.wait, longestAsk)
	k1.next = now.Add(k1.wait)
	return true
}

// forget drops holes that are no more.
func (a *asks) forget(now time.Time) {
	for k, h := range a.holes {
		if now.Sub(h.seen) > presence {
			delete(a.holes, k)
		}
	}
}
