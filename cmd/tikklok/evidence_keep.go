package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// evidenceEvery is how often the server looks whether a day's look at proofs is
// due.
const evidenceEvery = 10 * time.Minute

// keepEvidence looks at the proofs of each customer once a day, and keeps what
// was seen (OB-C14). A customer that fails holds up no other.
func keepEvidence(ctx context.Context, app *pg.DB) error {
	for {
		all, err := tenants(ctx, app)
		if ctx.Err() == nil {
			warn(err, "customers can't be gone through for their proofs")
		}
		for _, t := range all {
			if err := lookWhenDue(ctx, app, t, time.Now()); err != nil && ctx.Err() == nil {
				slog.Warn("proofs were not looked at; it is tried again", "tenant", t.ID, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(evidenceEvery):
		}
	}
}

// lookWhenDue looks at the proofs of a customer that has none of the day yet.
func lookWhenDue(ctx context.Context, app *pg.DB, t tenant.Tenant, now time.Time) error {
	if t.Probe {
		return nil
	}
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return err
	}
	return app.InTenant(ctx, t.ID, func(tx pg.Tx) error {
		due, err := evidence.LookDue(ctx, tx, now.In(zone))
		if err != nil || !due {
			return err
		}
		return evidence.KeepLook(ctx, tx, catalogue(), version, now.In(zone))
	})
}

// keepPolicy asks this server for its public policy once a day, as anybody may,
// and keeps how it was found (OB-C12).
func (s *server) keepPolicy(ctx context.Context, app *pg.DB) error {
	for {
		if err := s.lookAtPolicy(ctx, app, time.Now()); ctx.Err() == nil {
			warn(err, "how the policy on vulnerabilities is found was not kept")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(evidenceEvery):
		}
	}
}

func (s *server) lookAtPolicy(ctx context.Context, app *pg.DB, now time.Time) error {
	var due bool
	err := app.Look(ctx, func(tx pg.Tx) (err error) { due, err = evidence.PolicyDue(ctx, tx, now); return err })
	if err != nil || !due {
		return err
	}
	c := evidence.LookAtPolicy(ctx, &http.Client{Timeout: 20 * time.Second}, "http://"+ownAddress(s.http), now)
	if ctx.Err() != nil {
		return nil
	}
	if c.Problem != "" {
		slog.Warn("the policy on vulnerabilities and abuse is not as it has to be", "problem", c.Problem)
	}
	return app.Look(ctx, func(tx pg.Tx) error { return evidence.PutPolicy(ctx, tx, c) })
}

// ownAddress is where this machine reaches a listener of its own.
func ownAddress(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return l.Addr().String()
}
