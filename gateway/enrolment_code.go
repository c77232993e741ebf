package gateway

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// Enrolling is what Enrol needs.
type Enrolling struct {
	Server   string // host:port, where the gateway will find the broker too
	Code     wire.Code
	File     string        // the enrolment file to write
	Replace  bool          // also over another gateway's file
	Patience time.Duration // how long to go on while the network or the server is away; 0: one try
	Log      *slog.Logger
}

const (
	enrolWait  = 30 * time.Second // for one try
	enrolRetry = 2 * time.Second  // first back-off between tries, doubled each time
	enrolMost  = 30 * time.Second
)

// ErrAnother: the file is of another gateway. Nothing was changed, and the
// same code still works here.
var ErrAnother = errors.New("it is another gateway's; add --replace if that one is gone for good: its journal must go too, after \"tikklok-gateway journal export\"")

// ErrCode: the server will not take the code, and never will.
var ErrCode = errors.New("the server does not take the code")

// passing is an error that may be over at the next try.
type passing struct{ error }

func (p passing) Unwrap() error { return p.error }

// refusedCode is the server's word that a code will not do.
type refusedCode struct{ text string }

func (r refusedCode) Error() string { return r.text }

// Is says that it is ErrCode.
func (refusedCode) Is(target error) bool { return target == ErrCode }

// Enrol makes this device a gateway by a one-time code and writes its file
// (0600, whole or not at all). Its key is made here and never leaves; it stays
// in File.new until the file is written, so that a second try, also of another
// run, gets the answer that the first one lost. The error says what to do.
func Enrol(ctx context.Context, c Enrolling) (wire.Enrolment, error) {
	key, keyPEM, err := pendingKey(c.File + ".new")
	if err != nil {
		return wire.Enrolment{}, err
	}
	answer, err := c.persist(ctx, key)
	if err != nil {
		return wire.Enrolment{}, c.unlessDone(err)
	}
	e, err := c.enrolment(answer, key, keyPEM)
	if err != nil {
		return wire.Enrolment{}, fmt.Errorf("the server's answer: %w", err)
	}
	if err := c.mayReplace(e.Gateway); err != nil {
		return wire.Enrolment{}, err
	}
	if err := writeEnrolment(c.File, e); err != nil {
		return wire.Enrolment{}, err
	}
	return e, os.Remove(c.File + ".new")
}

// unlessDone says of a refused code that this device may have used it itself:
// whoever runs the command twice must not revoke the gateway for it.
func (c Enrolling) unlessDone(err error) error {
	var refused refusedCode
	if !errors.As(err, &refused) {
		return err
	}
	old, readErr := readEnrolment(c.File)
	if readErr != nil {
		return err
	}
	return fmt.Errorf("%w; or was it this device? %s makes it gateway %d already", err, c.File, old.Gateway)
}

// pendingKey gives the key of an earlier try, or a new one, kept before the
// server hears of it.
func pendingKey(path string) (*ecdsa.PrivateKey, []byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, text, err := makeKey()
		if err != nil {
			return nil, nil, err
		}
		return key, text, writeSecret(path, text)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the key of an earlier try: %w", err)
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, nil, fmt.Errorf("the key of an earlier try, %s, is damaged (%w): remove it, and make a new code", path, err)
	}
	return key, text, nil
}

// persist asks until there is an answer that stays.
func (c Enrolling) persist(ctx context.Context, key *ecdsa.PrivateKey) (wire.EnrolAnswer, error) {
	end := time.Now().Add(c.Patience)
	for wait := enrolRetry; ; wait = min(2*wait, enrolMost) {
		answer, err := c.ask(ctx, key)
		var passes passing
		if err == nil || !errors.As(err, &passes) {
			return answer, err
		}
		if ctx.Err() != nil || time.Now().Add(wait).After(end) {
			return answer, fmt.Errorf("%w; the same command again goes on where this one stopped", err)
		}
		c.Log.Warn("not enrolled yet; trying again", "error", err)
		sleep(ctx, wait/2+rand.N(wait/2))
	}
}

// ask tries once.
func (c Enrolling) ask(ctx context.Context, key *ecdsa.PrivateKey) (wire.EnrolAnswer, error) {
	ctx, stop := context.WithTimeout(ctx, enrolWait)
	defer stop()
	request, err := certificateRequest(key)
	if err != nil {
		return wire.EnrolAnswer{}, err
	}
	host, _, err := net.SplitHostPort(c.Server)
	if err != nil {
		return wire.EnrolAnswer{}, fmt.Errorf("server %q: want host:port: %w", c.Server, err)
	}
	d := tls.Dialer{Config: &tls.Config{
		MinVersion: tls.VersionTLS13, ServerName: host, NextProtos: []string{wire.ProtocolEnrol},
		InsecureSkipVerify: true, // VerifyConnection does, by the code
		VerifyConnection:   func(s tls.ConnectionState) error { return verifyByCode(s, c.Code) },
	}}
	conn, err := d.DialContext(ctx, "tcp", c.Server)
	if err != nil {
		return wire.EnrolAnswer{}, fmt.Errorf("calling %s: %w", c.Server, enrolRemedy(err))
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return wire.EnrolAnswer{}, passing{err}
	}
	return exchange(conn, wire.EnrolRequest{Secret: c.Code.Secret, Request: request})
}

func exchange(conn io.ReadWriter, r wire.EnrolRequest) (wire.EnrolAnswer, error) {
	if err := wire.WriteFrame(conn, r.Encode()); err != nil {
		return wire.EnrolAnswer{}, passing{fmt.Errorf("asking the server: %w", err)}
	}
	b, err := wire.ReadFrame(conn)
	if err != nil {
		return wire.EnrolAnswer{}, passing{fmt.Errorf("waiting for the server's answer: %w", err)}
	}
	answer, err := wire.DecodeEnrolAnswer(b)
	switch {
	case err != nil:
		return wire.EnrolAnswer{}, err
	case answer.Refusal != "" && answer.Passing:
		return wire.EnrolAnswer{}, passing{errors.New(answer.Refusal)}
	case answer.Refusal != "":
		return wire.EnrolAnswer{}, refusedCode{answer.Refusal}
	}
	return answer, nil
}

// errStranger: the certificates that the server shows are not of the code's.
var errStranger = errors.New("another server answers there than the one that made this code; check --server, and that nothing on the way breaks TLS open")

// verifyByCode takes a server for the right one when its chain holds the
// authority that the code names, and that signed for the name it was called
// by. The dates are checked only as far as the machine's clock is kept right.
func verifyByCode(s tls.ConnectionState, code wire.Code) error {
	for _, c := range s.PeerCertificates {
		if wire.ServerPrint(c.Raw) == code.Server {
			roots := x509.NewCertPool()
			roots.AddCert(c)
			now := reader.Moment{Instant: time.Now().UnixMilli(), Source: wire.SourceUndisciplined}
			if _, ok := disciplined(); ok {
				now.Source = wire.SourceDisciplined
			}
			return verifyServer(s.PeerCertificates, roots, s.ServerName, now)
		}
	}
	return errStranger
}

// enrolRemedy says what to do about a server that can't be spoken to.
func enrolRemedy(err error) error {
	var otherName x509.HostnameError
	var record tls.RecordHeaderError
	var dns *net.DNSError
	var alert *net.OpError
	switch {
	case errors.Is(err, errStranger):
		return err
	case errors.As(err, &otherName):
		return fmt.Errorf("%w: start the server with --public-host %s", err, otherName.Host)
	case errors.As(err, &record):
		return fmt.Errorf("%w: no TLS is spoken there; is it the port of serve's --mqtt?", err)
	case errors.As(err, &alert) && alert.Op == "remote error":
		return fmt.Errorf("%w: no Tikklok server takes codes there; is it the port of serve's --mqtt?", err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("%w: check the name, and this machine's DNS", err)
	}
	return passing{fmt.Errorf("%w: check the network here and that the server runs; this machine must reach that port", err)}
}

// enrolment checks an answer and makes the file's content of it.
func (c Enrolling) enrolment(a wire.EnrolAnswer, key *ecdsa.PrivateKey, keyPEM []byte) (wire.Enrolment, error) {
	if wire.ServerPrint(a.Authority) != c.Code.Server {
		return wire.Enrolment{}, errStranger
	}
	leaf, err := x509.ParseCertificate(a.Certificate)
	if err != nil {
		return wire.Enrolment{}, err
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		return wire.Enrolment{}, errors.New("the certificate is for another key")
	}
	ring, err := wire.OpenKeys(key, a.Keys)
	if err != nil {
		return wire.Enrolment{}, err
	}
	token, _ := ring.Key(ring.Current) // was checked
	e := wire.Enrolment{
		Gateway: a.Gateway, Broker: a.Broker, Certificate: certificatePEM(a.Certificate), Key: string(keyPEM),
		Authority: certificatePEM(a.Authority), Owner: a.Owner, TokenKey: token,
	}
	if e.Broker == "" {
		e.Broker = "mqtts://" + c.Server
	}
	if err := checkEnrolment(e); err != nil {
		return wire.Enrolment{}, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(e.Authority))
	return e, verifyOwn(leaf, roots, e.Gateway)
}

func certificatePEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// mayReplace keeps another gateway's file, which may be its only copy.
func (c Enrolling) mayReplace(gateway uint32) error {
	old, err := readEnrolment(c.File)
	switch {
	case c.Replace || errors.Is(err, fs.ErrNotExist) || err == nil && old.Gateway == gateway:
		return nil
	case err != nil:
		return fmt.Errorf("%s is there, and can't be read (%w); add --replace to write over it", c.File, err)
	}
	return fmt.Errorf("%s is of gateway %d, and the code makes this device gateway %d: %w", c.File, old.Gateway, gateway, ErrAnother)
}
