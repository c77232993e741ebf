package ingest

import (
	"encoding/binary"
	"fmt"
	"testing"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// tokenOf gives fob n's token under a version, as far as tests care.
func tokenOf(version uint32, n int) (t wire.Token) {
	t[0] = byte(version)
	binary.BigEndian.PutUint32(t[4:], uint32(n))
	return t
}

func twinOf(old, new uint32, n int) wire.Twin {
	return wire.Twin{OldVersion: old, NewVersion: new, Old: tokenOf(old, n), New: tokenOf(new, n)}
}

// addFob registers a fob as a person does.
func (w *world) addFob(label string, version uint32, tokens ...wire.Token) (fleet.Fob, error) {
	var f fleet.Fob
	err := w.app.InTenant(w.t.Context(), w.tenant, func(tx pg.Tx) (err error) {
		f, err = fleet.Register(w.t.Context(), tx, audit.Actor{Kind: audit.Operator}, label, version, tokens)
		return err
	})
	return f, err
}

// tokensOf gives the versions of a fob's tokens, in order.
func (w *world) tokensOf(label string) (versions string) {
	w.t.Helper()
	for v := range 6 {
		n := w.count("fob_token t JOIN fob f USING (tenant_id, fob_id) WHERE f.tenant_id = $1 AND f.label = $2 AND t.key_version = $3", w.tenant, label, v)
		for range n {
			versions += fmt.Sprint(v)
		}
	}
	return versions
}

func twins(from gateway, all ...wire.Twin) *message { return sent(from, wire.Batch{Twins: all}) }

// rotating is a world in which key 1 is replaced by 2, and 0 is long gone.
func rotating(t *testing.T) (*world, gateway, *worker) {
	w := newWorld(t)
	w.addKey(2, "next")
	return w, w.addGateway(w.site, "Hal"), w.worker()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAKnownFobGetsItsTokenUnderTheOtherKey(t *testing.T) { // I7
	for name, registered := range map[string]uint32{"by the old one": 1, "by the new one, as from a late gateway": 2} {
		t.Run(name, func(t *testing.T) {
			w, g, k := rotating(t)
			_, err := w.addFob("017", registered, tokenOf(registered, 17))
			must(t, err)
			l := log(streamOf(g, 5), taps(1, 1, "door"))
			l.Taps[0].Token = tokenOf(1, 17)
			m := sent(g, wire.Batch{Logs: []wire.Log{l}, Twins: []wire.Twin{twinOf(1, 2, 17)}})
			w.exec("DELETE FROM hours_due WHERE tenant_id = $1 RETURNING tenant_id", w.tenant)
			for range 2 { // the answer was lost
				r := w.settle(k, m)
				if len(r[g.id].Batches) != 1 || len(r[g.id].Refusals) != 0 {
					t.Errorf("receipt %+v", r[g.id])
				}
			}
			if got := w.tokensOf("017"); got != "12" {
				t.Errorf("tokens under versions %q, want 12", got)
			}
			w.want(1, "registration WHERE tenant_id = $1", w.tenant)
			w.want(2, "token_twin WHERE tenant_id = $1", w.tenant)
			w.want(0, "twin_conflict WHERE tenant_id = $1", w.tenant)
			w.want(1, "hours_due WHERE tenant_id = $1 AND fob_id IS NOT NULL", w.tenant) // its taps are looked up again
		})
	}
}

func TestTheTwinsOfAnUnknownFobWaitForItsRegistration(t *testing.T) { // I7
	for name, registered := range map[string]uint32{"by the old one": 1, "by the new one": 2, "by the one between": 3} {
		t.Run(name, func(t *testing.T) {
			w, g, k := rotating(t)
			if registered == 3 { // a second rotation: two pairs of versions make one fob
				w.exec("UPDATE token_key SET state = 'former' WHERE tenant_id = $1 AND version = 1 RETURNING version", w.tenant)
				w.exec("UPDATE token_key SET state = 'current' WHERE tenant_id = $1 AND version = 2 RETURNING version", w.tenant)
				w.addKey(3, "next")
				w.settle(k, twins(g, twinOf(2, 3, 17), twinOf(1, 2, 17)))
				_, err := w.addFob("017", 2, tokenOf(2, 17))
				must(t, err)
				if got := w.tokensOf("017"); got != "123" {
					t.Errorf("tokens under versions %q, want 123", got)
				}
				return
			}
			w.settle(k, twins(g, twinOf(1, 2, 17)))
			w.want(0, "fob_token WHERE tenant_id = $1", w.tenant)
			_, err := w.addFob("017", registered, tokenOf(registered, 17))
			must(t, err)
			if got := w.tokensOf("017"); got != "12" {
				t.Errorf("tokens under versions %q, want 12", got)
			}
		})
	}
}

func TestTwinsThatLie(t *testing.T) { // I7
	onto := func(n, m int) wire.Twin {
		return wire.Twin{OldVersion: 1, NewVersion: 2, Old: tokenOf(1, n), New: tokenOf(2, m)}
	}
	for name, c := range map[string]struct {
		twins              []wire.Twin
		remembered, alarms int64
	}{
		"of an unknown version":               {[]wire.Twin{twinOf(7, 9, 17)}, 0, 0},
		"of a version that is not out":        {[]wire.Twin{twinOf(2, 3, 17)}, 0, 0},
		"onto another fob's token":            {[]wire.Twin{onto(17, 18)}, 0, 1},
		"two tokens for one":                  {[]wire.Twin{onto(30, 30), onto(30, 31)}, 1, 1},
		"one token for two":                   {[]wire.Twin{onto(30, 30), onto(31, 30)}, 1, 1},
		"backwards":                           {[]wire.Twin{{OldVersion: 2, NewVersion: 1, Old: tokenOf(2, 30), New: tokenOf(1, 30)}}, 1, 0},
		"the same twin from both ends":        {[]wire.Twin{twinOf(1, 2, 30), {OldVersion: 2, NewVersion: 1, Old: tokenOf(2, 30), New: tokenOf(1, 30)}}, 1, 0},
		"a good one beside one that is a lie": {[]wire.Twin{onto(17, 18), twinOf(1, 2, 30)}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w, g, k := rotating(t)
			for _, n := range []int{17, 18} {
				_, err := w.addFob(fmt.Sprint("0", n), uint32(n-16), tokenOf(uint32(n-16), n)) // 17 under key 1, 18 under key 2
				must(t, err)
			}
			m := sent(g, wire.Batch{Logs: []wire.Log{log(streamOf(g, 5), taps(1, 3, "door"))}, Twins: c.twins})
			for range 2 {
				if r := w.settle(k, m); len(r[g.id].Refusals) != 0 || len(r[g.id].Batches) != 1 {
					t.Errorf("receipt %+v", r[g.id])
				}
			}
			w.want(3, "registration WHERE tenant_id = $1", w.tenant) // taps are good whatever the twins are
			w.want(2*c.remembered, "token_twin WHERE tenant_id = $1", w.tenant)
			w.want(c.alarms, "twin_conflict WHERE tenant_id = $1", w.tenant)
			w.want(c.alarms, "audit_entry WHERE tenant_id = $1 AND action = 'twin_conflict.found'", w.tenant)
			if a, b := w.tokensOf("017"), w.tokensOf("018"); a != "1" || b != "2" {
				t.Errorf("fob 017 has %q, 018 has %q: a lie changed whose taps are whose", a, b)
			}
		})
	}
}

func TestAnotherTenantsTwinsChangeNothing(t *testing.T) { // I6
	w, g, k := rotating(t)
	_, err := w.addFob("017", 1, tokenOf(1, 17))
	must(t, err)
	mine := w.tenant
	w.tenant = w.exec("INSERT INTO tenant (name) VALUES ('another') RETURNING tenant_id")
	w.addKey(1, "current")
	w.addKey(2, "next")
	stranger := w.addGateway(w.addSite("elsewhere"), "elsewhere")
	w.settle(k, twins(stranger, twinOf(1, 2, 17)), twins(g, twinOf(1, 2, 18)))
	w.want(2, "token_twin WHERE tenant_id = $1", w.tenant)
	w.tenant = mine
	if got := w.tokensOf("017"); got != "1" {
		t.Errorf("tokens under versions %q, want 1", got)
	}
}

func TestAHundredThousandTwinsAreBounded(t *testing.T) {
	w, g, k := rotating(t)
	other := w.addGateway(w.site, "Kantoor")
	for from := 0; from < 100_000; from += wire.MaxTaps {
		var all []wire.Twin
		for n := range wire.MaxTaps {
			all = append(all, twinOf(1, 2, from+n))
		}
		r := w.settle(k, sent(g, wire.Batch{Logs: []wire.Log{log(streamOf(g, 5), taps(uint64(from+1), 1, "door"))}, Twins: all}))
		if len(r[g.id].Batches) != 1 || len(r[g.id].Refusals) != 0 {
			t.Fatalf("receipt %+v", r[g.id])
		}
	}
	w.want(2*strangeTwins, "token_twin WHERE tenant_id = $1", w.tenant)
	w.settle(k, twins(other, twinOf(1, 2, 900_000)))
	w.want(2, "token_twin WHERE tenant_id = $1 AND gateway_id = $2", w.tenant, other.id)
	_, err := w.addFob("017", 1, tokenOf(1, 800_017))
	must(t, err)
	w.settle(k, twins(g, twinOf(1, 2, 800_017)))
	if got := w.tokensOf("017"); got != "12" {
		t.Errorf("a registered fob has %q: the bound is for strangers", got)
	}
}
