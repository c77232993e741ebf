package people_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// key makes a payroll key that may be used from networks.
func (o *office) key(networks ...netip.Prefix) (made people.Key, secret string) {
	o.Helper()
	o.do(func(tx pg.Tx) (err error) {
		made, secret, err = people.CreateKey(o.Context(), tx, operator, people.Key{Name: "Loket", Scopes: []people.Scope{people.ScopePayroll}, Networks: networks})
		return err
	})
	return made, secret
}

func (o *office) rotate(key int64, overlap time.Duration, now time.Time) (secret string) {
	o.Helper()
	o.do(func(tx pg.Tx) (err error) {
		secret, err = people.RotateKey(o.Context(), tx, operator, key, overlap, now)
		return err
	})
	return secret
}

func TestBothKeysWorkForTheTimeChosen(t *testing.T) { // OB-C6
	o := newOffice(t)
	k, first := o.key()
	second := o.rotate(k.ID, time.Hour, noon)
	third := o.rotate(k.ID, 24*time.Hour, noon.Add(time.Minute))
	works := func(secret string, at time.Time) bool {
		got, err := people.KeyByToken(t.Context(), o.db, secret, netip.Addr{}, at)
		if err != nil && !errors.Is(err, people.ErrUnknownKey) {
			t.Fatal(err)
		}
		return err == nil && got.ID == k.ID
	}
	for _, c := range []struct {
		after  time.Duration
		expect [3]bool
	}{
		{2 * time.Minute, [3]bool{true, true, true}},
		{time.Hour, [3]bool{false, true, true}}, // the second rotation did not prolong the first key
		{24*time.Hour + time.Minute, [3]bool{false, false, true}},
		{10000 * time.Hour, [3]bool{false, false, true}},
	} {
		for i, secret := range []string{first, second, third} {
			if got := works(secret, noon.Add(c.after)); got != c.expect[i] {
				t.Errorf("after %s key %d works: %t", c.after, i+1, got)
			}
		}
	}
	o.do(func(tx pg.Tx) error {
		all, err := people.Keys(t.Context(), tx, noon.Add(2*time.Hour))
		if len(all) != 1 || all[0].FormerUntil == nil || !all[0].FormerUntil.Equal(noon.Add(24*time.Hour+time.Minute)) || all[0].FormerUsed == nil || all[0].Rotated == nil {
			t.Errorf("%+v", all)
		}
		return err
	})
	o.do(func(tx pg.Tx) error { return people.RevokeKey(t.Context(), tx, operator, k.ID, noon) })
	for i, secret := range []string{first, second, third} { // OB-C11
		if works(secret, noon.Add(time.Minute)) {
			t.Errorf("key %d outlives its revocation", i+1)
		}
	}
}

func TestAKeyIsReplacedAtOnceOrWithinBounds(t *testing.T) {
	o := newOffice(t)
	k, first := o.key()
	o.rotate(k.ID, 0, noon)
	if _, err := people.KeyByToken(t.Context(), o.db, first, netip.Addr{}, noon); !errors.Is(err, people.ErrUnknownKey) {
		t.Error(err)
	}
	for _, overlap := range []time.Duration{-1, people.MaxOverlap + 1} {
		err := o.try(func(tx pg.Tx) error {
			_, err := people.RotateKey(t.Context(), tx, operator, k.ID, overlap, noon)
			return err
		})
		if !errors.Is(err, people.ErrInvalid) {
			t.Errorf("%s: %v", overlap, err)
		}
	}
}

func TestAKeyIsRefusedFromOutsideItsNetworks(t *testing.T) { // OB-C4
	o := newOffice(t)
	k, secret := o.key(netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/48"))
	for address, may := range map[string]bool{
		"203.0.113.9": true, "::ffff:203.0.113.9": true, "2001:db8::1": true, "203.0.114.1": false, "2001:db9::1": false, "127.0.0.1": false,
	} {
		_, err := people.KeyByToken(t.Context(), o.db, secret, netip.MustParseAddr(address), noon)
		if may && err != nil || !may && !errors.Is(err, people.ErrKeyAddress) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := people.KeyByToken(t.Context(), o.db, secret, netip.Addr{}, noon); !errors.Is(err, people.ErrKeyAddress) {
		t.Errorf("from nowhere: %v", err)
	}
	if n := pgtest.Exec(t, o.url, "SELECT count(*) FROM audit_entry WHERE action = 'api_key.refuse'"); n != 1 {
		t.Errorf("%d refusals audited in a minute", n)
	}
	o.do(func(tx pg.Tx) error { return people.SetKeyNetworks(t.Context(), tx, operator, k.ID, nil) })
	if _, err := people.KeyByToken(t.Context(), o.db, secret, netip.Addr{}, noon); err != nil {
		t.Error(err)
	}
}

func TestNetworksAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string][]string{
		"":                               nil,
		" 203.0.113.7,\n203.0.113.0/24 ": {"203.0.113.7/32", "203.0.113.0/24"},
		"2001:db8::1;2001:db8::/48":      {"2001:db8::1/128", "2001:db8::/48"},
		"::ffff:203.0.113.7 203.0.113.7": {"203.0.113.7/32"},
		"203.0.113.300":                  {"refused"},
		"203.0.113.7/24":                 {"refused"}, // a whole network that nobody meant
		"fe80::1%eth0":                   {"refused"},
		"::ffff:203.0.113.0/120":         {"refused"},
		"example.com":                    {"refused"},
	} {
		got, err := people.ParseNetworks(text)
		if err != nil {
			if !errors.Is(err, people.ErrInvalid) || !slices.Equal(want, []string{"refused"}) {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		var texts []string
		for _, p := range got {
			texts = append(texts, p.String())
		}
		if !slices.Equal(texts, want) {
			t.Errorf("%q: %v, want %v", text, texts, want)
		}
	}
}

func FuzzParseNetworks(f *testing.F) {
	f.Add("203.0.113.7, 2001:db8::/48")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := people.ParseNetworks(text)
		for _, p := range all {
			if err != nil || !p.IsValid() || p != p.Masked() {
				t.Errorf("%q gives %v, %v", text, p, err)
			}
		}
	})
}

func TestAKeyOfDestinationsDoesNothingElse(t *testing.T) {
	o := newOffice(t)
	for name, k := range map[string]people.Key{
		"of a destination that isn't there": {Name: "k", Scopes: []people.Scope{people.ScopePayroll}, Destinations: []int64{9}},
		"with another scope":                {Name: "k", Scopes: []people.Scope{people.ScopePayroll, people.ScopeRead}, Destinations: []int64{9}},
	} {
		var wrong *people.Invalid
		err := o.try(func(tx pg.Tx) error { _, _, err := people.CreateKey(t.Context(), tx, operator, k); return err })
		if !errors.As(err, &wrong) || wrong.Field != "destinations" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
