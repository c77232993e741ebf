package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/wire"
)

// kill is one kill -9 and what was between the gateway's fsync and the receipt
// at that moment.
type kill struct {
	process  sim.FaultKind
	at       time.Time
	inFlight []wire.Span
}

// lanes is how many faults of the field happen at once at most, one at a post;
// those of the centre come one after the other, beside them.
const lanes = 8

// strike carries out a schedule: faults of the centre in their order, those of
// the field in theirs, each not before its time.
func (c *chaosRun) strike(ctx context.Context, schedule []sim.Fault) error {
	began := time.Now()
	central, field := make(chan sim.Fault, len(schedule)), make(chan sim.Fault, len(schedule))
	for _, f := range schedule {
		if f.Central() {
			central <- f
		} else {
			field <- f
		}
	}
	close(central)
	close(field)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	errs := make([]error, lanes+1)
	var wg sync.WaitGroup
	lane := func(n int, faults <-chan sim.Fault) {
		for f := range faults {
			sleepFor(ctx, time.Until(began.Add(f.At)))
			if ctx.Err() != nil {
				return
			}
			what, err := c.carryOut(ctx, f)
			if err != nil {
				errs[n] = fmt.Errorf("%s: %w", f, err)
				stop()
				return
			}
			fmt.Printf("%5.0f s  fault %d of %d: %s%s\n", time.Since(began).Seconds(), c.struck.Add(1), len(schedule), f, what)
		}
	}
	wg.Go(func() { lane(0, central) })
	for n := range lanes {
		wg.Go(func() { lane(n+1, field) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// carryOut lets one fault happen and mends it; what it found is told.
func (c *chaosRun) carryOut(ctx context.Context, f sim.Fault) (what string, err error) {
	random := rand.New(rand.NewPCG(c.Seed, f.Pick))
	p := c.all[f.Post]
	switch f.Kind {
	case sim.KillBroker:
		if c.broker.process == nil {
			return c.killServer(ctx, f, random)
		}
		return c.killCentral(ctx, f, random, c.brokerEnds, c.broker.start)
	case sim.KillIngest:
		return c.killServer(ctx, f, random)
	case sim.KillPostgreSQL:
		return c.killCentral(ctx, f, random, c.postgreSQL(random.IntN(2) == 0), c.serverReady)
	case sim.ClockTo1970:
		return "", p.stepClock(ctx, f, clockFile{Offset: time.Until(time.Unix(3600, 0)), Speed: 1})
	case sim.ClockTo2042:
		return "", p.stepClock(ctx, f, clockFile{Offset: time.Until(time.Date(2042, 2, 3, 4, 5, 6, 0, time.UTC)), Speed: 1})
	case sim.ClockBackwards:
		return "", p.stepClock(ctx, f, clockFile{Speed: -20})
	case sim.Duplicates:
		return "", p.meddle(ctx, f, sim.TrafficFaults{Repeat: 0.5, Reorder: 0.3, Replay: 0.5})
	case sim.LostReceipts:
		return "", p.meddle(ctx, f, sim.TrafficFaults{Deaf: 1})
	case sim.DeadHour:
		b := p.gateway()
		b.network.Silence(true)
		sleepFor(ctx, f.For)
		b.network.Silence(false)
		return "", nil
	case sim.CutConnection:
		p.gateway().network.Cut()
		return "", nil
	case sim.BatterySwap:
		return p.swapBattery(random), nil
	}
	p.busy.Lock()
	defer p.busy.Unlock()
	return c.atPost(ctx, p, f, random)
}

// atPost carries out what nothing else may be done beside at the same post.
func (c *chaosRun) atPost(ctx context.Context, p *post, f sim.Fault, random *rand.Rand) (string, error) {
	switch f.Kind {
	case sim.KillGateway:
		return c.killInFlight(ctx, p, f)
	case sim.Unplug:
		return p.unplug(ctx, f, random)
	case sim.FullDisk:
		return p.fillDisk(ctx, f)
	case sim.TornJournal:
		return c.tear(ctx, p, random)
	case sim.FlippedJournal:
		return c.flip(ctx, p, random)
	case sim.OldImage:
		return c.restoreImage(ctx, p, f)
	case sim.DeadForGood:
		return c.bury(ctx, p)
	}
	return "", fmt.Errorf("no such fault")
}

// patience is how long a kill waits for a moment at which taps are in flight.
const patience = 2 * time.Minute

// inFlight waits for a batch to pass, and from there a moment that the seed
// draws, until taps are between fsync and receipt. At a gateway a receipt
// counts only once it can have got there.
func (c *chaosRun) inFlight(ctx context.Context, b *box, random *rand.Rand) {
	deadline := time.After(patience)
	for {
		select {
		case <-ctx.Done():
			return
		case <-deadline:
			return
		case <-c.traffic.Next():
		}
		if random != nil {
			sleepFor(ctx, time.Duration(random.Int64N(int64(8*time.Millisecond))))
		}
		if len(c.flying(b)) > 0 {
			return
		}
	}
}

func (c *chaosRun) flying(b *box) []wire.Span {
	if b == nil {
		return c.traffic.InFlight(0, time.Now(), 0)
	}
	return c.traffic.InFlight(b.enrolment.Gateway, time.Now(), b.delay)
}

// tries is how often a process is killed until taps were in flight: a receipt
// may come between the moment that was chosen and the process's end.
const tries = 4

// killCentral kills a process that all gateways share and starts it again. What
// is in flight is counted when it is dead: no receipt comes after. ready
// prepares the kill, so that the kill itself takes no time.
func (c *chaosRun) killCentral(ctx context.Context, f sim.Fault, random *rand.Rand, ready func() (end func(), err error), start func(context.Context) error) (what string, err error) {
	for range tries {
		end, err := ready()
		if err != nil {
			return "", err
		}
		c.inFlight(ctx, nil, random)
		at := time.Now()
		end()
		flying := c.flying(nil)
		if f.Kind != sim.KillPostgreSQL { // which loses none: ingest holds them
			c.traffic.Forget(0)
		}
		what += c.noteKill(f.Kind, at, flying)
		sleepFor(ctx, f.For)
		if err := start(ctx); err != nil {
			return what, err
		}
		c.breathe(ctx)
		if len(flying) > 0 || ctx.Err() != nil {
			return what, nil
		}
	}
	return what, nil
}

// breath is how long the centre is left alone at most after a kill.
const breath = 10 * time.Second

// breathe waits until taps were committed and answered again: kills that always
// hit the first batch would show only that nothing gets through.
func (c *chaosRun) breathe(ctx context.Context) {
	before, _ := c.traffic.Committed()
	_ = until(ctx, "", breath, func() (bool, error) { // nobody has to send now
		now, _ := c.traffic.Committed()
		return now > before, nil
	})
	sleepFor(ctx, time.Second) // for those with a slower line
}

func (c *chaosRun) killServer(ctx context.Context, f sim.Fault, random *rand.Rand) (string, error) {
	return c.killCentral(ctx, f, random, func() (func(), error) { return c.server.kill, nil }, c.startServer)
}

func (c *chaosRun) brokerEnds() (func(), error) { return c.broker.process.kill, nil }

// serverReady waits until the server has its database again.
func (c *chaosRun) serverReady(ctx context.Context) error {
	return until(ctx, "PostgreSQL", 90*time.Second, func() (bool, error) {
		select {
		case <-c.server.gone():
			return true, c.server.diedOf()
		default:
		}
		_, err := c.api.raw(ctx, "GET", "/readyz", nil)
		return err == nil, err
	})
}

func (c *chaosRun) noteKill(process sim.FaultKind, at time.Time, flying []wire.Span) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kills = append(c.kills, kill{process, at, flying})
	return fmt.Sprintf(" (%d taps between fsync and receipt)", countSpans(flying))
}

func countSpans(spans []wire.Span) (n uint64) {
	for _, s := range spans {
		n += s.To - s.From + 1
	}
	return n
}

// postgreSQL prepares to kill the database server, and its children with it
// where the whole machine loses its power.
func (c *chaosRun) postgreSQL(children bool) func() (func(), error) {
	return func() (func(), error) {
		folder := c.path("db")
		if moved, err := os.ReadFile(filepath.Join(folder, "moved-to")); err == nil {
			folder = strings.TrimSpace(string(moved))
		}
		raw, err := os.ReadFile(filepath.Join(folder, "data", "postmaster.pid"))
		if err != nil {
			return nil, fmt.Errorf("finding PostgreSQL: %w", err)
		}
		first, _, _ := strings.Cut(string(raw), "\n")
		pid, err := strconv.Atoi(first)
		if err != nil {
			return nil, fmt.Errorf("finding PostgreSQL: %w", err)
		}
		all := []int{pid}
		if children {
			all = append(all, childrenOf(pid)...)
		}
		return func() {
			for _, pid := range all {
				_ = syscall.Kill(pid, syscall.SIGKILL) // gone already is as good
			}
		}, nil
	}
}

// childrenOf gives the processes that one has started (proc(5), stat).
func childrenOf(parent int) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// killInFlight kills a post's gateway while its taps are in flight.
func (c *chaosRun) killInFlight(ctx context.Context, p *post, f sim.Fault) (what string, err error) {
	b := p.gateway()
	for range tries {
		if len(c.flying(b)) == 0 {
			c.inFlight(ctx, b, nil)
		}
		at := time.Now()
		flying, err := c.killGateway(p)
		if err != nil {
			return what, err
		}
		what += c.noteKill(f.Kind, at, flying)
		sleepFor(ctx, f.For)
		if err := p.start(ctx); err != nil || len(flying) > 0 || ctx.Err() != nil {
			return what, err
		}
	}
	return what, nil
}

// killGateway kills a post's gateway and gives what was in flight.
func (c *chaosRun) killGateway(p *post) ([]wire.Span, error) {
	if err := p.kill(); err != nil {
		return nil, err
	}
	flying := c.flying(p.gateway())
	c.traffic.Forget(p.gateway().enrolment.Gateway)
	return flying, nil
}
