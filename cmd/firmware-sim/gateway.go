package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tikklok/gateway"
)

// gatewayCommand is the shipped gateway on a machine whose clocks are
// simulated. Everything but the clocks and the reading of its command line is
// what tikklok-gateway runs.
type gatewayCommand struct {
	Enrolment string   `required:"" type:"path" help:"The file that \"tikklok gateway add\" wrote."`
	Journal   string   `required:"" type:"path" help:"Folder of the journal."`
	Clock     string   `required:"" type:"path" help:"File that says how the machine's clocks go; read again when it changes."`
	Port      []string `required:"" sep:"none" help:"As of tikklok-gateway."`
}

// Run serves readers until ctx ends.
func (c *gatewayCommand) Run(ctx context.Context) error {
	signal.Ignore(syscall.SIGXFSZ) // a disk that is full answers with an error
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	cfg := gateway.Config{Journal: c.Journal, Software: "firmware-sim " + version, Log: log}
	var err error
	if cfg.Enrolment, err = gateway.LoadEnrolment(c.Enrolment); err != nil {
		return err
	}
	for _, text := range c.Port {
		p, err := gateway.ParsePort(text)
		if err != nil {
			return err
		}
		cfg.Ports = append(cfg.Ports, p)
	}
	m := &machine{path: c.Clock}
	if err := m.look(); err != nil {
		return err
	}
	cfg.Machine = gateway.Machine{Boot: m.boot, Wall: m.wall, Disciplined: m.disciplined}
	ctx, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); m.watch(ctx, log) }()
	defer func() { stop(); <-watched }()
	return gateway.Run(ctx, cfg)
}

// clockFile says how a simulated machine's clocks go.
type clockFile struct {
	Offset time.Duration `json:"offset"` // of the wall clock from the truth, at Since
	Since  time.Time     `json:"since"`
	Speed  float64       `json:"speed"` // at which it goes from there; 1 is right, below 0 backwards
	// Bound is how far off, in ms, the operating system says the wall clock is at
	// most; 0: nobody disciplines it, as after every step (ntp_clear in Linux).
	Bound uint32  `json:"bound"`
	PPM   float64 `json:"ppm"` // error of the crystal, for the time since boot
}

// write replaces the file in one step.
func (f clockFile) write(path string) error {
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("clock of a gateway: %w", err)
	}
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return fmt.Errorf("clock of a gateway: %w", err)
	}
	return os.Rename(path+".new", path)
}

// at gives what the wall clock shows at a true instant.
func (f clockFile) at(now time.Time) time.Time {
	return f.Since.Add(f.Offset + time.Duration(f.Speed*float64(now.Sub(f.Since))))
}

// machine is the simulated machine of one gateway.
type machine struct {
	path string
	file atomic.Pointer[clockFile]
}

func (m *machine) look() error {
	b, err := os.ReadFile(m.path)
	if err != nil {
		return fmt.Errorf("clock of the machine: %w", err)
	}
	var f clockFile
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("clock of the machine %s: %w", m.path, err)
	}
	m.file.Store(&f)
	return nil
}

// clockLook is how long a change of the clock may take to be seen.
const clockLook = 50 * time.Millisecond

func (m *machine) watch(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(clockLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := m.look(); err != nil {
			log.Warn("the clock can't be read; it goes on as before", "error", err)
		}
	}
}

func (m *machine) wall() time.Time { return m.file.Load().at(time.Now()) }

func (m *machine) disciplined() (bound uint32, ok bool) {
	f := m.file.Load()
	return f.Bound, f.Bound > 0
}

func (m *machine) boot() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return 0 // every Linux that runs this has it
	}
	return time.Duration(float64(ts.Nano()) * (1 + m.file.Load().PPM/1e6))
}
