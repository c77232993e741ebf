package api

import (
	"context"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// mostUnseen is how many fobs are listed by label.
const mostUnseen = 50

// keySection fills how far the replacement of the token key is (I7).
func (s *Server) keySection(ctx context.Context, tx pg.Tx, v *page.Devices) error {
	keys, err := tenant.Keys(ctx, tx)
	if err != nil {
		return err
	}
	zone := v.Now.Location()
	if len(keys) > 1 { // a tenant's first key is nobody's task
		newest := keys[0]
		v.Keys.Rotating, v.Keys.Since = newest.State == tenant.KeyNext, newest.Since.In(zone)
		unseen, err := fleet.Unseen(ctx, tx, newest.Version)
		if err != nil {
			return err
		}
		behind, err := fleet.Behind(ctx, tx, newest.Version)
		if err != nil {
			return err
		}
		v.Keys.More = max(len(unseen)-mostUnseen, 0)
		v.Keys.Unseen = each(unseen[:len(unseen)-v.Keys.More], func(f fleet.Fob) string { return f.Label })
		v.Keys.Behind = each(behind, func(g fleet.Gateway) string { return g.Name })
	}
	conflicts, err := fleet.TwinConflicts(ctx, tx)
	v.Keys.Conflicts = each(conflicts, func(c fleet.TwinConflict) page.TwinConflict {
		return page.TwinConflict{ID: c.ID, Old: c.Old, New: c.New, Gateway: c.Gateway, At: c.At.In(zone)}
	})
	return err
}
