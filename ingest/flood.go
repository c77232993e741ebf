package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// What one gateway may send, in units of about one tap: a message costs 25 and
// one more for each 10 bytes. A journal of 40,000 taps passes at full speed;
// after that 4,400 a second in batches of 200, which is more than any link of a
// gateway carries. What must be put in quarantine costs a transaction each.
const (
	flow       = 5000   // a second
	gulp       = 50_000 // at once
	packetCost = 25
	byteCost   = 10 // bytes
	faultCost  = 1000
)

// allowances keep a gateway that floods from harming others: a leaky bucket
// each, kept while something is in it.
type allowances struct {
	log *slog.Logger

	mu      sync.Mutex
	buckets map[uint32]bucket
	tidied  time.Time
}

type bucket struct {
	spent float64
	at    time.Time
	told  bool // that it sends too much, since it was last calm
}

func newAllowances(log *slog.Logger) *allowances {
	return &allowances{log: log, buckets: map[uint32]bucket{}}
}

// cost is that of a packet.
func cost(bytes int) float64 { return packetCost + float64(bytes)/byteCost }

// take charges a gateway. It says how long the gateway must wait before its
// next packet, and whether it had to wait for the first time since it was calm.
func (a *allowances) take(id uint32, cost float64, now time.Time) (wait time.Duration, news bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.tidied) > gulp/flow*time.Second {
		a.tidy(now)
	}
	b := a.buckets[id].leak(now)
	b.spent += cost
	if b.spent > gulp {
		wait = time.Duration((b.spent - gulp) / flow * float64(time.Second))
		b.told, news = true, !b.told
	}
	a.buckets[id] = b
	return wait, news
}

// charge takes, and tells the log once about a gateway that has to wait.
func (a *allowances) charge(id uint32, cost float64) (wait time.Duration) {
	wait, news := a.take(id, cost, time.Now())
	if news {
		a.log.Warn("a gateway sends more than it may; it is held up until it is calm", "gateway", id)
	}
	return wait
}

// holdUp charges a packet of so many bytes and keeps its connection waiting
// while its gateway sends too much.
func (a *allowances) holdUp(ctx context.Context, id uint32, bytes int) {
	wait := a.charge(id, cost(bytes))
	if wait == 0 {
		return
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

// leak gives the bucket as it is at a later instant.
func (b bucket) leak(now time.Time) bucket {
	b.spent = max(0, b.spent-flow*now.Sub(b.at).Seconds())
	return bucket{b.spent, now, b.told && b.spent > 0}
}

func (a *allowances) tidy(now time.Time) {
	a.tidied = now
	for id, b := range a.buckets {
		if b.leak(now).spent == 0 {
			delete(a.buckets, id)
		}
	}
}
