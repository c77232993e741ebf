package mail

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/mail/mailtest"
	"tikklok/ingest/pg/pgtest"
)

func many(n int) (all []Letter) {
	for i := range n {
		all = append(all, letterTo(strconv.Itoa(i)+"@example.com"))
	}
	return all
}

func TestAMailServerThatTakesAFewLettersAtATimeGetsThemAll(t *testing.T) { // RFC 5321, 3.8: 421
	b := newBox(t)
	here := 0
	b.Set(mailtest.Manner{Rcpt: func(string) string {
		if here++; here > 3 {
			here = 0
			return "421 4.7.0 too many messages in this session"
		}
		return ""
	}})
	b.spool(many(10)...)
	if err := b.round(); err != nil {
		t.Errorf("a connection that ended after some letters is an error: %v", err)
	}
	b.states(Tally{Sent: 8, Waiting: 2}) // those that it broke off at wait a minute
	b.Set(mailtest.Manner{})
	b.now = b.now.Add(Backoff(1))
	if err := b.round(); err != nil {
		t.Error(err)
	}
	b.states(Tally{Sent: 10})
}

func TestManyLettersOfOneCustomerKeepNoOtherWaiting(t *testing.T) {
	b := newBox(t)
	other := *b
	other.tenant = pgtest.Tenant(t, b.url, "Zwart")
	b.spool(many(3 * turn)...)
	other.spool(letterTo("other@example.com"))
	if _, err := b.post().send(t.Context(), b.db, []int64{b.tenant, other.tenant}); err != nil {
		t.Fatal(err)
	}
	got := b.Messages()
	if len(got) != 3*turn+1 || mailtest.Header(got[turn], "To") != "<other@example.com>" {
		t.Errorf("of %d letters the one to another customer's is not number %d", len(got), turn+1)
	}
}

func TestALetterThatEndsTheConnectionKeepsNoOtherCustomerWaiting(t *testing.T) {
	b := newBox(t)
	other := *b
	other.tenant = pgtest.Tenant(t, b.url, "Zwart")
	b.Set(mailtest.Manner{Rcpt: func(address string) string {
		if !strings.HasPrefix(address, "OTHER") {
			return "421 4.7.0 too much for this domain"
		}
		return ""
	}})
	b.spool(many(3)...)
	other.spool(letterTo("other@example.com"))
	if _, err := b.post().send(t.Context(), b.db, []int64{b.tenant, other.tenant}); err == nil {
		t.Error("nobody was told that the connection broke")
	}
	if n := len(b.Messages()); n != 1 {
		t.Errorf("%d letters, want the other customer's", n)
	}
	b.states(Tally{Waiting: 3})
}

func TestAPauseGrowsWhileNothingGetsThroughAndNotBecauseSomethingFailed(t *testing.T) {
	failed := errors.New("x")
	for _, c := range []struct {
		last time.Duration
		sent int
		err  error
		want time.Duration
	}{{pause, 0, failed, 2 * pause}, {longest, 0, failed, longest}, {longest, 1, failed, pause}, {longest, 0, nil, pause}} {
		if got := waitAfter(c.last, c.sent, c.err); got != c.want {
			t.Errorf("after %s, %d sent, %v: %s, want %s", c.last, c.sent, c.err, got, c.want)
		}
	}
}

// A letter whose answer doesn't come is left: the server stops within seconds.
func TestStoppingWaitsForNoMailServerThatHangs(t *testing.T) {
	b := newBox(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	b.Set(mailtest.Manner{AtData: func(string) string { stop(); <-done; return mailtest.HangUp }})
	b.spool(letterTo("eva@example.com"))
	p := Post{Server: b.server(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return b.now }}
	err := p.Round(ctx, b.db, b.tenant)
	close(done)
	if err == nil || !strings.Contains(err.Error(), "broke") {
		t.Errorf("it says %v", err)
	}
	b.states(Tally{Waiting: 1, Unclear: 1})
}

func TestAClockThatWasSetBackKeepsNoLetterBack(t *testing.T) {
	b := newBox(t)
	b.now = start.AddDate(0, 0, 30)
	l := letterTo("eva@example.com")
	l.Until = time.Time{}
	b.spool(l)
	b.now = start
	if err := b.round(); err != nil {
		t.Fatal(err)
	}
	b.states(Tally{Sent: 1})
}
