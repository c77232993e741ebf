package ingest

import (
	"math"
	"sync"
	"time"
)

// clockRest is for how long the server tells no time after its own clock was
// set: whoever set it may set it again.
const clockRest = 10 * time.Minute

// leastStep is what a scheduler may put between the two readings.
const leastStep = 500 * time.Millisecond

// clock says what time the server may tell (I4): that of a clock which the
// operating system disciplines, or which an administrator declared good; and
// not while that was set just now, because before it or after it the claim was
// wrong. Gateways keep time by their own ticks meanwhile.
type clock struct {
	goodTo time.Duration // declared by an administrator; 0: not
	bound  func() (time.Duration, bool)
	ticks  func() time.Duration // cannot be set

	mu     sync.Mutex
	known  bool
	offset time.Duration // of the clock against the ticks, at the last reading
	rests  time.Duration // until these ticks
}

func newClock(goodTo time.Duration) *clock {
	began := time.Now()
	return &clock{goodTo: goodTo, bound: disciplined, ticks: func() time.Duration { return time.Since(began) }}
}

// read gives now in Unix ms with its bound in ms, or 0 when no time may be told.
func (c *clock) read(now time.Time) (instant int64, bound uint32) {
	b, ok := c.bound()
	if !ok {
		b, ok = c.goodTo, c.goodTo > 0
	}
	if c.resting(now, b) || !ok || b > math.MaxUint32*time.Millisecond {
		return 0, 0
	}
	return now.UnixMilli(), uint32((b + time.Millisecond - 1) / time.Millisecond)
}

// resting says whether the clock was set lately: moved against the ticks by
// more than its bound.
func (c *clock) resting(now time.Time, bound time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	ticks := c.ticks()
	offset := time.Duration(now.UnixNano()) - ticks
	by := offset - c.offset
	if c.known && max(by, -by) > max(bound, leastStep) {
		c.rests = ticks + clockRest
	}
	c.offset, c.known = offset, true
	return ticks < c.rests
}
