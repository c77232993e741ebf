package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"tikklok/gateway"
	"tikklok/gateway/wire"
)

// enrollCommand makes this device a gateway.
type enrollCommand struct {
	Server   string        `help:"Where the server's --mqtt is reached from here; the port is 8883 when it is left out." placeholder:"HOST:PORT" required:"" env:"TIKKLOK_SERVER"`
	File     string        `name:"enrolment" help:"The file to write." default:"enrolment.json" type:"path" env:"TIKKLOK_ENROLMENT"`
	Replace  bool          `help:"Also over the file of another gateway."`
	Patience time.Duration `help:"How long to go on while the network or the server is away." default:"2m"`
	Code     []string      `arg:"" help:"As \"tikklok gateway add\" printed it; dashes, spaces and small letters don't matter."`
}

// Help is shown with --help.
func (enrollCommand) Help() string {
	return `This device makes its own key, which never leaves it, and shows the code to the
server. The code says which server is the right one, so that nobody in between
can take its place. If the answer gets lost, run the same command again.

Examples:
  tikklok-gateway enroll --server tikklok.example.com:8883 4GQ2-8KXV-…
  tikklok-gateway enroll --server tikklok.example.com:443 --enrolment /var/lib/tikklok-gateway/enrolment.json 4GQ2-8KXV-…`
}

// Run enrols, and says how to go on.
func (c *enrollCommand) Run(ctx context.Context, log *slog.Logger) error {
	code, err := wire.ParseCode(strings.Join(c.Code, ""))
	if err != nil {
		return err
	}
	server := c.Server
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(strings.Trim(server, "[]"), "8883")
	}
	e, err := gateway.Enrol(ctx, gateway.Enrolling{Server: server, Code: code, File: c.File, Replace: c.Replace, Patience: c.Patience, Log: log})
	if err != nil {
		return fmt.Errorf("not enrolled: %w", err)
	}
	fmt.Printf("gateway %d: enrolled in %s, broker %s\nStart it, or start it again if it runs: tikklok-gateway run --enrolment %s --port …\n", e.Gateway, c.File, e.Broker, c.File)
	return nil
}
