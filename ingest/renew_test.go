package ingest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// both runs a test before the embedded broker and before mosquitto.
func both(t *testing.T, test func(t *testing.T, p *plant)) {
	t.Run("embedded", func(t *testing.T) {
		p := newPlant(t)
		p.run(nil)
		test(t, p)
	})
	t.Run("mosquitto", func(t *testing.T) {
		p := newPlant(t)
		p.runMosquitto()
		p.start(Config{Remote: p.remote(), Authority: p.authority, App: p.app}, nil)
		test(t, p)
	})
}

func keyAndRequest(t *testing.T, curve elliptic.Curve, name string) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, der
}

// used makes the device's certificate one of long ago that is in use.
func (d *device) used() {
	d.exec("UPDATE gateway_certificate SET used_at = now() - interval '1 year', issued_at = now() - interval '1 year', certificate = $2 WHERE gateway_id = $1",
		int64(d.id), d.certificate.Certificate[0])
}

// renew asks until a certificate comes.
func (d *device) renew(request []byte) []byte {
	d.t.Helper()
	for range 20 {
		d.publish(wire.Batch{Renewal: request})
		for deadline := time.After(time.Second); deadline != nil; {
			select {
			case m := <-d.down:
				if m.Certificate != nil {
					return m.Certificate
				}
			case <-deadline:
				deadline = nil
			}
		}
	}
	d.t.Fatal("no certificate came")
	return nil
}

func TestAGatewayRenewsItsCertificateAndTheOldOneEndsWithItsUse(t *testing.T) {
	both(t, func(t *testing.T, p *plant) {
		d := p.enrol(p.site, "poort")
		d.used()
		d.mustConnect()
		key, request := keyAndRequest(t, elliptic.P256(), "")
		der := d.renew(request)
		if !bytes.Equal(der, d.renew(request)) {
			t.Error("the same request got another certificate")
		}
		p.want(2, "gateway_certificate WHERE ended_at IS NULL")
		again := *d
		again.mustConnect() // the old one is good still
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		d.certificate = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
		d.mustConnect()
		d.state(wire.State{Online: true, CertificateUntil: leaf.NotAfter.Unix()})
		p.until("the old one ended", func() bool { return p.count("gateway_certificate WHERE ended_at IS NOT NULL") == 1 })
		p.want(1, "gateway_certificate WHERE ended_at IS NULL AND used_at IS NOT NULL AND certificate = $1", der)
		d.submit(batch(log(streamOf(d.gateway, 3), taps(1, 2, "deur"))))
		p.want(2, "registration")
	})
}

func TestACertificateThatWasReplacedIsTurnedAway(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	old := p.enrol(p.site, "poort")
	old.used()
	old.mustConnect()
	key, request := keyAndRequest(t, elliptic.P256(), "")
	now := *old
	now.certificate = tls.Certificate{Certificate: [][]byte{old.renew(request)}, PrivateKey: key}
	now.mustConnect()
	p.until("the new one was seen", func() bool { return p.count("gateway_certificate WHERE ended_at IS NOT NULL") == 1 })
	p.until("the old one is refused", func() bool { return old.connect() != nil })
}

func TestWhatRequestsAreNotSigned(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	d.used()
	d.mustConnect()
	_, curve := keyAndRequest(t, elliptic.P384(), "")
	_, other := keyAndRequest(t, elliptic.P256(), "43")
	_, forged := keyAndRequest(t, elliptic.P256(), "")
	forged[len(forged)-1] ^= 1
	for _, request := range [][]byte{curve, other, forged, []byte("hello")} {
		d.publish(wire.Batch{Renewal: request})
	}
	_, good := keyAndRequest(t, elliptic.P256(), "")
	d.renew(good) // answered in order: the others were settled before
	p.want(2, "gateway_certificate")
	_, more := keyAndRequest(t, elliptic.P256(), "")
	d.publish(wire.Batch{Renewal: more})
	d.renew(good)
	p.want(2, "gateway_certificate") // one an hour
}

// A gateway enrolled before certificates were kept is known by its fingerprint.
func TestACertificateOfBeforeIsLearnedWhenItConnects(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	known := func() (key *ecdsa.PublicKey, err error) {
		err = p.db.InTenants(t.Context(), []int64{p.tenant}, func(tx pg.Tx) error {
			key, err = fleet.GatewayKey(t.Context(), tx, int64(d.id))
			return err
		})
		return key, err
	}
	if _, err := known(); err == nil {
		t.Error("a key is known before it connected")
	}
	d.mustConnect()
	p.until("its key is known", func() bool { _, err := known(); return err == nil })
	key, _ := known()
	if leaf, _ := x509.ParseCertificate(d.certificate.Certificate[0]); !key.Equal(leaf.PublicKey) {
		t.Error("another key was learned")
	}
}
