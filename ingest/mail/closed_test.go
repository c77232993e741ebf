package mail

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"testing"

	"tikklok/ingest/mail/mailtest"
)

func TestAddressesNeverGoOverAnOpenLine(t *testing.T) {
	for _, c := range []struct {
		name string
		tls  TLS
		cert bool
	}{{"a server without STARTTLS", StartTLS, false}, {"a certificate that nobody vouches for", StartTLS, true}} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox(t)
			if c.cert {
				b.Set(mailtest.Manner{Cert: mailtest.SelfSigned(t)})
			}
			b.spool(letterTo("eva@example.com"))
			p := b.post()
			p.Server.TLS = c.tls
			if err := p.Round(t.Context(), b.db, b.tenant); err == nil || len(b.Messages()) != 0 {
				t.Errorf("%d messages were sent: %v", len(b.Messages()), err)
			}
			b.states(Tally{Waiting: 1})
		})
	}
}

// inTLS gives an address at which a listener is reached over TLS from the first
// byte.
func inTLS(t *testing.T, l net.Listener, cert *tls.Certificate) string {
	outer, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*cert}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = outer.Close() })
	go func() {
		for {
			c, err := outer.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				_ = c.Close()
				return
			}
			go func() { _, _ = io.Copy(to, c); _ = to.Close() }()
			go func() { _, _ = io.Copy(c, to); _ = c.Close() }()
		}
	}()
	return outer.Addr().String()
}

func TestAWayThatIsClosedFromTheFirstByteIsSignedInOver(t *testing.T) { // RFC 8314, 3.3
	cert := mailtest.SelfSigned(t)
	known, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	b := newBox(t)
	b.Set(mailtest.Manner{Auth: "PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00tikklok\x00secret"))})
	b.spool(letterTo("eva@example.com"))
	p := b.post()
	p.Server.Address, p.Server.TLS, p.Server.User, p.Server.Password = inTLS(t, b.Listener, cert), Implicit, "tikklok", "secret"
	if err := p.Round(t.Context(), b.db, b.tenant); err == nil {
		t.Error("whom nobody vouches for is believed")
	}
	p.Server.roots = x509.NewCertPool()
	p.Server.roots.AddCert(known)
	if err := p.Round(t.Context(), b.db, b.tenant); err != nil {
		t.Fatal(err)
	}
	b.states(Tally{Sent: 1})
}
