// Package mailbox is a mail server on this machine, for demos and tests: the
// other side of a real conversation. It speaks as much of RFC 5321 as a client
// needs, keeps what it took in memory, and answers as it is told to.
package mailbox

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
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
			b.talking.Go(func() { b.talk(c) })
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

// take keeps a letter, unless it is refused, and gives the answer.
func (b *Box) take(text string, how Manner) (answer string) {
	if how.AtData != nil {
		answer = how.AtData(text)
	}
	if answer == "" || answer == HangUp {
		b.mu.Lock()
		b.taken = append(b.taken, text)
		b.mu.Unlock()
	}
	return cmp.Or(answer, "250 taken")
}
