package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"tikklok/api/sla/port"
	"tikklok/ingest/pg"
)

// portsEvery is how often the server looks whether a comparison is due.
const portsEvery = 10 * time.Minute

// keepPorts compares once a day, by the last comparison, which ports of this
// machine others can reach with what serve listens on and --expect-port names
// (OB-C16).
func (s *server) keepPorts(ctx context.Context, db *pg.DB) error {
	said := ""
	for {
		err := s.comparePorts(ctx, db, time.Now())
		if err != nil && ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			slog.Warn("open ports were not compared", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(portsEvery):
		}
	}
}

func (s *server) comparePorts(ctx context.Context, db *pg.DB, now time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("naming this machine: %w", err)
	}
	var last time.Time
	if err := db.Look(ctx, func(tx pg.Tx) (err error) { last, err = port.LastOf(ctx, tx, port.Inside, host); return err }); err != nil || !port.Due(last, now) {
		return err
	}
	open, err := reachable()
	if err != nil {
		return err
	}
	c := port.Compare(now, port.Inside, host, open, append(s.ownPorts(), s.ExpectPort...))
	if !c.Fine() {
		slog.Log(ctx, s.portsLevel(), "ports are open that nobody expects, or closed that should be open; close them, or name them with --expect-port", "unexpected", c.Unexpected, "missing", c.Missing)
	}
	return db.Look(ctx, func(tx pg.Tx) error { return port.Record(ctx, tx, c) })
}

// portsSoftly says whether a difference is recorded and no alarm: where this
// server lets nobody but its own machine in and nobody said what may be open
// there, as on the machine of somebody who tries it.
func (s *server) portsSoftly() bool { return len(s.ExpectPort) == 0 && len(s.ownPorts()) == 0 }

func (s *server) portsLevel() slog.Level {
	if s.portsSoftly() {
		return slog.LevelInfo
	}
	return slog.LevelError
}

// ownPorts are those of this server's listeners that others can reach.
func (s *server) ownPorts() []uint16 {
	var own []netip.AddrPort
	for _, l := range []net.Listener{s.http, s.mqtt} {
		if l == nil {
			continue
		}
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			own = append(own, a.AddrPort())
		}
	}
	return port.Reachable(own)
}

// reachable gives the ports of this machine that others can reach.
func reachable() ([]uint16, error) {
	var all []netip.AddrPort
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(name)
		if errors.Is(err, os.ErrNotExist) && strings.HasSuffix(name, "6") {
			continue // a machine without IPv6
		}
		if err != nil {
			return nil, fmt.Errorf("listing what listens on this machine: %w", err)
		}
		some, err := port.ReadListening(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, some...)
	}
	return port.Reachable(all), nil
}

type portsCommand struct {
	Host   string        `arg:"" help:"Name or address of the server, as seen from here."`
	Expect string        `required:"" placeholder:"PORTS" help:"Those that are to be open, as in 443,8883."`
	Ports  string        `default:"1-65535" help:"Those that are looked at."`
	Wait   time.Duration `default:"2s" help:"For an answer of a port; behind a firewall that says nothing all ports take 11 minutes at 2s."`
	Tell   string        `type:"existingfile" placeholder:"FILE" help:"Tell the server, under the key in this file of a probe (tikklok probe add): it stands at Service, Access then."`
	Record bool          `help:"Keep the result in the server's database: only where that is reached from here."`
}

// Help says from where it is meant to be run.
func (portsCommand) Help() string {
	return `Connects to each port and hangs up. Run it daily from another machine, the
probe's for one, from cron or a systemd timer; it ends with 1 when something
differs. The server itself compares daily what listens on its machine. Not yet:
UDP.

  tikklok ports tikklok.example.com --expect 443,8883 --tell probe.json`
}

// Run scans a server from outside (OB-C16).
func (c portsCommand) Run(ctx context.Context, p place) error {
	expected, err := port.ParsePorts(c.Expect)
	if err != nil {
		return fmt.Errorf("--expect: %w", err)
	}
	looked, err := port.ParsePorts(c.Ports)
	if err != nil {
		return fmt.Errorf("--ports: %w", err)
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", c.Host)
	if err != nil {
		return fmt.Errorf("finding %s: %w", c.Host, err)
	}
	fine := true
	for _, a := range addresses {
		open, err := port.Scan{Wait: c.Wait}.Open(ctx, a.Unmap(), looked)
		if err != nil {
			return err
		}
		check := port.Compare(time.Now(), port.Outside, a.Unmap().String(), open, expected)
		fmt.Printf("%s: open %v, not expected %v, expected and closed %v\n", check.Host, check.Open, check.Unexpected, check.Missing)
		fine = fine && check.Fine()
		if err := c.keep(ctx, p, check, expected); err != nil {
			return err
		}
	}
	if !fine {
		return errFails
	}
	return nil
}

// keep brings a result where it is asked to.
func (c portsCommand) keep(ctx context.Context, p place, check port.Check, expected []uint16) error {
	if c.Tell != "" {
		if err := tellPorts(ctx, c.Tell, check, expected); err != nil {
			return err
		}
	}
	if c.Record {
		return p.recordPorts(ctx, check)
	}
	return nil
}

func (p place) recordPorts(ctx context.Context, c port.Check) error {
	return p.withDatabase(ctx, func(d *database) error {
		db, err := d.open(ctx, pg.RoleApp)
		if err != nil {
			return err
		}
		defer db.Close()
		return db.Look(ctx, func(tx pg.Tx) error { return port.Record(ctx, tx, c) })
	})
}
