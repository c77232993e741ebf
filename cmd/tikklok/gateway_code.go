package main

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type gatewayCode struct {
	Name   string        `arg:"" help:"Of the gateway."`
	Valid  time.Duration `default:"24h" help:"How long the code may be used."`
	Tenant string        `help:"Name or number; needed where there are several."`
}

// Run makes a one-time code for a gateway that is there: its device is
// replaced or was installed anew. The device that uses it takes its place.
func (c gatewayCode) Run(ctx context.Context, p place) error {
	var code fleet.Code
	var g fleet.Gateway
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) (err error) {
		if g, err = gatewayNamed(ctx, tx, t, c.Name); err != nil {
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

// tellCode prints what to type on the device; nothing else keeps the code.
func tellCode(g fleet.Gateway, c fleet.Code) {
	fmt.Printf(`gateway %d: %s
code: %s   once, until %s
On the device, HOST:PORT being where serve's --mqtt is reached from there:
  tikklok-gateway enroll --server HOST:PORT %s
`, g.ID, g.Name, c, c.Until.Format("2 January 2006 15:04 MST"), c)
}

// gatewayNamed finds a gateway that is in use; the error names them all.
func gatewayNamed(ctx context.Context, tx pg.Tx, t tenant.Tenant, name string) (fleet.Gateway, error) {
	all, err := fleet.Gateways(ctx, tx)
	if err != nil {
		return fleet.Gateway{}, err
	}
	names := ""
	for _, g := range all {
		switch {
		case g.Revoked != nil && g.Name == name:
			return fleet.Gateway{}, fmt.Errorf("gateway %s: %w", name, fleet.ErrRevoked)
		case g.Revoked != nil:
		case g.Name == name:
			return g, nil
		default:
			names += "\n  " + g.Name
		}
	}
	return fleet.Gateway{}, fmt.Errorf("%s has no gateway in use that is called %q; it has:%s", t.Name, name, names)
}
