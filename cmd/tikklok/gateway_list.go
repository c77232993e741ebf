package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type gatewayList struct {
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run prints one line a gateway in use, with what its diagnosis says.
func (c gatewayList) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		now := time.Now()
		all, err := fleet.AllFacts(ctx, tx, now)
		if err != nil {
			return err
		}
		sites, err := siteNames(ctx, tx)
		if err != nil {
			return err
		}
		return printGateways(os.Stdout, all, sites, now)
	})
}

func printGateways(w io.Writer, all []fleet.Facts, sites map[int64]string, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tNAME\tSITE\tLINE\tHEARD\tUNSENT\tDIAGNOSIS")
	for _, f := range all {
		found := fleet.Diagnose(f, now)
		said := string(found.Verdict)
		if len(found.Culprits) > 0 {
			said += ": " + joinLinks(found.Culprits) + " (" + found.Cause.Code + ")"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%d\t%s\n", f.ID, f.Name, sites[f.Site], lineWord(f.Gateway), since(f.LastHeard, now), f.Unsent, said)
	}
	return t.Flush()
}

func joinLinks(links []fleet.Link) string {
	words := make([]string, len(links))
	for i, l := range links {
		words[i] = string(l)
	}
	return strings.Join(words, ", ")
}

func lineWord(g fleet.Gateway) string {
	switch {
	case g.Revoked != nil:
		return "revoked"
	case g.Online:
		return "online"
	case g.LastHeard == nil:
		return "never"
	}
	return "offline"
}

// since says how long ago an instant was, roughly.
func since(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	d := now.Sub(*t)
	if d < time.Minute {
		return "now"
	}
	if d < 48*time.Hour {
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s") + " ago"
	}
	return fmt.Sprintf("%d days ago", int(d/(24*time.Hour)))
}

func siteNames(ctx context.Context, tx pg.Tx) (map[int64]string, error) {
	all, err := fleet.Sites(ctx, tx)
	names := map[int64]string{}
	for _, s := range all {
		names[s.ID] = s.Name
	}
	return names, err
}

type gatewayShow struct {
	Name   string `arg:"" help:"Of the gateway, or its number."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run prints what a gateway last told, and its readers.
func (c gatewayShow) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		now := time.Now()
		all, err := fleet.AllFacts(ctx, tx, now)
		if err != nil {
			return err
		}
		f, err := diagnoseCommand{Gateway: c.Name}.choose(all)
		if err != nil {
			return err
		}
		return printGateway(os.Stdout, f, now)
	})
}

func printGateway(w io.Writer, f fleet.Facts, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(t, "%s\t%v\n", name, value) }
	line("gateway", fmt.Sprintf("%d %s", f.ID, f.Name))
	line("line", lineWord(f.Gateway)+", heard "+since(f.LastHeard, now))
	line("software", f.Software)
	line("clock", f.Clock)
	line("unsent", f.Unsent)
	line("damaged", f.Damaged)
	line("settings", fmt.Sprintf("%d of %d", f.Settings, f.SettingsWanted))
	line("signal", told(f.Signal, "dBm"))
	line("certificate until", day(f.Gateway.CertificateUntil))
	line("machine up since", day(f.Booted))
	line("outages in 30 days", len(f.Outages))
	fmt.Fprintln(t, "\nREADER\tNAME\tPROTOCOL\tBATTERY\tSTORED\tCONTACT\tHEALTH")
	for _, r := range f.Readers {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", r.ID, r.Name, r.Protocol, told(r.BatteryPercent, "%"), r.Stored, since(r.LastContact, now), r.Health)
	}
	return t.Flush()
}

// told gives a measurement; 0 is none: mains, a cable.
func told(n int, unit string) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n, " ", unit)
}

func day(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.DateOnly)
}
