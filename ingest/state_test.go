package ingest

import (
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// told stores a state as the rounds do.
func (w *world) told(from gateway, s wire.State) {
	w.t.Helper()
	err := w.db.InTenants(w.t.Context(), []int64{w.tenant}, func(tx pg.Tx) error { return updateState(w.t.Context(), tx, from, s) })
	if err != nil {
		w.t.Fatal(err)
	}
}

// facts gives what a diagnosis of a gateway would rest on.
func (w *world) facts(of gateway) (f fleet.Facts) {
	w.t.Helper()
	err := w.app.InTenant(w.t.Context(), w.tenant, func(tx pg.Tx) (err error) {
		f, err = fleet.FactsOf(w.t.Context(), tx, int64(of.id), time.Now())
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func here(uptime uint64, readers ...wire.ReaderState) wire.State {
	return wire.State{Online: true, Clock: "disciplined", Uptime: uptime, MachineUptime: uptime + 1000, Connections: 1, Signal: -80, Readers: readers}
}

func TestAGatewayThatStartsAnewWithoutEndFillsNoTable(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(w.site, "a")
	for i := range uint64(200) {
		must(t, w.db.InTenants(t.Context(), []int64{w.tenant}, func(tx pg.Tx) error {
			return updateState(t.Context(), tx, g, wire.State{Online: true, Uptime: 9000 - i, MachineUptime: 90_000})
		}))
	}
	w.want(60, "gateway_outage")
}

func TestHowAGatewayWentIsKept(t *testing.T) { // OB-H11
	w := newWorld(t)
	g := w.addGateway(w.site, "Hal")
	will := wire.State{Software: "x"}
	goodbye := wire.State{Software: "x", Clock: "disciplined", Uptime: 90}
	w.told(g, here(50))
	for _, c := range []struct {
		says wire.State
		how  string
	}{{will, fleet.OfflineWill}, {goodbye, fleet.OfflineWill}} { // one that is offline stays so as it was
		w.told(g, c.says)
		if f := w.facts(g); f.Online || f.OfflineSince == nil || f.OfflineHow != c.how {
			t.Errorf("online %v since %v by %q, want %s", f.Online, f.OfflineSince, f.OfflineHow, c.how)
		}
	}
	w.told(g, here(51))
	f := w.facts(g)
	if !f.Online || f.OfflineSince != nil || len(f.Outages) != 1 || f.Outages[0].Cause != fleet.CauseNetwork {
		t.Errorf("online %v, offline since %v, outages %+v", f.Online, f.OfflineSince, f.Outages)
	}
	w.told(g, goodbye)
	if f := w.facts(g); f.OfflineHow != fleet.OfflineGoodbye {
		t.Errorf("went by %q", f.OfflineHow)
	}
	w.told(g, here(5))
	if f := w.facts(g); len(f.Outages) != 2 || f.Outages[0].Cause != fleet.CauseStopped {
		t.Errorf("outages %+v", f.Outages)
	}
}

func TestGatewaysThatDidNotComeBackAreUnheard(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(w.site, "Hal")
	w.told(g, here(50))
	w.exec("UPDATE gateway SET last_heard = now() - interval '1 hour' RETURNING 1")
	since := w.facts(g).LastHeard.Add(time.Second)
	if err := markOffline(t.Context(), w.db, since); err != nil {
		t.Fatal(err)
	}
	if f := w.facts(g); f.OfflineHow != fleet.OfflineUnheard || !f.OfflineSince.Equal(*f.LastHeard) {
		t.Errorf("went by %q at %v", f.OfflineHow, f.OfflineSince)
	}
}

func TestReadersKeepAnHourOfHistoryAndSinceWhenTheyAreWell(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(w.site, "Hal")
	memory := wire.ReaderState{Name: "x", Origin: wire.FirstReader + 1, Protocol: "link", Health: "3 damaged frames: check", BatteryPercent: 80, Signal: -70, Stored: 5}
	w.told(g, here(50, memory, wire.ReaderState{Name: "gate", Protocol: "em4100", Health: "ok"}))
	w.exec("UPDATE reader SET health_since = now() - interval '1 day' RETURNING 1")
	memory.Health, memory.BatteryPercent, memory.Signal, memory.Stored = "44 damaged frames: check", 79, -90, 9
	w.told(g, here(51, memory, wire.ReaderState{Name: "gate", Protocol: "em4100", Health: "open port /dev/x: gone"}))
	w.want(1, "reader WHERE key = '' AND health_since < now() - interval '1 hour'")
	w.want(1, "reader WHERE key = 'gate' AND health_since > now() - interval '1 hour'")
	w.want(1, "reader_history WHERE battery = 79 AND signal = -90 AND stored = 9") // a wired one has none
	w.want(1, "reader_history")
	memory.BatteryPercent, memory.Signal, memory.Stored = 0, 1<<30, 0 // not told, and nonsense
	w.told(g, here(52, memory))
	w.want(1, "reader_history WHERE battery = 79 AND signal = -90 AND stored = 9")
}

func TestAReaderThatItsGatewayNamesNoLongerIsNoticed(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(w.site, "Hal")
	w.told(g, here(50, wire.ReaderState{Name: "gate", Protocol: "em4100", Health: "ok"}))
	w.told(g, here(51))
	f := w.facts(g)
	if len(f.Readers) != 1 || !f.Readers[0].Listed.Before(*f.Told.At) {
		t.Errorf("%+v, told at %v", f.Readers, f.Told.At)
	}
}

func TestAStateCountsOnceForTwoReplicas(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(w.site, "Hal")
	w.told(g, here(50))
	s := here(60)
	s.Connections, s.MonthBytes = 5, 9000
	w.told(g, s)
	w.told(g, s)
	w.want(1, "gateway_history WHERE connections = 4 AND bytes = 9000 AND signal = -80")
}

func TestASignOfLifeIsKeptAndReplaced(t *testing.T) {
	w := newWorld(t)
	r := &rounds{db: w.db, gateways: newGateways(w.db), trouble: func() string { return "connection refused" }}
	now := r.started.AddDate(2026, 0, 0)
	for range 3 {
		if err := r.beat(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(beatEvery)
	}
	w.want(1, "server_heartbeat WHERE broker = 'connection refused' AND NOT hears")
	if f := w.facts(w.addGateway(w.site, "Hal")); len(f.Servers) != 1 {
		t.Errorf("signs of life: %+v", f.Servers)
	}
}
