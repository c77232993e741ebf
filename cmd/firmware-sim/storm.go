package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

// storm lets thousands of gateways come back at once after an outage of a day.
type storm struct {
	Gateways int           `default:"5000" help:"That come back at once."`
	Backlog  int           `default:"40" help:"Taps that each of them kept during the outage."`
	Live     int           `default:"1" help:"Taps that people make at each of them while they come back."`
	During   time.Duration `default:"10s" help:"When those are made, from the end of the outage on."`
	Seed     uint64        `default:"1" help:"Of everything that is random."`
	Limit    time.Duration `default:"10m" help:"Gives up after this long."`
	Late     time.Duration `default:"5s" help:"Most that 99 of 100 taps made on a connection may be late; 0: any, for machines that do other work too."`
	Keep     bool          `help:"Keep the temporary folder, to look at."`
}

// promisedMemory is the server's most, resident, with 5,000 gateways.
const promisedMemory = 600 << 20 // bytes

// Help names the example to begin with.
func (*storm) Help() string {
	return `Its last line says what became of the taps; it fails where one was lost or
stored twice, where taps made on a connection came late, or where the server
took more memory than promised. A tap made while its gateway has no connection
is backlog, and is told apart.

  firmware-sim storm --gateways 5000 --backlog 40`
}

// Run starts a real server in a temporary folder, gives it gateways, lets them
// all come back and compares every tap by name with the database.
func (s *storm) Run(ctx context.Context) (err error) {
	if err := errors.Join(s.check(), enoughFiles(s.Gateways), buildBeside(ctx, "tikklok")); err != nil {
		return err
	}
	dir, done, err := temporary("tikklok-storm-")
	if err != nil {
		return err
	}
	defer func() { err = done(err, s.Keep) }()
	mqtt, err := address("127.0.0.1:0")
	if err != nil {
		return err
	}
	o, err := openOffice(dir, "127.0.0.1:0", "--mqtt", mqtt)
	if err != nil {
		return err
	}
	defer o.server.stop()
	return s.through(ctx, o, mqtt)
}

func (s *storm) check() error {
	if s.Gateways < 1 || s.Backlog < 0 || s.Live < 0 || s.Backlog+s.Live < 1 || s.During <= 0 || s.Limit <= 0 {
		return errors.New("want --gateways from 1 on, --backlog and --live from 0 on and one of them more, --during and --limit above 0")
	}
	return nil
}

// enoughFiles raises the limit on open files; each gateway takes one here and
// one in the server, which raises its own.
func enoughFiles(gateways int) error {
	need := uint64(gateways) + 500
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit on open files: %w", err)
	}
	if limit.Max < need {
		return fmt.Errorf("%d gateways need %d open files, and this machine allows a process %d: raise `ulimit -Hn`, or take fewer --gateways", gateways, need, limit.Max)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit on open files: %w", err)
	}
	return nil
}

func (s *storm) through(ctx context.Context, o *office, mqtt string) error {
	done := stopwatch()
	if err := o.startServer(ctx); err != nil {
		return err
	}
	d, err := openDatabase(ctx, o.path("db"))
	if err != nil {
		return err
	}
	defer d.close(context.WithoutCancel(ctx))
	done("server, broker, PostgreSQL")
	authority, err := fleet.OpenAuthority(o.path("authority"))
	if err != nil {
		return err
	}
	all, err := d.enrolAll(ctx, authority, s.Gateways)
	if err != nil {
		return err
	}
	done(fmt.Sprintf("%d gateways with sites and certificates", s.Gateways))
	r := &stormRun{storm: s, office: o, database: d, tally: newStormTally()}
	if r.idle, err = peakMemory(o.server.pid()); err != nil {
		return err
	}
	r.began = time.Now()
	r.gateways = s.gateways(all, authority, mqtt, r.tally, r.began)
	if err := r.blow(ctx); err != nil {
		return err
	}
	done("all taps are committed and answered")
	lost, duplicated, err := r.compare(ctx)
	if err != nil {
		return err
	}
	done("compared by name with the database")
	return r.verdict(lost, duplicated)
}

// stopwatch prints what took how long.
func stopwatch() func(what string) {
	began := time.Now()
	return func(what string) {
		fmt.Printf("%-45s %6.1f s\n", what, time.Since(began).Seconds())
		began = time.Now()
	}
}

// stormRun is a storm under way.
type stormRun struct {
	*storm
	office   *office
	database *database
	tally    *stormTally
	gateways []*stormGateway
	began    time.Time

	idle, memory, postgres int64 // bytes: the server's before, the server's peak, PostgreSQL's peak
}

func (r *stormRun) total() int64 { return int64(r.Gateways) * int64(r.Backlog+r.Live) }

// blow lets all gateways come back and waits until all their taps are in.
func (r *stormRun) blow(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, r.Limit)
	var out sync.WaitGroup
	for _, g := range r.gateways {
		out.Go(func() { g.run(ctx) })
	}
	err := r.watch(ctx)
	stop()
	out.Wait()
	return err
}

// watch prints a line a second, and looks at the memory.
func (r *stormRun) watch(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for seconds := 1; ; seconds++ {
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				r.tally.tell(r.began)
				return fmt.Errorf("after %s only %d of %d taps are committed", r.Limit, r.tally.committed.Load(), r.total())
			}
			return ctx.Err()
		case <-r.office.server.gone():
			return r.office.server.diedOf()
		case <-tick.C:
		}
		if err := r.weigh(); err != nil {
			return err
		}
		committed := r.tally.committed.Load()
		fmt.Printf("%5d s  connected %d  handshakes %d  committed %d of %d  server %d MB\n", seconds,
			r.tally.connected.Load(), r.tally.handshakes.Load(), committed, r.total(), r.memory>>20)
		if committed >= r.total() {
			return nil
		}
	}
}

func (r *stormRun) weigh() (err error) {
	pid := r.office.server.pid()
	r.postgres = max(r.postgres, childrenMemory(pid))
	r.memory, err = peakMemory(pid)
	return err
}

// compare holds the database against what the gateways know that they made.
func (r *stormRun) compare(ctx context.Context) (lost, duplicated int, err error) {
	stored, err := r.database.registrations(ctx)
	if err != nil {
		return 0, 0, err
	}
	lost, duplicated = judgeStorm(r.gateways, stored)
	return lost, duplicated, nil
}

// judgeStorm counts taps that are not stored as they were made, and rows that
// are there twice or that nobody made.
func judgeStorm(gateways []*stormGateway, stored []row) (lost, duplicated int) {
	made := map[wire.Stream]*stormGateway{}
	missing := map[wire.Name]bool{}
	for _, g := range gateways {
		made[g.stream] = g
		for i := range g.taps {
			missing[wire.Name{Stream: g.stream, Seq: uint64(i + 1)}] = true
		}
	}
	found := map[wire.Name]bool{}
	for _, row := range stored {
		g := made[row.name.Stream]
		if g == nil || found[row.name] || row.name.Seq > uint64(len(g.taps)) {
			duplicated++
			continue
		}
		found[row.name] = true
		if row.wall == g.taps[row.name.Seq-1].at && row.token == g.token(row.name.Seq) {
			delete(missing, row.name)
		}
	}
	return len(missing), duplicated
}

func (r *stormRun) verdict(lost, duplicated int) error {
	r.tally.tell(r.began)
	fmt.Printf("memory: server peak=%d MB, of it %d MB before the storm, %d kB a gateway; PostgreSQL peak=%d MB\n",
		r.memory>>20, r.idle>>20, (r.memory-r.idle)>>10/int64(r.Gateways), r.postgres>>20)
	late := percentile(r.tally.joined, 99)
	fmt.Printf("storm: gateways=%d taps=%d lost=%d duplicated=%d live_p99_ms=%d server_rss_mb=%d seconds=%.1f\n",
		r.Gateways, r.total(), lost, duplicated, late, r.memory>>20, r.tally.last.Sub(r.began).Seconds())
	var broken []error
	if lost > 0 || duplicated > 0 {
		broken = append(broken, fmt.Errorf("%d taps lost, %d stored twice", lost, duplicated))
	}
	if s := r.Late.Milliseconds(); s > 0 && late > s {
		broken = append(broken, fmt.Errorf("live taps are %d ms late, promised are at most %d", late, s))
	}
	if r.memory > promisedMemory {
		broken = append(broken, fmt.Errorf("the server took %d MB, promised are at most %d", r.memory>>20, promisedMemory>>20))
	}
	return errors.Join(broken...)
}

func sortTimes(all []time.Time) { slices.SortFunc(all, time.Time.Compare) }
