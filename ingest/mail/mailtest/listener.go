// Package mailtest gives tests a mail server on this machine: it speaks as much
// of RFC 5321 as a client needs, keeps what it took, and answers as it is told
// to.
package mailtest

import (
	"bufio"
	"cmp"
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

// Listener is the mail server.
type Listener struct {
	net.Listener
	mu      sync.Mutex
	manner  Manner
	taken   []string // messages, as they came
	talking sync.WaitGroup
}

// Manner is how it answers.
type Manner struct {
	Cert   *tls.Certificate            // nil: it offers no STARTTLS
	Banner string                      // "": 220 here
	Rcpt   func(address string) string // of an address in capitals; "": 250
	AtData func(text string) string    // after the last byte; "": 250; HangUp: no answer
}

// HangUp has the connection closed without an answer.
const HangUp = "hang up"

// Listen gives a mail server that ends with the test.
func Listen(t *testing.T) *Listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Listener{Listener: inner}
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

// Set changes how it answers from the next command on.
func (l *Listener) Set(how Manner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.manner = how
}

func (l *Listener) how() Manner {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.manner
}

// Messages gives what it took.
func (l *Listener) Messages() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.taken...)
}

func (l *Listener) talk(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	in := bufio.NewReader(c)
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say(cmp.Or(l.how().Banner, "220 here"))
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		how := l.how()
		switch strings.ToUpper(verb) {
		case "EHLO":
			if how.Cert != nil {
				say("250-here")
				say("250 STARTTLS")
				continue
			}
			say("250 here")
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*how.Cert}})
			in = bufio.NewReader(c)
		case "RCPT":
			answer := "250 fine"
			if how.Rcpt != nil {
				if said := how.Rcpt(strings.Trim(strings.TrimPrefix(strings.ToUpper(rest), "TO:"), "<>")); said != "" {
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
func (l *Listener) take(text string, say func(string)) bool {
	answer := ""
	if how := l.how(); how.AtData != nil {
		answer = how.AtData(text)
	}
	if answer == "" || answer == HangUp {
		l.mu.Lock()
		l.taken = append(l.taken, text)
		l.mu.Unlock()
	}
	switch answer {
	case HangUp:
		return false
	case "":
		answer = "250 taken"
	}
	say(answer)
	return true
}

// SelfSigned is a certificate that nobody vouches for.
func SelfSigned(t *testing.T) *tls.Certificate {
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

// Header gives a header of a message.
func Header(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
