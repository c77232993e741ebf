package fleet

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tikklok/ingest/durable"
)

// ServerCertificate gives the broker's certificate for the hosts (names or
// addresses), made anew when they changed or its end is near.
func (a *Authority) ServerCertificate(hosts ...string) (tls.Certificate, error) {
	crt, key := filepath.Join(a.dir, "server.crt"), filepath.Join(a.dir, "server.key")
	if pair, err := tls.LoadX509KeyPair(crt, key); err == nil && a.serves(pair.Leaf, hosts) {
		return pair, nil
	}
	template := certificateFor("Tikklok broker", serverYears)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, keyPEM, err := a.issue(template)
	if err != nil {
		return tls.Certificate{}, err
	}
	certPEM := encodeCertificate(der)
	// The two files can't be replaced as one: a pair that doesn't match is
	// made anew at the next look.
	if err := errors.Join(durable.Write(key, keyPEM, 0o600), durable.Write(crt, certPEM, 0o644)); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

func (a *Authority) serves(c *x509.Certificate, hosts []string) bool {
	if !lasts(c) || c.CheckSignatureFrom(a.certificate) != nil || len(c.DNSNames)+len(c.IPAddresses) != len(hosts) {
		return false
	}
	for _, host := range hosts {
		if c.VerifyHostname(host) != nil {
			return false
		}
	}
	return true
}

// lasts says whether a certificate need not be made anew yet.
func lasts(c *x509.Certificate) bool { return time.Until(c.NotAfter) > renewBefore }

// Own keeps one of the server's own certificates fresh while it runs.
type Own struct {
	make func() (tls.Certificate, error)

	mu      sync.Mutex
	pair    tls.Certificate
	checked time.Time
	err     error // of the last try to make it anew
}

// ownRest is how long a certificate is used without another look.
const ownRest = time.Hour

// Broker keeps the embedded broker's certificate; its error says why there is
// none now.
func (a *Authority) Broker(hosts ...string) (*Own, error) {
	return newOwn(func() (tls.Certificate, error) { return a.ServerCertificate(hosts...) })
}

// Ingest keeps the server's client certificate for an external broker.
func (a *Authority) Ingest() (*Own, error) { return newOwn(a.IssueIngest) }

func newOwn(make func() (tls.Certificate, error)) (*Own, error) {
	pair, err := make()
	return &Own{make: make, pair: pair, checked: time.Now()}, err
}

// Pair gives the certificate, made anew when its end is near. Where that fails
// the old one serves on, and Err says why.
func (o *Own) Pair() *tls.Certificate {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.checked) > ownRest {
		o.checked = time.Now()
		if !lasts(o.pair.Leaf) {
			var pair tls.Certificate
			if pair, o.err = o.make(); o.err == nil {
				o.pair = pair
			}
		}
	}
	pair := o.pair
	return &pair
}

// Err says why the last try to make the certificate anew failed; nil: it did not.
func (o *Own) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// Present gives the certificate with the authority's behind it, for a device
// that knows the server only by what its code says.
func (a *Authority) Present(o *Own) *tls.Certificate {
	pair := o.Pair()
	pair.Certificate = append(slices.Clone(pair.Certificate), a.certificate.Raw)
	return pair
}
