package mail

import (
	"strings"
	"testing"

	"tikklok/ingest/mail/mailtest"
)

func TestNoLineOfAMessageIsLongerThanMailServersTake(t *testing.T) { // RFC 5322, 2.1.1
	b := newBox(t)
	l := letterTo("eva@example.com")
	l.Subject, l.Body = strings.Repeat("é", 200), strings.Repeat("ondérhoud", 2000)+"\nFrom here on\r\n.\r\nQUIT\r\n"
	b.spool(l)
	if err := b.round(); err != nil {
		t.Fatal(err)
	}
	got := b.Messages()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	for line := range strings.Lines(got[0]) {
		if len(line) > 1000 || strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("a line of %d bytes: %.80q", len(line), line)
		}
	}
}

func TestAMailServerThatTalksMuchOrNonsenseCostsNoLetter(t *testing.T) {
	for name, how := range map[string]mailtest.Manner{
		"a banner of 4 MB":          {Banner: "220 " + strings.Repeat("x", 4<<20)},
		"no banner but a web page":  {Banner: "HTTP/1.1 400 Bad Request"},
		"a banner that turns away":  {Banner: "554 5.7.1 not you"},
		"an answer that is none":    {AtData: func(string) string { return "yes" }},
		"an answer of a megabyte":   {Rcpt: func(string) string { return "450 4.0.0 " + strings.Repeat("later ", 200_000) }},
		"an answer with an address": {Rcpt: func(a string) string { return "450 4.0.0 " + a + " is full" }},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t)
			b.Set(how)
			b.spool(letterTo("eva@example.com"))
			_ = b.round() // whatever it says of it
			if got := b.tally(); got.Refused+got.Expired > 0 || got.Waiting+got.Sent != 1 {
				t.Errorf("the letter is %+v", got)
			}
			if n := b.answersWithAddress(); n != 0 {
				t.Error("an answer holds an address")
			}
		})
	}
}
