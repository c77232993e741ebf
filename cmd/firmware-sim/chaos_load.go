package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

// How the taps are shared out: readers with memory bring this part of theirs
// from the past, and each kind taps live in proportion to these weights.
const pastShare = 0.6

var liveWeight = map[string]int{kindLink: 6, kindEM4100: 4, kindLine: 4, kindPN532: 2, kindOSDP: 4}

// share is what one reader has to bring.
type share struct {
	device     *device
	number     int // of the device, from 0
	past, live int
	joins      float64 // how much of the run is over when it comes
}

// shares gives all taps to the readers, to the last one.
func (c *chaosRun) shares() []share {
	var all []share
	links, weights := 0, 0
	for _, p := range c.all {
		for _, d := range p.devices {
			all = append(all, share{device: d, number: len(all)})
			weights += liveWeight[d.kind]
			if d.kind == kindLink {
				links++
			}
		}
	}
	past := int(pastShare * float64(c.Taps))
	live := c.Taps - past
	link := 0
	for i := range all {
		s := &all[i]
		if s.device.kind == kindLink {
			s.past = past*(link+1)/links - past*link/links
			s.joins = 0.8 * float64(link) / float64(links)
			link++
		}
		s.live = live * liveWeight[s.device.kind] / weights
	}
	rest := c.Taps // less what is shared out: what the divisions left over
	for _, s := range all {
		rest -= s.past + s.live
	}
	all[0].live += rest
	return all
}

// load lets every reader tap, until all taps are made.
func (c *chaosRun) load(ctx context.Context) error {
	all := c.shares()
	errs := make([]error, len(all))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { c.advance(ctx) })
	for i, s := range all {
		wg.Go(func() {
			if errs[i] = c.tapAll(ctx, s); errs[i] != nil {
				stop()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// How much slower taps come while faults are behind, and how far they must be.
const (
	slowed = 0.25
	behind = 0.04
)

// advance moves the run on by the clock, more slowly while the faults are behind:
// taps must be in flight up to the last one.
func (c *chaosRun) advance(ctx context.Context) {
	const step = 20 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	part, last := 0.0, time.Now()
	for part < 1 && c.Faults > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		more := float64(now.Sub(last)) / float64(c.over())
		if part > float64(c.struck.Load())/float64(c.Faults)+behind {
			more *= slowed
		}
		part, last = part+more, now
		c.mu.Lock()
		c.part = part
		c.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.part = 1
}

// progress is how much of the run is over, from 0 to 1.
func (c *chaosRun) progress() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.part
}

// tapAll makes the taps of one reader.
func (c *chaosRun) tapAll(ctx context.Context, s share) error {
	if s.device.kind == kindLink {
		if err := c.waitFor(ctx, s.joins); err != nil {
			return nil
		}
		if err := c.join(s.device, s.number, s.past); err != nil {
			return err
		}
		c.made.Add(int64(s.past))
	}
	for i := range s.live {
		due := s.joins + (1-s.joins)*float64(i)/float64(s.live)
		if c.waitFor(ctx, due) != nil {
			return nil
		}
		for s.device.kind != kindLink && s.device.post.hushed() {
			sleepFor(ctx, 100*time.Millisecond)
			if ctx.Err() != nil {
				return nil
			}
		}
		if err := c.tap(s.device); err != nil {
			return err
		}
		c.made.Add(1)
		sleepFor(ctx, between) // nobody taps faster
	}
	return nil
}

const between = 60 * time.Millisecond

// waitFor waits until so much of the run is over.
func (c *chaosRun) waitFor(ctx context.Context, part float64) error {
	for c.progress() < part && ctx.Err() == nil {
		sleepFor(ctx, 20*time.Millisecond)
	}
	return ctx.Err()
}
