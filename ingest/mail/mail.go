// Package mail promises that a letter that was spooled is handed to the mail
// server, whoever is restarted meanwhile, and that one address gets one letter
// about one thing.
//
// There is one exception to once: when nobody lived to hear whether the mail
// server took a letter (the server was killed, or the connection broke, after
// the last byte and before the answer was on disk), it is sent again. To be told twice of
// maintenance does no harm, not to be told does. Such attempts are counted, and
// all attempts carry the same Message-ID, by which many mailboxes show one.
//
// Taken by the mail server is all that is known: what lies behind it can still
// lose a letter, or send word of a failure to the sender's address.
package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
)

// ErrInvalid is a letter that can't be one.
var ErrInvalid = errors.New("not a letter")

// Letter is one text to one address.
type Letter struct {
	About    string // what it tells, 1 to 100 characters: one address gets one letter about it
	Account  int64  // whose address it is; 0: of nobody who signs in
	To       string // the address alone
	Language string // nl or en
	Subject  string // 1 to 200 characters on one line
	Body     string // 1 to 20,000 characters
	// Until is when it is of no use any more; zero: LongestWait after it was
	// spooled.
	Until time.Time
}

// Parcel is a letter on its way, from whichever spool.
type Parcel struct {
	Letter
	Key  string // of its Message-ID, the same at each attempt
	Made time.Time
}

// LongestWait is how long a letter without an end of its own is tried.
const LongestWait = 5 * 24 * time.Hour

// State is how far a letter is.
type State string

// The states.
const (
	Waiting State = "waiting" // for its next attempt
	Sent    State = "sent"    // a mail server took it
	Refused State = "refused" // by a mail server, for good: there is no such mailbox, say
	Expired State = "expired" // it was of no use any more
)

// Tally counts letters.
type Tally struct {
	Waiting, Sent, Refused, Expired int
	Unclear                         int       // of these, letters that may have been sent more than once
	LastSent                        time.Time // zero: none was
}

// check says what is wrong with a letter. What is shown of it is no address.
func (l Letter) check() error {
	at, err := mail.ParseAddress(l.To)
	switch {
	case err != nil || at.Address != l.To || len(l.To) > 254:
		return fmt.Errorf("%w: the address is none; write it as name@host", ErrInvalid)
	case !within(l.About, 100) || !within(l.Subject, 200) || strings.ContainsFunc(l.Subject, unicode.IsControl):
		return fmt.Errorf("%w: a subject has 1 to 200 characters on one line", ErrInvalid)
	case !within(l.Body, 20000):
		return fmt.Errorf("%w: a text has 1 to 20000 characters", ErrInvalid)
	case l.Language != "nl" && l.Language != "en":
		return fmt.Errorf("%w: the language is nl or en", ErrInvalid)
	}
	return nil
}

// Reaches says whether a name that somebody signs in by is an address that
// letters can go to: .invalid is kept for what is none (RFC 2606, 2).
func Reaches(address string) bool {
	at, err := mail.ParseAddress(address)
	return err == nil && at.Address == address && len(address) <= 254 && !strings.HasSuffix(strings.ToLower(address), ".invalid")
}

func within(text string, most int) bool { return text != "" && len([]rune(text)) <= most }

// lease is how long an attempt is left alone before it counts as one that
// nobody lived to end: longer than letterTimeout.
const lease = letterTimeout + 5*time.Minute

// Backoff is how long to wait after the nth attempt failed: a minute, doubled
// each time, up to an hour.
func Backoff(attempts int) time.Duration {
	wait := time.Minute
	for range attempts - 1 {
		if wait *= 2; wait >= time.Hour {
			return time.Hour
		}
	}
	return wait
}
