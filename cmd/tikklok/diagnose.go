package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"tikklok/api"
	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type diagnoseCommand struct {
	Gateway  string `arg:"" help:"Its name or number."`
	Tenant   string `help:"Name or number; needed where there are several."`
	JSON     bool   `name:"json" help:"As the API gives it."`
	Language string `default:"en" enum:"nl,en" help:"nl or en."`
}

// patience is how long the database may take: one that hangs is the finding.
const patience = time.Minute

// errFails makes the command end with 1: something fails.
var errFails = errors.New("something fails")

// Run names the link that fails (OB-H11). It needs no server that runs: where
// the database can't be reached either, that is the finding.
func (c diagnoseCommand) Run(ctx context.Context, p place) error {
	found, err := c.find(ctx, p)
	if err != nil {
		return err
	}
	if c.JSON {
		err = c.printJSON(os.Stdout, found)
	} else {
		err = c.print(os.Stdout, found)
	}
	if err == nil && found.Verdict == fleet.VerdictFailing {
		err = errFails
	}
	return err
}

func (c diagnoseCommand) find(ctx context.Context, p place) (fleet.Finding, error) {
	now := time.Now()
	var facts fleet.Facts
	opened := false
	asking, stop := context.WithTimeout(ctx, patience)
	defer stop()
	err := p.withDatabase(asking, func(d *database) error {
		opened = true
		return inTenantOf(asking, d, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
			if zone, err := time.LoadLocation(t.Zone); err == nil {
				now = now.In(zone)
			}
			all, err := fleet.AllFacts(asking, tx, now)
			if err == nil {
				facts, err = c.choose(all)
			}
			return err
		})
	})
	if err != nil && (!opened || asking.Err() != nil) && ctx.Err() == nil {
		return fleet.Diagnose(fleet.Facts{DatabaseAway: oneLine(err)}, now), nil
	}
	return fleet.Diagnose(facts, now), err
}

// inTenantOf is place.inTenant on a database that is open.
func inTenantOf(ctx context.Context, d *database, name string, fn func(pg.Tx, tenant.Tenant) error) error {
	db, err := d.open(ctx, pg.RoleApp)
	if err != nil {
		return err
	}
	defer db.Close()
	t, err := findTenant(ctx, db, name)
	if err != nil {
		return err
	}
	return db.InTenant(ctx, t.ID, func(tx pg.Tx) error { return fn(tx, t) })
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func (c diagnoseCommand) choose(all []fleet.Facts) (fleet.Facts, error) {
	names := ""
	for _, f := range all {
		if f.Name == c.Gateway || strconv.FormatInt(f.ID, 10) == c.Gateway {
			return f, nil
		}
		names += "\n  " + f.Name
	}
	if names == "" {
		return fleet.Facts{}, errors.New("there is no gateway yet; make one with \"tikklok gateway add\"")
	}
	return fleet.Facts{}, fmt.Errorf("no gateway is called %q; choose one of:%s", c.Gateway, names)
}

func (c diagnoseCommand) printJSON(w io.Writer, f fleet.Finding) error {
	view, err := api.DiagnosisView(f, f.At)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(view)
}

// signs stand before each link, so that the eye finds the culprit.
var signs = map[fleet.Verdict]string{fleet.VerdictOK: "  ", fleet.VerdictUnknown: " ?", fleet.VerdictSuspect: " !", fleet.VerdictFailing: "!!"}

func (c diagnoseCommand) print(w io.Writer, f fleet.Finding) error {
	texts, err := page.TextsIn(c.Language)
	if err != nil {
		return err
	}
	say := func(m page.Message) string {
		text, failed := texts.Say(m)
		err = errors.Join(err, failed)
		return text
	}
	for _, s := range f.Chain {
		head := fmt.Sprintf("%s %-14s %-8s", signs[s.Verdict], say(page.Say("link."+string(s.Link))), say(page.Say("verdict."+string(s.Verdict))))
		for _, e := range s.Evidence {
			fmt.Fprintln(w, head, say(page.Found(e, f.At)))
			head = strings.Repeat(" ", len([]rune(head)))
		}
		if len(s.Evidence) == 0 {
			fmt.Fprintln(w, strings.TrimRight(head, " "))
		}
	}
	if f.Remedy != "" {
		fmt.Fprintf(w, "\n%s → %s\n", say(page.Found(f.Cause, f.At)), say(page.Remedy(f.Remedy)))
	}
	return err
}
