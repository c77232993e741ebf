package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// stormTally counts what happens while gateways come back.
type stormTally struct {
	handshakes, connected, batches, resent, committed atomic.Int64

	mu       sync.Mutex
	failures map[string]int // connections that failed, by what went wrong
	slowest  time.Duration  // handshake
	paced    int64          // receipts that asked to wait
	longest  time.Duration  // wait asked for
	last     time.Time      // receipt
	drained  time.Time      // last receipt for backlog
	joined   []int64        // lateness in ms of live taps made on a connection
	waiting  []int64        // of those made before there was one
}

func newStormTally() *stormTally { return &stormTally{failures: map[string]int{}} }

func (t *stormTally) fail(err error) {
	if err == nil {
		return
	}
	why := err.Error()
	why = why[strings.LastIndex(why, ": ")+1:] // what comes before holds addresses
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures[strings.TrimSpace(why)]++
}

func (t *stormTally) shook(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.slowest = max(t.slowest, took)
}

func (t *stormTally) pace(wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paced++
	t.longest = max(t.longest, wait)
}

// commit takes in a tap that a receipt said is committed.
func (t *stormTally) commit(tap stormTap) {
	t.committed.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = time.UnixMilli(tap.arrived)
	switch {
	case tap.live && tap.joined:
		t.joined = append(t.joined, tap.arrived-tap.at)
	case tap.live:
		t.waiting = append(t.waiting, tap.arrived-tap.at)
	default:
		t.drained = t.last
	}
}

// lateness gives percentiles of some milliseconds, which it sorts.
func lateness(all []int64) string {
	if len(all) == 0 {
		return "none"
	}
	return fmt.Sprintf("p50=%d ms p99=%d ms max=%d ms", percentile(all, 50), percentile(all, 99), percentile(all, 100))
}

// percentile gives the smallest that p percent are not above; 0: there is none.
func percentile(all []int64, p int) int64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[(len(all)*p+99)/100-1]
}

// tell prints what happened on the lines.
func (t *stormTally) tell(began time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	failed := 0
	for _, n := range t.failures {
		failed += n
	}
	fmt.Printf("connections: handshakes=%d failed=%d slowest_handshake_ms=%d\n", t.handshakes.Load(), failed, t.slowest.Milliseconds())
	for why, n := range t.failures {
		fmt.Printf("  %d × %s\n", n, why)
	}
	if !t.drained.IsZero() {
		fmt.Printf("backlog: all of it committed and answered after %.1f s\n", t.drained.Sub(began).Seconds())
	}
	fmt.Printf("batches: sent=%d of them again=%d; receipts that asked to wait=%d, at most %d ms\n",
		t.batches.Load(), t.resent.Load(), t.paced, t.longest.Milliseconds())
	fmt.Printf("live taps made while connected: %d, from tap to receipt %s\n", len(t.joined), lateness(t.joined))
	fmt.Printf("live taps made before that:     %d, from tap to receipt %s\n", len(t.waiting), lateness(t.waiting))
}
