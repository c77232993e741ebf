package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tikklok/api"
	"tikklok/ingest"
	"tikklok/ingest/ended"
	"tikklok/ingest/pg"
	"tikklok/payroll/delivery"
)

// part is something that runs until its context ends.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// runParts runs all of them until ctx ends or one of them does, then stops
// them one by one, the last first, so that none loses what it stands on.
func runParts(ctx context.Context, parts []part) error {
	ctx, stopAll := context.WithCancel(ctx)
	defer stopAll()
	errs := make([]error, len(parts))
	stops := make([]context.CancelFunc, len(parts))
	ended := make([]chan struct{}, len(parts))
	for i, p := range parts {
		own, stop := context.WithCancel(context.WithoutCancel(ctx))
		stops[i], ended[i] = stop, make(chan struct{})
		go func() {
			defer close(ended[i])
			defer stopAll()
			if err := p.run(own); err != nil && !errors.Is(err, context.Canceled) {
				errs[i] = fmt.Errorf("%s: %w", p.name, err)
			}
		}()
	}
	<-ctx.Done()
	for i := len(parts) - 1; i >= 0; i-- {
		stops[i]()
		<-ended[i]
	}
	return errors.Join(errs...)
}

// parts lists what this server runs, each after what it stands on, and the
// pools that they use.
func (s *server) parts(ctx context.Context) (parts []part, pools []*pg.DB, err error) {
	take := func(role pg.Role) *pg.DB {
		db, failed := s.db.open(ctx, role)
		if failed != nil {
			err = errors.Join(err, failed)
			return nil
		}
		pools = append(pools, db)
		return db
	}
	if c := s.db.cluster; c != nil {
		parts = append(parts, part{"database", func(ctx context.Context) error { return c.Keep(ctx, pg.ClusterOptions{}) }})
	}
	parts = append(parts, part{"backups", s.keepBackups})
	if db := take(pg.RoleApp); err == nil {
		ends := ended.NewKeeper(db, s.place.folder("ended"), slog.Default())
		parts = append(parts, part{"ends", ends.Run})
		err = ends.Replay(ctx, time.Now()) // before anybody is let in (I8)
	}
	if err != nil {
		return nil, pools, err
	}
	if s.Only != "api" {
		owner, app := take(pg.RoleOwner), take(pg.RoleApp)
		if err != nil {
			return nil, pools, err
		}
		sets, failed := s.backupParts(owner, app)
		if failed != nil {
			return nil, pools, failed
		}
		parts = append(parts, sets...)
	}
	if s.Only != "api" {
		in, app, private := take(pg.RoleIngest), take(pg.RoleApp), take(pg.RolePrivacy)
		cfg, failed := s.ingest(in, app)
		if err = errors.Join(err, failed); err != nil {
			return nil, pools, err
		}
		parts = append(parts, s.auditParts(app)...)
		parts = append(parts,
			part{"partitions", func(ctx context.Context) error { return keepMonths(ctx, in) }},
			part{"contracts", func(ctx context.Context) error { return keepContracts(ctx, app) }},
			part{"incidents", func(ctx context.Context) error { return keepIncidents(ctx, app) }},
			part{"reports", func(ctx context.Context) error { return keepReports(ctx, app) }},
			part{"history", func(ctx context.Context) error { return keepHistory(ctx, app) }},
			part{"evidence", func(ctx context.Context) error { return keepEvidence(ctx, app) }},
			part{"retention", func(ctx context.Context) error { return keepRetention(ctx, app, private, cfg.Live.GiveWay) }},
			part{"hours", (&hoursKeeper{db: app, approval: approvalKeeper{app, map[int64]time.Time{}}, woken: make(chan struct{}, 1)}).run},
			part{"ingest", func(ctx context.Context) error { return ingest.Run(ctx, cfg) }})
	}
	if s.http != nil {
		courier, failed := s.courier()
		if err = errors.Join(err, failed); err != nil {
			return nil, pools, err
		}
		app, outbox, private := take(pg.RoleApp), take(pg.RoleApp), take(pg.RolePrivacy)
		if err != nil {
			return nil, pools, err
		}
		pages, failed := s.api(ctx, app, private, courier)
		if err = errors.Join(err, failed); err != nil {
			return nil, pools, err
		}
		if s.Only == "api" {
			parts = append(parts, s.auditParts(app)...)
		}
		parts = append(parts,
			part{"policy", func(ctx context.Context) error { return s.keepPolicy(ctx, app) }},
			part{"ports", func(ctx context.Context) error { return s.keepPorts(ctx, app) }},
			part{"pages", func(ctx context.Context) error { return pages.Run(ctx, s.http) }},
			part{"deliveries", func(ctx context.Context) error { return courier.Run(ctx, outbox) }})
		told, failed := s.tellers(app, courier)
		if err = errors.Join(err, failed); err != nil {
			return nil, pools, err
		}
		duty, failed := s.dutyParts(app)
		if err = errors.Join(err, failed); err != nil {
			return nil, pools, err
		}
		parts = append(append(parts, told...), duty...)
	}
	return parts, pools, err
}

func (s *server) ingest(db, app *pg.DB) (ingest.Config, error) {
	cfg := ingest.Config{DB: db, App: app, Log: slog.Default(), Listener: s.mqtt, Authority: s.authority, ClockGoodTo: s.ClockGoodTo, Live: &ingest.Live{}}
	var err error
	if s.mqtt != nil {
		if cfg.Own, err = s.authority.Broker(s.hosts()...); err != nil {
			return cfg, err
		}
	}
	if s.Broker == "" {
		return cfg, nil
	}
	own, err := s.authority.Ingest()
	if err != nil {
		return cfg, err
	}
	cfg.Public = cmp.Or(s.PublicBroker, s.Broker)
	cfg.Remote = &ingest.Remote{URL: s.Broker, TLS: &tls.Config{
		RootCAs: s.authority.Pool(), MinVersion: tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own.Pair(), nil },
	}}
	return cfg, nil
}

// api makes the pages and the API, after what an earlier crash left of payroll
// runs is finished (I8).
func (s *server) api(ctx context.Context, db, private *pg.DB, courier delivery.Courier) (*api.Server, error) {
	office := s.place.office()
	all, err := tenants(ctx, db)
	if err != nil {
		return nil, err
	}
	desk := s.place.desk(db, private)
	if err := eraseAgain(ctx, desk, all); err != nil {
		return nil, err
	}
	for _, t := range all {
		if err := office.Resume(ctx, db, t.ID); err != nil {
			slog.Error("payroll runs of a tenant stay unfinished", "tenant", t.ID, "error", err)
		}
	}
	return api.New(api.Config{DB: db, Privacy: private, Catalogue: catalogue(), Places: s.places, Requests: desk, Version: version, Logger: slog.Default(), Payroll: office, Delivery: courier, Evidence: s.place.evidenceKey(s.db.keys), Contacts: s.Contact, PublicURL: s.PublicURL, SecureCookies: s.Secure, TrustedProxies: s.TrustedProxy})
}

// courier brings runs to packages; the key of its secrets stands beside the
// database.
func (s *server) courier() (delivery.Courier, error) {
	seal, err := delivery.OpenSeal(s.place.folder("delivery.key"))
	return delivery.Courier{Payroll: s.place.office(), Seal: seal, Private: s.DeliverTo, Shown: s.place.folder("delivered"), Log: slog.Default()}, err
}

// keepMonths makes the partitions ahead, at start and twice a day: a machine
// that slept catches up, and the default partition takes what comes before.
func keepMonths(ctx context.Context, db *pg.DB) error {
	for {
		warn(db.MakeMonths(ctx, time.Now()), "partitions were not made ahead")
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(12 * time.Hour):
		}
	}
}
