package main

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"tikklok/api"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type cutOffCommand struct {
	Kind   string `arg:"" enum:"account,key,gateway" help:"account, key or gateway."`
	Name   string `arg:"" help:"The account's e-mail address, the key's or the gateway's name."`
	Reason string `required:"" help:"What happened, for the audit log: at most 200 characters, with nothing about health or conduct."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Help says how fast it is and what undoes it.
func (cutOffCommand) Help() string {
	return `An account or a key is refused from its next request on, a gateway within a
round of the broker (10 s). There is no way back: make another account, key or
one-time code. A whole organisation: tikklok tenant suspend --ground misuse. A
stolen gateway: tikklok gateway revoke NAME --stolen, which replaces the token
key too. An analysis tool's login role: bi_dismiss in the database.`
}

// Run cuts off one way in (OB-C11).
func (c cutOffCommand) Run(ctx context.Context, p place) error {
	if n := utf8.RuneCountInString(strings.TrimSpace(c.Reason)); n == 0 || n > 200 {
		return fmt.Errorf("--reason takes 1 to 200 characters")
	}
	kind := map[string]string{"account": "account", "key": "api_key", "gateway": "gateway"}[c.Kind]
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		all, err := api.Accesses(ctx, tx, time.Now())
		if err != nil {
			return err
		}
		var found []api.Access
		for _, a := range all {
			if a.Kind == kind && strings.EqualFold(a.Name, c.Name) {
				found = append(found, a)
			}
		}
		if len(found) == 0 {
			return fmt.Errorf("%s has no open %s called %q", t.Name, c.Kind, c.Name)
		}
		for _, a := range found { // keys may share a name: all of them
			if err := api.CutOff(ctx, tx, operator, a, strings.TrimSpace(c.Reason), time.Now()); err != nil {
				return err
			}
			fmt.Printf("%s %d, %s: cut off\n", c.Kind, a.ID, a.Name)
		}
		return nil
	})
}
