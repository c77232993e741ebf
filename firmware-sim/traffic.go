package sim

import (
	"slices"
	"sync"
	"time"

	"tikklok/gateway/wire"
)

// Traffic is what was seen to pass between gateways and a broker: batches on
// their way up, and what receipts said on their way down. It is safe for
// concurrent use.
type Traffic struct {
	mu        sync.Mutex
	flights   map[flightName]*flight
	committed map[wire.Stream][]wire.Range
	taps      uint64 // under committed marks
	next      chan struct{}
	batches   int
}

type flightName struct {
	gateway  uint32
	checksum uint32
}

// flight is a batch with taps that was seen on its way up.
type flight struct {
	spans    []wire.Span
	answered time.Time // zero: no receipt was seen
}

// NewTraffic has seen nothing yet.
func NewTraffic() *Traffic {
	return &Traffic{flights: map[flightName]*flight{}, committed: map[wire.Stream][]wire.Range{}, next: make(chan struct{})}
}

// longAnswered is how long a flight is remembered after its receipt passed.
const longAnswered = 10 * time.Second

// up takes note of a batch that is about to reach the broker.
func (t *Traffic) up(gateway uint32, payload []byte, now time.Time) {
	b, err := wire.DecodeBatch(payload)
	if err != nil {
		return
	}
	spans := spansOf(b)
	if len(spans) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.batches++
	for name, f := range t.flights {
		if !f.answered.IsZero() && now.Sub(f.answered) > longAnswered {
			delete(t.flights, name)
		}
	}
	t.flights[flightName{gateway, wire.Checksum(payload)}] = &flight{spans: spans}
	close(t.next)
	t.next = make(chan struct{})
}

// spansOf gives the names of a batch's taps.
func spansOf(b wire.Batch) (spans []wire.Span) {
	for _, l := range b.Logs {
		var seqs []wire.Range
		for _, tap := range l.Taps {
			seqs = wire.AddRange(seqs, wire.Range{From: tap.Seq, To: tap.Seq})
		}
		for _, r := range seqs {
			spans = append(spans, wire.Span{Stream: l.Stream, From: r.From, To: r.To})
		}
	}
	return spans
}

// down takes note of a receipt that has just left the broker.
func (t *Traffic) down(gateway uint32, payload []byte, now time.Time) {
	d, err := wire.DecodeDown(payload)
	if err != nil || d.Receipt == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, sum := range d.Receipt.Batches {
		if f := t.flights[flightName{gateway, sum}]; f != nil && f.answered.IsZero() {
			f.answered = now
		}
	}
	for _, m := range d.Receipt.Marks {
		t.taps += count(m.Committed) - count(t.committed[m.Stream])
		t.committed[m.Stream] = slices.Clone(m.Committed)
	}
}

func count(rs []wire.Range) (n uint64) {
	for _, r := range rs {
		n += r.To - r.From + 1
	}
	return n
}

// Next gives a channel that is closed when the next batch with taps passes.
func (t *Traffic) Next() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next
}

// Committed counts the taps that the server said to have committed, and the
// batches that were seen.
func (t *Traffic) Committed() (taps uint64, batches int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taps, t.batches
}

// Uncommitted counts the taps of a log that no receipt covered.
func (t *Traffic) Uncommitted(l wire.Log) (n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tap := range l.Taps {
		if !wire.HasSeq(t.committed[l.Stream], tap.Seq) {
			n++
		}
	}
	return n
}

// InFlight gives the taps that a gateway has sent up (0: any gateway), so that
// they are durable there, and that no receipt can have answered at an instant
// by the time that it takes from here to the gateway.
func (t *Traffic) InFlight(gateway uint32, at time.Time, back time.Duration) (spans []wire.Span) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, f := range t.flights {
		if (gateway == 0 || name.gateway == gateway) && (f.answered.IsZero() || f.answered.Add(back).After(at)) {
			spans = append(spans, f.spans...)
		}
	}
	return spans
}

// Forget drops the flights of a gateway (0: of all), which can't be answered any
// more: they will be sent anew.
func (t *Traffic) Forget(gateway uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name := range t.flights {
		if gateway == 0 || name.gateway == gateway {
			delete(t.flights, name)
		}
	}
}
