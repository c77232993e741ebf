package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type gatewayCommand struct {
	Add    gatewayAdd    `cmd:"" help:"Add a gateway and print the one-time code that makes a device this gateway."`
	Code   gatewayCode   `cmd:"" help:"Print another code for a gateway: its device was swapped or installed anew, or the code was lost."`
	List   gatewayList   `cmd:"" help:"List the gateways in use, each with what its diagnosis says."`
	Show   gatewayShow   `cmd:"" help:"Show what a gateway last told, and its readers."`
	Set    gatewaySet    `cmd:"" help:"Set a gateway from here: what its line may cost, how long taps wait."`
	Revoke gatewayRevoke `cmd:"" help:"End a gateway's access for good: stolen, broken or replaced."`
}

type gatewayAdd struct {
	Name       string        `arg:"" help:"Of the gateway."`
	Site       string        `help:"Name of its site; the only one by default."`
	CreateSite bool          `help:"Make the site where there is none of that name."`
	Valid      time.Duration `default:"24h" help:"How long the code may be used."`
	Out        string        `placeholder:"FILE" type:"path" help:"Write the gateway's file instead, key and all, where its device reaches no network yet; whoever has it can submit taps."`
	Broker     string        `default:"mqtts://localhost:8883" help:"With --out: where the gateway reaches the server; the host is one of serve's --public-host."`
	Tenant     string        `help:"Name or number; needed where there are several."`
}

// Run adds a gateway.
func (c gatewayAdd) Run(ctx context.Context, p place) error {
	if c.Out != "" {
		return c.writeFile(ctx, p)
	}
	var g fleet.Gateway
	var code fleet.Code
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		site, err := c.site(ctx, tx)
		if err != nil {
			return err
		}
		if g, err = fleet.AddGateway(ctx, tx, operator, site, c.Name); err != nil {
			return err
		}
		code, err = fleet.NewCode(ctx, tx, operator, g.ID, c.Valid, time.Now())
		return err
	})
	if err == nil {
		tellCode(g, code)
	}
	return err
}

// writeFile adds a gateway with its file, which is written before the commit:
// a gateway that is known has a file, and a file without a gateway is removed.
func (c gatewayAdd) writeFile(ctx context.Context, p place) error {
	file, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists, and may be another gateway's only copy; choose another file", c.Out)
	}
	if err != nil {
		return fmt.Errorf("writing the gateway's file: %w", err)
	}
	var g fleet.Gateway
	err = p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) (err error) {
		g, err = c.add(ctx, tx, p, file)
		return err
	})
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(c.Out))
	}
	fmt.Printf("gateway %d: %s, enrolment in %s\n", g.ID, g.Name, c.Out)
	return nil
}

func (c gatewayAdd) add(ctx context.Context, tx pg.Tx, p place, file *os.File) (fleet.Gateway, error) {
	authority, err := fleet.OpenAuthority(p.folder("authority"))
	if err != nil {
		return fleet.Gateway{}, err
	}
	site, err := c.site(ctx, tx)
	if err != nil {
		return fleet.Gateway{}, err
	}
	ring, owner, err := tenant.Ring(ctx, tx)
	if err != nil {
		return fleet.Gateway{}, err
	}
	g, err := fleet.AddGateway(ctx, tx, operator, site, c.Name)
	if err != nil {
		return fleet.Gateway{}, err
	}
	key, _ := ring.Key(ring.Current)
	return g, c.enrol(ctx, tx, authority, g, key, owner, file)
}

func (c gatewayAdd) enrol(ctx context.Context, tx pg.Tx, authority *fleet.Authority, g fleet.Gateway, key wire.TokenKey, owner uint64, file *os.File) error {
	content, der, err := authority.EnrolmentFile(uint32(g.ID), c.Broker, key, owner)
	if err != nil {
		return err
	}
	if err := fleet.SetCertificate(ctx, tx, operator, g.ID, der, time.Now()); err != nil {
		return err
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync()); err != nil {
		return fmt.Errorf("writing the gateway's file: %w", err)
	}
	return nil
}

// site gives the id of the named site, or of the only one.
func (c gatewayAdd) site(ctx context.Context, tx pg.Tx) (int64, error) {
	all, err := fleet.Sites(ctx, tx)
	if err != nil {
		return 0, err
	}
	names := ""
	for _, s := range all {
		if s.Name == c.Site || c.Site == "" && len(all) == 1 {
			return s.ID, nil
		}
		names += "\n  " + s.Name
	}
	switch {
	case c.Site == "" && len(all) == 0:
		return 0, errors.New("there is no site yet; make one with --site NAME --create-site")
	case c.Site == "":
		return 0, fmt.Errorf("there are several sites; say which with --site:%s", names)
	case !c.CreateSite && len(all) == 0:
		return 0, fmt.Errorf("there is no site yet; add --create-site to make %q", c.Site)
	case !c.CreateSite:
		return 0, fmt.Errorf("no site is called %q; add --create-site to make it, or choose one of:%s", c.Site, names)
	}
	s, err := fleet.AddSite(ctx, tx, operator, c.Site)
	return s.ID, err
}

type gatewayRevoke struct {
	Name   string `arg:"" help:"Of the gateway."`
	Stolen bool   `help:"It is in others' hands: its token key is replaced too, on all gateways."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run revokes a gateway; the server turns it away within a round (OB-C11).
func (c gatewayRevoke) Run(ctx context.Context, p place) error {
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		g, err := gatewayNamed(ctx, tx, t, c.Name)
		if err != nil {
			return err
		}
		return fleet.RevokeGateway(ctx, tx, operator, g.ID, time.Now())
	})
	if err != nil {
		return err
	}
	fmt.Printf("gateway %s: revoked\n", c.Name)
	if c.Stolen {
		return c.replaceKey(ctx, p)
	}
	return nil
}

// replaceKey starts a rotation after a theft: whoever has the token key and a
// journal can look for the numbers behind its tokens (I7).
func (c gatewayRevoke) replaceKey(ctx context.Context, p place) error {
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		return tenant.StartRotation(ctx, tx, operator, time.Now())
	})
	if errors.Is(err, tenant.ErrRotating) {
		return errors.New("the gateway is revoked, but the token key is being replaced already, and the gateway may know the new one too: finish that (tikklok tenant key finish), then start another (tikklok tenant key rotate)")
	}
	if err == nil {
		fmt.Println("The token key is being replaced on all gateways; `tikklok tenant key status` says how far that is.\nAssess the theft as a breach of personal data.")
	}
	return err
}
