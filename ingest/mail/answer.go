package mail

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Outcome is how an attempt ended.
type Outcome struct {
	State   State  // Sent or Refused; Waiting: it is tried again
	Unclear bool   // nobody knows whether the mail server took it
	Broken  bool   // the connection is of no use any more
	Answer  string // why it wasn't taken, without the address
}

// What answers begin with.
const (
	addressRefused = "address refused"                                 // the mail server says that there is no such mailbox, or that it takes nothing
	turnedAway     = "the mail server takes no letters of this sender" // whomever they are to
	unexplained    = "refused, and not said that it is the address"    // it may be either
)

// outcomeOf says what a failure means. A mail server's last word (5xx) ends a
// letter where it says that the address, or the text, is the cause; silence
// after the last byte is unclear.
func outcomeOf(err error) Outcome {
	var said *gomail.SendError
	if !errors.As(err, &said) {
		return Outcome{State: Waiting, Broken: true, Answer: "the connection failed"}
	}
	code, text := said.ErrorCode(), reply(said)
	// The error itself names the address, which the answer's column must not.
	o := Outcome{State: Waiting, Broken: code == 0 || code == 421 || outOfOrder(said.Reason, code), Unclear: code == 0 && said.Reason == gomail.ErrSMTPDataClose, Answer: said.Reason.String()}
	if code >= 500 {
		o.State, o.Answer = judge(said.Reason, code, text, o.Answer)
	}
	if code != 0 {
		o.Answer = strings.TrimSpace(fmt.Sprintf("%s: %d %s", o.Answer, code, enhanced(text)))
	}
	return o
}

// outOfOrder says whether a mail server takes the next letter's beginning for a
// part of this one, or did of the last: after a refusal of DATA the library
// resets nothing, and 503 is a command in the wrong place (RFC 5321, 4.2.2).
func outOfOrder(at gomail.SendErrReason, code int) bool {
	return at == gomail.ErrSMTPData || code == 503
}

// judge gives what becomes of a letter by a mail server's last word, and what
// is kept of that. Whom it blames is what it says at the address; at the end of
// the text it can still find that the sender may not.
func judge(at gomail.SendErrReason, code int, text, otherwise string) (State, string) {
	blamed := blames(code, text)
	switch {
	case blamed == theSender:
		return Waiting, turnedAway
	case code == 503: // it is about the commands before
		return Waiting, otherwise
	case at == gomail.ErrSMTPMailFrom:
		return Waiting, turnedAway
	case at == gomail.ErrSMTPRcptTo && blamed == theAddress:
		return Refused, addressRefused
	case at == gomail.ErrSMTPRcptTo:
		return Waiting, unexplained
	case at == gomail.ErrSMTPDataClose:
		return Refused, otherwise
	}
	return Waiting, otherwise
}

// blame is whom a mail server refuses.
type blame int

const (
	nobody blame = iota // it doesn't say
	theSender
	theAddress
)

// blames reads whom a refusal is about: by its enhanced code where that tells
// (RFC 3463: 5.1 is of addresses, 5.1.7 and 5.1.8 of the sender's; 5.2 of the
// mailbox; 5.7 of security and policy); else by its words, of which there is no
// list. To sign in first are 530 and 535 (RFC 4954, 6), and "no service here" is
// 554 without more (RFC 5321, 4.2.2). 550 alone says nothing: it stands for "not
// found, no access, or policy" alike (4.2.3).
func blames(code int, text string) blame {
	more := enhanced(text)
	class := more[:max(0, strings.LastIndex(more, "."))]
	switch {
	case code == 530, code == 535, class == "5.7", more == "5.1.7", more == "5.1.8":
		return theSender
	case class == "5.1", class == "5.2":
		return theAddress
	case ofSender.MatchString(text):
		return theSender
	case ofAddress.MatchString(text):
		return theAddress
	case code == 554 && more == "":
		return theSender
	}
	return nobody
}

// What mail servers write, after Postfix, Exim, Sendmail, qmail, Exchange and
// hMailServer.
var (
	ofSender  = regexp.MustCompile(`(?i)\brelay|not a gateway|rcpthosts|authenticat|sign in|log ?in first|\bsender|blacklist|blocklist|\bblocked\b|not permitted|not allowed|prohibit|\bdenied\b|\bpolicy\b|\bspam\b`)
	ofAddress = regexp.MustCompile(`(?i)\b(no such|unknown|invalid|unrouteable|non-?existent|bad) (local )?(user|mailbox|recipient|account|address|person)|` +
		`\b(user|mailbox|recipient|account|address)\b.{0,30}\b(unknown|not found|not known|does not exist|doesn't exist|not exist|is disabled|no longer)|no mailbox here`)
)

// reply is what the mail server said behind its first code, without addresses.
func reply(said *gomail.SendError) string {
	text := strings.TrimPrefix(said.Error(), said.Reason.String()+":")
	text, _, _ = strings.Cut(text, ", affected ") // what the library adds
	text = strings.Trim(strings.TrimSpace(text), `"`)
	words := slices.DeleteFunc(strings.Fields(text), func(word string) bool { return strings.Contains(word, "@") })
	if len(words) > 0 && said.ErrorCode() != 0 {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// enhancedCode is one, wherever it stands: 550 5.1.1 …, or … (#5.1.1).
var enhancedCode = regexp.MustCompile(`(?:^|[\s"(#])([45]\.\d{1,3}\.\d{1,3})(?:$|[\s":;,)-])`)

// enhanced gives the code that follows the first one of an answer, as in 550
// 5.1.1, also of a mail server that did not announce it; "": there is none.
func enhanced(text string) string {
	if found := enhancedCode.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}
