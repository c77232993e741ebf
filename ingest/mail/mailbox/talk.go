package mailbox

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"
)

// talkMost is how long a conversation may last.
const talkMost = 30 * time.Second

// fine is the answer to what nobody has anything against.
const fine = "250 fine"

// talk is one conversation.
type talk struct {
	box   *Box
	conn  net.Conn
	in    *bufio.Reader
	begun bool // a letter, by MAIL
}

func (b *Box) talk(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(talkMost))
	t := &talk{box: b, conn: c, in: bufio.NewReader(c)}
	t.say(cmp.Or(b.how().Banner, "220 here"))
	for goesOn := true; goesOn; {
		line, err := t.in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		goesOn = t.answer(strings.ToUpper(verb), rest, b.how())
	}
}

func (t *talk) say(line string) { fmt.Fprintf(t.conn, "%s\r\n", line) }

// answer answers a command, and says whether the conversation goes on.
func (t *talk) answer(verb, rest string, how Manner) bool {
	switch verb {
	case "EHLO":
		t.hello(how)
	case "STARTTLS":
		t.secure(how.Cert)
	case "AUTH":
		t.say(how.auth(rest))
	case "MAIL":
		t.say(t.mail())
	case "RCPT":
		t.say(how.rcpt(rest))
	case "DATA":
		return t.data(how)
	case "QUIT":
		t.say("221 bye")
		return false
	case "RSET":
		t.begun = false
		t.say(fine)
	default: // NOOP
		t.say(fine)
	}
	return true
}

func (t *talk) hello(how Manner) {
	offers := ""
	switch {
	case how.Cert != nil:
		offers = "STARTTLS"
	case how.Auth != "":
		offers = "AUTH PLAIN"
	default:
		t.say("250 here")
		return
	}
	t.say("250-here")
	t.say("250 " + offers)
}

// secure goes on over TLS.
func (t *talk) secure(cert *tls.Certificate) {
	if cert == nil {
		t.say("502 not offered")
		return
	}
	t.say("220 go on")
	t.conn = tls.Server(t.conn, &tls.Config{Certificates: []tls.Certificate{*cert}})
	t.in = bufio.NewReader(t.conn)
}

func (t *talk) mail() string {
	if t.begun {
		return "503 5.5.1 nested MAIL command"
	}
	t.begun = true
	return fine
}

func (t *talk) data(how Manner) bool {
	if said := how.data(); said != "" {
		t.say(said)
		return true
	}
	t.say("354 go on")
	text, ok := t.text()
	if !ok {
		return false
	}
	t.begun = false
	answer := t.box.take(text, how)
	if answer == HangUp {
		return false
	}
	t.say(answer)
	return true
}

// text reads a letter up to its last byte; false: the other side is gone.
func (t *talk) text() (string, bool) {
	var text strings.Builder
	for {
		line, err := t.in.ReadString('\n')
		if err != nil {
			return "", false
		}
		if line == ".\r\n" {
			return text.String(), true
		}
		text.WriteString(line)
	}
}

func (m Manner) auth(said string) string {
	if m.Auth == "" || said != m.Auth {
		return "535 5.7.8 no"
	}
	return "235 2.7.0 fine"
}

func (m Manner) rcpt(said string) string {
	if m.Rcpt == nil {
		return fine
	}
	return cmp.Or(m.Rcpt(strings.Trim(strings.TrimPrefix(strings.ToUpper(said), "TO:"), "<>")), fine)
}

// data is why no text is taken; "": one is.
func (m Manner) data() string {
	if m.Data == nil {
		return ""
	}
	return m.Data()
}
