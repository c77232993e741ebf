package ingest

import (
	"context"
	"sync/atomic"
	"time"
)

// Live knows whether live taps wait for their receipts, so that work that has
// the whole night can give way to them: those of this process. Its zero value
// is ready; one Run keeps it, once.
type Live struct{ waiting atomic.Int64 }

// How long work gives way at most, which is about what a receipt takes when
// much is going on, and how often it looks.
const (
	waysLongest = 10 * time.Millisecond
	waysLook    = 300 * time.Microsecond
)

// GiveWay returns as soon as no live tap waits for its receipt, after 10 ms, or
// when ctx ends.
func (l *Live) GiveWay(ctx context.Context) {
	for until := time.Now().Add(waysLongest); l.waiting.Load() > 0 && ctx.Err() == nil && time.Now().Before(until); {
		time.Sleep(waysLook)
	}
}
