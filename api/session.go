package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"tikklok/ingest/people"
)

// cookieName is that of the security scheme in the document.
const cookieName = "tikklok"

// Keys of a session's values.
const (
	keyTenant  = "tenant"
	keyAccount = "account"
	keySecret  = "secret"
	keyNotice  = "notice"
)

// sweepEvery is how often expired sessions are removed; they are refused from
// the moment they expire.
const sweepEvery = 10 * time.Minute

// sessions are server-side: the browser holds a random token, the database
// its hash. Who is signed in is read from the account at every request, so
// that closing an account, or giving it another password, ends its sessions
// at once (OB-C11).
type sessions struct {
	*scs.SessionManager
	store *sessionStore
	idle  time.Duration
	log   *slog.Logger
}

func newSessions(cfg Config) *sessions {
	m := scs.New()
	store := &sessionStore{db: cfg.DB, idle: cfg.Idle, now: cfg.Now}
	m.Store, m.Lifetime = store, cfg.Absolute
	m.Cookie.Name, m.Cookie.Persist, m.Cookie.Secure = cookieName, false, cfg.SecureCookies
	m.Cookie.HttpOnly, m.Cookie.SameSite = true, http.SameSiteLaxMode
	return &sessions{SessionManager: m, store: store, idle: cfg.Idle, log: cfg.Logger}
}

// begin starts a session of an account, under a new token.
func (s *sessions) begin(ctx context.Context, a people.Account) error {
	if err := s.RenewToken(ctx); err != nil {
		return err
	}
	s.Put(ctx, keyTenant, a.Tenant)
	s.Put(ctx, keyAccount, a.ID)
	s.Put(ctx, keySecret, a.Secret)
	return nil
}

// touch notes that a person was active: the idle limit starts again (OB-C2).
func (s *sessions) touch(ctx context.Context) error {
	return s.store.touch(ctx, s.Token(ctx), s.Deadline(ctx))
}

// over says whether the session of a token has ended, without touching it. That
// it can't be found out now is no end.
func (s *sessions) over(ctx context.Context, token string) bool {
	_, found, err := s.store.FindCtx(ctx, token)
	return err == nil && !found
}

// sweep removes expired sessions until ctx ends.
func (s *sessions) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := s.store.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "expired sessions were not removed; trying again later", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
