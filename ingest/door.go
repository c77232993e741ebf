package ingest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// enrolTLS asks a device for no certificate: it has none yet, and shows a code.
// The authority's certificate goes along, by which the device knows the server.
func enrolTLS(cfg Config) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: []string{wire.ProtocolEnrol},
		GetCertificate:   func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cfg.Authority.Present(cfg.Own), nil },
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256}, SessionTicketsDisabled: true,
	}
}

// portTLS leads a connection by what it says it speaks (ALPN, RFC 7301):
// enrolment, or MQTT, also when it says nothing. So one port serves both, and
// may be 443 where a network lets nothing else through.
func portTLS(cfg Config) *tls.Config {
	mqtt, enrol := serverTLS(cfg), enrolTLS(cfg)
	return &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		for _, p := range hello.SupportedProtos {
			if p == wire.ProtocolEnrol {
				return enrol, nil
			}
		}
		if cfg.Remote != nil {
			return nil, errors.New("gateways connect to the external broker; this port only enrols them")
		}
		return mqtt, nil
	}}
}

// desk makes devices gateways by one-time codes.
type desk struct {
	app       *pg.DB
	authority *fleet.Authority
	public    string // address of the broker that gateways are told; "": where they asked
	gateways  *gateways
	wrong     *attempts
	here      *crowd
	log       *slog.Logger
	hearsay   *hearsay
}

// newDesk gives nil where nothing can be enrolled.
func newDesk(cfg Config, g *gateways) *desk {
	if cfg.App == nil {
		return nil
	}
	return &desk{app: cfg.App, authority: cfg.Authority, public: cfg.Public, gateways: g, wrong: newAttempts(), here: newCrowd(enrolOne, enrolling), log: cfg.Log, hearsay: newHearsay(cfg.Log)}
}

// serve answers the one request of a connection and closes it; the deadline of
// its handshake holds for all of it.
func (d *desk) serve(ctx context.Context, c *tls.Conn) {
	defer c.Close()
	from := c.RemoteAddr()
	if d == nil || !d.here.enter(from) {
		return
	}
	defer d.here.leave(from)
	b, err := wire.ReadFrame(c)
	if err != nil {
		d.hearsay.warn(time.Now(), "a device asked for nothing", "remote", from.String(), "error", err)
		return
	}
	answer := wire.EnrolAnswer{}
	if request, err := wire.DecodeEnrolRequest(b); err != nil {
		answer.Refusal = err.Error()
	} else {
		answer = d.answer(ctx, from, request)
	}
	if err := wire.WriteFrame(c, answer.Encode()); err != nil {
		d.hearsay.warn(time.Now(), "a device did not hear the answer; it asks again", "remote", from.String(), "gateway", answer.Gateway, "error", err)
	}
}

// errDesk is what a device hears of what only the server's log may tell.
var errDesk = errors.New("the server can't look codes up now; try again in a minute")

// answer grants or refuses. Refusals that say something of a code count
// against the address that showed it.
func (d *desk) answer(ctx context.Context, from net.Addr, r wire.EnrolRequest) wire.EnrolAnswer {
	now := time.Now()
	if wait := d.wrong.wait(from, now); wait > 0 {
		return wire.EnrolAnswer{Refusal: fmt.Sprintf("too many wrong codes were shown; try again in %s", wait.Round(time.Second)), Passing: true}
	}
	ctx, cancel := context.WithTimeout(ctx, handshake/2)
	defer cancel()
	answer, err := d.enrol(ctx, wire.Code{Secret: r.Secret}.Hash(), r.Request, now)
	switch {
	case err == nil:
		d.log.Info("a device was enrolled", "gateway", answer.Gateway, "remote", from.String())
		return answer
	case refusesCode(err):
		d.wrong.count(from, now)
		d.hearsay.warn(now, "a code was refused", "remote", from.String(), "gateway", answer.Gateway, "reason", err)
		return wire.EnrolAnswer{Refusal: err.Error()}
	}
	d.log.Error("a device could not be enrolled; it asks again", "remote", from.String(), "gateway", answer.Gateway, "error", err)
	return wire.EnrolAnswer{Refusal: errDesk.Error(), Passing: true}
}

func refusesCode(err error) bool {
	var used fleet.CodeUsedError
	var expired fleet.CodeExpiredError
	return errors.Is(err, fleet.ErrCodeUnknown) || errors.Is(err, fleet.ErrCodeReplaced) || errors.Is(err, fleet.ErrRequest) ||
		errors.As(err, &used) || errors.As(err, &expired)
}

// enrol uses the code; where it is somebody's, the refusal is audited there.
func (d *desk) enrol(ctx context.Context, hash [32]byte, der []byte, now time.Time) (wire.EnrolAnswer, error) {
	var owner, id int64
	err := d.app.Look(ctx, func(tx pg.Tx) (err error) {
		owner, id, err = fleet.CodeOwner(ctx, tx, hash)
		return err
	})
	if err != nil {
		return wire.EnrolAnswer{}, err
	}
	answer := wire.EnrolAnswer{Gateway: uint32(id), Authority: d.authority.Certificate().Raw, Broker: d.public}
	request, err := fleet.ParseRequest(der, id)
	if err == nil {
		err = d.app.InTenant(ctx, owner, func(tx pg.Tx) (err error) {
			return d.grant(ctx, tx, &answer, hash, request, now)
		})
	}
	if err != nil && refusesCode(err) {
		audited := d.app.InTenant(ctx, owner, func(tx pg.Tx) error { return fleet.RefuseCode(ctx, tx, id, err.Error()) })
		if audited != nil {
			return answer, audited
		}
	}
	if err == nil { // so that the gateway is let in at once
		err = d.gateways.ask(ctx, []int64{id})
	}
	return answer, err
}

func (d *desk) grant(ctx context.Context, tx pg.Tx, answer *wire.EnrolAnswer, hash [32]byte, request *x509.CertificateRequest, now time.Time) error {
	var err error
	if answer.Certificate, err = fleet.Enrol(ctx, tx, d.authority, int64(answer.Gateway), hash, request, now); err != nil {
		return err
	}
	ring, owner, err := tenant.Ring(ctx, tx)
	if err != nil {
		return err
	}
	answer.Owner = owner
	answer.Keys, err = wire.SealKeys(fleet.RequestKey(request), ring)
	return err
}
