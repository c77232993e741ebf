package mail

import (
	"testing"

	gomail "github.com/wneessen/go-mail"

	"tikklok/ingest/mail/mailtest"
)

// The answers are those of mail servers that people run.
func TestOnlyARefusalThatSaysSoIsOfTheAddress(t *testing.T) {
	for text, want := range map[string]blame{
		"550 5.1.1 <>: Recipient address rejected: User unknown in local recipient table": theAddress, // Postfix
		"550 5.1.1 The email account that you tried to reach does not exist":              theAddress, // Gmail
		"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP lookup":   theAddress, // Exchange
		"550 sorry, no mailbox here by that name (#5.1.1)":                                theAddress, // qmail
		"550 Unrouteable address":         theAddress, // Exim
		"550 Unknown user":                theAddress, // hMailServer
		"550 no such mailbox":             theAddress,
		"551 5.1.6 gone":                  theAddress,
		"552 5.2.2 mailbox full":          theAddress,
		"550 relay not permitted":         theSender, // Exim
		"554 5.7.1 : Relay access denied": theSender, // Postfix
		"550 5.7.1 Unable to relay":       theSender, // Exchange
		"553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)": theSender, // qmail
		"551 we do not relay":                                       theSender,
		"550 Administrative prohibition":                            theSender, // Exim
		"550 5.1.8 Sender address rejected: Domain not found":       theSender,
		"550 5.0.0 relaying to an unknown user is not allowed":      theSender,
		"530 SMTP authentication is required":                       theSender, // hMailServer
		"530 5.7.0 sign in first":                                   theSender,
		"535 wrong":                                                 theSender,
		"554 no":                                                    theSender,
		"550 Requested action not taken: mailbox unavailable":       nobody, // RFC 5321, 4.2.2
		"550 5.5.0 Requested action not taken: mailbox unavailable": nobody,
		"550 5.4.1 no":                                              nobody,
		"550":                                                       nobody,
		"550 no answer from 5.1.1.7":                                nobody,
	} {
		code := int(text[0]-'0')*100 + int(text[1]-'0')*10 + int(text[2]-'0')
		if got := blames(code, text[3:]); got != want {
			t.Errorf("%q blames %d, want %d", text, got, want)
		}
	}
}

func TestALetterRefusedBeforeItsTextTurnsNoOtherAway(t *testing.T) { // RFC 5321, 4.1.1.2: no MAIL within another's
	b := newBox(t)
	refused := false
	b.Set(mailtest.Manner{Data: func() string {
		if !refused {
			refused = true
			return "451 4.3.0 later"
		}
		return ""
	}})
	b.spool(letterTo("eva@example.com"), letterTo("jan@example.com"))
	for range 2 {
		_ = b.round() // that the connection ended is said once
	}
	if n, answer := b.turnedAway(); n != 0 {
		t.Errorf("%d letters are turned away: %s", n, answer)
	}
	b.states(Tally{Sent: 1, Waiting: 1})
}

func TestACommandOutOfOrderIsNoWordAboutALetter(t *testing.T) {
	for _, at := range []gomail.SendErrReason{gomail.ErrSMTPMailFrom, gomail.ErrSMTPRcptTo, gomail.ErrSMTPDataClose} {
		if state, answer := judge(at, 503, "5.5.1 nested MAIL command", "other"); state != Waiting || answer == turnedAway {
			t.Errorf("at %s: %s, %s", at, state, answer)
		}
	}
	if _, answer := judge(gomail.ErrSMTPMailFrom, 503, "authentication required", ""); answer != turnedAway {
		t.Errorf("who has to sign in first is %q", answer)
	}
}

func FuzzWhomAnAnswerBlames(f *testing.F) {
	f.Add(550, "5.1.1 no such mailbox")
	f.Add(554, "(#5.7.1)")
	f.Fuzz(func(t *testing.T, code int, text string) {
		if got := blames(code, text); got == theAddress && len(text) < 5 {
			t.Errorf("%d %q says that there is no such address", code, text)
		}
	})
}
