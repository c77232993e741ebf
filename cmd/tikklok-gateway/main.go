// Command tikklok-gateway is the small program beside the readers: it keeps
// taps and brings them to the server.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"tikklok/gateway"
)

// version is set by the build.
var version = "unknown"

// commands are all that the program does. There is no option for a clock: the
// gateway uses the machine's and the server's.
type commands struct {
	Logs string `help:"How to write the log to standard error: ${enum}." enum:"text,json" default:"text" env:"TIKKLOK_LOGS"`

	Run     runCommand     `cmd:"" default:"withargs" help:"Serve readers until stopped (the default)."`
	Ports   portsCommand   `cmd:"" help:"List the machine's serial ports, which are free, and what to write in --port."`
	Enroll  enrollCommand  `cmd:"" aliases:"enrol" help:"Make this device a gateway, by a one-time code of the server."`
	Journal journalCommand `cmd:"" help:"Look into the journal, or write it to a file."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const description = `Keeps taps in a journal and brings them to the server.

Examples:
  tikklok-gateway --port /dev/ttyUSB0=em4100
  tikklok-gateway --enrolment hall.json --port /dev/ttyUSB0=link --port /dev/ttyUSB1=em4100,name=canteen
  tikklok-gateway --port /dev/ttyUSB0=pn532,name=hall --port /dev/ttyUSB1=line,format=decimal,width=10,wiegand=26
  tikklok-gateway --port /dev/ttyUSB0=osdp:addr=1 --print-taps
  tikklok-gateway journal export --journal /var/lib/tikklok-gateway /media/stick/hall.tikklok

TIKKLOK_PORTS holds the same as --port, with spaces between several. With
--print-taps each tap is a JSON object on a line: reader, port, protocol,
technology, bits, token (the same for the same fob as long as the program
runs, and for nothing else), instant, bound_ms and clock (how wrong the instant
may be), gap_ms (how long before it the tap may have been made).

The enrolment file is written by "tikklok-gateway enroll --server HOST:PORT CODE";
"tikklok gateway add NAME" on the server gives the code.`

const portDescription = `

Protocols of --port and their settings, beside name=NAME. The first value is
the default, except that wiegand is off until it is set; a DURATION is written
1.5s or 100ms. For RDM6300 readers, which read ghosts, use em4100,confirm=2.

`

func main() {
	var c commands
	k := kong.Parse(&c, kong.Name("tikklok-gateway"), kong.Description(description+portDescription+gateway.PortHelp()), kong.ShortUsageOnError())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	k.FatalIfErrorf(k.Run(logger(c.Logs)))
}

func logger(kind string) *slog.Logger {
	if kind == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run() error {
	_, err := fmt.Println("tikklok-gateway " + version)
	return err
}
