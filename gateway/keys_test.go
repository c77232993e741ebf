package gateway

import (
	"crypto/ecdsa"
	"crypto/tls"
	"fmt"
	"testing"

	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

func ringOf(current uint32, versions ...uint32) *wire.KeyRing {
	r := &wire.KeyRing{Current: current}
	for _, v := range versions {
		r.Keys = append(r.Keys, keyOf(v))
	}
	return r
}

var aFob = wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: []byte{0, 0, 0, 0, 9}}

func TestAFobHasOneTwinForEachPairOfKeysWhicheverIsCurrent(t *testing.T) { // I7
	twin := func(old, new uint32) journal.Twin {
		return journal.Twin{Twin: wire.Twin{OldVersion: old, NewVersion: new, Old: keyOf(old).Token(aFob), New: keyOf(new).Token(aFob)}}
	}
	for name, c := range map[string]struct {
		ring *wire.KeyRing
		want []journal.Twin
	}{
		"one key":         {ringOf(1, 1), nil},
		"rotation begins": {ringOf(1, 2, 1), []journal.Twin{twin(1, 2)}},
		"it is finished":  {ringOf(2, 2, 1), []journal.Twin{twin(1, 2)}},
		"the next begins": {ringOf(2, 3, 2, 1), []journal.Twin{twin(2, 3), twin(1, 2)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := settingsIn(t, folder(t))
			s.ring = *c.ring
			got := s.stamp(aFob)
			if got.version != c.ring.Current || got.token != keyOf(c.ring.Current).Token(aFob) || fmt.Sprint(got.twins) != fmt.Sprint(c.want) {
				t.Errorf("got %+v, want twins %v", got, c.want)
			}
		})
	}
}

func TestTheRingIsTheNewestOfEnrolmentAndSettings(t *testing.T) {
	other := keyOf(2)
	other.Secret = keyOf(9).Secret
	for name, c := range map[string]struct {
		enrolled wire.TokenKey
		kept     *wire.KeyRing
		current  uint32
		keys     int
	}{
		"nothing kept":            {keyOf(1), nil, 1, 1},
		"kept is newer":           {keyOf(1), ringOf(2, 2, 1), 2, 2},
		"enrolled during one":     {keyOf(1), ringOf(1, 2, 1), 1, 2},
		"enrolled again later":    {keyOf(3), ringOf(2, 2, 1), 3, 3},
		"the server is a new one": {other, ringOf(2, 2, 1), 2, 1},
	} {
		if r := ringFor(c.enrolled, c.kept); r.Current != c.current || len(r.Keys) != c.keys {
			t.Errorf("%s: current %d of %d keys", name, r.Current, len(r.Keys))
		}
	}
}

// sealed gives settings with a ring for the gateway of a server.
func (s *server) sealed(t *testing.T, version uint64, r *wire.KeyRing) *wire.Settings {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(s.enrolment.Certificate), []byte(s.enrolment.Key))
	must(t, err)
	keys, err := wire.SealKeys(pair.PrivateKey.(*ecdsa.PrivateKey).Public().(*ecdsa.PublicKey), *r)
	must(t, err)
	return &wire.Settings{Version: version, Keys: keys}
}

// The whole of a rotation at one gateway, killed in between and with answers
// that get lost: taps come under the current key, each fob's twin until its
// batch is answered and not again.
func TestARotationLosesNoTapAndTellsEachFobOnce(t *testing.T) { // I7
	s, l, dir := newServer(t), newLine(t), folder(t)
	s.enrolment.TokenKey = keyOf(1)
	s.open(t)
	port := Port{Path: l.path, Protocol: "em4100"}
	g := start(t, s, dir, port)
	tap(t, l, 3) // never again: nobody learns its other token
	until(t, "the first tap is committed", func() bool { return s.count() == 1 })
	if n := look(s, func() int { return len(s.twins) }); n != 0 {
		t.Errorf("%d twins without a rotation", n)
	}
	s.down(wire.Down{Settings: s.sealed(t, 10, ringOf(1, 2, 1))})
	until(t, "the gateway says that it has the next key", func() bool {
		return look(s, func() bool { return s.state.KeyVersion == 2 && s.state.Settings == 10 })
	})
	look(s, func() bool { s.silent = true; return true })
	tap(t, l, 9)
	until(t, "the twin came", func() bool { return look(s, func() bool { return len(s.twins) == 1 }) })
	must(t, g.stop())
	look(s, func() bool { s.silent = false; clear(s.twins); return true })

	start(t, s, dir, port)
	until(t, "the twin comes again after the restart", func() bool { return look(s, func() bool { return len(s.twins) == 1 }) })
	until(t, "it is answered", func() bool { r, err := journal.Inspect(dir); return err == nil && r.Unsent == 0 })
	s.down(wire.Down{Settings: s.sealed(t, 11, ringOf(2, 2, 1))})
	until(t, "the gateway uses the new key", func() bool { return look(s, func() bool { return s.state.Settings == 11 }) })
	tap(t, l, 7)
	tap(t, l, 9) // not the first: that one could be held over the restart
	until(t, "all taps are committed", func() bool { return s.count() == 4 })
	fob := func(n byte) wire.Fob {
		return wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: []byte{0, 0, 0, 0, n}}
	}
	look(s, func() bool {
		tokens := map[wire.Token]int{}
		for _, tap := range s.taps {
			tokens[tap.Token]++
		}
		if tokens[keyOf(1).Token(fob(3))] != 1 || tokens[keyOf(1).Token(fob(9))] != 1 || tokens[keyOf(2).Token(fob(9))] != 1 || tokens[keyOf(2).Token(fob(7))] != 1 {
			t.Errorf("tokens %v", tokens)
		}
		for _, n := range []byte{9, 7} {
			want := wire.Twin{OldVersion: 1, NewVersion: 2, Old: keyOf(1).Token(fob(n)), New: keyOf(2).Token(fob(n))}
			if s.twins[want] == 0 {
				t.Errorf("no twin of fob %d", n)
			}
		}
		if len(s.twins) != 2 {
			t.Errorf("twins %v, want those of two fobs", s.twins)
		}
		return true
	})
}

func TestARingForAnotherGatewayChangesNothing(t *testing.T) { // I7
	s, stranger, l := newServer(t), newServer(t), newLine(t)
	s.open(t)
	start(t, s, folder(t), Port{Path: l.path, Protocol: "em4100"})
	until(t, "it is online", func() bool { return look(s, func() bool { return s.state.Online }) })
	bad := stranger.sealed(t, 10, ringOf(2, 2))
	bad.Blocked = []wire.Token{s.enrolment.TokenKey.Token(aFob)}
	s.down(wire.Down{Settings: bad})
	s.down(wire.Down{Settings: &wire.Settings{Version: 11, Keys: []byte("noise")}})
	s.down(wire.Down{Settings: &wire.Settings{Version: 12}})
	until(t, "settings without a fault are in use", func() bool { return look(s, func() bool { return s.state.Settings == 12 }) })
	tap(t, l, 9)
	until(t, "the tap is committed", func() bool { return s.count() == 1 })
	if v := look(s, func() uint32 { return s.state.KeyVersion }); v != 1 {
		t.Errorf("the newest key is %d", v)
	}
}
