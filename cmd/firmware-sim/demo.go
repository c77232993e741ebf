package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tikklok/firmware-sim"
)

// demo is `make run`.
type demo struct {
	State string        `default:"var" help:"Folder with all data."`
	HTTP  string        `name:"http" default:"127.0.0.1:8080" help:"Where the pages answer."`
	MQTT  string        `name:"mqtt" default:"127.0.0.1:8883" help:"Where the gateway connects."`
	Probe string        `default:"127.0.0.1:8090" help:"Where the probe tells everybody how the service does; \"\": no probe measures it."`
	Every time.Duration `default:"15s" help:"How often somebody taps at the desk at first; after forty taps it is twenty times that."`
	Late  time.Duration `help:"How long the canteen's reader is unplugged at the first start: its two weeks of breaks come that late, into weeks that may be approved by then."`
}

// Run starts everything, says where, and keeps taps coming until ctx ends.
func (d *demo) Run(ctx context.Context) (err error) {
	began := time.Now()
	begin, err := d.firstDay(began)
	if err != nil {
		return err
	}
	w, err := openWorld(options{dir: d.State, http: d.HTTP, mqtt: d.MQTT, begin: begin, forget: 0.006})
	if err != nil {
		return err
	}
	w.server.args = append(w.server.args, "--deliver-to", "127.0.0.0/8") // where the payroll package of the demo is (payday.go)
	defer func() {
		fmt.Println("stopping …")
		err = errors.Join(err, w.stop())
	}()
	fresh, err := d.start(ctx, w)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	return unlessEnded(ctx, d.keepTapping(ctx, w, began, fresh))
}

// unlessEnded drops the error of what was only interrupted.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// firstDay is the Monday two weeks before the first start; it is kept, so that
// people go on living the same lives.
func (d *demo) firstDay(now time.Time) (time.Time, error) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return time.Time{}, fmt.Errorf("time zones: %w", err)
	}
	file := d.State + "/sim/first-day"
	if b, err := os.ReadFile(file); err == nil {
		return time.ParseInLocation(time.DateOnly, string(b), zone)
	}
	day := monday(now.In(zone)).AddDate(0, 0, -14)
	if err := os.MkdirAll(d.State+"/sim", 0o755); err != nil {
		return time.Time{}, fmt.Errorf("folder %s: %w", d.State, err)
	}
	return day, os.WriteFile(file, []byte(day.Format(time.DateOnly)), 0o600)
}

// monday gives the local midnight that a week begins with.
func monday(t time.Time) time.Time {
	back := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, t.Location())
}

func (d *demo) start(ctx context.Context, w *world) (fresh bool, err error) {
	fmt.Println("starting PostgreSQL, broker and server …")
	began := time.Now()
	if err := w.startServer(ctx); err != nil {
		return false, err
	}
	password, err := w.signIn(ctx)
	if err != nil {
		return false, err
	}
	fmt.Printf("\n  Tikklok   http://%s\n  sign in   %s\n  password  %s\n\n", w.http, adminEmail, password)
	w.tellEmployee()
	if d.Probe != "" {
		if err := w.measure(ctx, d.Probe); err != nil {
			fmt.Fprintln(os.Stderr, "nobody measures the service:", err) // it serves all the same
		}
	}
	fmt.Printf("the page answered after %.1f s\n", time.Since(began).Seconds())
	if err := w.enrolHere(ctx); err != nil {
		return false, err
	}
	if fresh, err = w.fresh(ctx); err != nil {
		return false, err
	}
	if err := w.inhabit(ctx, fresh, time.Now()); err != nil {
		return false, err
	}
	if err := w.gateway.start(); err != nil {
		return false, err
	}
	if !fresh {
		w.connect(ctx, doorName, canteenName)
		return false, nil
	}
	if d.Late > 0 {
		w.connect(ctx, doorName)
		return true, w.nameReaders(ctx, doorName, deskName)
	}
	w.connect(ctx, doorName, canteenName)
	return true, w.nameReaders(ctx, doorName, deskName, canteenName)
}

// plugInLate connects the canteen's reader once it has been out long enough;
// it gives nil when there is nothing more to wait for.
func (d *demo) plugInLate(ctx context.Context, w *world, late <-chan time.Time) (<-chan time.Time, error) {
	select {
	case <-late:
		fmt.Println("the canteen's reader is plugged in: its taps come late")
		w.connect(ctx, canteenName)
		return nil, w.nameReaders(ctx, canteenName)
	default:
		return late, nil
	}
}

// paydayTap is the tap at the desk at which the taps of two weeks have surely
// come in; what has not is corrected later, as in any company.
const paydayTap = 2

// inhabited is there once everybody's past stands in the readers.
const inhabited = "inhabited"

// fresh says whether nobody lives here yet.
func (w *world) fresh(ctx context.Context) (bool, error) {
	if _, err := os.Stat(w.path("sim", inhabited)); err == nil {
		return false, nil
	}
	var list struct{ Items []struct{ ID int64 } }
	if err := w.api.call(ctx, "GET", "/api/v1/employees", nil, &list); err != nil {
		return false, err
	}
	if len(list.Items) > 0 {
		return false, fmt.Errorf("the first start in %s was interrupted half-way: remove the folder and start again", w.dir)
	}
	return true, nil
}

// inhabit switches the readers on, and lets people move in and live two weeks
// where nobody did yet.
func (w *world) inhabit(ctx context.Context, fresh bool, now time.Time) error {
	if !fresh {
		if err := w.plugIn(now); err != nil {
			return err
		}
		return w.takeNames(ctx)
	}
	if err := w.plugIn(w.people.Begin.Add(-time.Hour)); err != nil {
		return err
	}
	if err := w.furnish(ctx, now); err != nil {
		return err
	}
	if err := w.live(w.people.Begin, now); err != nil {
		return err
	}
	all, _ := w.door.Stored()
	fmt.Printf("two weeks of taps and more stand in the readers (%d at the door); they come in over the serial line, MQTT and the database\n", all)
	return os.WriteFile(w.path("sim", inhabited), nil, 0o600)
}

// keepTapping lets a few people come and go at the desk, and everybody live on
// at the door.
func (d *demo) keepTapping(ctx context.Context, w *world, began time.Time, fresh bool) error {
	fmt.Printf("a tap at the desk every %s; Ctrl-C stops everything; logs in %s and %s\n", d.Every, w.server.log, w.gateway.log)
	lived, shown := time.Now(), !fresh // people who lived before may be in already
	var late <-chan time.Time
	if fresh && d.Late > 0 {
		late = time.After(d.Late)
	}
	for n := 0; ; n++ {
		who := employees + n%(onCall-1) // the last one was called off (company.go)
		now := time.Now()
		t := sim.Presentation{At: now, Employee: who, Fob: w.fobOf(who, now), Kind: sim.In}
		if err := w.ledger.LiveEM4100(t, deskName, w.desk, 300*time.Millisecond, now, true); err != nil {
			return err
		}
		if err := w.liveOn(lived, now); err != nil {
			return err
		}
		lived = now
		if !shown {
			shown = true
			if err := w.seen(ctx, w.names[who]); err != nil {
				return err
			}
			fmt.Printf("the first live tap was shown %.1f s after the start\n", time.Since(began).Seconds())
		}
		if n == 0 {
			if err := w.settle(ctx, now); err != nil {
				return err
			}
		}
		if n == paydayTap && w.pays.Destination != 0 && w.pays.Key == "" {
			if err := w.payday(ctx); err != nil { // somebody may have approved or paid the week already
				fmt.Fprintln(os.Stderr, "the first week was not paid:", err)
			}
		}
		var err error
		if late, err = d.plugInLate(ctx, w, late); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.server.gone():
			return w.server.diedOf()
		case <-w.gateway.gone():
			return w.gateway.diedOf()
		case <-w.away.gone():
			return w.away.diedOf()
		case <-time.After(d.pace(n)):
		}
	}
}

// pace is how long after a tap the next one comes: often at first, so that one
// sees the system live, then as often as people come and go.
func (d *demo) pace(n int) time.Duration {
	if n < 5*onCall {
		return d.Every
	}
	return 20 * d.Every
}

// liveOn makes the taps of everybody's lives that fell due.
func (w *world) liveOn(from, to time.Time) error {
	for _, t := range w.people.Presentations(from, to) {
		r, name := w.before(t)
		if r == nil {
			continue
		}
		give := w.ledger.Live
		if t.Forgotten {
			give = func(t sim.Presentation, name string, _ *sim.Reader) error { return w.ledger.Forget(t, name) }
		}
		if err := give(t, name, r); err != nil {
			return err
		}
	}
	return nil
}

// seen waits until the server says that someone is in.
func (w *world) seen(ctx context.Context, employee int64) error {
	return until(ctx, "the first live tap", 60*time.Second, func() (bool, error) {
		var today struct {
			Items []struct {
				ID int64 `json:"employee_id"`
			}
		}
		if err := w.api.call(ctx, "GET", "/api/v1/today", nil, &today); err != nil {
			return false, err
		}
		for _, p := range today.Items {
			if p.ID == employee {
				return true, nil
			}
		}
		return false, nil
	})
}
