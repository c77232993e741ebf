package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"regexp"
	"strings"
	"time"

	"tikklok/ingest/durable"
	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type probeCommand struct {
	Run probeRun `cmd:"" default:"withargs" help:"Measure a service every minute, keep what was measured, tell the server (the default)."`
	Add probeAdd `cmd:"" help:"Make a probe on the server, and the file it starts with."`
}

// probeFile is what a probe starts with; whoever has it can sign in as the
// probe, which sees nobody.
type probeFile struct {
	Name     string `json:"name"`
	Server   string `json:"server"`
	Gateway  string `json:"gateway"` // host:port of serve's --mqtt
	Email    string `json:"email"`
	Password string `json:"password"`
	Key      string `json:"key"`
	Code     string `json:"code"` // makes its gateway, once
}

type probeAdd struct {
	Name    string        `arg:"" help:"Of the probe: small letters, digits and dashes, as in nl-west."`
	Server  string        `default:"http://127.0.0.1:8080" help:"Where people reach the pages; the probe goes there too."`
	Gateway string        `default:"127.0.0.1:8883" help:"Where gateways reach the server, as host:port."`
	Out     string        `default:"probe.json" type:"path" help:"The file to write, for the host of the probe."`
	Valid   time.Duration `default:"24h" help:"How long the probe's gateway may enrol."`
}

// probesName is what the tenant of the probes is called.
const probesName = "Tikklok probe"

var probeNames = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// Run makes account, key and gateway in the probes' tenant, or none of them.
// The file is written before they hold: what is lost then opens nothing.
func (c probeAdd) Run(ctx context.Context, p place) error {
	if !probeNames.MatchString(c.Name) {
		return fmt.Errorf("a probe can't be called %q: 1 to 40 small letters, digits and dashes", c.Name)
	}
	if _, err := serverAddress(c.Server); err != nil {
		return fmt.Errorf("--server: %w", err)
	}
	if _, _, err := net.SplitHostPort(c.Gateway); err != nil {
		return fmt.Errorf("--gateway %q: want HOST:PORT, of serve's --mqtt", c.Gateway)
	}
	err := p.withDatabase(ctx, func(d *database) error {
		db, err := d.open(ctx, pg.RoleOwner)
		if err != nil {
			return err
		}
		defer db.Close()
		t, err := probesTenant(ctx, db)
		if err != nil {
			return err
		}
		return db.InTenant(ctx, t.ID, func(tx pg.Tx) error { return c.add(ctx, tx) })
	})
	if err == nil {
		fmt.Printf("probe %s: start it with `tikklok probe --config %s`, best on another host; it can open nothing but the door of the probes\n", c.Name, c.Out)
	}
	return err
}

func (c probeAdd) add(ctx context.Context, tx pg.Tx) error {
	f := probeFile{Name: c.Name, Server: c.Server, Gateway: c.Gateway, Email: probeAddress(c.Name), Password: people.GeneratePassword()}
	_, err := people.CreateAccount(ctx, tx, operator, people.Account{Email: f.Email, Name: "probe " + c.Name, Language: "en", Roles: []people.Role{people.Auditor}}, f.Password)
	if err != nil {
		return err
	}
	if _, f.Key, err = people.CreateKey(ctx, tx, operator, people.Key{Name: c.Name, Scopes: []people.Scope{people.ScopeManage}}); err != nil {
		return err
	}
	g, err := c.addGateway(ctx, tx)
	if errors.Is(err, fleet.ErrNameTaken) {
		return fmt.Errorf("there is, or was, a probe %s already; choose another name", c.Name)
	}
	if err != nil {
		return err
	}
	code, err := fleet.NewCode(ctx, tx, operator, g.ID, c.Valid, time.Now())
	if err != nil {
		return err
	}
	f.Code = code.String()
	content, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the probe's file: %w", err)
	}
	err = durable.Create(c.Out, append(content, '\n'), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists, and may be another probe's only copy; choose another file with --out", c.Out)
	}
	return err
}

// probeAddress is what a probe signs in by. Its name stands on the status page;
// whoever could guess the address could lock the account with wrong passwords,
// and so make minutes look down.
func probeAddress(name string) string {
	return "probe-" + name + "-" + strings.ToLower(rand.Text()[:10]) + "@probe.invalid"
}

// addGateway makes the probe's gateway, whose taps wait for no others.
func (c probeAdd) addGateway(ctx context.Context, tx pg.Tx) (fleet.Gateway, error) {
	sites, err := fleet.Sites(ctx, tx)
	if err != nil {
		return fleet.Gateway{}, err
	}
	if len(sites) == 0 {
		s, err := fleet.AddSite(ctx, tx, operator, "Probe")
		if err != nil {
			return fleet.Gateway{}, err
		}
		sites = append(sites, s)
	}
	g, err := fleet.AddGateway(ctx, tx, operator, sites[0].ID, c.Name)
	if err != nil {
		return g, err
	}
	return g, fleet.SetWish(ctx, tx, operator, g.ID, fleet.Wish{FlushMS: 100})
}

// probesTenant finds the tenant of the probes, or makes it where there are
// customers: else the server would not make its first one.
func probesTenant(ctx context.Context, db *pg.DB) (tenant.Tenant, error) {
	all, err := tenants(ctx, db)
	if err != nil {
		return tenant.Tenant{}, err
	}
	if len(all) == 0 {
		return tenant.Tenant{}, errors.New("there is no tenant yet: start the server once, then add the probe")
	}
	for _, t := range all {
		if t.Probe {
			return t, nil
		}
	}
	var t tenant.Tenant
	err = db.Look(ctx, func(tx pg.Tx) (err error) {
		if t, err = tenant.Create(ctx, tx, operator, probesName, "Europe/Amsterdam", "nl"); err != nil {
			return err
		}
		return tenant.ForProbes(ctx, tx, operator)
	})
	return t, err
}
