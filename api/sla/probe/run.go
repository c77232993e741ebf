package probe

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
)

// Probe measures a service, minute after minute. Until it got in once it writes
// nothing down: what it meets before is its own settings, and no outage.
type Probe struct {
	Book    *Book
	Visitor Visitor
	Courier *Courier
	Tap     func(ctx context.Context) (TapState, time.Duration) // sends one and waits for its receipt; nil: there is no gateway
	Clock   Clock
	Log     *slog.Logger
}

// again is how long after a failed attempt the minute's second one is made: one
// packet that was lost keeps nobody out.
const again = 10 * time.Second

// deliverEvery is how often minutes are brought that could not be before.
const deliverEvery = 30 * time.Second

// Run measures and delivers until ctx ends. What can't be written down or
// delivered is logged, and tried again with the next minute.
func (p *Probe) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	wake := make(chan struct{}, 1)
	work.Go(func() error { p.measure(ctx, wake); return nil })
	work.Go(func() error { p.deliver(ctx, wake); return nil })
	return work.Wait()
}

func (p *Probe) measure(ctx context.Context, wake chan<- struct{}) {
	var naming Naming
	var say sayings
	refused := false // the minute before, at a door that was to let the account in
	for ctx.Err() == nil {
		at, stepped, wait := naming.Next(p.Clock.Now())
		if wait > 0 {
			p.Clock.Sleep(ctx, min(wait, 5*time.Second)) // looks again: the clock may be set meanwhile
			continue
		}
		r, met := p.look(ctx)
		if ctx.Err() != nil {
			return // half a look is none
		}
		if met.Own != "" && (met.Own != lockedOut || !refused) {
			say.keptOut(p.Log, at, met.Own)
			continue
		}
		refused = r.Why == WhySignIn
		r.At, r.Stepped = at, stepped
		gotIn := r.State == Up || p.Book.GotIn()
		say.measured(p.Log, r, met.Said, gotIn)
		if !gotIn {
			continue
		}
		if _, err := p.Book.Append(r); err != nil {
			p.Log.Error("a minute is unmeasured: it could not be written down", "minute", at, "error", err)
			continue
		}
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// sayings are what the log says once, and again when it changes.
type sayings struct {
	began bool
	why   Why
	own   string
	skew  time.Duration
}

func (s *sayings) keptOut(log *slog.Logger, at time.Time, own string) {
	if s.own != own {
		log.Error("minutes are unmeasured: this probe alone is kept out", "from", at, "because", own)
	}
	s.own, s.began = own, false
}

func (s *sayings) measured(log *slog.Logger, r Record, said string, gotIn bool) {
	if r.Why != s.why || !s.began {
		s.why, s.began, s.own = r.Why, true, ""
		switch {
		case r.State == Up:
			log.Info("users get in", "minute", r.At)
		case gotIn:
			log.Warn("users can't get in", "minute", r.At, "why", r.Why, "met", said)
		default:
			log.Warn("this probe never got in yet, and writes nothing down until it does: look at its file first", "why", r.Why, "met", said)
		}
	}
	skew := r.Skew().Round(skewMost)                    // a drift is not told anew each minute
	if skew == s.skew || r.State == Down && skew == 0 { // who doesn't answer says nothing of its clock
		return
	}
	s.skew = skew
	switch {
	case skew > 0:
		log.Warn("the server's clock is ahead of the probe's; minutes are named by the probe's: set whichever is wrong", "by", skew)
	case skew < 0:
		log.Warn("the probe's clock is ahead of the server's; minutes are named by the probe's: set whichever is wrong", "by", -skew)
	default:
		log.Info("the clocks of server and probe agree again")
	}
}

// look visits, twice where the first fails, while a tap is under way. It gives
// the visit that counts too.
func (p *Probe) look(ctx context.Context) (r Record, s Sight) {
	var work errgroup.Group
	r.Tap = TapOff
	if p.Tap != nil {
		work.Go(func() error {
			state, took := p.Tap(ctx)
			r.Tap, r.TapTook = state, took.Milliseconds()
			return nil
		})
	}
	s = p.Visitor.Visit(ctx)
	if s.State == Down {
		p.Clock.Sleep(ctx, again)
		s = p.Visitor.Visit(ctx)
	}
	if s.Why == WhySignIn {
		s.Own = p.Courier.OwnFault(ctx)
	}
	_ = work.Wait() // its one task gives no error
	r.State, r.Why, r.Took, r.Ahead = s.State, s.Why, s.Took.Milliseconds(), int64(s.Ahead/time.Second)
	if p.Clock.Scale > 1 {
		r.Ahead = 0 // shortened minutes have names of their own
	}
	return r, s
}

func (p *Probe) deliver(ctx context.Context, wake <-chan struct{}) {
	failing := false
	for ctx.Err() == nil {
		_, err := p.Courier.Deliver(ctx, time.Now())
		if err != nil && !failing && ctx.Err() == nil {
			p.Log.Warn("minutes could not be brought; they are kept and brought again", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(deliverEvery):
		}
	}
}

// Clock is the machine's, or one whose minutes are shorter, for a drill.
type Clock struct {
	Began time.Time // with its monotonic reading
	Scale int       // minutes pass so many times faster, and are named from Named on; 1: as they are
	Named time.Time
}

// Now looks at both clocks.
func (c Clock) Now() Now {
	now := time.Now()
	passed := now.Sub(c.Began) // monotonic
	if c.Scale <= 1 {
		return Now{Wall: now, Mono: passed}
	}
	passed *= time.Duration(c.Scale)
	return Now{Wall: c.Named.Add(passed), Mono: passed}
}

// Sleep waits that long by this clock, or until ctx ends.
func (c Clock) Sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d / time.Duration(max(1, c.Scale)))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
