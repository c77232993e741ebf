package ingest

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg/pgtest"
)

func TestWorkGivesWayWhileALiveTapWaits(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	for name, tt := range map[string]struct {
		ctx      context.Context
		answered time.Duration // after the work came; 0: nothing waits
		stops    time.Duration // at the latest
	}{
		"nothing waits":             {ctx: t.Context()},
		"until it is answered":      {ctx: t.Context(), answered: 3 * time.Millisecond, stops: 3*time.Millisecond + waysLook},
		"ten milliseconds at most":  {ctx: t.Context(), answered: time.Second, stops: waysLongest + waysLook},
		"not when the work is over": {ctx: ended, answered: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var live Live
				if tt.answered > 0 {
					live.waiting.Add(1)
					time.AfterFunc(tt.answered, func() { live.waiting.Add(-1) })
				}
				from := time.Now()
				live.GiveWay(tt.ctx)
				if took := time.Since(from); took > tt.stops || took < min(tt.answered, tt.stops-waysLook) {
					t.Errorf("gave way for %v", took)
				}
			})
		})
	}
}

func TestALiveTapWaitsUntilItsReceipt(t *testing.T) {
	p, live := newPlant(t), &Live{}
	p.run(func(c *Config) { c.Live = live })
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	pgtest.Exec(t, p.url, "ALTER TABLE origin_progress RENAME TO gone") // nothing can be committed
	d.publish(batch(log(streamOf(d.gateway, 3), taps(1, 1, "x"))))
	p.until("tried", func() bool { return strings.Contains(p.log.String(), "did not take a group") })
	if n := live.waiting.Load(); n != 1 {
		t.Errorf("%d wait without a receipt", n)
	}
	pgtest.Exec(t, p.url, "ALTER TABLE gone RENAME TO origin_progress")
	d.wait("receipt", func(m wire.Down) bool { return m.Receipt != nil && len(m.Receipt.Batches) > 0 })
	p.until("answered", func() bool { return live.waiting.Load() == 0 })
}
