// Command tikklok is the server: it takes in what gateways send, computes
// hours, and serves the pages and the API. One program by default; each half
// can run alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the build.
var version = "unknown"

// commands is the whole command line.
type commands struct {
	place `embed:"" group:"Of the installation:"`

	Serve       serveCommand       `cmd:"" default:"withargs" help:"Serve gateways, pages and the API (the default)."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database to this version, after a backup."`
	Tenant      tenantCommand      `cmd:"" help:"Customers: add them, suspend, let go; replace their token keys."`
	Account     accountCommand     `cmd:"" help:"Add people who sign in, and reset their passwords."`
	Gateway     gatewayCommand     `cmd:"" help:"Add gateways, replace their devices, revoke them."`
	Diagnose    diagnoseCommand    `cmd:"" help:"Name the link that fails between a gateway's readers and the database; ends with 1 when one does."`
	Hours       hoursCommand       `cmd:"" help:"Compute hours from a script of taps; compute a month again; seal days."`
	Export      exportCommand      `cmd:"" help:"Write a month's hours in a payroll package's format, as paper, or as sheets."`
	Publish     publishCommand     `cmd:"" help:"Publish a month's hours for analysis, without people, however many lines it has."`
	Formats     formatsCommand     `cmd:"" help:"List the formats of payroll packages, and how far each is proved."`
	Payroll     payrollCommand     `cmd:"" help:"Check prints; bring the register of payroll runs and its manifests together after a restore."`
	Privacy     privacyCommand     `cmd:"" help:"Carry out requests of data subjects that an administrator granted; search for what is left."`
	Import      importCommand      `cmd:"" help:"Take in what a gateway, or a whole tenant, exported to a file."`
	Key         keyCommand         `cmd:"" help:"Say which master key seals the database; replace it."`
	Backup      backupCommand      `cmd:"" help:"Make, list and open sealed dumps of the database."`
	Restore     restoreCommand     `cmd:"" help:"Check backups by restoring them; restore a whole database or one customer."`
	Retention   retentionCommand   `cmd:"" help:"How long data is kept: terms, legal holds, what a purge would remove, and removing it."`
	Register    registerCommand    `cmd:"" help:"Sub-processors, instructions, disclosures, audits, consent, measures: what is agreed and told."`
	Incident    incidentCommand    `cmd:"" help:"Incidents: what is open by when, and what was done about it."`
	Outage      outageCommand      `cmd:"" help:"Availability: a month's outages, whose failing they were, and its report."`
	Duty        dutyCommand        `cmd:"" help:"Who answers the telephone, day and night."`
	Breach      breachCommand      `cmd:"" help:"Breaches: the clock, whom they affect, and the notice to the controller."`
	Maintenance maintenanceCommand `cmd:"" help:"Announce work on the service to its users, ahead; cancel it; see who was told."`
	Alarm       alarmCommand       `cmd:"" help:"What is wrong with this installation, and who is told."`
	Audit       auditCommand       `cmd:"" help:"Verify the audit log, export it for an auditor, keep its end elsewhere."`
	CutOff      cutOffCommand      `cmd:"" help:"End an account's, a key's or a gateway's access at once, on misuse."`
	Ports       portsCommand       `cmd:"" help:"Scan a server from outside for open ports that nobody expects."`
	Evidence    evidenceCommand    `cmd:"" help:"Lay every obligation of the contracts beside the proof that it is kept, signed."`
	Database    databaseCommand    `cmd:"" help:"Run a private PostgreSQL, alone or around another command."`
	Probe       probeCommand       `cmd:"" help:"Measure a service from outside, every minute, as people meet it."`
	Drill       drillCommand       `cmd:"" help:"Break a system of its own, and say what came of it."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

const description = `From a fob's tap to a payroll line.

Examples:
  tikklok serve --http 127.0.0.1:8080 --mqtt 0.0.0.0:8883 --public-host tikklok.example.com
  tikklok gateway add Hall --site Amsterdam --create-site
  tikklok gateway revoke Hall --stolen
  tikklok account add eva@example.com --role approver
  tikklok diagnose Hall
  tikklok hours run case.txt
  tikklok account reset-password admin@localhost
  tikklok import /media/stick/hall.tikklok

Data stands in the folder --state, and in the database of $DATABASE_URL or one
of its own. The commands work beside a server that runs; --state must be the
same.`

type versionCommand struct{}

func (versionCommand) Run() error {
	fmt.Println(version)
	return nil
}

func main() {
	slog.SetDefault(slog.New(rememberErrors(slog.NewTextHandler(os.Stderr, nil))))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var c commands
	k, err := parser(&c, kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		panic(err) // the table of commands itself is wrong
	}
	line, err := k.Parse(os.Args[1:])
	k.FatalIfErrorf(err)
	err = line.Run(c.place)
	var ended *exec.ExitError
	switch {
	case err == nil:
	case errors.Is(err, errFails): // it has been said
		stop()
		os.Exit(1)
	case errors.As(err, &ended):
		stop()
		os.Exit(max(1, ended.ExitCode()))
	default:
		stop()
		fmt.Fprintln(os.Stderr, "tikklok:", err)
		os.Exit(1)
	}
}
