package mail

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"
)

// Server is the mail server that takes letters.
type Server struct {
	Address  string // HOST:PORT
	TLS      TLS
	User     string // "": it asks for none
	Password string
	From     string // the sender's address, as in Tikklok <no-reply@example.com>

	roots *x509.CertPool // who may vouch for it; nil: whom this machine trusts
}

// TLS is how the way to the mail server is kept closed.
type TLS string

// The ways.
const (
	StartTLS TLS = "starttls" // begins in clear and refuses to go on so
	Implicit TLS = "implicit" // from the first byte, as on port 465
	NoTLS    TLS = "none"     // to a server on this machine only
)

// Check says what is wrong with the settings, before anything is sent.
func (s Server) Check() error {
	host, port, err := net.SplitHostPort(s.Address)
	number, bad := strconv.Atoi(port)
	switch {
	case err != nil || host == "" || bad != nil || number < 1 || number > 65535:
		return fmt.Errorf("the mail server %q is none; write it as HOST:PORT", s.Address)
	case s.TLS != StartTLS && s.TLS != Implicit && s.TLS != NoTLS:
		return fmt.Errorf("TLS to the mail server is starttls, implicit or none, not %q", s.TLS)
	case s.TLS == NoTLS && !here(host):
		return fmt.Errorf("the mail server %s is on another machine, and the addresses of users would go there in clear; use starttls or implicit", host)
	case (s.User == "") != (s.Password == ""):
		return errors.New("the mail server needs a user and a password, or neither")
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		return fmt.Errorf("the sender %q is no address; write it as Tikklok <no-reply@example.com>", s.From)
	}
	return nil
}

// here says whether a host is this machine.
func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// domain is that of the sender.
func (s Server) domain() string {
	at, err := mail.ParseAddress(s.From)
	if err != nil {
		return "localhost"
	}
	_, domain, _ := strings.Cut(at.Address, "@")
	return cmp.Or(domain, "localhost")
}
