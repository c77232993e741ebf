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

// The readers of the world, as the gateways call them.
const (
	doorName    = "door"    // with memory; people come and go
	canteenName = "canteen" // with memory; breaks
	deskName    = "desk"    // EM4100, without memory
	yardName    = "yard"    // with memory; at the hirer's, behind a gateway of its own
)

const (
	doorOrigin    = 0x1000_0000_0d01
	canteenOrigin = 0x1000_0000_0ca1
	yardOrigin    = 0x1000_0000_0f01
	employees     = 25 // who live their weeks
	onCall        = 8  // who come to the desk when called
	staff         = employees + onCall
	siteName      = "Hoofdkantoor"
	yardSite      = "Loods Tiel" // the hirer's
)

// lent says who works at the hirer's.
func lent(employee int) bool { return employee < employees && employee%10 == 3 }

// world is a whole system in one folder: server, gateways, readers and the
// people who use them.
type world struct {
	*office
	mqtt   string // host:port
	zone   *time.Location
	people sim.Population
	names  []int64 // the server's ids of the people, by number
	pays   payPackage
	ledger *sim.Ledger

	gateway *process
	away    *process // the gateway at the hirer's
	probe   *process // nil: nobody measures the service

	door, canteen, yard *sim.Reader
	desk                *sim.EM4100
	ports               map[string]*sim.Port
	readers             sync.WaitGroup
	unplug              []context.CancelFunc
}

// options say where a world is and how it starts.
type options struct {
	dir   string
	http  string // host:port; port 0 takes a free one
	mqtt  string
	begin time.Time // first day that people lived

	forget float64  // share of taps forgotten; 0: the population's
	server []string // more of what the server is started with
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
	if w.office, err = openOffice(o.dir, o.http, append([]string{"--mqtt", w.mqtt}, o.server...)...); err != nil {
		return nil, err
	}
	w.people = sim.Population{Seed: 20261, Employees: employees, OnCall: onCall, Forget: o.forget, Longer: 0.01, Readers: 1, Breaks: 1, Zone: zone, Begin: o.begin}
	if w.ledger, err = sim.OpenLedger(w.ledgerFile()); err != nil {
		return nil, err
	}
	w.gateway = &process{name: "tikklok-gateway", log: w.path("gateway.log"), args: []string{
		"run", "--enrolment", w.path("gateway.json"), "--journal", w.path("journal"),
		"--port", w.path("sim", doorName) + "=link", "--port", w.path("sim", canteenName) + "=link",
		"--port", w.path("sim", deskName) + "=em4100,name=" + deskName}}
	w.away = &process{name: "tikklok-gateway", log: w.path("gateway-" + yardName + ".log"), args: []string{
		"run", "--enrolment", w.path("gateway-" + yardName + ".json"), "--journal", w.path("journal-" + yardName),
		"--port", w.path("sim", yardName) + "=link"}}
	return w, nil
}

// plugIn makes the ports and switches the readers on, at an instant: the past
// of a world that is new. A reader that lived before goes on in a new epoch.
func (w *world) plugIn(at time.Time) (err error) {
	for _, name := range []string{doorName, canteenName, deskName, yardName} {
		if w.ports[name], err = sim.OpenPort(w.path("sim", name)); err != nil {
			return err
		}
	}
	w.desk = &sim.EM4100{Port: w.ports[deskName]}
	if w.door, err = w.reader(doorOrigin, 11, doorName, at); err != nil {
		return err
	}
	if w.canteen, err = w.reader(canteenOrigin, -14, canteenName, at); err != nil {
		return err
	}
	w.yard, err = w.reader(yardOrigin, 6, yardName, at)
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
	readers := map[string]*sim.Reader{doorName: w.door, canteenName: w.canteen, yardName: w.yard}
	for _, name := range names {
		w.readers.Go(func() {
			if err := readers[name].Run(ctx, w.ports[name]); err != nil {
				fmt.Fprintln(os.Stderr, "reader", name, "stopped:", err)
			}
		})
	}
}

// before gives the reader with memory that somebody presents a fob to; none:
// there is nothing to present it to, as the hirer has no canteen.
func (w *world) before(t sim.Presentation) (*sim.Reader, string) {
	switch isBreak := t.Reader == w.people.Breaks; {
	case lent(t.Employee) && isBreak:
		return nil, ""
	case lent(t.Employee):
		return w.yard, yardName
	case isBreak:
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
	if w.probe != nil {
		w.probe.stop()
	}
	w.away.stop()
	w.gateway.stop()
	w.server.stop()
	var errs []error
	for _, p := range w.ports {
		errs = append(errs, p.Vanish())
	}
	return errors.Join(append(errs, w.ledger.Close())...)
}
