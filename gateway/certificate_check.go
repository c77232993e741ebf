package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// verifyServer checks a chain against an authority. Without a clock to trust,
// such as before the first connection of a board without a battery, its dates
// are left aside: else the gateway could never learn the time (I4).
func verifyServer(chain []*x509.Certificate, roots *x509.CertPool, host string, now reader.Moment) error {
	if len(chain) == 0 {
		return errors.New("the server shows no certificate")
	}
	at := time.UnixMilli(now.Instant)
	if now.Source == wire.SourceUndisciplined {
		at = within(at, chain[0])
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: at})
	return err
}

// within gives the instant nearest to at that a certificate is valid at.
func within(at time.Time, c *x509.Certificate) time.Time {
	switch {
	case at.Before(c.NotBefore):
		return c.NotBefore
	case at.After(c.NotAfter):
		return c.NotAfter
	}
	return at
}

// verifyOwn checks a certificate that this gateway is to use.
func verifyOwn(leaf *x509.Certificate, roots *x509.CertPool, gateway uint32) error {
	if leaf.Subject.CommonName != fmt.Sprint(gateway) {
		return fmt.Errorf("it is for %q, not for gateway %d", leaf.Subject.CommonName, gateway)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: leaf.NotAfter, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err
}

// refusesCertificate says whether a server's answer is about who this is.
func refusesCertificate(err error) bool {
	var alert *net.OpError
	return errors.Is(err, packets.ErrorRefusedNotAuthorised) || errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) ||
		errors.As(err, &alert) && alert.Op == "remote error"
}

// usualAnew is what to do about a certificate that lets nobody in, where the
// program says nothing else.
const usualAnew = "make a code with \"tikklok gateway code NAME\" on the server and use it here with \"tikklok-gateway enroll\"; what is in the journal stays"

// certificateRemedy says what to do about a certificate that the server
// refuses (RFC 8446, 6.2); "": it is about something else.
func certificateRemedy(err error, anew string) string {
	var alert *net.OpError
	switch {
	case !refusesCertificate(err):
		return ""
	case !errors.As(err, &alert) || alert.Op != "remote error":
		return ": the server knows no such gateway, another device took its place, or it was revoked; if it is to go on, " + anew
	case strings.Contains(alert.Err.Error(), "expired certificate"):
		return ": this gateway's certificate has ended; " + anew
	case strings.Contains(alert.Err.Error(), "revoked certificate"):
		return ": this gateway's certificate was revoked, or another device took its place; if it is to go on, " + anew
	}
	return ": the server refuses the certificate in the enrolment file; was it made by this server? Else " + anew
}

func makeKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no key in it")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	p256, ok := key.(*ecdsa.PrivateKey)
	if !ok || p256.Curve != elliptic.P256() {
		return nil, errors.New("the key is not on P-256")
	}
	return p256, nil
}

// certificateRequest names nobody: the server says who this is.
func certificateRequest(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate request: %w", err)
	}
	return der, nil
}
