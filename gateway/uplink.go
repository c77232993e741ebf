package gateway

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

const (
	batchTaps = 200 // taps of a batch; more wait for the next
	window    = 4   // batches unanswered at a time: the server sets the pace
	missAgain = 10 * time.Minute
)

// uplink brings the journal to the server (OB-H3): sent until committed, kept
// by the journal until safe (I2). All but miss belongs to its goroutine.
type uplink struct {
	agent   *agent
	journal *journal.Journal
	log     *slog.Logger
	pace    pace
	tls     *tls.Config

	flights map[uint32]*flight // by checksum of the payload
	resting []*flight          // answered, but not all of it committed
	since   time.Time          // something live waits; zero: nothing does

	mu      sync.Mutex
	missing []wire.Span
	missed  map[wire.Span]time.Time
}

// flight is a batch on its way.
type flight struct {
	parcel  *journal.Parcel // nil: only missing
	missing []wire.Span
	payload []byte
	sent    uint64 // tick of the first time
	tries   int
	due     time.Time // to be sent again, or returned
}

func newUplink(a *agent) (*uplink, error) {
	config, err := tlsConfig(a.cfg.Enrolment)
	if err != nil {
		return nil, fmt.Errorf("enrolment: %w", err)
	}
	return &uplink{
		agent: a, journal: a.journal, log: a.log, pace: a.pace, tls: config,
		flights: map[uint32]*flight{}, missed: map[wire.Span]time.Time{},
	}, nil
}

// run connects until ctx ends, with full jitter between attempts, so that many
// gateways don't come back all at once.
func (u *uplink) run(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		u.journal.SplitLive()
		answered, err := u.session(ctx)
		u.land()
		if ctx.Err() != nil {
			return
		}
		if answered {
			failures = 0
		}
		wait := backoff(u.pace.retry, u.pace.retryMost, failures)
		failures++
		u.log.Warn("no connection to the server; taps are kept", "error", err, "again_in", wait.Round(time.Millisecond))
		sleep(ctx, wait)
	}
}

// backoff gives a random wait of at most first × 2^failures, and most.
func backoff(first, most time.Duration, failures int) time.Duration {
	limit := most
	if failures < 20 {
		limit = min(most, first<<failures)
	}
	return rand.N(limit) + time.Millisecond
}

// miss notes taps that nobody here holds, to be told once in a while.
func (u *uplink) miss(s wire.Span) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if time.Since(u.missed[s]) < missAgain {
		return
	}
	if len(u.missed) > wire.MaxLogs {
		clear(u.missed)
	}
	u.missed[s] = time.Now()
	if !slices.Contains(u.missing, s) {
		u.missing = append(u.missing, s)
	}
}

func (u *uplink) takeMissing() []wire.Span {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := min(len(u.missing), wire.MaxLogs)
	spans := u.missing[:n:n]
	u.missing = u.missing[n:]
	return spans
}

func (u *uplink) returnFlight(f *flight) {
	if f.parcel != nil {
		u.journal.Return(f.parcel)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.missing = append(u.missing, f.missing...)
}

// land gives back all that is under way: the connection is gone.
func (u *uplink) land() {
	for _, f := range u.flights {
		u.returnFlight(f)
	}
	for _, f := range u.resting {
		u.returnFlight(f)
	}
	clear(u.flights)
	u.resting, u.since = nil, time.Time{}
}

// next gives the next batch when one is due: live ones by age and size, then
// the backlog in full batches, which leaves one place for live ones.
func (u *uplink) next(now time.Time) (*flight, error) {
	if len(u.flights) >= window {
		return nil, nil
	}
	taps, other := u.journal.Due(true)
	u.mu.Lock()
	other = other || len(u.missing) > 0
	u.mu.Unlock()
	if taps == 0 && !other {
		u.since = time.Time{}
	} else if u.since.IsZero() {
		u.since = now
	}
	if taps >= batchTaps || !u.since.IsZero() && now.Sub(u.since) >= u.pace.flush {
		u.since = time.Time{}
		return u.take(true)
	}
	if len(u.flights) < window-1 {
		return u.take(false)
	}
	return nil, nil
}

func (u *uplink) take(live bool) (*flight, error) {
	p, err := u.journal.Take(live, batchTaps)
	if err != nil {
		return nil, err
	}
	f := &flight{parcel: p, sent: u.agent.clock.tick()}
	var b wire.Batch
	switch {
	case p != nil:
		b.Logs = p.Batch.Logs
	case live: // in a batch of their own: when the server refuses it, no tap waits
		f.missing = u.takeMissing()
		b.Missing = f.missing
	}
	if p == nil && len(f.missing) == 0 {
		return nil, nil
	}
	f.payload = b.Encode()
	return f, nil
}

// receive takes what the server said. It says whether that was an answer.
func (u *uplink) receive(d wire.Down, at uint64) (answered bool) {
	if d.Settings != nil {
		if err := u.agent.settings.take(*d.Settings); err != nil {
			u.log.Warn("settings not kept", "error", err)
		}
	}
	r := d.Receipt
	if r == nil {
		return false
	}
	u.journal.Mark(r.Marks)
	u.agent.safe(r.Marks)
	u.hearTime(r, at)
	for _, refusal := range r.Refusals {
		u.refused(refusal)
	}
	for _, sum := range r.Batches {
		u.answered(sum)
	}
	for _, span := range u.journal.Ask(r.Asks) {
		if !u.agent.hears(span.Origin) { // else the reader is asked, or misses it
			u.miss(span)
		}
	}
	return true
}

// hearTime counts the round trip from the batch that was sent last.
func (u *uplink) hearTime(r *wire.Receipt, at uint64) {
	var sent uint64
	found := false
	for _, sum := range r.Batches {
		if f := u.flights[sum]; f != nil && (!found || f.sent > sent) {
			sent, found = f.sent, true
		}
	}
	if found {
		u.agent.clock.hear(sent, at, r)
	}
}

func (u *uplink) answered(sum uint32) {
	f := u.flights[sum]
	if f == nil {
		return
	}
	delete(u.flights, sum)
	f.missing = nil
	if f.parcel != nil && u.journal.Answered(f.parcel) > 0 {
		f.due = time.Now().Add(u.pace.rest)
		u.resting = append(u.resting, f)
	}
}

func (u *uplink) refused(r wire.Refusal) {
	f := u.flights[r.Batch]
	if f == nil {
		return
	}
	delete(u.flights, r.Batch)
	held := uint64(0)
	if f.parcel != nil {
		held = u.journal.Hold(f.parcel)
	}
	u.log.Error("the server refused a batch; what is in it is kept", "held", held, "reason", r.Reason)
}
