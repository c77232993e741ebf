package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// tenantKey replaces the key that turns fob numbers into tokens (I7).
type tenantKey struct {
	Rotate keyRotate `cmd:"" help:"Begin to replace it: gateways get the next key beside the current one."`
	Status keyStatus `cmd:"" help:"Say how far that is: fobs not seen yet, gateways without the next key."`
	Finish keyFinish `cmd:"" help:"Make the next key the current one."`
}

type keyRotate struct {
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run begins a rotation.
func (c keyRotate) Run(ctx context.Context, p place) error {
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		return tenant.StartRotation(ctx, tx, operator, time.Now())
	})
	if err == nil {
		fmt.Println("The token key is being replaced. Gateways that are connected have the next key within a minute;\n" +
			"every fob gets its new token at its next tap. See `tikklok tenant key status`, then `tikklok tenant key finish`.")
	}
	return err
}

type keyStatus struct {
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run tells how far a rotation is.
func (c keyStatus) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		keys, err := tenant.Keys(ctx, tx)
		if err != nil {
			return err
		}
		for _, k := range keys {
			fmt.Printf("key %d: %s since %s\n", k.Version, k.State, k.Since.Format(time.RFC3339))
		}
		if len(keys) == 0 {
			return tenant.ErrNoKey
		}
		return tellProgress(ctx, tx, keys[0].Version)
	})
}

// tellProgress names what doesn't know a version of the key.
func tellProgress(ctx context.Context, tx pg.Tx, version uint32) error {
	unseen, err := fleet.Unseen(ctx, tx, version)
	if err != nil {
		return err
	}
	behind, err := fleet.Behind(ctx, tx, version)
	if err != nil {
		return err
	}
	conflicts, err := fleet.TwinConflicts(ctx, tx)
	if err != nil {
		return err
	}
	fmt.Printf("fobs not seen under key %d: %d%s\n", version, len(unseen), labels(unseen))
	fmt.Printf("gateways without key %d: %d\n", version, len(behind))
	for _, g := range behind {
		heard := "never heard"
		if g.LastHeard != nil {
			heard = "last heard " + g.LastHeard.Format(time.RFC3339)
		}
		fmt.Printf("  %s (%s)\n", g.Name, heard)
	}
	for _, x := range conflicts {
		fmt.Printf("contradiction: gateway %s tells that fobs %q and %q are one; see the Devices page\n", x.Gateway, x.Old, x.New)
	}
	return nil
}

func labels(fobs []fleet.Fob) string {
	var b strings.Builder
	for _, f := range fobs {
		fmt.Fprintf(&b, "\n  %s (%s)", f.Label, f.Status)
	}
	return b.String()
}

type keyFinish struct {
	LeaveUnseen bool   `help:"Also where fobs were not seen: they are unknown until a gateway that had the former key sees them, or somebody registers them again."`
	Tenant      string `help:"Name or number; needed where there are several."`
}

// Run finishes a rotation.
func (c keyFinish) Run(ctx context.Context, p place) error {
	var unseen []fleet.Fob
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) (err error) {
		unseen, err = fleet.FinishRotation(ctx, tx, operator, time.Now(), c.LeaveUnseen)
		return err
	})
	if errors.Is(err, fleet.ErrUnseen) {
		return fmt.Errorf("%w:%s", err, labels(unseen))
	}
	if err != nil {
		return err
	}
	fmt.Println("The next token key is the current one.")
	if len(unseen) > 0 {
		fmt.Printf("These fobs are unknown under it until they are held to a reader, or registered again:%s\n", labels(unseen))
	}
	return nil
}
