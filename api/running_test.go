package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

// fetch begins to fetch all of a tenant's data, which is more than any
// connection holds by itself; over is closed when the server is done with it.
func (c *client) fetch() (body io.ReadCloser, over <-chan struct{}) {
	c.h.t.Helper()
	done := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		c.h.server.ServeHTTP(w, r)
	}))
	c.h.t.Cleanup(web.Close)
	res, err := c.http.Post(web.URL+"/privacy/ending/export", "application/x-www-form-urlencoded", nil) // cookies know no port
	if err != nil || res.StatusCode != http.StatusOK {
		c.h.t.Fatalf("%v, %v", res, err)
	}
	c.h.t.Cleanup(func() { res.Body.Close() })
	return res.Body, done
}

func TestADownloadEndsWhenWhoFetchesItIsCutOff(t *testing.T) { // OB-C11
	h, c, of, account := fetching(t)
	body, over := c.fetch()
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		return CutOff(ctx, tx, operator(), Access{Kind: "account", ID: account}, "shared password", time.Now())
	})
	select {
	case <-over:
	case <-time.After(time.Minute):
		t.Fatal("it goes on after a minute")
	}
	if n, err := io.Copy(io.Discard, body); err == nil {
		t.Errorf("all %d bytes came", n)
	}
}

func TestADownloadOfSomebodyWhoIsLetInComesWhole(t *testing.T) {
	h, c, of, _ := fetching(t)
	body, over := c.fetch()
	h.suspend(of, tenant.Suspended) // the return of data stays open (OB-H10)
	if n, err := io.Copy(io.Discard, body); err != nil {
		t.Errorf("after %d bytes: %v", n, err)
	}
	<-over
}

func TestASuppliersRequestEndsWhenTheCustomerEndsTheSupport(t *testing.T) { // OB-P15
	h, c, supplier, helper := supported(t)
	locked, free := make(chan struct{}), make(chan struct{})
	owner := pgtest.Open(t, h.url, pg.RoleOwner)
	go func() {
		_ = owner.Look(t.Context(), func(tx pg.Tx) error {
			_, err := tx.Exec(t.Context(), "LOCK TABLE gateway IN ACCESS EXCLUSIVE MODE")
			close(locked)
			<-free
			return err
		})
	}()
	<-locked
	defer close(free)
	over := supplier.ask("/devices")
	select {
	case <-over:
		t.Fatal("it ended while support is allowed")
	case <-time.After(300 * time.Millisecond): // many looks
	}
	c.want(http.StatusSeeOther, c.post(registers+"/support/end", "account", itoa(helper)))
	select {
	case <-over:
	case <-time.After(time.Minute):
		t.Fatal("it goes on after a minute")
	}
}

func TestASuppliersLivePageEndsWhenTheCustomerEndsTheSupport(t *testing.T) { // OB-P15
	h, c, supplier, helper := supported(t)
	c.want(http.StatusSeeOther, c.post(registers, "book", "council", "subject", "wall", "answer", "consent", "body", "OR", "day", "2026-01-05", "reference", "2026/2"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", h.web.URL+page.PathTodayEvents, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := supplier.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	c.want(http.StatusSeeOther, c.post(registers+"/support/end", "account", itoa(helper)))
	if heard, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(heard), "event: change") {
		t.Errorf("the page heard %q, %v", heard, err)
	}
}

// supported is a customer's administrator who allows a supplier's person to
// look along, and that person.
func supported(t *testing.T) (h *house, c, supplier *client, helper int64) {
	h, _, c, of := office(t)
	h.server.cfg.Look = 20 * time.Millisecond
	helper = h.account(of, "help@supplier.example", people.Supplier)
	supplier = h.visit("help@supplier.example")
	c.want(http.StatusSeeOther, c.post(registers+"/support", "account", itoa(helper), "reason", "a wrong total", "minutes", "60", "region", "NL", "operator", "NL"))
	return h, c, supplier, helper
}

// ask asks for a page, and closes what it gives once that came or broke off.
func (c *client) ask(path string) <-chan struct{} {
	over := make(chan struct{})
	go func() {
		defer close(over)
		if res, err := c.http.Get(c.h.web.URL + path); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	}()
	return over
}

// fetching is an administrator of a tenant with some megabytes, of whom it is
// looked often whether they are let in.
func fetching(t *testing.T) (h *house, c *client, of, account int64) {
	h = newHouse(t)
	of = h.tenant("Acme")
	h.server.cfg.Privacy, h.server.cfg.Catalogue, h.server.cfg.Look = pgtest.Open(t, h.url, pg.RolePrivacy), tenant.Tables(), 20*time.Millisecond
	pgtest.Exec(t, h.url, `INSERT INTO contract_event (tenant_id, kind, of_party, told_day, effective_day, service, by_kind, by_id, made_at)
		SELECT $1, 'first_used', 'customer', now(), now(), string_agg(md5(random()::text), ''), 'operator', 0, now() FROM generate_series(1, 400000) n GROUP BY n / 80`, of)
	account = h.account(of, "boss@example.org", people.Administrator)
	return h, h.person("boss@example.org"), of, account
}
