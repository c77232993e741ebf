// Package gateway promises that a tap made at one of its readers is journaled
// before anyone is told green, and that its journal reaches the server: at
// once, after days without a network, or as a file (I2). What happens at one
// reader or on the network never delays another reader.
package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

// Config is what Run needs.
type Config struct {
	Enrolment wire.Enrolment // see LoadEnrolment
	File      string         // of the enrolment, where a renewed certificate is kept; "": none is asked for
	Journal   string         // folder, made when it isn't there
	Ports     []Port
	Software  string // name and version of this program
	Log       *slog.Logger
	Machine   Machine `json:"-"` // its clocks; the zero value is the real one's
	Told      Told    `json:"-"` // nil: nobody else wants to know
	Anew      string  `json:"-"` // what to do about a certificate that lets nobody in; "": "tikklok-gateway enroll"
}

func (c Config) anew() string { return cmp.Or(c.Anew, usualAnew) }

// Told is called with the gateway's own stream and what a receipt says of any,
// after the journal took note of it. It must not block.
type Told func(own wire.Stream, marks []wire.Mark)

// pace is how often things happen.
type pace struct {
	limits                  // what the server may set
	other     time.Duration // what is no tap waits at most this long for one to travel with
	answer    time.Duration // until an unanswered batch is sent again, doubled each time
	rest      time.Duration // until taps that were answered but not committed are sent again
	retry     time.Duration // first back-off of the connection, doubled each time
	retryMost time.Duration
	retryLive time.Duration // the back-off a live tap waits for at most
	pong      time.Duration // until a sign of life must be answered
	tidy      time.Duration // between two looks at what can be removed
	count     time.Duration // between two writes of what the line carried
}

var usualPace = pace{
	limits: limits{flush: 2 * time.Second, keepAlive: 15 * time.Minute, stateEvery: 6 * time.Hour},
	other:  10 * time.Minute, answer: 30 * time.Second, rest: time.Minute,
	retry: time.Second, retryMost: 5 * time.Minute, retryLive: 30 * time.Second, pong: 30 * time.Second,
	tidy: time.Minute, count: 5 * time.Minute,
}

// agent is one running gateway.
type agent struct {
	cfg          Config
	pace         pace
	log          *slog.Logger
	journal      *journal.Journal
	clock        *clock
	boot         *bootNotes
	settings     *settings
	word         *word
	meter        *meter
	certificates *certificates
	uplink       *uplink
	ports        []*port
}

// Run serves the readers until ctx ends, and returns nil then. It works
// without a network, and with ports that are away for now. Its error says what
// to do: the journal or a port is used by another process, or the enrolment is
// no good.
func Run(ctx context.Context, cfg Config) error { return run(ctx, cfg, usualPace) }

func run(ctx context.Context, cfg Config, pace pace) (err error) {
	a := &agent{cfg: cfg, pace: pace, log: cfg.Log}
	if err := checkPorts(cfg.Ports); err != nil {
		return err
	}
	if a.clock, err = newClock(cfg.Machine); err != nil {
		return err
	}
	if a.journal, err = journal.Open(cfg.Journal, cfg.Enrolment.Gateway); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.journal.Close()) }()
	a.boot = loadBoot(cfg.Journal, a.clock.machine.BootID())
	a.boot.restore(a.clock)
	a.settings = loadSettings(cfg.Journal, pace.limits, cfg.Enrolment.TokenKey)
	a.word = loadWord(cfg.Journal, a.clock, a.log)
	a.meter = loadMeter(cfg.Journal)
	if a.certificates, err = openCertificates(cfg, a.clock.now); err != nil {
		return err
	}
	a.uplink = newUplink(a)
	for _, p := range cfg.Ports {
		port, err := newPort(a, p)
		if err == nil {
			err = port.open()
		}
		if port == nil || errors.Is(err, ErrPortInUse) {
			a.closePorts()
			return err
		}
		a.ports = append(a.ports, port)
	}
	a.log.Info("gateway started", "gateway", cfg.Enrolment.Gateway, "epoch", fmt.Sprintf("%016x", a.journal.Own().Epoch),
		"unsent", a.journal.Unsent(), "damaged", a.journal.Damaged())
	a.work(ctx)
	return nil
}

func (a *agent) closePorts() {
	for _, p := range a.ports {
		p.close()
	}
}

// work runs one goroutine a port, one for the uplink and one for the clock and
// the journal, and waits for all of them.
func (a *agent) work(ctx context.Context) {
	var wg sync.WaitGroup
	for _, p := range a.ports {
		wg.Go(func() { p.run(ctx) })
	}
	wg.Go(func() { a.uplink.run(ctx) })
	wg.Go(func() { a.keep(ctx) })
	wg.Wait()
	a.log.Info("gateway stopped", "unsent", a.journal.Unsent())
}

// keep takes time pairs and tidies the journal.
func (a *agent) keep(ctx context.Context) {
	pairs := pairKeeper{agent: a, boot: a.boot}
	tick := time.NewTicker(min(time.Second, a.pace.tidy))
	defer tick.Stop()
	tidied := time.Now()
	failing := false
	for {
		pairs.look()
		if time.Since(tidied) >= a.pace.tidy {
			tidied = time.Now()
			err := a.journal.Tidy()
			if err != nil && !failing {
				a.log.Warn("journal not tidied", "error", err)
			}
			failing = err != nil
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// state gives what the server is told of this gateway.
func (a *agent) state() wire.State {
	s := wire.State{
		Online: true, Software: a.cfg.Software, Unsent: a.journal.Unsent(), Damaged: a.journal.Damaged(),
		Clock: sourceName(a.clock.now().Source), Settings: a.settings.version(), KeyVersion: a.settings.keyVersion(),
	}
	s.Uptime, s.MachineUptime = a.clock.uptimes()
	s.Connections, s.Lost = a.uplink.history()
	s.MonthBytes, _ = a.meter.month(a.clock.now())
	s.CertificateUntil = a.certificates.until().Unix()
	for _, p := range a.ports {
		s.Readers = append(s.Readers, p.states()...)
	}
	return s
}

// safe tells the ports what the server keeps safe.
func (a *agent) safe(marks []wire.Mark) {
	for _, p := range a.ports {
		p.safe(marks)
	}
}

// hears says whether a reader with this origin is connected.
func (a *agent) hears(origin uint64) bool {
	for _, p := range a.ports {
		if p.state().Origin == origin {
			return true
		}
	}
	return false
}
