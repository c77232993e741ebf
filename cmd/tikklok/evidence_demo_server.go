package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"tikklok/api/continuity/evidence"
	"tikklok/api/sla"
	"tikklok/api/sla/probe"
	"tikklok/ingest/fleet"
	"tikklok/ingest/mail"
	"tikklok/ingest/mail/mailbox"
	"tikklok/ingest/pg"
)

// The demo's probe measures so many minutes, each so many times shorter, and so
// is its patience: on a busy machine a sign-in takes seconds.
const (
	demoMinutes = 2
	demoScale   = 4
)

// served runs a mail server, a server and a probe around what fn does, and stops
// them.
func (s *evidenceShow) served(ctx context.Context, fn func(context.Context) error) (err error) {
	box, err := mailbox.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	expected, err := reachable() // what this machine has open already is no matter of the demo's
	if err != nil {
		return err
	}
	s.server = &server{place: s.place, db: s.db, serveCommand: serveCommand{HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0", ClockGoodTo: 100 * time.Millisecond,
		Contact: []string{"mailto:security@example.com"}, ExpectPort: expected, Place: map[string]string{"database": "NL/NL", "backups": "NL/NL", "mail": "NL/NL"},
		Mail: mailSettings{SMTP: box.Addr().String(), TLS: mail.NoTLS, From: "Demo <no-reply@localhost>"}}}
	if err := s.server.listen(); err != nil {
		return err
	}
	defer s.server.closeListeners()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work, ctx := errgroup.WithContext(ctx)
	s.tell("a server at http://" + s.server.http.Addr().String())
	work.Go(func() error { return s.server.work(ctx, func() {}) })
	work.Go(func() error {
		defer stop()
		if err := s.ready(ctx); err != nil {
			return err
		}
		return s.heard(ctx, func(ctx context.Context) error { return s.probed(ctx, fn) })
	})
	return work.Wait()
}

// ready waits until people can get in.
func (s *evidenceShow) ready(ctx context.Context) error {
	return s.until(ctx, "the server lets nobody in", func() (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.server.http.Addr().String()+"/readyz", nil)
		if err != nil {
			return false, err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, nil //nolint:nilerr // it has not begun yet
		}
		return answer.StatusCode == http.StatusOK, answer.Body.Close()
	})
}

// until waits until something is so, for a minute.
func (s *evidenceShow) until(ctx context.Context, otherwise string, so func() (bool, error)) error {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	for {
		if yes, err := so(); err != nil || yes {
			return err
		}
		if err := sleepUntil(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return fmt.Errorf("%s: %w", otherwise, err)
		}
	}
}

// heard runs a gateway of the company's own with a reader while fn runs.
func (s *evidenceShow) heard(ctx context.Context, fn func(context.Context) error) error {
	f := probeFile{Gateway: s.server.mqtt.Addr().String()}
	err := s.until(ctx, "the server takes no gateways", func() (bool, error) {
		err := s.in(ctx, func(tx pg.Tx) error { return s.admit(ctx, tx, &f) })
		return err == nil, unless(err, fleet.ErrNoAuthority)
	})
	if err != nil {
		return err
	}
	s.tell("a gateway with a reader")
	s.gateway = &tapper{file: f, dir: filepath.Join(s.place.State, "gateway"), patience: tapMost, news: make(chan struct{})}
	ctx, stop := context.WithCancel(ctx)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { s.gateway.run(ctx); return nil })
	err = fn(ctx)
	stop()
	return errors.Join(err, work.Wait())
}

// admit makes the gateway and the code that it enrols with.
func (s *evidenceShow) admit(ctx context.Context, tx pg.Tx, f *probeFile) error {
	all, err := fleet.Gateways(ctx, tx)
	if err != nil {
		return err
	}
	s.filed = all[0].ID
	g, err := (probeAdd{Name: "demo"}).addGateway(ctx, tx)
	if err != nil {
		return err
	}
	code, err := fleet.NewCode(ctx, tx, s.boss, g.ID, time.Hour, time.Now())
	f.Code = code.String()
	return err
}

// unless gives an error that is not one which is waited out.
func unless(err, waited error) error {
	if errors.Is(err, waited) {
		return nil
	}
	return err
}

// tap has somebody tap an unknown fob, once the gateway runs, and waits for the
// receipt.
func (s *evidenceShow) tap(ctx context.Context) error {
	return s.until(ctx, "a tap got no receipt", func() (bool, error) {
		state, _ := s.gateway.tap(ctx)
		return state == probe.TapReceived, nil
	})
}

// probed measures the server while fn runs, and until there are enough minutes.
func (s *evidenceShow) probed(ctx context.Context, fn func(context.Context) error) error {
	file := filepath.Join(s.place.State, "probe.json")
	t, err := probesTenant(ctx, s.owner)
	if err != nil {
		return err
	}
	add := probeAdd{Name: "demo", Server: "http://" + s.server.http.Addr().String(), Gateway: s.server.mqtt.Addr().String(), Out: file, Valid: time.Hour}
	if err := s.owner.InTenant(ctx, t.ID, func(tx pg.Tx) error { return add.add(ctx, tx) }); err != nil {
		return err
	}
	s.tell(fmt.Sprintf("a probe, whose minutes last %s", time.Minute/demoScale))
	named := time.Now().UTC().Truncate(time.Minute).Add(-(demoMinutes + 30) * time.Minute)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		return probeRun{Config: file, Book: filepath.Join(s.place.State, "probe"), Scale: demoScale, Began: named}.Run(ctx)
	})
	work.Go(func() error {
		defer stop()
		if err := fn(ctx); err != nil {
			return err
		}
		s.tell("the probe's minutes")
		return s.until(ctx, "the probe told nothing", func() (bool, error) {
			var told []sla.Minute
			err := s.demoMonth.db.Look(ctx, func(tx pg.Tx) (err error) { told, err = sla.Minutes(ctx, tx, named, time.Now()); return err })
			return len(told) >= demoMinutes, err
		})
	})
	return work.Wait()
}

// looked waits until the server looked at its ports and its policy, as it does
// by itself every day.
func (s *evidenceShow) looked(ctx context.Context) error {
	return s.until(ctx, "the server did not look at itself", func() (bool, error) {
		due := true
		err := s.demoMonth.db.Look(ctx, func(tx pg.Tx) (err error) { due, err = evidence.PolicyDue(ctx, tx, time.Now()); return err })
		return !due, err
	})
}

// written waits until the mail server took all that the server had to tell.
func (s *evidenceShow) written(ctx context.Context) error {
	return s.until(ctx, "letters wait that the mail server didn't take", func() (bool, error) {
		waiting := 0
		err := s.in(ctx, func(tx pg.Tx) (err error) { waiting, err = mail.WaitingSince(ctx, tx, time.Now()); return err })
		return waiting == 0, err
	})
}
