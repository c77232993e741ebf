package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/pg"
)

type drillOutage struct {
	Minute time.Duration `default:"10s" help:"How long a minute lasts in the drill: 6s to 60s, a whole part of 60 s."`
	Keep   bool          `help:"Keep the folder, to look at."`
}

// Help says what is shown.
func (drillOutage) Help() string {
	return `Starts a server, a private PostgreSQL and a probe in a temporary folder, each a
process of its own; stops and starts first the server, then the database, and
holds what the probe measured, and what it told the server afterwards, against
when they were stopped and started. A minute is truly down when the service was
away at the moment the minute is measured, its begin. Minutes are shortened, as
the first line says; the probe's waits are shortened with them.`
}

// outage is a drill under way.
type outage struct {
	drillOutage
	dir, self     string
	cluster       *pg.Cluster
	http, mqtt    string
	status        string // host:port of the probe's page
	server, probe *child
	began         time.Time // the first minute's begin, on the machine's clock
	named         time.Time // what that minute is called
	away          []stretch // when nobody could get in
}

type stretch struct{ from, to time.Time }

// outageMinutes are how long each part lasts.
const (
	minutesUp   = 2
	minutesDown = 3
)

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
	fmt.Printf("drill: minutes are shortened to %s, the probe's waits with them; %d of them up, %d without the server, %d up, %d without the database, %d up\n",
		o.Minute, minutesUp, minutesDown, minutesUp, minutesDown, minutesUp)
	for _, step := range []func(context.Context) error{o.prepare, o.startServer, o.startProbe} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	minute := minutesUp
	down := func(what string, stop, start func(context.Context) error) error {
		return o.breakDown(ctx, what, &minute, stop, start)
	}
	err := down("the server", func(context.Context) error { return o.server.stop() }, o.startServer)
	if err == nil {
		err = down("the database", func(context.Context) error { return o.cluster.Stop() }, o.startDatabase)
	}
	if err != nil {
		return err
	}
	if err := o.until(ctx, minute); err != nil {
		return err
	}
	return o.judge(ctx, minute)
}

// breakDown stops something two thirds into a minute, and starts it again at the
// beginning of the last one that is down, so that it is back before the next is
// measured.
func (o *outage) breakDown(ctx context.Context, what string, minute *int, stop, start func(context.Context) error) error {
	if err := o.until(ctx, *minute-1); err != nil {
		return err
	}
	if err := sleepUntil(ctx, o.at(*minute).Add(-o.Minute/3)); err != nil {
		return err
	}
	s := stretch{from: time.Now()}
	if err := stop(ctx); err != nil {
		return fmt.Errorf("stopping %s: %w", what, err)
	}
	*minute += minutesDown
	// the last minute's second attempt is over 40/60 into it at the latest
	if err := sleepUntil(ctx, o.at(*minute-1).Add(o.Minute/2)); err != nil {
		return err
	}
	if err := start(ctx); err != nil {
		return fmt.Errorf("starting %s: %w", what, err)
	}
	s.to = time.Now()
	o.away = append(o.away, s)
	fmt.Printf("%s was away from %s to %s of the drill\n", what, s.from.Sub(o.began).Round(time.Second), s.to.Sub(o.began).Round(time.Second))
	*minute += minutesUp
	return nil
}

// at is when a minute of the drill begins, from 0.
func (o *outage) at(minute int) time.Time {
	return o.began.Add(time.Duration(minute) * o.Minute)
}

func (o *outage) until(ctx context.Context, minute int) error { return sleepUntil(ctx, o.at(minute)) }

func sleepUntil(ctx context.Context, t time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(t)):
		return nil
	}
}

// prepare starts the database and takes ports.
func (o *outage) prepare(ctx context.Context) (err error) {
	if o.self, err = os.Executable(); err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	for _, address := range []*string{&o.http, &o.mqtt, &o.status} {
		if *address, err = freeAddress(); err != nil {
			return err
		}
	}
	return o.startDatabase(ctx)
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("a port for the drill: %w", err)
	}
	return l.Addr().String(), l.Close()
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
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+o.http+"/readyz", nil)
		if err != nil {
			return err
		}
		if r, err := http.DefaultClient.Do(request); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		if err := sleepUntil(ctx, time.Now().Add(50*time.Millisecond)); err != nil {
			return fmt.Errorf("the server does not answer; its log is %s/server.log: %w", o.dir, err)
		}
	}
}

// startProbe makes a probe and starts it at the begin of a minute of its own:
// minutes are called by the whole ones of three hours ago, so that none is of the
// future.
func (o *outage) startProbe(ctx context.Context) (err error) {
	file := filepath.Join(o.dir, "probe.json")
	add := exec.CommandContext(ctx, o.self, append([]string{"probe", "add", "drill", "--server", "http://" + o.http, "--gateway", o.mqtt, "--out", file}, o.flags()...)...)
	if said, err := add.CombinedOutput(); err != nil {
		return fmt.Errorf("making a probe: %w: %s", err, said)
	}
	o.named = time.Now().UTC().Truncate(time.Minute).Add(-3 * time.Hour)
	o.probe, err = startChild(o.self, filepath.Join(o.dir, "probe.log"), "probe", "run", "--config", file, "--book", filepath.Join(o.dir, "probe"), "--http", o.status,
		"--scale", strconv.Itoa(int(time.Minute/o.Minute)), "--began", o.named.Format(time.RFC3339))
	if err != nil {
		return err
	}
	return o.firstMinute(ctx)
}

// firstMinute waits for the probe's page, and learns when its clock began.
func (o *outage) firstMinute(ctx context.Context) error {
	for range 600 {
		s, err := o.readStatus(ctx)
		if err == nil && s.Minute != nil {
			o.began = s.Began
			return nil
		}
		if err := sleepUntil(ctx, time.Now().Add(50*time.Millisecond)); err != nil {
			return err
		}
	}
	return fmt.Errorf("the probe measures nothing; its log is %s/probe.log", o.dir)
}

func (o *outage) readStatus(ctx context.Context) (s statusJSON, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+o.status+"/status.json", nil)
	if err != nil {
		return s, err
	}
	r, err := http.DefaultClient.Do(request)
	if err != nil {
		return s, fmt.Errorf("the probe's status: %w", err)
	}
	defer r.Body.Close()
	return s, json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&s)
}

// judge waits until the server has all, and compares.
func (o *outage) judge(ctx context.Context, minutes int) error {
	if err := o.told(ctx, minutes); err != nil {
		return err
	}
	var there []sla.Minute
	db, err := pg.Open(ctx, o.cluster.URL(), pg.RoleApp)
	if err != nil {
		return err
	}
	defer db.Close()
	err = db.Look(ctx, func(tx pg.Tx) (err error) {
		there, err = sla.Minutes(ctx, tx, o.named, o.named.Add(time.Duration(minutes)*time.Minute))
		return err
	})
	if err != nil {
		return err
	}
	measured := map[time.Time]sla.Minute{}
	taps := 0
	for _, m := range there {
		measured[m.At] = m
		if m.Tap == sla.Up {
			taps++
		}
	}
	truth, found, unmeasured, wrong := 0, 0, 0, 0
	for i := range minutes {
		m, ok := measured[o.named.Add(time.Duration(i)*time.Minute)]
		down := o.wasDown(o.at(i))
		truth, found, unmeasured = truth+one(down), found+one(ok && m.State == sla.Down), unmeasured+one(!ok || m.State == sla.Unmeasured)
		if ok && down != (m.State == sla.Down) {
			wrong++
			fmt.Printf("minute %d: truly down %t, measured down %t\n", i, down, m.State == sla.Down)
		}
	}
	fmt.Printf("minutes=%d taps_with_receipt=%d wrong=%d, as the server was told them\n", minutes, taps, wrong)
	fmt.Printf("outage: down_minutes_true=%d down_minutes_measured=%d unmeasured=%d\n", truth, found, unmeasured)
	if truth != found || unmeasured+wrong > 0 {
		return errFails
	}
	return nil
}

func (o *outage) wasDown(at time.Time) bool {
	for _, s := range o.away {
		if !at.Before(s.from) && at.Before(s.to) {
			return true
		}
	}
	return false
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// told waits until the probe has measured all minutes and told the server.
func (o *outage) told(ctx context.Context, minutes int) error {
	last := o.named.Add(time.Duration(minutes-1) * time.Minute)
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); {
		s, err := o.readStatus(ctx)
		if err == nil && s.Minute != nil && !s.Minute.Before(last) && s.Waiting == 0 {
			return nil
		}
		if err := sleepUntil(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return err
		}
	}
	return fmt.Errorf("the probe has not told the server all minutes; its log is %s/probe.log", o.dir)
}

func (o *outage) stop() error {
	var errs []error
	for _, c := range []*child{o.probe, o.server} {
		if c != nil {
			errs = append(errs, c.stop())
		}
	}
	if o.cluster != nil {
		errs = append(errs, o.cluster.Stop())
	}
	return errors.Join(errs...)
}

// child is another run of this program.
type child struct {
	cmd *exec.Cmd
	log *os.File
}

func startChild(self, log string, args ...string) (*child, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("a log of the drill: %w", err)
	}
	cmd := exec.Command(self, args...)
	cmd.Stdout, cmd.Stderr = f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", args[0], err), f.Close())
	}
	return &child{cmd, f}, nil
}

// stop ends it, at once after ten seconds; how it ended is in its log.
func (c *child) stop() error {
	if c.cmd.ProcessState != nil {
		return nil
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // already gone is as good
	late := time.AfterFunc(10*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer late.Stop()
	_ = c.cmd.Wait()
	return c.log.Close()
}
