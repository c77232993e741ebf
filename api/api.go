// Package api promises that every request is made by one known person or key
// of one tenant, does only what the table of grants allows (access.go), and
// is written down where a contract asks for it (OB-C4). The HTTP API is the
// document openapi.yaml: what it doesn't describe is refused by name.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"tikklok/api/continuity/evidence"
	"tikklok/api/page"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
	"tikklok/payroll/delivery"
)

// Config is what a Server is made of.
type Config struct {
	DB             *pg.DB         // under pg.RoleApp
	Privacy        *pg.DB         // under pg.RolePrivacy: erases and purges what a person decided
	Places         []tenant.Place // where this server keeps data, as declared (OB-P9)
	Catalogue      privacy.Catalogue
	Requests       request.Desk // carries out what data subjects ask
	Version        string       // of this program
	Logger         *slog.Logger
	Payroll        payroll.Office   // makes runs and keeps their manifests
	Delivery       delivery.Courier // brings them
	Evidence       evidence.KeyFile // signs evidence packs; without a path none are handed out
	SecureCookies  bool             // true where people come over TLS, here or at a proxy in front
	TrustedProxies []netip.Prefix   // whose X-Forwarded-For is believed; none: nobody's
	Contacts       []string         // where vulnerabilities and abuse are reported (CheckContact); none: no security.txt
	PublicURL      string           // where people reach this server (CheckPublicURL); "": not said
	Idle           time.Duration    // signed out after this long without a request; 0: 30 minutes (OB-C2)
	Absolute       time.Duration    // signed out after this long; 0: 12 hours (OB-C2)
	Look           time.Duration    // between two looks whether who makes a request that lasts is let in still; 0: 20 seconds (OB-C11)
	Now            func() time.Time // nil: time.Now
}

// Server answers the HTTP API and the pages.
type Server struct {
	cfg      Config
	log      *slog.Logger
	sessions *sessions
	pages    *page.Renderer
	live     *live
	looks    looks
	grants   map[string]access
	document *document
	signIns  chan struct{} // one place for each password that is being checked
	handler  http.Handler
}

// New makes a Server; it does no I/O.
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	doc, err := loadDocument()
	if err != nil {
		return nil, err
	}
	pages, err := page.Embedded()
	if err != nil {
		return nil, fmt.Errorf("preparing the pages: %w", err)
	}
	s := &Server{
		cfg: cfg, log: cfg.Logger, pages: pages, document: doc, grants: grants(), signIns: make(chan struct{}, signInsAtOnce),
		sessions: newSessions(cfg), live: newLive(cfg.DB, cfg.Logger), looks: looks{last: map[lookKey]time.Time{}},
	}
	s.handler = s.around(s.routes())
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Idle == 0 {
		c.Idle = 30 * time.Minute
	}
	if c.Absolute == 0 {
		c.Absolute = 12 * time.Hour
	}
	if c.Look == 0 {
		c.Look = 20 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Limits on one request. A live page sets its own (live.go).
const (
	headerTimeout = 10 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = 2 * time.Minute
	keepTimeout   = 2 * time.Minute
	stopTimeout   = 10 * time.Second
	headerBytes   = 32 << 10
)

// Run serves on l until ctx ends, then lets the requests under way finish for
// at most ten seconds. It closes l.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	work, ctx := errgroup.WithContext(ctx)
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: keepTimeout, MaxHeaderBytes: headerBytes,
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	work.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving on %s: %w", l.Addr(), err)
		}
		return nil
	})
	work.Go(func() error { return s.live.run(ctx) })
	work.Go(func() error { return s.sessions.sweep(ctx) })
	work.Go(func() error {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err := server.Shutdown(stop); err != nil {
			return errors.Join(err, server.Close())
		}
		return nil
	})
	return work.Wait()
}
