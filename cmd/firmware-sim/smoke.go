package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tikklok/firmware-sim"
)

// smoke is `make smoke`.
type smoke struct {
	Kill bool `help:"Kill server and gateway with SIGKILL in the middle, ten times each, and the server when a run was made."`
	Keep bool `help:"Keep the temporary folder, to look at."`
}

// days is how long people lived before the smoke: two whole weeks.
const days = 14

// Run lets two weeks come in through the real path, has them approved and
// exported, and compares it all with the ledger.
func (s *smoke) Run(ctx context.Context) (err error) {
	dir, done, err := temporary("tikklok-smoke-")
	if err != nil {
		return err
	}
	defer func() { err = done(err, s.Keep) }()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return fmt.Errorf("time zones: %w", err)
	}
	to := monday(time.Now().Add(-settled).In(zone))
	w, err := openWorld(options{dir: dir, http: "127.0.0.1:0", mqtt: "127.0.0.1:0", begin: to.AddDate(0, 0, -days),
		server: []string{"--deliver-to", "127.0.0.0/8"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.stop()) }()
	return s.through(ctx, w, to)
}

// settled is how long after the last day its night shifts have surely ended.
const settled = 12 * time.Hour

func (s *smoke) through(ctx context.Context, w *world, to time.Time) error {
	steps := []struct {
		what string
		do   func() error
	}{
		{"server, broker, PostgreSQL", func() error { return w.startServer(ctx) }},
		{"sign in and enrol the gateway", func() error {
			if _, err := w.signIn(ctx); err != nil {
				return err
			}
			return w.enrolHere(ctx)
		}},
		{fmt.Sprintf("%d people, their fobs", staff), func() error { return w.furnish(ctx, to.Add(settled)) }},
		{"14 days of lives, stored in the readers", func() error {
			if err := w.plugIn(w.people.Begin.Add(-time.Hour)); err != nil {
				return err
			}
			return w.live(w.people.Begin, to.Add(settled))
		}},
		{"rules in layers, a roster, a hirer's site", func() error {
			if err := w.enrolYard(ctx); err != nil {
				return err
			}
			if err := w.agree(ctx); err != nil {
				return err
			}
			return w.plan(ctx, w.people.Begin, to)
		}},
	}
	for _, step := range steps {
		began := time.Now()
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		fmt.Printf("%-45s %5.1f s\n", step.what, time.Since(began).Seconds())
	}
	return s.judge(ctx, w, to)
}

// judge lets the taps come in, and compares.
func (s *smoke) judge(ctx context.Context, w *world, to time.Time) error {
	began := time.Now()
	done := func(what string) {
		fmt.Printf("%-45s %5.1f s\n", what, time.Since(began).Seconds())
		began = time.Now()
	}
	t, v := &troubles{world: w}, &verdict{kill: s.Kill}
	defer v.close()
	err := w.whileSuspended(ctx, func() error {
		if err := t.tapAndKill(ctx, s.Kill); err != nil {
			return err
		}
		done(fmt.Sprintf("suspended; taps at ptys, %d + %d kills", t.serverKills, t.gatewayKills))
		return t.arrived(ctx, v)
	})
	if err != nil {
		return err
	}
	done("everything but the hirer's reader arrived")
	if err := t.nameReaders(ctx, doorName, deskName, canteenName); err != nil {
		return err
	}
	if err := v.accept(ctx, w); err != nil {
		return err
	}
	done("proposals accepted and undone")
	if err := v.compareAll(ctx, w, to); err != nil {
		return err
	}
	done("hours compared with the ledger")
	if err := v.export(ctx, w, to); err != nil {
		return err
	}
	done("approved, exported, pulled twice, taken in")
	if err := s.late(ctx, t, v, to); err != nil {
		return err
	}
	done("late taps, compared, corrections exported")
	if err := v.verify(ctx, w, to); err != nil {
		return err
	}
	done("computed again from the registrations")
	fmt.Println(v)
	return v.err()
}

// late plugs the hirer's reader in: two weeks that are approved and sent.
func (s *smoke) late(ctx context.Context, t *troubles, v *verdict, to time.Time) error {
	v.late = true
	t.connect(ctx, yardName)
	if err := t.arrived(ctx, v); err != nil {
		return err
	}
	if err := v.compareAll(ctx, t.world, to); err != nil {
		return err
	}
	return v.correct(ctx, t.world, to)
}

// troubles is the middle of a smoke: live taps, and kills.
type troubles struct {
	*world
	serverKills, gatewayKills int
	kills                     []time.Time // of the gateway
	next                      int         // who taps next at the desk
}

// killRounds is how often each program is killed.
const killRounds = 10

// tapAndKill starts the gateway, and while it brings the past in, lets people
// tap at the desk and strangers at the door; with kills, both programs die and
// come back all the while.
func (t *troubles) tapAndKill(ctx context.Context, kill bool) error {
	if err := t.gateway.start(); err != nil {
		return err
	}
	if err := t.gatewayReads(ctx); err != nil {
		return err
	}
	rounds := 1
	if kill {
		rounds = killRounds
	}
	for round := range rounds {
		t.meet(ctx, round, rounds)
		if kill {
			if err := t.killBoth(ctx, round); err != nil {
				return err
			}
		}
		if err := t.tap(5); err != nil {
			return err
		}
	}
	return nil
}

// meet lets the door's past come in from the first round on and the canteen's
// from half-way: the round's first kill follows at once.
func (t *troubles) meet(ctx context.Context, round, rounds int) {
	if round == 0 {
		t.connect(ctx, doorName)
	}
	if round == rounds/2 {
		t.connect(ctx, canteenName)
	}
}

// killBoth kills server and gateway, each in its turn first, while taps go on.
func (t *troubles) killBoth(ctx context.Context, round int) error {
	if round%2 == 0 {
		if err := t.killServer(ctx); err != nil {
			return err
		}
		return t.killGateway(ctx)
	}
	if err := t.killGateway(ctx); err != nil {
		return err
	}
	return t.killServer(ctx)
}

func (t *troubles) killServer(ctx context.Context) error {
	t.server.kill()
	t.serverKills++
	if err := t.tap(2); err != nil { // the gateway stores what the server can't take
		return err
	}
	return t.startServer(ctx)
}

func (t *troubles) killGateway(ctx context.Context) error {
	t.gateway.kill()
	t.kills = append(t.kills, time.Now())
	t.gatewayKills++
	for _, p := range t.ports {
		if err := p.Reset(); err != nil {
			return err
		}
	}
	now := time.Now()
	lost := sim.Presentation{At: now, Employee: 0, Fob: t.fobOf(0, now), Kind: sim.In}
	if err := t.ledger.LiveEM4100(lost, deskName, t.desk, 0, now, false); err != nil { // nobody keeps this one
		return err
	}
	if err := t.ledger.Live(stranger(now, 0), doorName, t.door); err != nil { // the reader keeps this one
		return err
	}
	if err := t.gateway.start(); err != nil {
		return err
	}
	return t.gatewayReads(ctx)
}

// gatewayReads waits until the gateway has the desk's port open; what waits on
// a port before that is not read.
func (t *troubles) gatewayReads(ctx context.Context) error {
	err := until(ctx, "the gateway to open its ports", 30*time.Second, func() (bool, error) {
		return t.gateway.holds(t.ports[deskName].Path())
	})
	time.Sleep(300 * time.Millisecond) // it drops what waited, once, after opening
	return err
}

// strangers hold fobs that nobody knows: stored, never hours.
const firstStranger = 0xEE_0000_0000

func stranger(at time.Time, n int) sim.Presentation {
	return sim.Presentation{At: at, Employee: -1, Fob: firstStranger + uint64(n), Kind: sim.In}
}

// tap lets n people tap at the desk and as many strangers at the door.
func (t *troubles) tap(n int) error {
	for i := range n {
		now := time.Now()
		t.next = (t.next + 1) % employees // the same fob again only after its debounce
		p := sim.Presentation{At: now, Employee: t.next, Fob: t.fobOf(t.next, now), Kind: sim.In}
		if err := t.ledger.LiveEM4100(p, deskName, t.desk, 130*time.Millisecond, now, true); err != nil {
			return err
		}
		if err := t.ledger.Live(stranger(time.Now(), i), doorName, t.door); err != nil {
			return err
		}
		time.Sleep(120 * time.Millisecond)
	}
	return nil
}
