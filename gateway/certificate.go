package gateway

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// renewRest is how long a request for a certificate waits for its answer
// before it is sent again.
const renewRest = time.Hour

// certificates is what this gateway proves itself with. It is renewed at two
// thirds of its life, with a new key that never leaves the device, and kept in
// the enrolment file: the old one stays there until the new one has made a
// connection, so that nothing lost on the way, nor a power cut, locks it out
// (OB-C6).
type certificates struct {
	path  string               // of the enrolment file; "": nothing is renewed
	now   func() reader.Moment // nil: nobody knows the time
	log   *slog.Logger
	roots *x509.CertPool

	mu        sync.Mutex
	enrolment wire.Enrolment
	current   tls.Certificate
	next      tls.Certificate   // its Certificate is empty until the server answered
	nextKey   *ecdsa.PrivateKey // nil: no renewal is under way
	asked     time.Time
	doubt     bool // the server refused next: the old one is tried
	shown     bool // the last connection showed next
	failing   bool // the file can't be written, which was said
}

// newCertificates reads an enrolment; its error says which part is no good.
func newCertificates(e wire.Enrolment) (*certificates, error) {
	c := &certificates{enrolment: e, roots: x509.NewCertPool(), log: slog.New(slog.DiscardHandler)}
	var err error
	if c.current, err = tls.X509KeyPair([]byte(e.Certificate), []byte(e.Key)); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if !c.roots.AppendCertsFromPEM([]byte(e.Authority)) {
		return nil, errors.New("authority: no certificate in it")
	}
	if e.Renewal == nil {
		return c, nil
	}
	if c.nextKey, err = parseKey([]byte(e.Renewal.Key)); err != nil {
		return nil, fmt.Errorf("renewal: %w", err)
	}
	if e.Renewal.Certificate == "" {
		return c, nil
	}
	if c.next, err = tls.X509KeyPair([]byte(e.Renewal.Certificate), []byte(e.Renewal.Key)); err != nil {
		return nil, fmt.Errorf("renewal: %w", err)
	}
	return c, nil
}

// openCertificates reads the enrolment of a gateway that is about to run. One
// whose certificate has ended starts all the same: it keeps taps.
func openCertificates(cfg Config, now func() reader.Moment) (*certificates, error) {
	c, err := newCertificates(cfg.Enrolment)
	if err != nil {
		return nil, fmt.Errorf("enrolment: %w", err)
	}
	c.path, c.now, c.log = cfg.File, now, cfg.Log
	if m := now(); m.Source != wire.SourceUndisciplined && m.Instant > c.current.Leaf.NotAfter.UnixMilli() {
		c.log.Error("this gateway's certificate has ended; "+cfg.anew(), "until", c.current.Leaf.NotAfter)
	}
	return c, nil
}

// client gives TLS for the next connection: 1.3 only, to a broker that the
// enrolment's authority vouches for, with the newest certificate that the
// server is not known to refuse.
func (c *certificates) client() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown = len(c.next.Certificate) > 0 && !c.doubt
	pair := c.current
	if c.shown {
		pair = c.next
	}
	broker, _ := url.Parse(c.enrolment.Broker) // was checked
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, ServerName: broker.Hostname(),
		NextProtos:         []string{wire.ProtocolMQTT},
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256}, // a hybrid key share costs 2 kB a connection
		InsecureSkipVerify: true,                                     // VerifyConnection does, by a clock that may be unset
		VerifyConnection: func(s tls.ConnectionState) error {
			return verifyServer(s.PeerCertificates, c.roots, s.ServerName, c.moment())
		},
	}
}

func (c *certificates) moment() reader.Moment {
	if c.now == nil {
		return reader.Moment{Source: wire.SourceUndisciplined}
	}
	return c.now()
}

// until gives when the certificate in use ends.
func (c *certificates) until() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown {
		return c.next.Leaf.NotAfter
	}
	return c.current.Leaf.NotAfter
}

// keys gives the private keys that the server may have sealed something to,
// the likeliest first.
func (c *certificates) keys() (all []*ecdsa.PrivateKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if key, ok := c.current.PrivateKey.(*ecdsa.PrivateKey); ok {
		all = append(all, key)
	}
	if c.nextKey != nil { // also while the answer that certifies it is lost
		all = append(all, c.nextKey)
	}
	return all
}

// request gives a certificate request (PKCS #10) when one should be sent now,
// else nil: from two thirds of the certificate's life on, each gateway at its
// own moment, once an hour until it is answered, always for the same key.
func (c *certificates) request(now time.Time) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.path == "" || len(c.next.Certificate) > 0 || !c.asked.IsZero() && now.Sub(c.asked) < renewRest || !c.due() {
		return nil
	}
	c.asked = now
	request, err := c.ask()
	if err != nil && !c.failing {
		c.log.Error("the certificate can't be renewed; it ends", "until", c.current.Leaf.NotAfter, "error", err)
	}
	c.failing = err != nil
	return request
}

func (c *certificates) due() bool {
	now := c.moment()
	return now.Source != wire.SourceUndisciplined && !time.UnixMilli(now.Instant).Before(renewAt(c.current.Leaf))
}

// renewAt is at two thirds of a certificate's life and up to a tenth later, so
// that gateways of one day don't come in one hour.
func renewAt(c *x509.Certificate) time.Time {
	life := c.NotAfter.Sub(c.NotBefore)
	h := fnv.New32a()
	h.Write(c.Raw)
	return c.NotBefore.Add(life*2/3 + life/10/1000*time.Duration(h.Sum32()%1000))
}

// ask makes the new key, once, and keeps it before anyone hears of it.
func (c *certificates) ask() ([]byte, error) {
	if c.nextKey == nil {
		key, keyPEM, err := makeKey()
		if err != nil {
			return nil, err
		}
		if err := c.save(func(e *wire.Enrolment) { e.Renewal = &wire.Renewal{Key: string(keyPEM)} }); err != nil {
			return nil, err
		}
		c.nextKey = key
	}
	return certificateRequest(c.nextKey)
}

// take keeps a certificate that answers a request; it is used from the next
// connection on.
func (c *certificates) take(der []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("a new certificate: %w", err)
	}
	if c.nextKey == nil || !c.nextKey.PublicKey.Equal(leaf.PublicKey) {
		return errors.New("a new certificate that nobody here asked for")
	}
	if len(c.next.Certificate) > 0 { // the answer came twice
		return nil
	}
	if err := verifyOwn(leaf, c.roots, c.enrolment.Gateway); err != nil {
		return fmt.Errorf("a new certificate: %w", err)
	}
	text := certificatePEM(der)
	if err := c.save(func(e *wire.Enrolment) { e.Renewal = &wire.Renewal{Key: c.enrolment.Renewal.Key, Certificate: text} }); err != nil {
		return err
	}
	c.next = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: c.nextKey, Leaf: leaf}
	c.doubt = false
	return nil
}

// renewed says whether a connection with the new certificate should be made.
func (c *certificates) renewed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.next.Certificate) > 0 && !c.shown && !c.doubt
}

// connected forgets the old certificate once the new one has let this gateway in.
func (c *certificates) connected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.doubt { // the server never issued next, or lost it: it is asked for anew
		c.next, c.doubt = tls.Certificate{}, false
	}
	if !c.shown {
		return
	}
	err := c.save(func(e *wire.Enrolment) {
		e.Certificate, e.Key, e.Renewal = c.enrolment.Renewal.Certificate, c.enrolment.Renewal.Key, nil
	})
	if err != nil { // both stay; the next connection tries again
		c.log.Warn("the former certificate could not be removed", "error", err)
		return
	}
	c.current, c.next, c.nextKey, c.shown, c.asked = c.next, tls.Certificate{}, nil, false, time.Time{}
	c.log.Info("the certificate was renewed", "until", c.current.Leaf.NotAfter)
}

// failed notes why a connection was not made: where the server refused the new
// certificate the old one is tried next, and the other way round.
func (c *certificates) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.next.Certificate) > 0 && refusesCertificate(err) {
		c.doubt = !c.doubt
	}
}

// save writes the enrolment file and then what is in memory. A file that was
// replaced since is left alone: it is another enrolment's.
func (c *certificates) save(change func(*wire.Enrolment)) error {
	stored, err := readEnrolment(c.path)
	if err != nil {
		return err
	}
	if stored.Gateway != c.enrolment.Gateway || stored.Certificate != c.enrolment.Certificate {
		return fmt.Errorf("%s was replaced while this program ran; restart it", c.path)
	}
	change(&stored)
	if err := writeEnrolment(c.path, stored); err != nil {
		return err
	}
	c.enrolment = stored
	return nil
}
