package ingest

import (
	"context"
	"crypto/x509"
	"log/slog"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// How often certificates are looked at.
const (
	listEvery = 20 * time.Second // the revocation list, for revocation within a minute
	tellEvery = 24 * time.Hour   // what soon ends
)

// watch keeps the revocation list for external brokers, writes down the
// service's own certificates, and tells of those that soon end.
type watch struct {
	app       *pg.DB
	authority *fleet.Authority
	broker    func() *x509.Certificate // that gateways see; nil: not known yet
	own       *fleet.Own               // nil: none
	log       *slog.Logger

	recorded *x509.Certificate
	told     time.Time
}

func newWatch(cfg Config, way link) *watch {
	return &watch{app: cfg.App, authority: cfg.Authority, broker: way.certificate, own: cfg.Own, log: cfg.Log}
}

func (w *watch) run(ctx context.Context) {
	if w.app == nil {
		return
	}
	tick := time.NewTicker(listEvery)
	defer tick.Stop()
	for {
		w.look(ctx, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *watch) look(ctx context.Context, now time.Time) {
	w.warn(ctx, "the revocation list could not be written", w.list(ctx, now))
	w.warn(ctx, "the service's certificates could not be written down", w.record(ctx))
	if now.Sub(w.told) < tellEvery {
		return
	}
	w.told = now
	w.warn(ctx, "certificates that end could not be looked up", w.tell(ctx, now))
	if w.own != nil {
		w.warn(ctx, "the server's certificate can't be made anew; it ends", w.own.Err())
	}
}

func (w *watch) warn(ctx context.Context, message string, err error) {
	if err != nil && ctx.Err() == nil {
		w.log.Warn(message, "error", err)
	}
}

func (w *watch) list(ctx context.Context, now time.Time) error {
	var all []fleet.Revoked
	err := w.app.Look(ctx, func(tx pg.Tx) (err error) {
		all, err = fleet.RevokedCertificates(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	return w.authority.WriteRevoked(all, now)
}

// record writes down the service's own certificates where they changed.
func (w *watch) record(ctx context.Context) error {
	broker := w.broker()
	if w.recorded != nil && (broker == nil || w.recorded.Equal(broker)) {
		return nil
	}
	err := w.app.Look(ctx, func(tx pg.Tx) error {
		if err := fleet.RecordService(ctx, tx, fleet.CertificateAuthority, w.authority.Certificate()); err != nil || broker == nil {
			return err
		}
		return fleet.RecordService(ctx, tx, fleet.CertificateBroker, broker)
	})
	if err == nil {
		w.recorded = w.authority.Certificate()
		if broker != nil {
			w.recorded = broker
		}
	}
	return err
}

// tell logs, once a day, what also stands on the Devices page.
func (w *watch) tell(ctx context.Context, now time.Time) error {
	var tenants []int64
	err := w.app.Look(ctx, func(tx pg.Tx) (err error) { tenants, err = tenant.All(ctx, tx); return err })
	told := map[string]bool{} // the service's own, which every tenant lists
	for _, t := range tenants {
		if err != nil {
			return err
		}
		err = w.app.InTenant(ctx, t, func(tx pg.Tx) error {
			all, err := fleet.ExpiringCertificates(ctx, tx, now)
			for _, e := range all {
				if !told[e.Kind] {
					w.log.Warn("a certificate ends and was not renewed", "of", e.Kind, "gateway", e.Gateway, "until", e.Until)
				}
				told[e.Kind] = e.Kind != fleet.CertificateGateway
			}
			return err
		})
	}
	return err
}
