package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Mail servers may be slow: RFC 5321, 4.5.3.2, has a client wait five minutes
// for most answers, and ten for the one to the last byte, as whoever hangs up
// before it makes the server deliver a second copy.
const (
	dialTimeout   = 20 * time.Second
	signTimeout   = 10 * time.Minute // until it is signed in
	letterTimeout = 15 * time.Minute // of a letter, with all answers to it
	stopTimeout   = 5 * time.Second  // for what is under way when the server stops, and for a good-bye
)

// Connection is one to the mail server, over which letters go one by one.
type Connection struct {
	server Server
	client *gomail.Client
	line   line
	ctx    context.Context // ends what is under way
	unhook func() bool
}

// line is the connection itself. The library gives all of a letter one short
// span and knows no stopping; so it is Connection that says when it ends.
type line struct{ net.Conn }

// SetDeadline leaves it to until.
func (line) SetDeadline(time.Time) error { return nil }

func (l line) until(t time.Time) { _ = l.Conn.SetDeadline(t) }

// Connect connects and signs in. Whatever fails here is no letter's fault. When
// ctx ends, what is under way has a few seconds left.
func (s Server) Connect(ctx context.Context) (*Connection, error) {
	c := &Connection{server: s, ctx: ctx, unhook: func() bool { return true }}
	client, err := s.client(c.dial)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	c.client = client
	if err := client.DialWithContext(ctx); err != nil {
		c.hangUp()
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return c, nil
}

func (s Server) client(dial gomail.DialContextFunc) (*gomail.Client, error) {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	options := []gomail.Option{gomail.WithPort(number), gomail.WithHELO(s.domain()), gomail.WithDialContextFunc(dial), gomail.WithTimeout(dialTimeout),
		gomail.WithTLSPolicy(s.policy()), gomail.WithTLSConfig(s.closed(host)), gomail.WithoutNoop(), gomail.WithoutRset()}
	if s.User != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if s.TLS == NoTLS { // on this machine
			auth = gomail.SMTPAuthPlainNoEnc
		}
		options = append(options, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return gomail.NewClient(host, options...)
}

// closed is how the way is closed.
func (s Server) closed(host string) *tls.Config {
	return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: s.roots}
}

// policy is the library's word for the way. One that is closed from the first
// byte is closed by dial; the library only finds it so.
func (s Server) policy() gomail.TLSPolicy {
	switch s.TLS {
	case Implicit:
		return gomail.TLSOpportunistic
	case NoTLS:
		return gomail.NoTLS
	}
	return gomail.TLSMandatory
}

func (c *Connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.line = line{raw}
	c.unhook = context.AfterFunc(c.ctx, func() { c.line.until(time.Now().Add(stopTimeout)) })
	c.allow(signTimeout)
	if c.server.TLS != Implicit {
		return c.line, nil
	}
	host, _, err := net.SplitHostPort(c.server.Address)
	if err != nil {
		return nil, err
	}
	closed := tls.Client(c.line, c.server.closed(host))
	if err := closed.HandshakeContext(ctx); err != nil {
		return nil, err // Connect hangs up
	}
	return closed, nil
}

// allow gives what comes next so much time, unless the server stops.
func (c *Connection) allow(d time.Duration) {
	c.line.until(time.Now().Add(d))
	if c.ctx.Err() != nil { // its own span was set before this one, or comes after it
		c.line.until(time.Now().Add(stopTimeout))
	}
}

// Close ends it; whatever was sent has been answered.
func (c *Connection) Close() {
	c.allow(stopTimeout)
	_ = c.client.Close()
	c.hangUp()
}

func (c *Connection) hangUp() {
	c.unhook()
	if c.line.Conn != nil {
		_ = c.line.Conn.Close()
	}
}

// compose makes the message: plain text, from nobody who reads answers.
func (s Server) compose(p Parcel) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.From(s.From); err != nil {
		return nil, fmt.Errorf("composing e-mail: %w", err)
	}
	if err := m.To(p.To); err != nil {
		return nil, fmt.Errorf("composing e-mail: %w", err)
	}
	m.Subject(p.Subject)
	m.SetDateWithValue(p.Made)
	m.SetMessageIDWithValue(p.Key + "@" + s.domain())
	m.SetGenHeader(gomail.HeaderContentLang, p.Language)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	m.SetBodyString(gomail.TypeTextPlain, p.Body)
	return m, nil
}

// Hand hands one letter over.
func (c *Connection) Hand(p Parcel) Outcome {
	m, err := c.server.compose(p)
	if err != nil {
		return Outcome{State: Refused, Answer: err.Error()}
	}
	c.allow(letterTimeout)
	err = c.client.Send(m)
	if err == nil || m.IsDelivered() { // whatever became of the connection since
		return Outcome{State: Sent}
	}
	return outcomeOf(err)
}
