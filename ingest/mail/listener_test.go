package mail

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// listener is a mail server on this machine: it speaks as much of RFC 5321 as a
// client needs, keeps what it took, and answers as it is told to.
type listener struct {
	net.Listener
	cert *tls.Certificate // nil: it offers no STARTTLS

	mu      sync.Mutex
	taken   []string                    // messages, as they came
	rcpt    func(address string) string // "": 250
	atData  func(text string) string    // after the last byte; "": 250; hangUp: no answer
	talking sync.WaitGroup
}

// hangUp has the connection closed without an answer.
const hangUp = "hang up"

func listen(t *testing.T) *listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{Listener: inner}
	l.talking.Go(func() {
		for {
			c, err := inner.Accept()
			if err != nil {
				return
			}
			l.talking.Go(func() { defer c.Close(); l.talk(c) })
		}
	})
	t.Cleanup(func() { _ = inner.Close(); l.talking.Wait() })
	return l
}

func (l *listener) server() Server {
	return Server{Address: l.Addr().String(), TLS: NoTLS, From: "Tikklok <no-reply@example.com>"}
}

// set changes how it answers from the next command on.
func (l *listener) set(how func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	how()
}

// how gives a copy of how it answers.
func (l *listener) how() (cert *tls.Certificate, rcpt, atData func(string) string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cert, l.rcpt, l.atData
}

func (l *listener) messages() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.taken...)
}

func (l *listener) talk(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	in := bufio.NewReader(c)
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say("220 here")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		cert, rcpt, _ := l.how()
		switch strings.ToUpper(verb) {
		case "EHLO":
			if cert != nil {
				say("250-here")
				say("250 STARTTLS")
				continue
			}
			say("250 here")
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*cert}})
			in = bufio.NewReader(c)
		case "RCPT":
			answer := "250 fine"
			if rcpt != nil {
				if said := rcpt(strings.Trim(strings.TrimPrefix(strings.ToUpper(rest), "TO:"), "<>")); said != "" {
					answer = said
				}
			}
			say(answer)
		case "DATA":
			say("354 go on")
			text, ok := readData(in)
			if !ok || !l.take(text, say) {
				return
			}
		case "QUIT":
			say("221 bye")
			return
		default: // MAIL, RSET, NOOP
			say("250 fine")
		}
	}
}

func readData(in *bufio.Reader) (string, bool) {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", false
		}
		if line == ".\r\n" {
			return text.String(), true
		}
		text.WriteString(line)
	}
}

// take keeps a message, unless it is refused.
func (l *listener) take(text string, say func(string)) bool {
	answer := ""
	if _, _, atData := l.how(); atData != nil {
		answer = atData(text)
	}
	if answer == "" || answer == hangUp {
		l.mu.Lock()
		l.taken = append(l.taken, text)
		l.mu.Unlock()
	}
	switch answer {
	case hangUp:
		return false
	case "":
		answer = "250 taken"
	}
	say(answer)
	return true
}

// selfSigned is a certificate that nobody vouches for.
func selfSigned(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	is := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "here"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, is, is, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// header gives a header of a message.
func header(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
