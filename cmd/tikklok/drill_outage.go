package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tikklok/ingest/pg"
)

type drillOutage struct {
	Minute time.Duration `default:"10s" help:"How long a minute lasts in the drill: 6s to 60s, a whole part of 60 s. On a machine that is busy, take longer ones."`
	Keep   bool          `help:"Keep the folder, to look at."`
}

// Help says what is shown.
func (drillOutage) Help() string {
	return `Starts a server, a private PostgreSQL and two probes in a temporary folder, each a
process of its own. First the second probe loses its network, which is no outage;
then the server and the database are stopped, and killed, and started again. What
the probes measured, and told the server afterwards, is held against when that
was. A minute is truly down when the service was away at the moment the minute
is measured, its begin. Minutes are shortened, as the first line says; the
probes' waits are shortened with them (--minute 60s: nothing is).`
}

// outage is a drill under way.
type outage struct {
	drillOutage
	dir, self  string
	cluster    *pg.Cluster
	http, mqtt string
	network    []*gate // of the second probe: to the pages, and to the broker
	server     *child
	probes     []*drillProbe
	began      time.Time // the first minute's begin, on the machine's clock
	named      time.Time // what that minute is called
	minute     int       // that comes next
	away       []stretch // when nobody could get in
}

type stretch struct{ from, to time.Time }

// outageMinutes are how long each part lasts.
const (
	minutesFirst = 2 // up, at the begin
	minutesUp    = 1 // between two blows
	minutesDown  = 2
)

// blow is what goes away, and comes back.
type blow struct {
	what        string
	stop, start func(context.Context) error
	outage      bool // for everybody
}

func (o *outage) blows() []blow {
	now := func(fn func() error) func(context.Context) error {
		return func(context.Context) error { return fn() }
	}
	return []blow{
		{"the second probe's network", now(o.cutNetwork), now(o.mendNetwork), false},
		{"the server, stopped,", now(func() error { return o.server.stop() }), o.startServer, true},
		{"the server, killed,", now(func() error { return o.server.kill() }), o.startServer, true},
		{"the database, stopped,", now(func() error { return o.cluster.Stop() }), o.startDatabase, true},
		{"the database, killed,", now(o.killDatabase), o.startDatabase, true},
	}
}

// Run carries it out.
func (c drillOutage) Run(ctx context.Context) (err error) {
	if c.Minute < 6*time.Second || c.Minute > time.Minute || time.Minute%c.Minute != 0 {
		return fmt.Errorf("--minute %s: want 6s to 60s, a whole part of a minute", c.Minute)
	}
	dir, err := os.MkdirTemp("", "tikklok-outage-")
	if err != nil {
		return fmt.Errorf("a folder for the drill: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's user must reach it
		return fmt.Errorf("a folder for the drill: %w", err)
	}
	o := &outage{drillOutage: c, dir: dir}
	err = o.run(ctx)
	err = errors.Join(err, o.stop())
	if c.Keep {
		fmt.Println("kept:", dir)
		return err
	}
	return errors.Join(err, os.RemoveAll(dir))
}

func (o *outage) run(ctx context.Context) error {
	blows := o.blows()
	fmt.Printf("drill: two probes; %s; %d of them up, then %d times %d without something and %d up\n",
		o.length(), minutesFirst, len(blows), minutesDown, minutesUp)
	for _, step := range []func(context.Context) error{o.prepare, o.startServer, o.startProbes} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	o.minute = minutesFirst
	for _, b := range blows {
		if err := o.breakDown(ctx, b); err != nil {
			return err
		}
	}
	if err := o.until(ctx, o.minute); err != nil {
		return err
	}
	return o.judge(ctx, o.minute)
}

// length says how long minutes last.
func (o *outage) length() string {
	if o.Minute == time.Minute {
		return "whole minutes of the clock"
	}
	return fmt.Sprintf("minutes are shortened to %s, the probes' waits with them", o.Minute)
}

// breakDown stops something two thirds into a minute, and starts it again in the
// middle of the last one that is down, so that it is back before the next is
// measured.
func (o *outage) breakDown(ctx context.Context, b blow) error {
	if err := sleepUntil(ctx, o.at(o.minute).Add(-o.Minute/3)); err != nil {
		return err
	}
	s := stretch{from: time.Now()}
	if err := b.stop(ctx); err != nil {
		return fmt.Errorf("stopping %s: %w", b.what, err)
	}
	o.minute += minutesDown
	// the last minute's second attempt is over 40/60 into it at the latest, and
	// at once where nobody listens
	if err := sleepUntil(ctx, o.at(o.minute-1).Add(o.Minute/2)); err != nil {
		return err
	}
	if err := b.start(ctx); err != nil {
		return fmt.Errorf("starting %s: %w", b.what, err)
	}
	if s.to = time.Now(); b.outage {
		o.away = append(o.away, s)
	}
	fmt.Printf("%s was away from %s to %s of the drill\n", b.what, s.from.Sub(o.began).Round(time.Second), s.to.Sub(o.began).Round(time.Second))
	o.minute += minutesUp
	return nil
}

// at is when a minute of the drill begins, from 0.
func (o *outage) at(minute int) time.Time {
	return o.began.Add(time.Duration(minute) * o.Minute)
}

func (o *outage) until(ctx context.Context, minute int) error { return sleepUntil(ctx, o.at(minute)) }

// prepare starts the database and takes ports.
func (o *outage) prepare(ctx context.Context) (err error) {
	if o.self, err = os.Executable(); err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	for _, address := range []*string{&o.http, &o.mqtt} {
		if *address, err = freeAddress(); err != nil {
			return err
		}
		g, err := openGate(*address)
		if err != nil {
			return err
		}
		o.network = append(o.network, g)
	}
	return o.startDatabase(ctx)
}

func (o *outage) startDatabase(ctx context.Context) (err error) {
	if o.cluster, err = pg.StartCluster(ctx, filepath.Join(o.dir, "db"), pg.ClusterOptions{}); err != nil {
		return err
	}
	if o.server == nil {
		return nil
	}
	return o.ready(ctx)
}

// killDatabase ends the server that others answer to, and no more: what it left
// running is for the next start.
func (o *outage) killDatabase() error {
	return errors.Join(killPostmaster(filepath.Join(o.dir, "db", "data")), o.cluster.Stop())
}

func (o *outage) flags() []string {
	return []string{"--state", filepath.Join(o.dir, "server"), "--database-url", o.cluster.URL()}
}

func (o *outage) startServer(ctx context.Context) (err error) {
	if o.server, err = startChild(o.self, filepath.Join(o.dir, "server.log"), append([]string{"serve", "--http", o.http, "--mqtt", o.mqtt, "--clock-good-to", "100ms"}, o.flags()...)...); err != nil {
		return err
	}
	return o.ready(ctx)
}

// ready waits until people can get in.
func (o *outage) ready(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, 90*time.Second)
	defer stop()
	for !answers(ctx, "http://"+o.http+"/readyz") {
		if err := sleepUntil(ctx, time.Now().Add(50*time.Millisecond)); err != nil {
			return fmt.Errorf("the server does not answer; its log is %s/server.log: %w", o.dir, err)
		}
	}
	return nil
}

func (o *outage) cutNetwork() error  { return o.eachGate((*gate).cut) }
func (o *outage) mendNetwork() error { return o.eachGate((*gate).mend) }

func (o *outage) eachGate(do func(*gate) error) (err error) {
	for _, g := range o.network {
		err = errors.Join(err, do(g))
	}
	return err
}

func (o *outage) stop() error {
	var errs []error
	for _, p := range o.probes {
		errs = append(errs, p.stop())
	}
	if o.server != nil {
		errs = append(errs, o.server.stop())
	}
	errs = append(errs, o.eachGate((*gate).cut))
	if o.cluster != nil {
		errs = append(errs, o.cluster.Stop())
	}
	return errors.Join(errs...)
}
