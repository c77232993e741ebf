package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"tikklok/gateway"
)

// runCommand serves readers.
type runCommand struct {
	Enrolment   string   `help:"The file that \"tikklok-gateway enroll\" wrote; its certificate is renewed in it." default:"enrolment.json" type:"path" env:"TIKKLOK_ENROLMENT"`
	Journal     string   `help:"Folder of the journal, made when it isn't there." default:"journal" type:"path" env:"TIKKLOK_JOURNAL"`
	Port        []string `help:"A reader: PATH=PROTOCOL[,name=NAME][,SETTING=VALUE ...], with the protocols and settings listed above. Once for each reader, or several in one with spaces between them." placeholder:"PATH=PROTOCOL" sep:"none" required:"" env:"TIKKLOK_PORTS"`
	PrintTaps   bool     `help:"For the bench: print each tap as a line of JSON, without a server, an enrolment or a journal. Nothing is kept."`
	ShowNumbers bool     `help:"With --print-taps: print fob numbers too, which are personal data. Refused on a machine with an enrolment."`
}

// Run serves readers until ctx ends.
func (c *runCommand) Run(ctx context.Context, log *slog.Logger) error {
	ports, err := c.ports()
	if err != nil {
		return err
	}
	if c.PrintTaps || c.ShowNumbers {
		return c.print(ctx, log, ports)
	}
	cfg := gateway.Config{Journal: c.Journal, Ports: ports, Software: "tikklok-gateway " + version, Log: log, File: c.Enrolment}
	if cfg.Enrolment, err = gateway.LoadEnrolment(c.Enrolment); err != nil {
		return err
	}
	return gateway.Run(ctx, cfg)
}

// ports reads all --port; a setting never holds white space, which is written
// \x20 in it.
func (c *runCommand) ports() (all []gateway.Port, err error) {
	for _, text := range strings.Fields(strings.Join(c.Port, " ")) {
		p, err := gateway.ParsePort(text)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return nil, errors.New("no --port is given: \"tikklok-gateway ports\" lists those of this machine")
	}
	return all, nil
}

// packaged is where the Debian package has its enrolment.
const packaged = "/var/lib/tikklok-gateway/enrolment.json"

// print writes taps to standard output. Whoever may read fob numbers of an
// organisation's readers could make tokens of its people (I7).
func (c *runCommand) print(ctx context.Context, log *slog.Logger, ports []gateway.Port) error {
	if !c.PrintTaps {
		return errors.New("--show-numbers goes with --print-taps")
	}
	if c.ShowNumbers {
		for _, path := range []string{c.Enrolment, packaged} {
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("--show-numbers is refused: %s makes this machine the gateway of an organisation, and its people's numbers are not to be seen", path)
			}
		}
		log.Warn("fob numbers are printed: they are personal data; leave no copy of this output")
	}
	log.Warn("taps are printed, not kept: stop this before people use the readers")
	return gateway.Watch(ctx, gateway.WatchConfig{Ports: ports, Numbers: c.ShowNumbers, Out: os.Stdout, Log: log})
}
