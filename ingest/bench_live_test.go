package ingest

import (
	"strings"
	"sync"
	"testing"
	"time"
)

const livePace = 20 * time.Millisecond // between the batches of live gateways

// liveGateways send one tap each by turns, at a pace, over TLS.
type liveGateways struct {
	t        testing.TB
	all      []*liveGateway
	sent     int
	waiting  *Live // what they wait for
	answered chan time.Duration
}

// liveGateway is one of them, with when its batches on their way were due.
type liveGateway struct {
	*benchDevice
	due chan time.Time
}

func newLiveGateways(b *testing.B, w *world) *liveGateways {
	p := newPlant(b)
	p.world = w
	l := &liveGateways{t: b, waiting: &Live{}, answered: make(chan time.Duration, 1<<16)}
	p.run(func(c *Config) { c.Round, c.Live = 10*time.Second, l.waiting })
	for _, g := range p.addGateways(50, 10) {
		d := &liveGateway{&benchDevice{device: p.give(g, p.authority)}, make(chan time.Time, 1<<12)}
		if err := d.dial(strings.TrimPrefix(p.broker, "mqtts://")); err != nil {
			b.Fatal(err)
		}
		l.all = append(l.all, d)
		var listening sync.WaitGroup
		listening.Go(func() { l.listen(d) })
		b.Cleanup(func() {
			close(d.due)
			d.conn.Close()
			listening.Wait()
		})
	}
	return l
}

// listen tells how long each batch of a gateway waited for its receipt.
func (l *liveGateways) listen(d *liveGateway) {
	for {
		n, err := d.benchDevice.answered()
		if err != nil {
			return // closed: during misses its answers if it was not at the end
		}
		for range n {
			l.answered <- time.Since(<-d.due)
		}
	}
}

// during gives how long each batch waited for its receipt, from when it was due
// to be sent, while something was done.
func (l *liveGateways) during(do func()) []time.Duration {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	from := l.sent
	for due := time.Now(); ; due = due.Add(livePace) {
		select {
		case <-done:
			return l.answers(l.sent - from)
		case <-time.After(time.Until(due)):
		}
		d, nth := l.all[l.sent%len(l.all)], l.sent/len(l.all)
		d.due <- due
		if err := d.publish(nth%64, batch(log(streamOf(d.gateway, uint64(d.id)<<40), benchTaps(nth, 1))).Encode()); err != nil {
			l.t.Error(err)
		}
		l.sent++
	}
}

// answers waits for those of the last n batches.
func (l *liveGateways) answers(n int) []time.Duration {
	waited := make([]time.Duration, 0, n)
	late := time.After(30 * time.Second)
	for len(waited) < n {
		select {
		case d := <-l.answered:
			waited = append(waited, d)
		case <-late:
			l.t.Fatalf("%d of %d batches have no receipt", n-len(waited), n)
		}
	}
	return waited
}
