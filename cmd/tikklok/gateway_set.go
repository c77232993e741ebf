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

// gatewaySet changes what a gateway should be set to.
type gatewaySet struct {
	Name         string         `arg:"" optional:"" help:"Of the gateway."`
	All          bool           `help:"All gateways of the tenant instead; a gateway's own settings go before these."`
	MonthBytes   *uint64        `help:"What a calendar month (UTC) may cost in bytes, both ways, with TCP/IP: 100000 to 1000000000000; 0: as built, no limit."`
	Flush        *time.Duration `help:"How long a live tap may wait for others: 50ms to 10m; 0: as built."`
	KeepAlive    *time.Duration `help:"Between signs of life on an idle connection: 30s to 2h; 0: as built."`
	StateEvery   *time.Duration `help:"Between two states without a change: 1m to 24h; 0: as built."`
	BlockedHours *uint32        `help:"How long the list of blocked fobs counts without word from the server: 1 to 168; 0: 24."`
	Tenant       string         `help:"Name or number; needed where there are several."`
}

// Run sets what was given; the gateway has it within a minute of being
// connected. Without anything given it prints what is set.
func (c gatewaySet) Run(ctx context.Context, p place) error {
	if c.All == (c.Name != "") {
		return errors.New("say which gateway by its name, or --all")
	}
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		var id int64
		if !c.All {
			g, err := gatewayNamed(ctx, tx, t, c.Name)
			if err != nil {
				return err
			}
			id = g.ID
		}
		wish, err := fleet.WishOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if before := wish; c.into(&wish) && wish != before {
			if err := fleet.SetWish(ctx, tx, operator, id, wish); err != nil {
				return err
			}
		}
		fmt.Println(wishText(wish))
		return nil
	})
}

// into puts what was given into a wish, and says whether anything was.
func (c gatewaySet) into(w *fleet.Wish) (given bool) {
	if c.MonthBytes != nil {
		w.MonthBytes, given = *c.MonthBytes, true
	}
	if c.BlockedHours != nil {
		w.BlockedHours, given = *c.BlockedHours, true
	}
	for _, d := range []struct {
		from *time.Duration
		unit time.Duration
		to   *uint32
	}{{c.Flush, time.Millisecond, &w.FlushMS}, {c.KeepAlive, time.Second, &w.KeepAliveS}, {c.StateEvery, time.Minute, &w.StateMinutes}} {
		if d.from != nil {
			*d.to, given = units(*d.from, d.unit), true
		}
	}
	return given
}

// units rounds up, so that what is no whole unit is not taken for 0; what has
// no place in 32 bits is out of bounds anyway.
func units(d, unit time.Duration) uint32 {
	return uint32(min(uint64(max(d, -unit)+unit-1)/uint64(unit), 1<<32-1))
}

func wishText(w fleet.Wish) string {
	var parts []string
	for _, v := range []struct {
		name  string
		value uint64
		unit  string
	}{
		{"month-bytes", w.MonthBytes, ""}, {"flush", uint64(w.FlushMS), "ms"}, {"keep-alive", uint64(w.KeepAliveS), "s"},
		{"state-every", uint64(w.StateMinutes), "m"}, {"blocked-hours", uint64(w.BlockedHours), ""},
	} {
		if v.value != 0 {
			parts = append(parts, fmt.Sprintf("%s=%d%s", v.name, v.value, v.unit))
		}
	}
	if len(parts) == 0 {
		return "nothing is set: as the gateway was built, or as for all"
	}
	return strings.Join(parts, " ")
}
