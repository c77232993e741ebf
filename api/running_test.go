package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

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
