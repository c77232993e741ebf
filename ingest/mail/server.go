package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Server is the mail server that takes letters.
type Server struct {
	Address  string // HOST:PORT
	TLS      TLS
	User     string // "": it asks for none
	Password string
	From     string // the sender's address, as in Tikklok <no-reply@example.com>
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

// Connection is one to the mail server, over which letters go one by one.
type Connection struct {
	server Server
	client *gomail.Client
}

// Connect connects and signs in. Whatever fails here is no letter's fault.
func (s Server) Connect(ctx context.Context) (*Connection, error) {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	options := []gomail.Option{gomail.WithPort(number), gomail.WithTimeout(attemptTimeout), gomail.WithHELO(s.domain()), gomail.WithTLSPolicy(gomail.TLSMandatory)}
	switch s.TLS {
	case Implicit:
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.User != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if s.TLS == NoTLS { // on this machine
			auth = gomail.SMTPAuthPlainNoEnc
		}
		options = append(options, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	client, err := gomail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return &Connection{s, client}, nil
}

// Close ends it; whatever was sent has been answered.
func (c *Connection) Close() { _ = c.client.Close() }

// domain is that of the sender.
func (s Server) domain() string {
	at, err := mail.ParseAddress(s.From)
	if err != nil {
		return "localhost"
	}
	_, domain, _ := strings.Cut(at.Address, "@")
	return cmp.Or(domain, "localhost")
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

// Outcome is how an attempt ended.
type Outcome struct {
	State   State  // Sent or Refused; Waiting: it is tried again
	Unclear bool   // nobody knows whether the mail server took it
	Broken  bool   // the connection is of no use any more
	Answer  string // why it wasn't taken, without the address
}

// Hand hands one letter over.
func (c *Connection) Hand(p Parcel) Outcome {
	m, err := c.server.compose(p)
	if err != nil {
		return Outcome{State: Refused, Answer: err.Error()}
	}
	err = c.client.Send(m)
	if err == nil || m.IsDelivered() { // whatever became of the connection since
		return Outcome{State: Sent}
	}
	return outcomeOf(err)
}

// What answers begin with.
const (
	addressRefused = "address refused"                                 // the mail server knows no such mailbox
	turnedAway     = "the mail server takes no letters of this sender" // whomever they are to
)

// outcomeOf says what a failure means: the mail server's last word (5xx) about
// an address or a text is one, unless it is about who sends; silence after the
// last byte is unclear.
func outcomeOf(err error) Outcome {
	var said *gomail.SendError
	if !errors.As(err, &said) {
		return Outcome{State: Waiting, Broken: true, Answer: "the connection failed"}
	}
	// The error itself names the address, which the answer's column must not.
	answer, away := said.Reason.String(), turnsAway(said)
	switch {
	case away:
		answer = turnedAway
	case said.Reason == gomail.ErrSMTPRcptTo:
		answer = addressRefused
	}
	if code := said.ErrorCode(); code != 0 {
		answer = fmt.Sprintf("%s: %d %s", answer, code, said.EnhancedStatusCode())
	}
	answer = strings.TrimSpace(answer)
	final := said.Reason == gomail.ErrSMTPRcptTo && !away || said.Reason == gomail.ErrSMTPDataClose
	switch {
	case final && said.ErrorCode() >= 500:
		return Outcome{State: Refused, Answer: answer}
	case said.Reason == gomail.ErrSMTPDataClose && said.ErrorCode() == 0:
		return Outcome{State: Waiting, Unclear: true, Broken: true, Answer: answer}
	}
	return Outcome{State: Waiting, Broken: said.ErrorCode() == 0, Answer: answer}
}

// turnsAway says whether a mail server that is told an address refuses who
// sends, as one that doesn't relay for this machine: of security and policy are
// the codes 5.7 (RFC 3463, 3.8), to sign in first 530 and 535 (RFC 4954, 6), and
// "no service here" is 554 without more (RFC 5321, 4.2.2).
func turnsAway(said *gomail.SendError) bool {
	if said.Reason != gomail.ErrSMTPRcptTo {
		return false
	}
	more := enhanced(said)
	switch said.ErrorCode() {
	case 530, 535:
		return true
	case 554:
		return more == "" || strings.HasPrefix(more, "5.7.")
	}
	return strings.HasPrefix(more, "5.7.")
}

// enhanced gives the code that follows the first one of an answer, as in 550
// 5.1.1, also of a mail server that did not announce it; "": there is none.
func enhanced(said *gomail.SendError) string {
	words := strings.Fields(strings.TrimPrefix(said.Error(), said.Reason.String()+":"))
	if len(words) < 2 {
		return ""
	}
	code := strings.Trim(words[1], `",`) // the library quotes the text
	if strings.Trim(code, "0123456789.") != "" || strings.Count(code, ".") != 2 {
		return ""
	}
	return code
}
