package main

import (
	"context"
	"log/slog"

	"tikklok/gateway"
)

// runCommand serves readers.
type runCommand struct {
	Enrolment string   `help:"The file that \"tikklok gateway add NAME\" wrote." default:"enrolment.json" type:"path" env:"TIKKLOK_ENROLMENT"`
	Journal   string   `help:"Folder of the journal, made when it isn't there." default:"journal" type:"path" env:"TIKKLOK_JOURNAL"`
	Port      []string `help:"A reader: PATH=PROTOCOL[,name=NAME][,SETTING=VALUE ...], with the protocols and settings listed above. Once for each reader." placeholder:"PATH=PROTOCOL" sep:"none" required:""`
}

// Run serves readers until ctx ends.
func (c *runCommand) Run(ctx context.Context, log *slog.Logger) error {
	cfg := gateway.Config{Journal: c.Journal, Software: "tikklok-gateway " + version, Log: log}
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
	return gateway.Run(ctx, cfg)
}
