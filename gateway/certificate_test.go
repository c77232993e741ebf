package gateway

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// signer is an authority that signs what it is given.
type signer struct {
	t    *testing.T
	ca   *x509.Certificate
	key  *ecdsa.PrivateKey
	sent int64
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	s := &signer{t: t, key: newKey(t)}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Unix(1_700_000_000, 0), NotAfter: time.Unix(2_300_000_000, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, s.key.Public(), s.key)
	must(t, err)
	s.ca, err = x509.ParseCertificate(der)
	must(t, err)
	return s
}

func (s *signer) sign(name string, public any, from, to time.Time, host ...string) []byte {
	s.t.Helper()
	s.sent++
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(100 + s.sent), Subject: pkix.Name{CommonName: name},
		NotBefore: from, NotAfter: to, DNSNames: host, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}, s.ca, public, s.key)
	must(s.t, err)
	return der
}

func pemKey(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// enrolled gives certificates of a gateway enrolled at an instant for 300 days,
// on a file of its own, with a clock that the test moves.
func enrolled(t *testing.T, s *signer, at time.Time) (c *certificates, now *reader.Moment) {
	t.Helper()
	key := newKey(t)
	e := wire.Enrolment{Gateway: gatewayID, Broker: "mqtts://broker.example:8883", Key: pemKey(t, key), Authority: certificatePEM(s.ca.Raw),
		Certificate: certificatePEM(s.sign("42", key.Public(), at, at.AddDate(0, 0, 300))), TokenKey: wire.TokenKey{Version: 1, Secret: make([]byte, 32)}}
	file := filepath.Join(t.TempDir(), "enrolment.json")
	must(t, writeEnrolment(file, e))
	now = &reader.Moment{Instant: at.UnixMilli(), Source: wire.SourceDisciplined}
	return restarted(t, file, now), now
}

// restarted reads the file as a program that starts does.
func restarted(t *testing.T, file string, now *reader.Moment) *certificates {
	t.Helper()
	e, err := LoadEnrolment(file)
	must(t, err)
	c, err := openCertificates(Config{Enrolment: e, File: file, Log: slog.New(slog.DiscardHandler)}, func() reader.Moment { return *now })
	must(t, err)
	return c
}

var enrolledAt = time.Unix(1_790_000_000, 0)

// day moves the clock to a day after the enrolment.
func day(now *reader.Moment, n int) time.Time {
	at := enrolledAt.AddDate(0, 0, n)
	now.Instant = at.UnixMilli()
	return at
}

func TestACertificateIsRenewedFromTwoThirdsOfItsLife(t *testing.T) {
	c, now := enrolled(t, newSigner(t), enrolledAt)
	for _, d := range []int{0, 100, 199} {
		if c.request(day(now, d)) != nil {
			t.Errorf("asked after %d days", d)
		}
	}
	at := day(now, 231)
	first := c.request(at)
	if first == nil {
		t.Fatal("did not ask after 231 days")
	}
	if c.request(at.Add(renewRest-time.Second)) != nil {
		t.Error("asked again within the hour")
	}
	again := c.request(at.Add(renewRest))
	if again == nil || publicOf(t, first) != publicOf(t, again) {
		t.Error("did not ask again for the same key")
	}
	c = restarted(t, c.path, now)
	if r := c.request(at); r == nil || publicOf(t, first) != publicOf(t, r) {
		t.Error("after a restart it asked for another key")
	}
}

func publicOf(t *testing.T, request []byte) string {
	t.Helper()
	r, err := x509.ParseCertificateRequest(request)
	must(t, err)
	must(t, r.CheckSignature())
	return string(r.RawSubjectPublicKeyInfo)
}

func TestWithoutAClockNothingIsRenewed(t *testing.T) { // I4
	c, now := enrolled(t, newSigner(t), enrolledAt)
	at := day(now, 290)
	now.Source = wire.SourceUndisciplined
	if c.request(at) != nil {
		t.Error("it asked by a clock that nobody vouches for")
	}
}

// answered brings certificates to where the server's answer came.
func answered(t *testing.T, s *signer) (c *certificates, now *reader.Moment, der []byte) {
	t.Helper()
	c, now = enrolled(t, s, enrolledAt)
	at := day(now, 250)
	r, err := x509.ParseCertificateRequest(c.request(at))
	must(t, err)
	der = s.sign("42", r.PublicKey, at, at.AddDate(0, 0, 300))
	must(t, c.take(der))
	return c, now, der
}

func shows(c *certificates) string { return string(c.client().Certificates[0].Certificate[0]) }

func TestTheOldCertificateStaysUntilTheNewOneLetTheGatewayIn(t *testing.T) {
	c, now, der := answered(t, newSigner(t))
	must(t, c.take(der)) // the answer came twice
	if !c.renewed() {
		t.Error("it does not connect again")
	}
	old := c.current.Leaf
	c = restarted(t, c.path, now) // a power cut right after
	if shows(c) != string(der) || c.renewed() {
		t.Error("the next connection does not show the new one")
	}
	c.failed(errNoAnswer)
	if shows(c) != string(der) {
		t.Error("it went back to the old one because of the network")
	}
	c.failed(packets.ErrorRefusedNotAuthorised)
	if shows(c) != string(old.Raw) {
		t.Error("a server that refuses the new one is not shown the old one")
	}
	c.failed(packets.ErrorRefusedNotAuthorised)
	if shows(c) != string(der) || len(c.keys()) != 2 {
		t.Error("a server that refuses the old one is not shown the new one again")
	}
	c.connected()
	if c = restarted(t, c.path, now); shows(c) != string(der) || c.nextKey != nil || len(c.keys()) != 1 {
		t.Error("the old one was not removed")
	}
	if got := c.until(); !got.Equal(enrolledAt.AddDate(0, 0, 550)) {
		t.Errorf("it ends %v", got)
	}
}

// The server lost what it had signed: its database was restored.
func TestACertificateThatTheServerForgotIsAskedForAnewWithTheSameKey(t *testing.T) {
	c, now, der := answered(t, newSigner(t))
	c.client()
	c.failed(packets.ErrorRefusedNotAuthorised)
	c.client()
	c.connected()
	at := day(now, 251)
	request := c.request(at)
	if request == nil {
		t.Fatal("it did not ask")
	}
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	if publicOf(t, request) != string(leaf.RawSubjectPublicKeyInfo) {
		t.Error("it made another key")
	}
}

func TestWhatCertificatesAreNotTaken(t *testing.T) {
	s := newSigner(t)
	for name, make := range map[string]func(public any, at time.Time) []byte{
		"not asked for":    func(_ any, at time.Time) []byte { return s.sign("42", newKey(t).Public(), at, at.AddDate(1, 0, 0)) },
		"another gateways": func(public any, at time.Time) []byte { return s.sign("43", public, at, at.AddDate(1, 0, 0)) },
		"of another authority": func(public any, at time.Time) []byte {
			return newSigner(t).sign("42", public, at, at.AddDate(1, 0, 0))
		},
		"no certificate": func(any, time.Time) []byte { return []byte("hello") },
	} {
		c, now := enrolled(t, s, enrolledAt)
		at := day(now, 250)
		r, err := x509.ParseCertificateRequest(c.request(at))
		must(t, err)
		if err := c.take(make(r.PublicKey, at)); err == nil || c.renewed() {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestAFileThatWasReplacedIsNotWrittenOver(t *testing.T) {
	s := newSigner(t)
	c, now := enrolled(t, s, enrolledAt)
	other, _ := enrolled(t, s, enrolledAt)
	must(t, writeEnrolment(c.path, other.enrolment))
	if c.request(day(now, 250)) != nil {
		t.Error("it asked with a key that it could not keep")
	}
	if e, err := readEnrolment(c.path); err != nil || e.Certificate != other.enrolment.Certificate || e.Renewal != nil {
		t.Errorf("the file changed: %v", err)
	}
}

func TestAFileThatCannotBeWrittenKeepsTheOldCertificate(t *testing.T) {
	c, now := enrolled(t, newSigner(t), enrolledAt)
	must(t, os.Remove(c.path))
	if c.request(day(now, 250)) != nil || c.nextKey != nil {
		t.Error("it asked with a key that it could not keep")
	}
	if shows(c) != string(c.current.Certificate[0]) {
		t.Error("it shows another one")
	}
}

func TestABrokersDatesCountOnlyByAClockThatSomebodyVouchesFor(t *testing.T) { // I4
	s := newSigner(t)
	from, to := enrolledAt, enrolledAt.AddDate(1, 0, 0)
	leaf, err := x509.ParseCertificate(s.sign("broker", newKey(t).Public(), from, to, "broker.example"))
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(s.ca)
	for _, c := range []struct {
		name   string
		at     time.Time
		source wire.Source
		host   string
		ok     bool
	}{
		{"now", from.AddDate(0, 1, 0), wire.SourceDisciplined, "broker.example", true},
		{"ended", to.AddDate(0, 1, 0), wire.SourceDisciplined, "broker.example", false},
		{"ended, by the server's time", to.AddDate(0, 1, 0), wire.SourceServer, "broker.example", false},
		{"a clock at 1970", time.Unix(0, 0), wire.SourceUndisciplined, "broker.example", true},
		{"a clock at 2042", time.Unix(2_275_000_000, 0), wire.SourceUndisciplined, "broker.example", true},
		{"another name", from, wire.SourceUndisciplined, "other.example", false},
	} {
		err := verifyServer([]*x509.Certificate{leaf}, roots, c.host, reader.Moment{Instant: c.at.UnixMilli(), Source: c.source})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if verifyServer([]*x509.Certificate{leaf}, x509.NewCertPool(), "broker.example", reader.Moment{Source: wire.SourceUndisciplined}) == nil {
		t.Error("a broker of no authority was taken")
	}
}

func TestARefusedCertificateSaysWhatToDo(t *testing.T) {
	for text, want := range map[string]string{
		"tls: expired certificate": "has ended", "tls: revoked certificate": "was revoked", "tls: bad certificate": "made by this server",
	} {
		got := certificateRemedy(&net.OpError{Op: "remote error", Err: errors.New(text)}, usualAnew)
		if !strings.Contains(got, want) || !strings.Contains(got, "tikklok gateway code") {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// A server that was restored from before the renewal knows the old one only.
func TestAGatewayWhoseNewCertificateIsRefusedComesInWithTheOldOne(t *testing.T) {
	s, l := newServer(t), newLine(t)
	cert, private := s.issue("42")
	block, _ := pem.Decode(cert)
	s.unknown = block.Bytes
	s.file = filepath.Join(t.TempDir(), "enrolment.json")
	s.enrolment.Renewal = &wire.Renewal{Key: string(private), Certificate: string(cert)}
	must(t, writeEnrolment(s.file, s.enrolment))
	s.open(t)
	start(t, s, folder(t), Port{Path: l.path, Protocol: "em4100"})
	tap(t, l, 9)
	until(t, "the tap is committed", func() bool { return s.count() == 1 })
	old, err := tls.X509KeyPair([]byte(s.enrolment.Certificate), []byte(s.enrolment.Key))
	must(t, err)
	until(t, "the state says when the certificate in use ends", func() bool {
		return look(s, func() bool { return s.state.CertificateUntil == old.Leaf.NotAfter.Unix() })
	})
}

// Somebody put a copy of the file back between the request and its answer.
func TestAFileFromBeforeTheRenewalGetsItsKeyAgain(t *testing.T) {
	s := newSigner(t)
	c, now := enrolled(t, s, enrolledAt)
	copied := c.enrolment
	at := day(now, 250)
	r, err := x509.ParseCertificateRequest(c.request(at))
	must(t, err)
	must(t, writeEnrolment(c.path, copied))
	der := s.sign("42", r.PublicKey, at, at.AddDate(0, 0, 300))
	must(t, c.take(der))
	if again := restarted(t, c.path, now); shows(again) != string(der) {
		t.Error("the next start does not show the new one")
	}
	must(t, writeEnrolment(c.path, copied))
	c.client()
	c.connected()
	if again := restarted(t, c.path, now); shows(again) != string(der) || again.nextKey != nil {
		t.Error("the new one is not in the file")
	}
}
