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

// lanes is how many faults of the field happen at once; those of the centre
// come one after the other, beside them.
const lanes = 3

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
		return c.killCentral(ctx, f, random, func() error { c.broker.process.kill(); return nil }, c.broker.start)
	case sim.KillIngest:
		return c.killServer(ctx, f, random)
	case sim.KillPostgreSQL:
		return c.killCentral(ctx, f, random, func() error { return c.killPostgreSQL(random.IntN(2) == 0) }, c.startServerIfGone)
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
		what, err := c.killGateway(ctx, p, f.Kind)
		if err == nil {
			sleepFor(ctx, f.For)
			err = p.start(ctx)
		}
		return what, err
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
const patience = 30 * time.Second

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

// killCentral kills a process that all gateways share and starts it again. The
// batches in flight are counted when it is dead: no receipt comes after.
func (c *chaosRun) killCentral(ctx context.Context, f sim.Fault, random *rand.Rand, end func() error, start func(context.Context) error) (string, error) {
	c.inFlight(ctx, nil, random)
	at := time.Now()
	if err := end(); err != nil {
		return "", err
	}
	flying := c.flying(nil)
	if f.Kind != sim.KillPostgreSQL {
		c.traffic.Forget(0)
	}
	what := c.noteKill(f.Kind, at, flying)
	sleepFor(ctx, f.For)
	return what, start(ctx)
}

func (c *chaosRun) killServer(ctx context.Context, f sim.Fault, random *rand.Rand) (string, error) {
	return c.killCentral(ctx, f, random, func() error { c.server.kill(); return nil }, c.startServer)
}

func (c *chaosRun) startServerIfGone(ctx context.Context) error {
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

// killPostgreSQL kills the server process, and its children with it where the
// whole machine loses its power.
func (c *chaosRun) killPostgreSQL(children bool) error {
	folder := c.path("db")
	if moved, err := os.ReadFile(filepath.Join(folder, "moved-to")); err == nil {
		folder = strings.TrimSpace(string(moved))
	}
	raw, err := os.ReadFile(filepath.Join(folder, "data", "postmaster.pid"))
	if err != nil {
		return fmt.Errorf("finding PostgreSQL: %w", err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return fmt.Errorf("finding PostgreSQL: %w", err)
	}
	all := []int{pid}
	if children {
		all = append(all, childrenOf(pid)...)
	}
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL) // gone already is as good
	}
	return nil
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

// killGateway kills a post's gateway while its taps are in flight.
func (c *chaosRun) killGateway(ctx context.Context, p *post, kind sim.FaultKind) (string, error) {
	b := p.gateway()
	if kind == sim.KillGateway && len(c.flying(b)) == 0 {
		c.inFlight(ctx, b, nil)
	}
	at := time.Now()
	if err := p.kill(); err != nil {
		return "", err
	}
	flying := c.traffic.InFlight(b.enrolment.Gateway, time.Now(), b.delay)
	c.traffic.Forget(b.enrolment.Gateway)
	if kind != sim.KillGateway {
		return "", nil
	}
	return c.noteKill(kind, at, flying), nil
}
