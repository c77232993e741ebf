package ended_test

import (
	"context"
	"fmt"
	"log/slog"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/ended"
	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/request"
)

// house is a tenant with one of each thing that can end, and a log.
type house struct {
	t                               *testing.T
	url, folder                     string
	tenant, by, account, key, spare int64
	gateway, kept, fob              int64
	restricted, lifted              int64 // employees
	request                         int64 // by which the second is restricted
	now                             time.Time
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, url: pgtest.URL(t), folder: filepath.Join(t.TempDir(), "ended"), now: time.Now().Add(time.Minute).Truncate(time.Second)}
	h.tenant = pgtest.Tenant(t, h.url, "Kwekerij")
	insert := func(sql string, args ...any) int64 {
		return pgtest.Exec(t, h.url, sql, append([]any{h.tenant}, args...)...)
	}
	account := "INSERT INTO account (tenant_id, email, name, roles) VALUES ($1, $2, 'x', '{administrator}') RETURNING account_id"
	h.by, h.account = insert(account, "a@example.org"), insert(account, "b@example.org")
	employee := "INSERT INTO employee (tenant_id, number, surname, employed_from) VALUES ($1, $2, 'x', '2020-01-01') RETURNING employee_id"
	h.restricted, h.lifted = insert(employee, "1"), insert(employee, "2")
	site := insert("INSERT INTO site (tenant_id, name) VALUES ($1, 'Noord') RETURNING site_id")
	gateway := "INSERT INTO gateway (tenant_id, site_id, name) VALUES ($1, $2, $3) RETURNING gateway_id"
	h.gateway, h.kept = insert(gateway, site, "A"), insert(gateway, site, "B")
	for _, g := range []int64{h.gateway, h.kept} {
		insert("INSERT INTO gateway_certificate (tenant_id, gateway_id, fingerprint, not_after) VALUES ($1, $2, $3, now() + interval '1 year')", g, []byte(fmt.Sprintf("%032d", g)))
	}
	h.fob = insert("INSERT INTO fob (tenant_id, label, status) VALUES ($1, 'F1', 'issued') RETURNING fob_id")
	insert("INSERT INTO fob_issue (tenant_id, fob_id, employee_id, issued_at) VALUES ($1, $2, $3, '2026-01-01')", h.fob, h.restricted)
	h.in(func(ctx context.Context, tx pg.Tx) error {
		for _, id := range []*int64{&h.key, &h.spare} {
			k, _, err := people.CreateKey(ctx, tx, h.actor(), people.Key{Name: "k", Scopes: []people.Scope{"read"}})
			if err != nil {
				return err
			}
			*id = k.ID
		}
		h.request = h.ask(ctx, tx, h.lifted)
		return request.Restrict(ctx, tx, h.request, h.actor(), h.now)
	})
	return h
}

func (h *house) actor() audit.Actor { return audit.Actor{Kind: audit.Account, ID: h.by} }

// ask has a restriction asked for and granted.
func (h *house) ask(ctx context.Context, tx pg.Tx, employee int64) int64 {
	h.t.Helper()
	id, err := request.Receive(ctx, tx, request.Request{Kind: request.Restriction, Employee: employee, Requester: request.SignedIn}, h.actor(), h.now)
	if err == nil {
		_, err = request.Take(ctx, tx, id, request.Act(request.Granted), "wordt onderzocht", h.actor(), h.now)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// in runs fn and leaves no connection behind, so that the database can be copied.
func (h *house) in(fn func(context.Context, pg.Tx) error) {
	h.t.Helper()
	db := pgtest.Open(h.t, h.url, pg.RoleApp)
	defer db.Close()
	if err := db.InTenant(h.t.Context(), h.tenant, func(tx pg.Tx) error { return fn(h.t.Context(), tx) }); err != nil {
		h.t.Fatal(err)
	}
}

// dump gives a copy of the database as it is now, with the same log.
func (h *house) dump() *house {
	h.t.Helper()
	copied, url := *h, pgtest.URL(h.t)
	name := func(address string) string {
		u, err := neturl.Parse(address)
		if err != nil {
			h.t.Fatal(err)
		}
		return strings.TrimPrefix(u.Path, "/")
	}
	server := os.Getenv("TEST_DATABASE_URL")
	pgtest.Exec(h.t, server, "DROP DATABASE "+name(url))
	pgtest.Exec(h.t, server, "CREATE DATABASE "+name(url)+" TEMPLATE "+name(h.url))
	copied.url = url
	return &copied
}

// act ends one of each.
func (h *house) act() {
	h.t.Helper()
	h.in(func(ctx context.Context, tx pg.Tx) error {
		steps := []func() error{
			func() error { return people.CloseAccount(ctx, tx, h.actor(), h.account, h.now) },
			func() error { return people.RevokeKey(ctx, tx, h.actor(), h.key, h.now) },
			func() error {
				_, err := people.RotateKey(ctx, tx, h.actor(), h.spare, time.Hour, h.now)
				return err
			},
			func() error { return fleet.RevokeGateway(ctx, tx, h.actor(), h.gateway, h.now) },
			func() error {
				return fleet.EndCertificate(ctx, tx, h.actor(), h.kept, []byte(fmt.Sprintf("%032d", h.kept)), h.now)
			},
			func() error { return fleet.Return(ctx, tx, h.actor(), h.fob, h.now, "lost") },
			func() error { return request.Restrict(ctx, tx, h.ask(ctx, tx, h.restricted), h.actor(), h.now) },
			func() error { return request.Lift(ctx, tx, h.request, "juist bevonden", h.actor(), h.now) },
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
}

// start is what a server does before it lets anybody in.
func (h *house) start() error {
	db := pgtest.Open(h.t, h.url, pg.RoleApp)
	defer db.Close()
	return ended.NewKeeper(db, h.folder, slog.New(slog.DiscardHandler)).Replay(h.t.Context(), h.now)
}

func (h *house) mustStart() {
	h.t.Helper()
	if err := h.start(); err != nil {
		h.t.Fatal(err)
	}
}

// open says what has not ended.
func (h *house) open() (out []string) {
	for what, sql := range map[string]string{
		"account":     "SELECT count(*) FROM account WHERE email = 'b@example.org' AND closed_at IS NULL",
		"key":         fmt.Sprintf("SELECT count(*) FROM api_key WHERE api_key_id = %d AND revoked_at IS NULL", h.key),
		"secret":      fmt.Sprintf("SELECT count(*) FROM api_key_secret s WHERE api_key_id = %d AND valid_until IS NULL AND made_at = (SELECT min(made_at) FROM api_key_secret o WHERE o.api_key_id = s.api_key_id)", h.spare),
		"gateway":     "SELECT count(*) FROM gateway WHERE name = 'A' AND revoked_at IS NULL",
		"certificate": fmt.Sprintf("SELECT count(*) FROM gateway_certificate WHERE gateway_id = %d AND ended_at IS NULL", h.kept),
		"issue":       "SELECT count(*) FROM fob_issue WHERE returned_at IS NULL",
		"fob":         "SELECT count(*) FROM fob WHERE status <> 'lost'",
		"use":         fmt.Sprintf("SELECT count(*) FROM employee e WHERE employee_id = %d AND NOT EXISTS (SELECT FROM privacy_restriction r WHERE r.employee_id = e.employee_id AND lifted_at IS NULL)", h.restricted),
		"restriction": fmt.Sprintf("SELECT count(*) FROM privacy_restriction WHERE employee_id = %d AND lifted_at IS NULL", h.lifted),
	} {
		if pgtest.Exec(h.t, h.url, sql) > 0 {
			out = append(out, what)
		}
	}
	return out
}

func (h *house) entries() int64 { return pgtest.Exec(h.t, h.url, "SELECT count(*) FROM audit_entry") }

func (h *house) log() string {
	text, err := os.ReadFile(filepath.Join(h.folder, fmt.Sprintf("%d.log", h.tenant)))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}
