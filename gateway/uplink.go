package gateway

import (
	"context"
	"errors"
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
	missMost  = 4 * wire.MaxLogs // spans that wait to be told; more come again
)

// longestPace bounds what a server may ask for.
const longestPace = time.Hour

// uplink brings the journal to the server (OB-H3): sent until committed, kept
// by the journal until safe (I2). All but what mu guards belongs to its
// goroutine.
type uplink struct {
	agent   *agent
	journal *journal.Journal
	log     *slog.Logger
	pace    pace   // as built
	limits  limits // that hold now
	thrift  thrift

	flights   map[uint32]*flight // by checksum of the payload
	resting   []*flight          // answered, but not all of it committed
	taps      time.Time          // since when live taps wait; zero: none do
	other     time.Time          // the same of what is no tap
	greeted   bool               // this connection sent its first batch
	backlogAt time.Time          // no backlog before
	every     time.Duration      // between two batches of backlog, as the server asked
	suspect   time.Duration      // the silence that the last connection may have died of; 0: it didn't
	unsaved   bool               // what the line carried could not be written

	mu      sync.Mutex
	missing []wire.Span
	missed  map[wire.Span]time.Time
	made    uint32 // connections
	lost    string // why the last one ended
}

// flight is a batch on its way.
type flight struct {
	parcel  *journal.Parcel // nil: only missing
	missing []wire.Span
	payload []byte
	sent    uint64 // tick of the first time
	tries   int

	published time.Time // last
	due       time.Time // to be sent again, or returned
}

func newUplink(a *agent) *uplink {
	return &uplink{
		agent: a, journal: a.journal, log: a.log, pace: a.pace, limits: a.pace.limits,
		flights: map[uint32]*flight{}, missed: map[wire.Span]time.Time{},
	}
}

// run connects until ctx ends, with full jitter between attempts, so that many
// gateways don't come back all at once: the first soon, since most connections
// are lost for a moment, later ones up to minutes apart.
func (u *uplink) run(ctx context.Context) {
	defer u.saveMeter(0)
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
		if errors.Is(err, errRenewed) {
			continue
		}
		wait := backoff(u.pace.retry, u.pace.retryMost, failures)
		failures++
		u.note(err)
		u.log.Warn("no connection to the server; taps are kept", "error", err, "again_in", wait.Round(time.Millisecond))
		u.rest(ctx, wait, remedy(err, "") != "")
		u.saveMeter(u.pace.count)
	}
}

// rest waits before the next attempt. A tap made meanwhile cuts a long wait
// short, unless a person must do something first: people look whether it
// arrived, and taps are too rare to become a storm.
func (u *uplink) rest(ctx context.Context, wait time.Duration, useless bool) {
	began := time.Now()
	t := time.NewTimer(wait)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			return
		case <-u.journal.Wake():
			soon := u.pace.retryLive/2 + rand.N(u.pace.retryLive/2+1)
			if taps, _ := u.journal.Due(true); taps > 0 && wait > soon && !useless {
				wait = soon
				t.Reset(time.Until(began.Add(wait)))
			}
		}
	}
}

// note remembers why a connection ended.
func (u *uplink) note(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.lost = err.Error()
}

// connected notes a connection. One that is made at the first attempt after
// another was found dead shows that it died of its silence.
func (u *uplink) connected() {
	u.mu.Lock()
	u.made++
	u.mu.Unlock()
	if u.suspect > 0 {
		u.agent.meter.silence(func(s *silence) { s.died(u.suspect, time.Now()) })
	}
	u.suspect = 0
}

// history gives the number of connections made, and why the last one ended.
func (u *uplink) history() (made uint32, lost string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.made, u.lost
}

// survived notes that a connection lived through a silence.
func (u *uplink) survived(d time.Duration) {
	if d >= shortestKeepAlive {
		u.agent.meter.silence(func(s *silence) { s.survived(d, time.Now()) })
	}
}

// keepAlive gives the longest silence of the next connection.
func (u *uplink) keepAlive() (d time.Duration) {
	u.spare()
	u.agent.meter.silence(func(s *silence) { d = s.keepAlive(u.limits.keepAlive) })
	return d
}

// spare sets the pace that settings and budget leave.
func (u *uplink) spare() {
	wanted := u.agent.settings.limits()
	spent, elapsed := u.agent.meter.month(u.agent.clock.now())
	t := thriftOf(spent, wanted.monthBytes, elapsed)
	if t != u.thrift {
		u.log.Warn("the month's bytes: another pace", "pace", t.String(), "spent", spent, "budget", wanted.monthBytes)
	}
	u.thrift, u.limits = t, wanted.under(t)
}

// saveMeter writes what the line carried; that it can't is logged once.
func (u *uplink) saveMeter(rest time.Duration) {
	err := u.agent.meter.save(rest)
	if err != nil && !u.unsaved {
		u.log.Warn("what the line carried is not kept", "error", err)
	}
	u.unsaved = err != nil
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
	if len(u.missing) >= missMost || time.Since(u.missed[s]) < missAgain {
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
	u.resting, u.taps, u.other = nil, time.Time{}, time.Time{}
	u.greeted, u.every = false, 0
}

// next gives the next batch when one is due: live ones by age and size, then
// the backlog in full batches at the server's pace, which leaves one place for
// live ones.
func (u *uplink) next(now time.Time) (*flight, error) {
	if len(u.flights) >= window {
		return nil, nil
	}
	if u.liveDue(now) {
		u.taps, u.other, u.greeted = time.Time{}, time.Time{}, true
		return u.take(true)
	}
	if len(u.flights) < window-1 && !now.Before(u.backlogAt) {
		f, err := u.take(false)
		if f != nil && u.every > 0 {
			u.backlogAt = now.Add(u.every + rand.N(u.every/2+1))
		}
		return f, err
	}
	return nil, nil
}

// liveDue says whether what is live has waited long enough, or is enough to
// fill a batch. What is no tap waits for one to travel with, but for the
// first of a connection, which brings the server's time.
func (u *uplink) liveDue(now time.Time) bool {
	taps, other := u.journal.Due(true)
	u.mu.Lock()
	missing := len(u.missing) > 0
	u.mu.Unlock()
	patience := u.pace.flush
	if u.greeted {
		patience = max(u.limits.flush, u.pace.other)
	}
	return taps >= batchTaps || over(&u.taps, taps > 0 || missing, now, u.limits.flush) || over(&u.other, other, now, patience)
}

// over says whether something has waited for long enough; since is when it
// began to.
func over(since *time.Time, waits bool, now time.Time, enough time.Duration) bool {
	switch {
	case !waits:
		*since = time.Time{}
	case since.IsZero():
		*since = now
	}
	return waits && now.Sub(*since) >= enough
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
		b.Logs, b.Twins = p.Batch.Logs, p.Batch.Twins
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
		u.agent.takeSettings(*d.Settings)
	}
	if d.Certificate != nil {
		if err := u.agent.certificates.take(d.Certificate); err != nil {
			u.log.Warn("a new certificate was not kept", "error", err)
		}
	}
	r := d.Receipt
	if r == nil {
		return false
	}
	u.journal.Mark(r.Marks)
	u.agent.safe(r.Marks)
	if told := u.agent.cfg.Told; told != nil {
		told(u.journal.Own(), r.Marks)
	}
	u.hearTime(r, at)
	u.hearPace(r, time.Now())
	u.agent.word.heard()
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

// hearPace lets the backlog wait as the server asks, some longer than others.
func (u *uplink) hearPace(r *wire.Receipt, now time.Time) {
	if len(r.Batches) == 0 {
		return
	}
	u.every = min(time.Duration(r.Pace)*time.Millisecond, longestPace)
	u.backlogAt = now
	if u.every > 0 {
		u.backlogAt = now.Add(u.every + rand.N(u.every/2+1))
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
