// Package mailbox is a mail server on this machine, for demos and tests: the
// other side of a real conversation. It speaks as much of RFC 5321 as a client
// needs, keeps what it took in memory, and answers as it is told to.
package mailbox

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// Box is the mail server.
type Box struct {
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
	Auth   string                      // what has to come behind AUTH; "": nobody signs in
	Rcpt   func(address string) string // of an address in capitals; "": 250
	Data   func() string               // before the text; "": 354
	AtData func(text string) string    // after the last byte; "": 250; HangUp: no answer
}

// HangUp has the connection closed without an answer.
const HangUp = "hang up"

// Open gives a mail server on a port of this machine, that Close ends.
func Open() (*Box, error) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a mail server: %w", err)
	}
	b := &Box{Listener: inner}
	b.talking.Go(func() {
		for {
			c, err := inner.Accept()
			if err != nil {
				return
			}
			b.talking.Go(func() { defer c.Close(); b.talk(c) })
		}
	})
	return b, nil
}

// Close ends it, after the conversations that are under way.
func (b *Box) Close() error {
	err := b.Listener.Close()
	b.talking.Wait()
	return err
}

// Set changes how it answers from the next command on.
func (b *Box) Set(how Manner) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.manner = how
}

func (b *Box) how() Manner {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.manner
}

// Messages gives what it took.
func (b *Box) Messages() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.taken...)
}

func (b *Box) talk(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	in := bufio.NewReader(c)
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say(cmp.Or(b.how().Banner, "220 here"))
	begun := false // a letter, by MAIL
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		how := b.how()
		switch strings.ToUpper(verb) {
		case "EHLO":
			if how.Cert != nil {
				say("250-here")
				say("250 STARTTLS")
				continue
			}
			if how.Auth != "" {
				say("250-here")
				say("250 AUTH PLAIN")
				continue
			}
			say("250 here")
		case "AUTH":
			if how.Auth == "" || rest != how.Auth {
				say("535 5.7.8 no")
				continue
			}
			say("235 2.7.0 fine")
		case "STARTTLS":
			if how.Cert == nil {
				say("502 not offered")
				continue
			}
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
			if how.Data != nil {
				if said := how.Data(); said != "" {
					say(said)
					continue
				}
			}
			say("354 go on")
			text, ok := readData(in)
			if !ok || !b.take(text, say) {
				return
			}
			begun = false
		case "MAIL":
			if begun {
				say("503 5.5.1 nested MAIL command")
				continue
			}
			begun = true
			say("250 fine")
		case "QUIT":
			say("221 bye")
			return
		case "RSET":
			begun = false
			say("250 fine")
		default: // NOOP
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
func (b *Box) take(text string, say func(string)) bool {
	answer := ""
	if how := b.how(); how.AtData != nil {
		answer = how.AtData(text)
	}
	if answer == "" || answer == HangUp {
		b.mu.Lock()
		b.taken = append(b.taken, text)
		b.mu.Unlock()
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
