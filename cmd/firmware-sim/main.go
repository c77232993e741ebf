// Command firmware-sim promises a whole system to look at and to judge: it
// starts the shipped server and gateway, gives them readers and people that
// they can't tell from real ones, and holds what comes out at the other end
// against the ledger of what truly happened.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

var version = "unknown"

type commands struct {
	Demo    demo             `cmd:"" help:"Start everything with simulated readers and a small company, and keep taps coming until Ctrl-C."`
	Smoke   smoke            `cmd:"" help:"Run the whole system in a temporary folder and compare every tap and minute with the ledger."`
	Chaos   chaos            `cmd:"" help:"Let everything go wrong around the whole system and compare every tap with the ledger."`
	Gateway gatewayCommand   `cmd:"" hidden:"" help:"A gateway whose clocks are simulated; chaos starts these."`
	Reader  reader           `cmd:"" help:"Put one simulated reader on a serial port or a pty, to face anybody's gateway, panel or host."`
	Storm   storm            `cmd:"" help:"Let thousands of gateways come back at once after an outage, and compare every tap with the database."`
	Version kong.VersionFlag `help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	k := kong.Parse(&c, kong.Name("firmware-sim"), kong.Vars{"version": version}, kong.ShortUsageOnError(),
		kong.Description("Simulated readers and people around the real server and gateway.\n\nExamples:\n  firmware-sim demo --state var\n  firmware-sim smoke --kill\n  firmware-sim reader --kind osdp --pty /tmp/front --address 1 --every 2s"))
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "firmware-sim:", err)
		os.Exit(1)
	}
}
