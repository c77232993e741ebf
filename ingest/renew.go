package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// renewals answers gateways that ask for a new certificate over the connection
// that the old one made, and writes down which one they use. What finds no
// room is let go: gateways ask again within the hour (OB-C6).
type renewals struct {
	app       *pg.DB // nil: nothing is renewed
	authority *fleet.Authority
	gateways  *gateways
	send      sender
	log       *slog.Logger
	hearsay   *hearsay
	asked     chan renewal
}

// renewal is one thing to do for a gateway.
type renewal struct {
	from    gateway
	request []byte // PKCS #10; nil: seen says what it uses
	seen    fleet.Seen
}

func newRenewals(cfg Config, g *gateways) *renewals {
	return &renewals{app: cfg.App, authority: cfg.Authority, gateways: g, log: cfg.Log, hearsay: newHearsay(cfg.Log), asked: make(chan renewal, 1024)}
}

// ask takes a request for a certificate.
func (r *renewals) ask(from gateway, request []byte) { r.put(renewal{from: from, request: request}) }

// shown takes the certificate that a connection showed; most were seen before.
func (r *renewals) shown(from gateway, certificate []byte) {
	if from.isNew(certificate) {
		r.put(renewal{from: from, seen: fleet.Seen{DER: certificate}})
	}
}

// told takes what a gateway says of the certificate it uses: an external
// broker does not show it.
func (r *renewals) told(from gateway, until int64) {
	if len(from.unseen) > 0 && until > 0 {
		r.put(renewal{from: from, seen: fleet.Seen{Until: time.Unix(until, 0)}})
	}
}

func (r *renewals) put(a renewal) {
	if r.app == nil {
		return
	}
	select {
	case r.asked <- a:
	default:
		r.hearsay.warn(time.Now(), "too many certificates at once; a gateway will ask again", "gateway", a.from.id)
	}
}

func (r *renewals) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-r.asked:
			if err := r.settle(ctx, a); err != nil && ctx.Err() == nil {
				r.hearsay.warn(time.Now(), "a gateway's certificate is not settled; it will ask again", "gateway", a.from.id, "error", err)
			}
		}
	}
}

func (r *renewals) settle(ctx context.Context, a renewal) error {
	if a.request == nil {
		return r.note(ctx, a)
	}
	request, err := fleet.ParseRequest(a.request, int64(a.from.id))
	if err != nil {
		return err
	}
	var der []byte
	err = r.app.InTenant(ctx, a.from.tenant, func(tx pg.Tx) (err error) {
		der, err = fleet.Renew(ctx, tx, r.authority, int64(a.from.id), request, time.Now())
		return err
	})
	if err == nil { // so that it is let in with it at once
		err = r.gateways.ask(ctx, []int64{int64(a.from.id)})
	}
	if err != nil {
		return err
	}
	r.log.Info("a gateway's certificate was renewed", "gateway", a.from.id)
	r.send(topic(a.from.id, topicDown), wire.Down{Certificate: der}.Encode(), 1)
	return nil
}

func (r *renewals) note(ctx context.Context, a renewal) error {
	err := r.app.InTenant(ctx, a.from.tenant, func(tx pg.Tx) error {
		return fleet.UseCertificate(ctx, tx, int64(a.from.id), a.seen, time.Now())
	})
	return errors.Join(err, r.gateways.ask(ctx, []int64{int64(a.from.id)}))
}
