package ingest

import (
	"sync"
	"time"
)

// The bounds of pacing.
const (
	calm        = 250 * time.Millisecond // what the queue holds may take this long before anybody is asked to wait
	longestTurn = time.Minute
	senderFor   = 2 * longestTurn // a gateway counts as one with backlog this long after its last piece
	maxSenders  = 50_000
)

// turn says how long a gateway that was answered should wait before its next
// batch of backlog, so that all that have some get their turns and what waits
// grows no further: as long as the others' batches take. waiting is in taps,
// rate in taps a second, batch the taps that a batch of backlog brings.
func turn(waiting int64, rate, batch float64, senders int) time.Duration {
	if rate <= 0 || float64(waiting) <= rate*calm.Seconds() {
		return 0
	}
	round := time.Duration(float64(senders) * batch / rate * float64(time.Second))
	return min(round, longestTurn)
}

// pacer measures what turns are computed from. The two workers of a site's
// live taps and backlog share one.
type pacer struct {
	mu          sync.Mutex
	rate, batch float64 // smoothed
	senders     map[uint32]time.Time
	forgot      time.Time // when those that have no backlog left were dropped last
	wait        time.Duration
}

func newPacer() *pacer { return &pacer{senders: map[uint32]time.Time{}} }

// smoothing is the weight of the newest measurement.
const smoothing = 0.2

// observe takes in a group of backlog that took a while to commit, and how many
// taps wait behind it.
func (p *pacer) observe(group []*message, took time.Duration, waiting int64, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	taps := 0
	for _, m := range group {
		taps += m.taps
		p.batch = smooth(p.batch, float64(m.taps))
		p.senders[m.from.id] = now
	}
	if took > 0 && taps > liveTaps {
		p.rate = smooth(p.rate, float64(taps)/took.Seconds())
	}
	if now.Sub(p.forgot) >= longestTurn/10 || len(p.senders) > maxSenders {
		p.forget(now)
	}
	p.wait = turn(waiting, p.rate, p.batch, len(p.senders))
}

func smooth(before, now float64) float64 {
	if before == 0 {
		return now
	}
	return before + smoothing*(now-before)
}

func (p *pacer) forget(now time.Time) {
	p.forgot = now
	for id, last := range p.senders {
		if now.Sub(last) > senderFor {
			delete(p.senders, id)
		}
	}
	if len(p.senders) > maxSenders {
		clear(p.senders)
	}
}

// ask asks the gateways that have backlog to wait for their turn, also where it
// is a live tap that is answered: the newest word holds.
func (p *pacer) ask(answers receipts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wait == 0 {
		return
	}
	for id, r := range answers {
		if _, ok := p.senders[id]; ok {
			r.Pace = uint32(p.wait.Milliseconds())
		}
	}
}
