package api

import (
	"context"
	"errors"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// signInsAtOnce bounds how many passwords are checked at a time, and
// signInWait how long one more waits for its turn: each takes memory and a
// connection.
const (
	signInsAtOnce = 2
	signInWait    = 5 * time.Second
)

var errBusy = errors.New("too many at once; try again in a moment")

// signIn checks a password and starts a session (OB-C3, OB-C4).
func (s *Server) signIn(ctx context.Context, email, password string) (caller, error) {
	wait, cancel := context.WithTimeout(ctx, signInWait)
	defer cancel()
	select {
	case s.signIns <- struct{}{}:
		defer func() { <-s.signIns }()
	case <-wait.Done():
		return caller{}, errBusy
	}
	a, err := people.SignIn(ctx, s.cfg.DB, email, password, s.cfg.Now())
	if err != nil {
		return caller{}, err
	}
	c := caller{account: &a}
	err = s.cfg.DB.InTenant(ctx, a.Tenant, func(tx pg.Tx) (err error) {
		if c.tenant, err = tenant.Get(ctx, tx); err != nil {
			return err
		}
		if err := s.accessOver(ctx, tx, c.tenant); err != nil {
			return err
		}
		c.suspended, err = suspended(ctx, tx)
		return err
	})
	if err != nil {
		return caller{}, err
	}
	if c.suspended && !s.staysFor(c) {
		return caller{}, tenant.ErrSuspended
	}
	return c, s.sessions.begin(ctx, a)
}

// signOut ends the caller's session (OB-C4).
func (s *Server) signOut(ctx context.Context) error {
	who := callerOf(ctx)
	err := s.inTenant(ctx, func(tx pg.Tx) error {
		return audit.Append(ctx, tx, audit.Entry{Action: "account.sign_out", SubjectKind: "account", SubjectID: who.account.ID, By: who.actor()})
	})
	if err != nil {
		return err
	}
	return s.sessions.Destroy(ctx)
}

// SignIn starts a session.
func (o operations) SignIn(ctx context.Context, r openapi.SignInRequestObject) (openapi.SignInResponseObject, error) {
	c, err := o.signIn(ctx, r.Body.Email, r.Body.Password)
	if err != nil {
		return nil, err
	}
	return openapi.SignIn201JSONResponse(o.sessionView(ctx, c)), nil // the cookie is set by the sessions
}

// GetSession says who is signed in.
func (o operations) GetSession(ctx context.Context, _ openapi.GetSessionRequestObject) (openapi.GetSessionResponseObject, error) {
	return openapi.GetSession200JSONResponse(o.sessionView(ctx, callerOf(ctx))), nil
}

// SignOut ends the session.
func (o operations) SignOut(ctx context.Context, _ openapi.SignOutRequestObject) (openapi.SignOutResponseObject, error) {
	return openapi.SignOut204Response{}, o.signOut(ctx)
}

func (s *Server) sessionView(ctx context.Context, c caller) openapi.Session {
	v := openapi.Session{Account: accountView(*c.account), IdleSeconds: int(s.cfg.Idle / time.Second), Until: s.sessions.Deadline(ctx)}
	v.Tenant.Id, v.Tenant.Name, v.Tenant.Zone = c.tenant.ID, c.tenant.Name, c.tenant.Zone
	return v
}
