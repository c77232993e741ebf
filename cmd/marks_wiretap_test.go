package cmd_test

import (
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

// wiretap stands between a gateway and the broker, has a certificate of the
// same authority and the gateway's key, and so reads what TLS hides.
type wiretap struct {
	*testing.T
	listener net.Listener
	broker   string

	mu   sync.Mutex
	text bytes.Buffer
}

func newWiretap(t *testing.T, broker string) *wiretap {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &wiretap{T: t, listener: l, broker: broker}
}

func (w *wiretap) address() string { return w.listener.Addr().String() }

// open begins to listen, with the authority in dir and a gateway's key.
func (w *wiretap) open(dir string, e wire.Enrolment) {
	w.Helper()
	authority, err := fleet.OpenAuthority(dir)
	if err != nil {
		w.Fatal(err)
	}
	own, err := authority.Broker("127.0.0.1", "localhost")
	if err != nil {
		w.Fatal(err)
	}
	theirs, err := tls.X509KeyPair([]byte(e.Certificate), []byte(e.Key))
	if err != nil {
		w.Fatal(err)
	}
	gateways := tls.NewListener(w.listener, &tls.Config{Certificates: []tls.Certificate{*own.Pair()}, ClientAuth: tls.RequireAnyClientCert, NextProtos: []string{"mqtt"}, MinVersion: tls.VersionTLS13})
	to := &tls.Config{Certificates: []tls.Certificate{theirs}, RootCAs: authority.Pool(), ServerName: "127.0.0.1", NextProtos: []string{"mqtt"}, MinVersion: tls.VersionTLS13}
	go func() {
		for {
			c, err := gateways.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				go w.between(c, to)
			}
		}
	}()
}

// between copies both ways until one side ends.
func (w *wiretap) between(c net.Conn, to *tls.Config) {
	defer c.Close()
	b, err := tls.Dial("tcp", w.broker, to)
	if err != nil {
		return
	}
	defer b.Close()
	go func() { _, _ = io.Copy(c, io.TeeReader(b, w)) }()
	_, _ = io.Copy(b, io.TeeReader(c, w))
}

// Write keeps what goes by.
func (w *wiretap) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

// heard is all that went by; nothing is a test that proves nothing.
func (w *wiretap) heard() []byte {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.text.Len() == 0 {
		w.Error("nothing was heard of the gateway")
	}
	return bytes.Clone(w.text.Bytes())
}

// em4100 is an RDM6300 at a pty.
type em4100 struct {
	*testing.T
	port string
	line *os.File
}

func newEM4100(t *testing.T) *em4100 {
	line, port := rawLine(t)
	return &em4100{t, port, line}
}

// hold sends a fob's ten digits and their sum, as the reader does.
func (e *em4100) hold(number string) {
	e.Helper()
	raw, err := hex.DecodeString(number)
	if err != nil {
		e.Fatal(err)
	}
	var sum byte
	for _, b := range raw {
		sum ^= b
	}
	if _, err := fmt.Fprintf(e.line, "\x02%s%02X\x03", number, sum); err != nil {
		e.Fatal(err)
	}
}
