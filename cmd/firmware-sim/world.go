package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"tikklok/firmware-sim"
)

// The three readers of the world, as the gateway calls them.
const (
	doorName    = "door"    // with memory; people come and go
	canteenName = "canteen" // with memory; breaks
	deskName    = "desk"    // EM4100, without memory
)

const (
	doorOrigin    = 0x1000_0000_0d01
	canteenOrigin = 0x1000_0000_0ca1
	employees     = 25
	siteName      = "Hoofdkantoor"
)

// world is a whole system in one folder: server, gateway, three readers and
// the people who use them.
type world struct {
	*office
	mqtt   string // host:port
	zone   *time.Location
	people sim.Population
	names  []int64 // the server's ids of the people, by number
	ledger *sim.Ledger

	gateway *process

	door, canteen *sim.Reader
	desk          *sim.EM4100
	ports         map[string]*sim.Port
	readers       sync.WaitGroup
	unplug        []context.CancelFunc
}

// options say where a world is and how it starts.
type options struct {
	dir   string
	http  string // host:port; port 0 takes a free one
	mqtt  string
	begin time.Time // first day that people lived
}

// openWorld makes or takes up the folder; nothing runs yet.
func openWorld(o options) (*world, error) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return nil, fmt.Errorf("time zones: %w", err)
	}
	w := &world{zone: zone, ports: map[string]*sim.Port{}}
	if w.mqtt, err = address(o.mqtt); err != nil {
		return nil, err
	}
	if w.office, err = openOffice(o.dir, o.http, "--mqtt", w.mqtt); err != nil {
		return nil, err
	}
	w.people = sim.Population{Seed: 20261, Employees: employees, Readers: 1, Breaks: 1, Zone: zone, Begin: o.begin}
	if w.ledger, err = sim.OpenLedger(w.path("sim", "ledger.jsonl")); err != nil {
		return nil, err
	}
	w.gateway = &process{name: "tikklok-gateway", log: w.path("gateway.log"), args: []string{
		"run", "--enrolment", w.path("gateway.json"), "--journal", w.path("journal"),
		"--port", w.path("sim", doorName) + "=link", "--port", w.path("sim", canteenName) + "=link",
		"--port", w.path("sim", deskName) + "=em4100,name=" + deskName}}
	return w, nil
}

// plugIn makes the ports and switches the readers on, at an instant: the past
// of a world that is new. A reader that lived before goes on in a new epoch.
func (w *world) plugIn(at time.Time) (err error) {
	for _, name := range []string{doorName, canteenName, deskName} {
		if w.ports[name], err = sim.OpenPort(w.path("sim", name)); err != nil {
			return err
		}
	}
	w.desk = &sim.EM4100{Port: w.ports[deskName]}
	if w.door, err = w.reader(doorOrigin, 11, doorName, at); err != nil {
		return err
	}
	w.canteen, err = w.reader(canteenOrigin, -14, canteenName, at)
	return err
}

func (w *world) reader(origin uint64, drift float64, name string, at time.Time) (*sim.Reader, error) {
	return sim.NewReader(sim.ReaderConfig{
		Origin: origin, Capacity: 20_000, Drift: sim.Drift{PPM: drift}, TolerancePPM: 20, Firmware: "sim 1", Battery: 87,
		Path: w.path("sim", name+".memory"),
	}, at)
}

// connect lets readers with memory speak, until the world stops.
func (w *world) connect(ctx context.Context, names ...string) {
	ctx, unplug := context.WithCancel(ctx)
	w.unplug = append(w.unplug, unplug)
	readers := map[string]*sim.Reader{doorName: w.door, canteenName: w.canteen}
	for _, name := range names {
		w.readers.Go(func() {
			if err := readers[name].Run(ctx, w.ports[name]); err != nil {
				fmt.Fprintln(os.Stderr, "reader", name, "stopped:", err)
			}
		})
	}
}

// byIndex gives the reader with memory of a presentation.
func (w *world) byIndex(reader int) (*sim.Reader, string) {
	if reader == w.people.Breaks {
		return w.canteen, canteenName
	}
	return w.door, doorName
}

// stop ends everything, in the order of the data's way.
func (w *world) stop() error {
	for _, unplug := range w.unplug {
		unplug()
	}
	w.readers.Wait()
	w.gateway.stop()
	w.server.stop()
	var errs []error
	for _, p := range w.ports {
		errs = append(errs, p.Vanish())
	}
	return errors.Join(append(errs, w.ledger.Close())...)
}
