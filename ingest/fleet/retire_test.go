package fleet_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

var boss = audit.Actor{Kind: audit.Account, ID: 1}

func leave(place string) fleet.Leave {
	return fleet.Leave{By: boss, Reason: "dropped", Place: place, Now: time.Now()}
}

func (h *house) gateway(name string) (g fleet.Gateway) {
	h.Helper()
	h.do(func(tx pg.Tx) (err error) {
		g, err = fleet.AddGateway(h.Context(), tx, operator, h.site, name)
		return err
	})
	return g
}

// reader adds one as ingest would; key "" has memory.
func (h *house) reader(origin int64, key, name string) int64 {
	h.Helper()
	if key == "" {
		pgtest.Exec(h, h.url, "INSERT INTO origin (tenant_id, origin, site_id) VALUES ($1, $2, $3)", h.tenant, origin, h.site)
	}
	return pgtest.Exec(h, h.url, `INSERT INTO reader (tenant_id, site_id, origin, key, name, listed_at, last_contact)
		VALUES ($1, $2, $3, $4, $5, now() - interval '9 days', now() - interval '9 days') RETURNING reader_id`, h.tenant, h.site, origin, key, name)
}

func (h *house) read(id int64) (r fleet.Reader) {
	h.Helper()
	h.do(func(tx pg.Tx) (err error) {
		r, err = fleet.ReaderByID(h.Context(), tx, id)
		return err
	})
	return r
}

func (h *house) shelf() (all []fleet.Hardware) {
	h.Helper()
	h.do(func(tx pg.Tx) (err error) {
		all, err = fleet.Shelf(h.Context(), tx)
		return err
	})
	return all
}

const memory = int64(wire.FirstReader)

func TestADeviceIsRetiredByAPersonWithAReason(t *testing.T) { // OB-H7, I2
	h := newHouse(t)
	id := h.reader(memory+1, "", "Gate")
	for name, c := range map[string]struct {
		l    fleet.Leave
		want error
	}{
		"nobody":         {fleet.Leave{By: operator, Reason: "x", Now: morning}, fleet.ErrNobodyRetires},
		"a program":      {fleet.Leave{By: audit.Actor{Kind: audit.APIKey, ID: 3}, Reason: "x", Now: morning}, fleet.ErrNobodyRetires},
		"no reason":      {fleet.Leave{By: boss, Now: morning}, fleet.ErrReason},
		"a long reason":  {fleet.Leave{By: boss, Reason: strings.Repeat("é", 501), Now: morning}, fleet.ErrReason},
		"an odd place":   {fleet.Leave{By: boss, Reason: "x", Place: "eaten", Now: morning}, fleet.ErrPlace},
		"nowhere":        {leave(""), fleet.ErrPlace},
		"a used place":   {fleet.Leave{By: boss, Reason: "x", Place: fleet.PlaceInUse, Now: morning}, fleet.ErrPlace},
		"all is as said": {leave(fleet.PlaceDefective), nil},
	} {
		if err := h.try(func(tx pg.Tx) error { return fleet.RetireReader(t.Context(), tx, id, c.l) }); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		h.do(func(tx pg.Tx) error {
			if h.read(id).InUse() {
				return nil
			}
			return fleet.RestoreReader(t.Context(), tx, boss, id)
		})
	}
	if all := h.shelf(); len(all) != 1 || all[0].Place != fleet.PlaceDefective || all[0].Reader != id {
		t.Errorf("on the shelf: %+v", all)
	}
}

func TestARetiredReaderThatIsHeardAgainCountsAgain(t *testing.T) {
	h := newHouse(t)
	g := h.gateway("Hal")
	id := h.reader(g.ID, "gate", "Gate")
	h.do(func(tx pg.Tx) error { return fleet.RetireReader(t.Context(), tx, id, leave("")) })
	if h.read(id).InUse() {
		t.Error("in use after it was retired")
	}
	if err := h.try(func(tx pg.Tx) error { return fleet.RetireReader(t.Context(), tx, id, leave("")) }); !errors.Is(err, fleet.ErrRetired) {
		t.Errorf("retired twice: %v", err)
	}
	pgtest.Exec(t, h.url, "UPDATE reader SET listed_at = now() + interval '1 minute' RETURNING 1")
	if !h.read(id).InUse() {
		t.Error("not in use though its gateway names it again")
	}
}

func TestARetiredGatewayIsRevokedWithItsReadersWithoutMemory(t *testing.T) { // OB-C11
	h := newHouse(t)
	g := h.gateway("Hal")
	wired, battery := h.reader(g.ID, "gate", "Gate"), h.reader(memory+1, "", "Canteen")
	h.do(func(tx pg.Tx) error { return fleet.RetireGateway(t.Context(), tx, g.ID, leave(fleet.PlaceLost)) })
	h.do(func(tx pg.Tx) error {
		now, err := fleet.GatewayByID(t.Context(), tx, g.ID)
		if now.Revoked == nil || now.Retired == nil || now.InUse() {
			t.Errorf("%+v", now)
		}
		return err
	})
	if h.read(wired).InUse() || !h.read(battery).InUse() {
		t.Error("the wired reader goes with it, the one with memory stays")
	}
	h.do(func(tx pg.Tx) error {
		all, err := fleet.AllFacts(t.Context(), tx, time.Now())
		if len(all) != 0 {
			t.Errorf("diagnosed: %v", all)
		}
		return err
	})
}

func TestASwappedReaderGivesItsPlaceAway(t *testing.T) { // OB-H7
	h := newHouse(t)
	old, fresh := h.reader(memory+1, "", "Canteen"), h.reader(memory+2, "", "100000002")
	var hal fleet.Site
	h.do(func(tx pg.Tx) (err error) {
		if hal, err = fleet.AddSite(t.Context(), tx, operator, "Hal 2"); err != nil {
			return err
		}
		if err = fleet.MoveReader(t.Context(), tx, operator, old, hal.ID); err != nil {
			return err
		}
		return fleet.UpdateReader(t.Context(), tx, operator, old, "Canteen", fleet.ModeBreak)
	})
	swap := func(id, with int64) error {
		return h.try(func(tx pg.Tx) error {
			return fleet.SwapReader(t.Context(), tx, id, fleet.ReaderSwap{With: with}, leave(fleet.PlaceReturned))
		})
	}
	for name, err := range map[string]error{"itself": swap(old, old), "nothing": swap(old, 0)} {
		if !errors.Is(err, fleet.ErrNoSwap) {
			t.Errorf("swapped with %s: %v", name, err)
		}
	}
	if err := swap(old, 999); !errors.Is(err, fleet.ErrNotFound) {
		t.Errorf("swapped with one that isn't: %v", err)
	}
	if err := swap(old, fresh); err != nil {
		t.Fatal(err)
	}
	now, was := h.read(fresh), h.read(old)
	if now.Name != "Canteen" || now.Mode != fleet.ModeBreak || now.Site != hal.ID || now.Replaces != old || was.InUse() {
		t.Errorf("now %+v\nwas %+v", now, was)
	}
	if err := swap(old, fresh); !errors.Is(err, fleet.ErrRetired) {
		t.Errorf("swapped twice: %v", err)
	}
}

func TestASwappedGatewayKeepsItsPlaceAndTakesOneOffTheShelf(t *testing.T) { // OB-H7
	h := newHouse(t)
	g := h.gateway("Hal")
	wired := h.reader(g.ID, "gate", "Gate")
	pgtest.Exec(t, h.url, `INSERT INTO gateway_told (tenant_id, gateway_id, told_at, uptime, machine_uptime) VALUES ($1, $2, now(), 9000, 9000) RETURNING 1`, h.tenant, g.ID)
	var spare fleet.Hardware
	h.do(func(tx pg.Tx) (err error) {
		spare, err = fleet.AddHardware(t.Context(), tx, operator, fleet.Hardware{Kind: "gateway", Label: "GW-42"})
		return err
	})
	h.do(func(tx pg.Tx) error {
		return fleet.SwapGateway(t.Context(), tx, g.ID, spare.ID, leave(fleet.PlaceDefective))
	})
	places := map[string]string{}
	for _, d := range h.shelf() {
		places[d.Label] = d.Place
	}
	if places["Hal"] != fleet.PlaceDefective || places["GW-42"] != fleet.PlaceInUse {
		t.Errorf("on the shelf: %v", places)
	}
	h.do(func(tx pg.Tx) error {
		f, err := fleet.FactsOf(t.Context(), tx, g.ID, time.Now())
		if f.Told.At != nil || f.Name != "Hal" || !f.InUse() {
			t.Errorf("%+v", f)
		}
		return err
	})
	if !h.read(wired).InUse() {
		t.Error("its reader is out of use")
	}
	// The spare that went in goes back to the shelf under its own number.
	h.do(func(tx pg.Tx) error { return fleet.SwapGateway(t.Context(), tx, g.ID, 0, leave(fleet.PlaceLost)) })
	for _, d := range h.shelf() {
		if d.Label == "GW-42" && d.Place != fleet.PlaceLost {
			t.Errorf("the spare is %s", d.Place)
		}
	}
	if err := h.try(func(tx pg.Tx) error {
		return fleet.SwapGateway(t.Context(), tx, g.ID, spare.ID, leave(fleet.PlaceLost))
	}); !errors.Is(err, fleet.ErrNotFound) {
		t.Errorf("a device that is no spare went in: %v", err)
	}
}

func TestAMovedGatewayTakesItsReadersWithoutMemoryAlong(t *testing.T) { // I1
	h := newHouse(t)
	g := h.gateway("Hal")
	wired, battery := h.reader(g.ID, "gate", "Gate"), h.reader(memory+1, "", "Canteen")
	var to fleet.Site
	h.do(func(tx pg.Tx) (err error) {
		if to, err = fleet.AddSite(t.Context(), tx, operator, "Hal 2"); err != nil {
			return err
		}
		return fleet.MoveGateway(t.Context(), tx, operator, g.ID, to.ID)
	})
	if h.read(wired).Site != to.ID || h.read(battery).Site != h.site {
		t.Error("the wired reader goes along, the one with memory stays")
	}
	if n := pgtest.Exec(t, h.url, "SELECT site_id FROM origin WHERE origin = $1", g.ID); n != to.ID {
		t.Errorf("its origin is bound to site %d", n)
	}
	if err := h.try(func(tx pg.Tx) error { return fleet.MoveGateway(t.Context(), tx, operator, g.ID, 999) }); !errors.Is(err, fleet.ErrNotFound) {
		t.Errorf("moved to a site that isn't: %v", err)
	}
}

func TestHistoryIsThinnedAndEnds(t *testing.T) {
	h := newHouse(t)
	g := h.gateway("Hal")
	now := time.Now().UTC()
	add := func(at time.Time) {
		pgtest.Exec(t, h.url, "INSERT INTO gateway_history (tenant_id, gateway_id, at) VALUES ($1, $2, $3) RETURNING 1", h.tenant, g.ID, at)
	}
	recent, month := now.Truncate(24*time.Hour).AddDate(0, 0, -2), now.Truncate(24*time.Hour).AddDate(0, 0, -60)
	for hour := range 5 {
		add(recent.Add(time.Duration(hour) * time.Hour))
		add(month.Add(time.Duration(hour) * time.Hour))
	}
	add(now.AddDate(0, -14, 0))
	pgtest.Exec(t, h.url, "INSERT INTO gateway_outage VALUES ($1, $2, $3, $3, 'power') RETURNING 1", h.tenant, g.ID, now.AddDate(0, -14, 0))
	for range 2 { // as often as one likes
		h.do(func(tx pg.Tx) error { return fleet.Thin(t.Context(), tx, now) })
	}
	h.do(func(tx pg.Tx) error {
		all, err := fleet.GatewayHistory(t.Context(), tx, g.ID, now.AddDate(-2, 0, 0))
		if len(all) != 6 || !all[0].At.Equal(month.Add(4*time.Hour)) {
			t.Errorf("%d samples are left: %v", len(all), all)
		}
		gone, err2 := fleet.Outages(t.Context(), tx, g.ID, now.AddDate(-2, 0, 0))
		if len(gone) != 0 {
			t.Errorf("outages left: %v", gone)
		}
		return errors.Join(err, err2)
	})
}

func TestFobsAreCountedByDesign(t *testing.T) { // OB-H8
	h := newHouse(t)
	for i, label := range []string{"1", "2", "3"} {
		fob := h.fob(label)
		if i < 2 {
			if err := h.issue(fob, h.ann, time.Now().Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if i == 1 {
			if err := h.giveBack(fob, time.Now(), "lost"); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.do(func(tx pg.Tx) error {
		all, err := fleet.CountFobs(t.Context(), tx, time.Now())
		if len(all) != 1 || all[0].By[fleet.StatusIssued] != 1 || all[0].By[fleet.StatusLost] != 1 || all[0].LostOfYear != 1 || all[0].By[fleet.StatusInStock] != 1 {
			t.Errorf("%+v", all)
		}
		return err
	})
}

func TestTheNormIsFiveUsers(t *testing.T) { // OB-H6
	for users, want := range map[int]fleet.Norm{0: fleet.NormBelow, 4: fleet.NormBelow, 5: fleet.NormMet, 50: fleet.NormMet, 51: fleet.NormFarAbove} {
		if got := fleet.NormOf(users); got != want {
			t.Errorf("%d users: %s, want %s", users, got, want)
		}
	}
}
