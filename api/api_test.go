package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

// quickHash is of a password that is checked in no time: a real one takes the
// race detector longer than most of a test.
const (
	password  = "correct horse battery"
	quickHash = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcyBvZg$pGx0gHFVy8WX+2vxutkTao95vP7WyHDO5FwgUusdnk0"
)

// house is a server on a database of its own.
type house struct {
	t      testing.TB
	url    string // of the database
	db     *pg.DB
	server *Server
	web    *httptest.Server
	log    *bytes.Buffer
}

func newHouse(t testing.TB) *house {
	t.Helper()
	url := pgtest.URL(t)
	h := &house{t: t, url: url, db: pgtest.Open(t, url, pg.RoleApp), log: &bytes.Buffer{}}
	server, err := New(Config{
		DB: h.db, Version: "test", Payroll: payroll.Office{Manifests: t.TempDir()},
		Logger: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.server = server
	h.web = httptest.NewServer(server)
	t.Cleanup(h.web.Close)
	return h
}

// today is the day it is where the house's tenants are, whatever the machine's
// zone is.
func (h *house) today() string { return h.day(0) }

// day is so many days after today.
func (h *house) day(after int) string {
	return h.server.cfg.Now().In(zoneOf("Europe/Amsterdam")).AddDate(0, 0, after).Format(time.DateOnly)
}

// tenant makes a tenant with a token key.
func (h *house) tenant(name string) int64 {
	h.t.Helper()
	id := pgtest.Tenant(h.t, h.url, name)
	h.in(id, func(ctx context.Context, tx pg.Tx) error {
		_, err := tenant.CreateKey(ctx, tx, operator())
		return errors.Join(err, consented(ctx, tx))
	})
	return id
}

// consented has the works council consent to the page that shows who is in.
func consented(ctx context.Context, tx pg.Tx) error {
	_, err := register.Add(ctx, tx, register.Entry{Book: register.Councils, At: time.Now(), By: operator(),
		Values: map[string]string{"subject": register.Wall, "answer": "consent", "body": "OR", "day": "2026-01-05", "reference": "2026/1"}})
	return err
}

func operator() audit.Actor { return audit.Actor{Kind: audit.Operator} }

func (h *house) in(tenant int64, fn func(context.Context, pg.Tx) error) {
	h.t.Helper()
	ctx := context.Background()
	if err := h.db.InTenant(ctx, tenant, func(tx pg.Tx) error { return fn(ctx, tx) }); err != nil {
		h.t.Fatal(err)
	}
}

// account adds somebody who may sign in with the password.
func (h *house) account(tenant int64, email string, roles ...people.Role) (id int64) {
	h.t.Helper()
	h.in(tenant, func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = people.CreateAccount(ctx, tx, operator(), people.Account{Email: email, Name: "Test", Language: "en", Roles: roles}, "")
		return err
	})
	pgtest.Exec(h.t, h.url, "UPDATE account SET password_hash = $1 WHERE account_id = $2", quickHash, id)
	return id
}

// key makes an API key.
func (h *house) key(tenant int64, scopes ...people.Scope) (secret string) {
	h.t.Helper()
	h.in(tenant, func(ctx context.Context, tx pg.Tx) (err error) {
		_, secret, err = people.CreateKey(ctx, tx, operator(), people.Key{Name: "test", Scopes: scopes})
		return err
	})
	return secret
}

// client is somebody who talks to the house.
type client struct {
	h    *house
	http *http.Client
	key  string
}

// person signs in.
func (h *house) person(email string) *client {
	h.t.Helper()
	c := h.stranger()
	c.want(http.StatusCreated, c.do("POST", "/api/v1/session", map[string]string{"email": email, "password": password}))
	return c
}

func (h *house) stranger() *client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &client{h: h, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// administrator gives a new tenant with one, signed in.
func (h *house) administrator(name string) (*client, int64) {
	h.t.Helper()
	id := h.tenant(name)
	email := strings.ToLower(name) + "@example.org"
	h.account(id, email, people.Administrator, people.Approver, people.Payroll)
	h.in(id, func(ctx context.Context, tx pg.Tx) error {
		return people.SwitchOn(ctx, tx, operator(), people.OptionalFirstName, "to tell two of a name apart")
	})
	return h.person(email), id
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// do sends body as JSON, a reader as it is, nil as nothing.
func (c *client) do(method, path string, body any, headers ...string) answer {
	c.h.t.Helper()
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case io.Reader:
		r = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.h.t.Fatal(err)
		}
		r, kind = bytes.NewReader(raw), "application/json"
	}
	req, err := http.NewRequest(method, c.h.web.URL+path, r)
	if err != nil {
		c.h.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.h.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.h.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, raw}
}

func (c *client) want(status int, a answer) answer {
	c.h.t.Helper()
	if a.status != status {
		log := c.h.log.String()
		c.h.t.Fatalf("got %d, want %d: %.600s\n…%s", a.status, status, a.body, log[max(0, len(log)-1000):])
	}
	return a
}

// make posts body and gives the id of what was made.
func (c *client) make(path string, body any) int64 {
	c.h.t.Helper()
	var made struct{ ID int64 }
	c.want(http.StatusCreated, c.do("POST", path, body)).into(c.h.t, &made)
	return made.ID
}

type object = map[string]any
