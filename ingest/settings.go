package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// desired is what a tenant's gateways should know, as it stands in rows:
// whichever replica hears a gateway sends it the difference.
type desired struct {
	blocked []wire.Token
	wishes  map[uint32]wire.Settings // by gateway; 0: of all
	ring    wire.KeyRing
	sum     []byte // of the ring
}

// order is the desired state of one gateway.
type order struct {
	to       gateway
	settings wire.Settings // Keys: nil
	desired  *desired
	row      desiredRow
}

// desiredRow is what is written down of one gateway's desired state.
type desiredRow struct {
	version     uint64
	digest      []byte
	ring        []byte // sum of the ring
	ringVersion uint64 // of the settings that first had it
	reported    uint64 // version in use at the gateway, as it last said
	reportedKey uint32 // newest token key there
}

// of gives the content of one gateway's settings: its own wishes, then those
// for all.
func (d *desired) of(id uint32) wire.Settings {
	own, all := d.wishes[id], d.wishes[0]
	return wire.Settings{
		Blocked:      d.blocked,
		BlockedHours: cmp.Or(own.BlockedHours, all.BlockedHours),
		Flush:        cmp.Or(own.Flush, all.Flush),
		KeepAlive:    cmp.Or(own.KeepAlive, all.KeepAlive),
		MonthBytes:   cmp.Or(own.MonthBytes, all.MonthBytes),
		StateMinutes: cmp.Or(own.StateMinutes, all.StateMinutes),
	}
}

// digest is over what the settings say: sealing the same ring gives other
// bytes each time.
func (d *desired) digest(s wire.Settings) []byte {
	h := sha256.New()
	for _, t := range s.Blocked {
		h.Write(t[:])
	}
	fmt.Fprint(h, s.BlockedHours, s.Flush, s.KeepAlive, s.MonthBytes, s.StateMinutes)
	h.Write(d.sum)
	return h.Sum(nil)
}

func ringSum(r wire.KeyRing) []byte {
	h := sha256.New()
	fmt.Fprint(h, r.Current)
	for _, k := range r.Keys {
		fmt.Fprint(h, " ", k.Version, " ")
		h.Write(k.Secret)
	}
	return h.Sum(nil)
}

// inUse says whether the gateway has said that it uses this.
func (o order) inUse() bool {
	return o.row.reported == o.settings.Version && o.row.reportedKey >= newestKey(o.desired.ring)
}

// lacksKeys says whether the gateway has to be sent the ring: it has not said
// that it uses settings with this one, or that it has the newest key.
func (o order) lacksKeys() bool {
	return len(o.desired.ring.Keys) > 0 && (o.row.reported < o.row.ringVersion || o.row.reportedKey < newestKey(o.desired.ring))
}

func newestKey(r wire.KeyRing) (newest uint32) {
	for _, k := range r.Keys {
		newest = max(newest, k.Version)
	}
	return newest
}

// orders gives the desired state of gateways of one tenant, under versions that
// rise with every change and above what a gateway says to use.
func (r *rounds) orders(ctx context.Context, tx pg.Tx, tenantID int64, to []gateway) ([]order, error) {
	d, err := currentDesired(ctx, tx, tenantID)
	if err != nil {
		return nil, err
	}
	rows, err := queryDesiredRows(ctx, tx, tenantID, to)
	if err != nil {
		return nil, err
	}
	changed := map[uint32][]byte{} // digests
	for _, g := range to {
		row := rows[g.id]
		digest := d.digest(d.of(g.id))
		if row.reported > row.version {
			r.log.Warn("a gateway uses settings from the future, and gets newer ones: was a backup restored here?",
				"gateway", g.id, "in_use", row.reported, "ours", row.version)
		}
		if row.reported > row.version || string(row.digest) != string(digest) {
			changed[g.id] = digest
		}
	}
	if len(changed) > 0 {
		if err := raiseVersions(ctx, tx, tenantID, changed, d.sum); err != nil {
			return nil, err
		}
		if rows, err = queryDesiredRows(ctx, tx, tenantID, to); err != nil {
			return nil, err
		}
	}
	all := make([]order, len(to))
	for i, g := range to {
		all[i] = order{to: g, settings: d.of(g.id), desired: d, row: rows[g.id]}
		all[i].settings.Version = rows[g.id].version
	}
	return all, nil
}

func currentDesired(ctx context.Context, tx pg.Tx, tenantID int64) (*desired, error) {
	if err := nameTenant(ctx, tx, tenantID); err != nil {
		return nil, err
	}
	ring, _, err := tenant.Ring(ctx, tx)
	if err != nil && !errors.Is(err, tenant.ErrNoKey) {
		return nil, err
	}
	d := &desired{ring: ring, sum: ringSum(ring)}
	if d.blocked, err = queryBlocked(ctx, tx, tenantID, ring); err != nil {
		return nil, err
	}
	d.wishes, err = queryWishes(ctx, tx, tenantID)
	return d, err
}

// seal puts the ring into those orders that need it. A gateway whose public key
// is not known yet gets the rest.
func (r *rounds) seal(ctx context.Context, tx pg.Tx, tenantID int64, all []order) error {
	if err := nameTenant(ctx, tx, tenantID); err != nil {
		return err
	}
	for i := range all {
		o := &all[i]
		if !o.lacksKeys() {
			continue
		}
		key, err := fleet.GatewayKey(ctx, tx, int64(o.to.id))
		if errors.Is(err, fleet.ErrNoKey) {
			r.log.Warn("the token keys can't be sealed to a gateway whose certificate is not known", "gateway", o.to.id)
			continue
		}
		if err != nil {
			return err
		}
		if o.settings.Keys, err = wire.SealKeys(key, o.desired.ring); err != nil {
			return fmt.Errorf("gateway %d: %w", o.to.id, err)
		}
	}
	return nil
}

// changes gives what gateways that are there have not been told.
func (r *rounds) changes(ctx context.Context, tx pg.Tx, tenantID int64, present []gateway) ([]order, error) {
	all, err := r.orders(ctx, tx, tenantID, present)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(o order) bool { return r.told[o.to.id] == o.settings.Version || o.inUse() })
	return all, r.seal(ctx, tx, tenantID, all)
}

// answers gives what those gateways lack that just said what they use.
func (r *rounds) answers(ctx context.Context, tx pg.Tx, group []stateMessage) ([]order, error) {
	byTenant := map[int64][]gateway{}
	for _, m := range group {
		if m.state.Online {
			byTenant[m.from.tenant] = append(byTenant[m.from.tenant], m.from)
		}
	}
	var all []order
	for _, id := range slices.Sorted(maps.Keys(byTenant)) {
		some, err := r.orders(ctx, tx, id, byTenant[id])
		if err != nil {
			return nil, err
		}
		if err := r.seal(ctx, tx, id, some); err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// tell sends orders. Who uses them already gets their version alone, and only
// where there is a list of blocked fobs, which counts no longer than the
// server is heard (OB-C5).
func (r *rounds) tell(all []order) {
	for _, o := range all {
		r.told[o.to.id] = o.settings.Version
		switch {
		case !o.inUse():
			r.send(topic(o.to.id, topicDown), wire.Down{Settings: &o.settings}.Encode(), 1)
		case len(o.settings.Blocked) > 0:
			r.send(topic(o.to.id, topicDown), wire.Down{Settings: &wire.Settings{Version: o.settings.Version}}.Encode(), 0)
		}
	}
}
