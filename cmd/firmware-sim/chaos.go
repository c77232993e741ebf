package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tikklok/firmware-sim"
	"tikklok/ingest/fleet"
)

// chaos lets everything go wrong, and judges what came out.
type chaos struct {
	Seed     uint64        `default:"1" help:"Draws schedule, networks and fobs: the same for the same seed. How the processes interleave is not drawn."`
	Faults   int           `default:"25" help:"How many things go wrong."`
	Taps     int           `default:"3000" help:"How many taps are made."`
	Gateways int           `default:"8" help:"How many posts with a gateway and its readers; every third has readers without memory."`
	Each     time.Duration `default:"2300ms" help:"Time a fault, as planned."`
	Drain    time.Duration `default:"4m" help:"How long to wait for the last tap once all is mended."`
	Embedded bool          `help:"Use the broker in the server, also where mosquitto is installed: a kill of one is a kill of both."`
	Show     bool          `help:"Print the schedule and do nothing."`
	Keep     bool          `help:"Keep the temporary folder, to look at."`
}

// chaosRun is one run of it.
type chaosRun struct {
	chaos
	*office
	broker      *broker
	authority   *fleet.Authority
	certificate tls.Certificate
	traffic     *sim.Traffic
	ledger      *sim.Ledger
	all         []*post
	spares      []*box // enrolled, for gateways that die for good
	boxes       []*box // all that ever were at a post

	once   atomic.Uint64 // fobs given out for one tap
	made   atomic.Int64  // taps
	struck atomic.Int64  // faults that are over
	began  time.Time

	mu    sync.Mutex
	shown map[sim.Number]time.Time // until when a fob was held that is held once
	kills []kill
	part  float64 // of the run that is over

	work  sync.WaitGroup
	ctx   context.Context // of everything that serves
	fails chan error
}

// serve runs something until the run ends; its error ends the run.
func (c *chaosRun) serve(run func(context.Context) error) {
	c.work.Go(func() {
		if err := run(c.ctx); err != nil && c.ctx.Err() == nil {
			c.fail(err)
		}
	})
}

func (c *chaosRun) fail(err error) {
	select {
	case c.fails <- err:
	default: // one is enough
	}
}

// over is the time that the faults are planned to take.
func (c *chaos) over() time.Duration { return time.Duration(c.Faults) * c.Each }

// Run makes the world, lets it suffer, mends it and compares.
func (o *chaos) Run(ctx context.Context) (err error) {
	if o.Gateways < 2 || o.Faults < 0 || o.Taps < 0 {
		return errors.New("chaos needs at least two gateways, and no fewer than no faults and no taps")
	}
	c := &chaosRun{chaos: *o, traffic: sim.NewTraffic(), shown: map[sim.Number]time.Time{}, fails: make(chan error, 1)}
	schedule := sim.Schedule(o.Seed, o.Faults, c.posts(), o.over())
	if o.Show {
		for i, f := range schedule {
			fmt.Printf("%3d %7.1f s  %s\n", i+1, f.At.Seconds(), f)
		}
		return nil
	}
	dir, done, err := temporary("tikklok-chaos-")
	if err != nil {
		return err
	}
	defer func() { err = done(err, o.Keep) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c.ctx = ctx
	defer func() { stop(); err = errors.Join(err, c.stop()) }()
	if err := c.open(ctx, dir); err != nil {
		return err
	}
	v, err := c.through(ctx, schedule)
	if err != nil {
		return err
	}
	fmt.Println(v)
	return v.err()
}

// open starts the whole world, all well.
func (c *chaosRun) open(ctx context.Context, dir string) (err error) {
	if err := buildBeside(ctx, "tikklok"); err != nil {
		return err
	}
	if c.authority, c.certificate, err = openAuthority(dir + "/authority"); err != nil {
		return err
	}
	if c.broker, err = openBroker(dir+"/broker", c.authority.PEM(), c.certificate); err != nil {
		return err
	}
	if c.Embedded {
		c.broker.process = nil
	}
	where := []string{"--mqtt", c.broker.address}
	if c.broker.process != nil {
		where = []string{"--broker", "mqtts://" + c.broker.address}
	} else {
		fmt.Println("the broker is the one in the server: a kill of one is a kill of both")
	}
	if c.office, err = openOffice(dir, "127.0.0.1:0", where...); err != nil {
		return err
	}
	if c.ledger, err = sim.OpenLedger(c.ledgerFile()); err != nil {
		return err
	}
	if c.broker.process != nil {
		if err := c.broker.start(ctx); err != nil {
			return err
		}
	}
	if err := c.startServer(ctx); err != nil {
		return err
	}
	if err := c.openPosts(ctx); err != nil {
		return err
	}
	return c.startPosts(ctx)
}

func (c *chaosRun) startPosts(ctx context.Context) error {
	for i := range c.Faults/50 + 1 {
		b, err := c.enrolBox(ctx, c.Gateways+i)
		if err != nil {
			return err
		}
		c.spares = append(c.spares, b)
	}
	for _, p := range c.all {
		c.boxes = append(c.boxes, p.box)
		if err := p.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stop ends everything, in the order of the data's way.
func (c *chaosRun) stop() error {
	c.work.Wait()
	var errs []error
	for _, p := range c.all {
		if p.box != nil && p.box.process != nil {
			p.box.process.stop()
		}
		for _, d := range p.devices {
			for _, port := range []*sim.Port{d.port, d.second} {
				if port != nil {
					errs = append(errs, port.Vanish())
				}
			}
		}
	}
	if c.office != nil {
		c.server.stop()
	}
	if c.broker != nil && c.broker.process != nil {
		c.broker.process.stop()
	}
	if c.ledger != nil {
		errs = append(errs, c.ledger.Close())
	}
	return errors.Join(errs...)
}

// through lets taps and faults happen side by side, mends all, and compares.
func (c *chaosRun) through(ctx context.Context, schedule []sim.Fault) (*chaosVerdict, error) {
	c.began = time.Now()
	during, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { c.report(during) })
	done := make(chan error, 1)
	running.Go(func() { done <- c.suffer(during, schedule) })
	select {
	case err := <-c.fails:
		return nil, err
	case err := <-done:
		if err := errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
	}
	return c.judge(ctx)
}

// suffer taps and strikes at once, and ends when both have.
func (c *chaosRun) suffer(ctx context.Context, schedule []sim.Fault) error {
	var errs [2]error
	var both sync.WaitGroup
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	both.Go(func() {
		if errs[0] = c.load(ctx); errs[0] != nil {
			stop()
		}
	})
	both.Go(func() {
		if errs[1] = c.strike(ctx, schedule); errs[1] != nil {
			stop()
		}
	})
	both.Wait()
	return errors.Join(errs[:]...)
}

// report prints how far it is, every ten seconds.
func (c *chaosRun) report(ctx context.Context) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		committed, batches := c.traffic.Committed()
		c.mu.Lock()
		kills := len(c.kills)
		c.mu.Unlock()
		fmt.Printf("%5.0f s  taps %d  committed %d in %d batches  faults %d of %d  kills %d\n",
			time.Since(c.began).Seconds(), c.made.Load(), committed, batches, c.struck.Load(), c.Faults, kills)
	}
}
