package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"tikklok/api/openapi"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

func TestForwardedAddressesAreBelievedOfProxiesOnly(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, c := range []struct {
		peer string
		said []string
		want string // "": unknown, which is on no list
	}{
		{"203.0.113.7:4711", nil, "203.0.113.7"},
		{"203.0.113.7:4711", []string{"198.51.100.1"}, "203.0.113.7"}, // whoever sends it may say anything
		{"10.0.0.1:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:80", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"}, // the first was sent along
		{"10.0.0.1:80", []string{"192.0.2.66", "198.51.100.1, 10.2.3.4"}, "198.51.100.1"},
		{"10.0.0.1:80", []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"10.0.0.1:80", []string{"198.51.100.1:9999"}, "198.51.100.1"},
		{"[::1]:80", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:80", nil, ""},
		{"10.0.0.1:80", []string{"198.51.100.1, unknown"}, ""},
		{"@", []string{"198.51.100.1"}, ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		for _, said := range c.said {
			r.Header.Add("X-Forwarded-For", said)
		}
		got := addressOf(r, proxies)
		if got.IsValid() != (c.want != "") || got.IsValid() && got.String() != c.want {
			t.Errorf("%s, %q: %s, want %q", c.peer, c.said, got, c.want)
		}
	}
}

func TestAKeyOfADestinationSeesNoOther(t *testing.T) { // I8
	h := newHouse(t)
	id := h.tenant("Acme")
	var mine, others payroll.Destination
	var secret string
	h.in(id, func(ctx context.Context, tx pg.Tx) (err error) {
		for _, d := range []struct {
			to   *payroll.Destination
			name string
		}{{&mine, "Loket"}, {&others, "Nmbrs"}} {
			if *d.to, err = payroll.CreateDestination(ctx, tx, operator(), payroll.Destination{Name: d.name, Format: "csv"}); err != nil {
				return err
			}
		}
		_, secret, err = people.CreateKey(ctx, tx, operator(), people.Key{Name: "k", Scopes: []people.Scope{people.ScopePayroll}, Destinations: []int64{mine.ID}})
		return err
	})
	c := &client{h: h, http: h.web.Client(), key: secret}
	var seen struct{ Items []struct{ ID int64 } }
	c.want(http.StatusOK, c.do("GET", "/api/v1/destinations", nil)).into(t, &seen)
	if len(seen.Items) != 1 || seen.Items[0].ID != mine.ID {
		t.Errorf("%+v", seen)
	}
	c.want(http.StatusOK, c.do("GET", "/api/v1/runs", nil))
	for _, path := range []string{"/api/v1/destinations/" + itoa(mine.ID) + "/codes", "/api/v1/deliveries", "/api/v1/sites", "/api/v1/destinations/" + itoa(mine.ID) + "/channels"} {
		c.want(http.StatusForbidden, c.do("GET", path, nil))
	}
}

func TestKeysAreRotatedAndKeptToAddressesInTheAPI(t *testing.T) { // OB-C6
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	var made struct {
		ID  int64
		Key string
	}
	c.want(http.StatusCreated, c.do("POST", "/api/v1/keys", object{"name": "Loket", "scopes": []string{"payroll"}, "networks": []string{"127.0.0.1"}})).into(t, &made)
	first := &client{h: h, http: h.web.Client(), key: made.Key}
	first.want(http.StatusOK, first.do("GET", "/api/v1/runs", nil))
	path := "/api/v1/keys/" + itoa(made.ID)
	c.want(http.StatusCreated, c.do("POST", path+"/rotate", object{"overlap_hours": 24})).into(t, &made)
	second := &client{h: h, http: h.web.Client(), key: made.Key}
	for _, k := range []*client{first, second} {
		k.want(http.StatusOK, k.do("GET", "/api/v1/runs", nil))
	}
	c.want(http.StatusNoContent, c.do("PUT", path+"/networks", object{"networks": []string{"203.0.113.0/24"}}))
	second.want(http.StatusForbidden, second.do("GET", "/api/v1/runs", nil))
	second.want(http.StatusForbidden, second.do("GET", "/api/v1/runs", nil, "X-Forwarded-For", "203.0.113.7"))
	c.want(http.StatusUnprocessableEntity, c.do("PUT", path+"/networks", object{"networks": []string{"203.0.113.7/24"}}))
	h.server.cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	second.want(http.StatusOK, second.do("GET", "/api/v1/runs", nil, "X-Forwarded-For", "203.0.113.7"))
}

func TestAKeyOfADestinationNeitherReadsNorMarksARunOfAnother(t *testing.T) { // I8
	h := newHouse(t)
	c, tenant := h.administrator("Acme")
	run := "/api/v1/runs/" + itoa(payday(c))
	var other int64
	keys := map[string]*client{}
	h.in(tenant, func(ctx context.Context, tx pg.Tx) error {
		d, err := payroll.CreateDestination(ctx, tx, operator(), payroll.Destination{Name: "Nmbrs", Format: "csv"})
		other = d.ID
		for name, of := range map[string]int64{"its own": 1, "other": other} {
			_, secret, err := people.CreateKey(ctx, tx, operator(), people.Key{Name: name, Scopes: []people.Scope{people.ScopePayroll}, Destinations: []int64{of}})
			if err != nil {
				return err
			}
			keys[name] = &client{h: h, http: h.web.Client(), key: secret}
		}
		return err
	})
	for name, status := range map[string]int{"other": http.StatusNotFound, "its own": http.StatusOK} {
		k := keys[name]
		for _, path := range []string{run, run + "/file"} {
			k.want(status, k.do("GET", path, nil))
		}
		k.want(status, k.do("POST", run+"/mark", object{"state": "acknowledged", "reason": "batch 7"}))
		k.want(http.StatusForbidden, k.do("POST", run+"/void", object{"reason": "x"}))
		k.want(http.StatusForbidden, k.do("POST", "/api/v1/runs/preview", object{"destination_id": 1, "from": "2026-11-01", "to": "2026-11-30"}))
		var all openapi.Runs
		if k.want(http.StatusOK, k.do("GET", "/api/v1/runs", nil)).into(t, &all); (len(all.Items) == 1) != (name == "its own") {
			t.Errorf("%s: %d runs", name, len(all.Items))
		}
	}
}
