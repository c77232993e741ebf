package ingest

import (
	"math"
	"time"
)

// clock says what time the server may tell (I4).
type clock struct {
	goodTo time.Duration // declared by an administrator; 0: not
	bound  func() (time.Duration, bool)
}

func newClock(goodTo time.Duration) clock { return clock{goodTo, disciplined} }

// read gives now in Unix ms with its bound in ms, or 0 when the clock is
// neither disciplined nor declared good.
func (c clock) read(now time.Time) (instant int64, bound uint32) {
	b, ok := c.bound()
	if !ok {
		b, ok = c.goodTo, c.goodTo > 0
	}
	if !ok || b > math.MaxUint32*time.Millisecond {
		return 0, 0
	}
	return now.UnixMilli(), uint32((b + time.Millisecond - 1) / time.Millisecond)
}
