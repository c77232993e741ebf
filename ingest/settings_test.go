package ingest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"log/slog"
	"math/big"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// herald is the rounds of one replica, and what it sends.
type herald struct {
	*world
	rounds *rounds
	sent   map[uint32][]wire.Settings
}

func newHerald(w *world) *herald {
	h := &herald{world: w, sent: map[uint32][]wire.Settings{}}
	send := func(to string, payload []byte, _ byte) {
		d, err := wire.DecodeDown(payload)
		must(w.t, err)
		if id, _, ok := parseTopic(to); ok && d.Settings != nil {
			h.sent[id] = append(h.sent[id], *d.Settings)
		}
	}
	h.rounds = &rounds{db: w.db, gateways: newGateways(w.db), send: send, log: slog.New(slog.DiscardHandler), asks: newAsks(time.Hour), told: map[uint32]uint64{}}
	return h
}

// visit runs a round and gives what it told a gateway.
func (h *herald) visit(g ...gateway) (told []wire.Settings) {
	h.t.Helper()
	before := len(h.sent[g[0].id])
	must(h.t, h.rounds.visit(h.t.Context(), h.tenant, g, time.Now()))
	return h.sent[g[0].id][before:]
}

// says lets a gateway tell what it uses, and gives what it is told.
func (h *herald) says(g gateway, version uint64, key uint32) (told []wire.Settings) {
	h.t.Helper()
	before := len(h.sent[g.id])
	must(h.t, h.rounds.hear(h.t.Context(), []stateMessage{{from: g, state: wire.State{Online: true, Settings: version, KeyVersion: key}}}))
	return h.sent[g.id][before:]
}

// key gives a gateway a certificate, and its private key.
func (w *world) key(g gateway) *ecdsa.PrivateKey {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(w.t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, key.Public(), key)
	must(w.t, err)
	print := sha256.Sum256(der)
	w.exec(`INSERT INTO gateway_certificate (tenant_id, gateway_id, fingerprint, certificate, not_after)
		VALUES ($1, $2, $3, $4, now() + interval '1 year') RETURNING gateway_id`, w.tenant, int64(g.id), print[:], der)
	return key
}

func (w *world) lose(label string) {
	w.exec("UPDATE fob SET status = 'lost' WHERE tenant_id = $1 AND label = $2 RETURNING fob_id", w.tenant, label)
}

func (w *world) wish(g int64, wish fleet.Wish) error {
	return w.app.InTenant(w.t.Context(), w.tenant, func(tx pg.Tx) error {
		return fleet.SetWish(w.t.Context(), tx, audit.Actor{Kind: audit.Operator}, g, wish)
	})
}

func one(t *testing.T, what string, told []wire.Settings) wire.Settings {
	t.Helper()
	if len(told) != 1 {
		t.Fatalf("%s: told %d times, want once: %+v", what, len(told), told)
	}
	return told[0]
}

func none(t *testing.T, what string, told []wire.Settings) {
	t.Helper()
	if len(told) != 0 {
		t.Errorf("%s: told %+v", what, told)
	}
}

func TestAGatewayIsToldWhatChangedAndNothingTwice(t *testing.T) { // OB-C5
	w := newWorld(t)
	g, other := w.addGateway(w.site, "a"), w.addGateway(w.site, "b")
	own := w.key(g)
	w.key(other)
	h := newHerald(w)
	_, err := w.addFob("017", 1, tokenOf(1, 17))
	must(t, err)

	first := one(t, "the first state", h.says(g, 0, 1))
	ring, err := wire.OpenKeys(own, first.Keys)
	if err != nil || ring.Current != 1 || len(ring.Keys) != 1 {
		t.Errorf("ring %+v, %v", ring, err)
	}
	none(t, "a round without a change", h.visit(g, other))
	none(t, "the next round", h.visit(g, other))
	none(t, "a state that says that all is in use", h.says(g, first.Version, 1))

	w.lose("017")
	second := one(t, "a blocked fob", h.visit(g, other))
	if second.Version <= first.Version || len(second.Blocked) != 1 || second.Keys != nil {
		t.Errorf("told %+v; the keys are known there", second)
	}
	again := one(t, "the message got lost", h.says(g, first.Version, 1))
	if again.Version != second.Version || len(again.Blocked) != 1 {
		t.Errorf("told %+v, want %+v", again, second)
	}
	confirmed := one(t, "a state while there is a list", h.says(g, second.Version, 1))
	if confirmed.Version != second.Version || len(confirmed.Blocked) != 0 || len(wire.Down{Settings: &confirmed}.Encode()) > 16 {
		t.Errorf("told %+v, want the version alone", confirmed)
	}
	none(t, "a replica that was just started", newHerald(w).visit(g))
}

func TestWishesOfOneGatewayGoBeforeThoseOfAll(t *testing.T) {
	w := newWorld(t)
	g, other := w.addGateway(w.site, "a"), w.addGateway(w.site, "b")
	h := newHerald(w)
	before := one(t, "to begin with", h.says(g, 0, 1)).Version
	h.says(other, 0, 1)
	must(t, w.wish(0, fleet.Wish{MonthBytes: 3_000_000, StateMinutes: 360}))
	must(t, w.wish(int64(g.id), fleet.Wish{MonthBytes: 1_500_000, FlushMS: 1000}))
	own := one(t, "both wishes", h.visit(g, other))
	if own.Version <= before || own.MonthBytes != 1_500_000 || own.Flush != 1000 || own.StateMinutes != 360 {
		t.Errorf("told %+v", own)
	}
	theirs := h.sent[other.id][len(h.sent[other.id])-1]
	if theirs.MonthBytes != 3_000_000 || theirs.Flush != 0 {
		t.Errorf("the other was told %+v", theirs)
	}
	h.says(other, theirs.Version, 1)
	must(t, w.wish(int64(g.id), fleet.Wish{FlushMS: 2000}))
	if now := one(t, "a wish of one", h.visit(g, other)); now.MonthBytes != 3_000_000 || now.Flush != 2000 {
		t.Errorf("told %+v", now)
	}
	none(t, "the other's settings did not change", h.sent[other.id][2:])
	for _, bad := range []fleet.Wish{{MonthBytes: 5}, {FlushMS: 1}, {KeepAliveS: 100_000}, {StateMinutes: 2000}, {BlockedHours: 500}} {
		if err := w.wish(int64(g.id), bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestSettingsFromTheFutureGetNewerOnes(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(w.site, "a")
	own := w.key(g)
	h := newHerald(w)
	first := one(t, "to begin with", h.says(g, 0, 1))
	none(t, "in use", h.says(g, first.Version, 1))
	ahead := first.Version + 1_000_000_000 // a backup was restored here
	next := one(t, "from the future", h.says(g, ahead, 3))
	if next.Version != ahead+1 {
		t.Errorf("version %d, want %d: the gateway takes no lower one", next.Version, ahead+1)
	}
	if _, err := wire.OpenKeys(own, next.Keys); err != nil {
		t.Errorf("its ring may be from the future too: %v", err)
	}
	none(t, "in use", h.says(g, next.Version, 1))
	for range 3 { // a gateway that lies gets an answer each time, and no hold on the numbers
		if v := one(t, "beyond all numbers", h.says(g, 1<<63, 1)).Version; v != next.Version {
			t.Errorf("version %d, want %d", v, next.Version)
		}
	}
	none(t, "in use again", h.says(g, next.Version, 1))
}

func TestARotationReachesEachGatewayUnderItsOwnSeal(t *testing.T) { // I7
	w := newWorld(t)
	g, nameless := w.addGateway(w.site, "a"), w.addGateway(w.site, "b")
	own := w.key(g)
	h := newHerald(w)
	first := one(t, "to begin with", h.says(g, 0, 1))
	none(t, "in use", h.says(g, first.Version, 1))
	h.says(nameless, 0, 1)
	_, err := w.addFob("017", 1, tokenOf(1, 17))
	must(t, err)

	w.addKey(2, "next")
	second := one(t, "the next key", h.visit(g, nameless))
	if ring, err := wire.OpenKeys(own, second.Keys); err != nil || ring.Current != 1 || len(ring.Keys) != 2 {
		t.Errorf("ring %+v, %v", ring, err)
	}
	if last := h.sent[nameless.id][len(h.sent[nameless.id])-1]; last.Keys != nil || last.Version == 0 {
		t.Errorf("a gateway whose certificate nobody knows was told %+v", last)
	}
	again := one(t, "it could not be opened", h.says(g, first.Version, 1))
	if string(again.Keys) == string(second.Keys) || again.Version != second.Version {
		t.Errorf("version %d after %d: sealing anew is no change", again.Version, second.Version)
	}
	none(t, "in use", h.says(g, second.Version, 2))

	w.exec("UPDATE token_key SET state = 'former' WHERE tenant_id = $1 AND version = 1 RETURNING version", w.tenant)
	w.exec("UPDATE token_key SET state = 'current' WHERE tenant_id = $1 AND version = 2 RETURNING version", w.tenant)
	third := one(t, "finished", h.visit(g, nameless))
	if ring, err := wire.OpenKeys(own, third.Keys); err != nil || ring.Current != 2 || len(ring.Keys) != 2 {
		t.Errorf("ring %+v, %v", ring, err)
	}
	none(t, "in use", h.says(g, third.Version, 2))
	w.lose("017")
	if last := one(t, "a blocked fob", h.visit(g)); last.Keys != nil || len(last.Blocked) != 1 {
		t.Errorf("told %+v: the old token still blocks, and the keys are there", last)
	}
}
