package ingest

import (
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
	start := time.Unix(1000, 0)
	p := newPacer()
	p.observe([]*message{many}, 200*time.Millisecond, 10_000, start) // 1000 taps a second
	answers := receipts{}
	answers.of(1)
	answers.of(2)
	p.ask(answers)
	if answers[1].Pace != 200 || answers[2].Pace != 0 {
		t.Errorf("asked to wait %d and %d ms, want 200 and 0", answers[1].Pace, answers[2].Pace)
	}
	p.observe([]*message{{from: gateway{id: 3}, taps: 21}}, time.Millisecond, 0, start.Add(senderFor+time.Second))
	if len(p.senders) != 1 || p.wait != 0 {
		t.Errorf("%d gateways count as having backlog, and wait %v", len(p.senders), p.wait)
	}
}

func TestALoneTapsDiskIsNoMeasureOfTheRate(t *testing.T) {
	p := newPacer()
	p.observe([]*message{{taps: 1}}, time.Second, 0, time.Unix(1000, 0))
	if p.rate != 0 {
		t.Errorf("rate %v", p.rate)
	}
}
