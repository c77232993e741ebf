package ingest

import (
	"math"
	"testing"
	"time"
)

func TestTurnsAreAsLongAsTheOthersBatchesTake(t *testing.T) {
	for name, c := range map[string]struct {
		waiting     int64
		rate, batch float64
		senders     int
		want        time.Duration
	}{
		"nothing measured yet":                   {1_000_000, 0, 200, 10, 0},
		"an empty queue":                         {0, 1000, 200, 5000, 0},
		"a queue that is short of a quarter":     {250, 1000, 200, 5000, 0},
		"one sender waits for its own batch":     {251, 1000, 200, 1, 200 * time.Millisecond},
		"five thousand take turns":               {300_000, 100_000, 200, 5000, 10 * time.Second},
		"small batches make short turns":         {300_000, 100_000, 40, 5000, 2 * time.Second},
		"nobody waits longer than a minute":      {300_000, 100, 200, 5000, longestTurn},
		"a queue without a sender seen just now": {300_000, 100, 200, 0, 0},
	} {
		if got := turn(c.waiting, c.rate, c.batch, c.senders); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestOnlyThoseWithBacklogAreAskedToWait(t *testing.T) {
	many := &message{from: gateway{id: 1}, taps: 200}
	few := &message{from: gateway{id: 2}, taps: 1}
	group := []*message{many, few}
	var p pacer
	p.observe(group, 201*time.Millisecond, time.Unix(1000, 0)) // 1000 taps a second
	answers := receipts{}
	answers.of(1)
	answers.of(2)
	p.pace(answers, 10_000)
	if answers[1].Pace != 200 || answers[2].Pace != 0 {
		t.Errorf("asked to wait %d and %d ms, want 200 and 0", answers[1].Pace, answers[2].Pace)
	}
	p.observe([]*message{few}, time.Second, time.Unix(1000, 0).Add(senderFor+time.Second))
	if len(p.senders) != 0 {
		t.Error("a gateway without backlog counts for ever")
	}
	if math.Round(p.rate) != 1000 {
		t.Errorf("the wait for a lone tap's disk counts as a rate: %v", p.rate)
	}
}
