package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// caller is who makes a request: a person, or a key.
type caller struct {
	tenant  tenant.Tenant
	account *people.Account
	key     *people.Key

	suspended bool // the tenant's service (suspended.go)
}

// actor is the caller as the audit log names it.
func (c caller) actor() audit.Actor {
	if c.key != nil {
		return audit.Actor{Kind: audit.APIKey, ID: c.key.ID}
	}
	return audit.Actor{Kind: audit.Account, ID: c.account.ID}
}

type callerKey struct{}

func withCaller(ctx context.Context, c caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// callerOf gives who makes the request; the guard put it there.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// What the guard refuses with.
var (
	errSignedOut = errors.New("nobody is signed in; sign in, or send an API key as `Authorization: Bearer tk_…`")
	errForbidden = errors.New("this role or key may not do that; ask an administrator")
)

// authenticate finds who makes the request. A key goes before a session, and
// a wrong key is never excused by one.
func (s *Server) authenticate(r *http.Request) (caller, error) {
	if h := r.Header.Get("Authorization"); h != "" {
		return s.byKey(r, h)
	}
	return s.bySession(r.Context(), r.Header.Get(page.LiveHeader) == "")
}

func (s *Server) byKey(r *http.Request, header string) (caller, error) {
	ctx := r.Context()
	secret, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return caller{}, errSignedOut
	}
	key, err := people.KeyByToken(ctx, s.cfg.DB, strings.TrimSpace(secret), addressOf(r, s.cfg.TrustedProxies), s.cfg.Now())
	if err != nil {
		return caller{}, err
	}
	c := caller{key: &key}
	err = s.cfg.DB.InTenant(ctx, key.Tenant, func(tx pg.Tx) (err error) {
		if c.tenant, err = tenant.Get(ctx, tx); err != nil {
			return err
		}
		if err := s.accessOver(ctx, tx, c.tenant); err != nil {
			return err
		}
		c.suspended, err = suspended(ctx, tx)
		return err
	})
	return c, err
}

// bySession reads the account anew each time: one that was closed, or whose
// password was reset, is out at its next request (OB-C11). What a page refreshes by itself is no activity.
func (s *Server) bySession(ctx context.Context, active bool) (caller, error) {
	tenantID, accountID := s.sessions.GetInt64(ctx, keyTenant), s.sessions.GetInt64(ctx, keyAccount)
	if tenantID == 0 || accountID == 0 {
		return caller{}, errSignedOut
	}
	var c caller
	err := s.cfg.DB.InTenant(ctx, tenantID, func(tx pg.Tx) (err error) {
		if c.tenant, err = tenant.Get(ctx, tx); err != nil {
			return err
		}
		if err := s.accessOver(ctx, tx, c.tenant); err != nil {
			return err
		}
		if c.suspended, err = suspended(ctx, tx); err != nil {
			return err
		}
		a, err := people.AccountByID(ctx, tx, accountID)
		c.account = &a
		return err
	})
	switch {
	case errors.Is(err, people.ErrNotFound), errors.Is(err, tenant.ErrNotFound):
		return caller{}, errSignedOut
	case err != nil:
		return caller{}, fmt.Errorf("finding who is signed in: %w", err)
	case c.account.Closed != nil, c.account.Ended(s.cfg.Now()), c.account.Secret != s.sessions.GetString(ctx, keySecret):
		return caller{}, errSignedOut
	}
	if active {
		if err := s.sessions.touch(ctx); err != nil {
			return caller{}, err
		}
	}
	return c, nil
}
