package mail

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/mail/mailtest"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// box is a tenant with a spool and a mail server.
type box struct {
	*mailtest.Listener
	t      *testing.T
	url    string
	db     *pg.DB
	tenant int64
	now    time.Time
}

func newBox(t *testing.T) *box {
	url := pgtest.URL(t)
	return &box{Listener: mailtest.Listen(t), t: t, url: url, db: pgtest.Open(t, url, pg.RoleApp), tenant: pgtest.Tenant(t, url, "Van Dam"), now: start}
}

func (b *box) post() Post {
	return Post{Server: b.server(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return b.now }}
}

func (b *box) server() Server {
	return Server{Address: b.Addr().String(), TLS: NoTLS, From: "Tikklok <no-reply@example.com>"}
}

func (b *box) spool(letters ...Letter) int {
	b.t.Helper()
	added := 0
	err := b.db.InTenant(b.t.Context(), b.tenant, func(tx pg.Tx) (err error) {
		added, err = Spool(b.t.Context(), tx, letters, b.now)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return added
}

func (b *box) round() error { return b.post().Round(b.t.Context(), b.db, b.tenant) }

func (b *box) tally() (t Tally) {
	b.t.Helper()
	err := b.db.InTenant(b.t.Context(), b.tenant, func(tx pg.Tx) (err error) { t, err = Count(b.t.Context(), tx, "work 1"); return err })
	if err != nil {
		b.t.Fatal(err)
	}
	return t
}

func (b *box) states(want Tally) {
	b.t.Helper()
	got := b.tally()
	got.LastSent = time.Time{}
	if got != want {
		b.t.Errorf("letters are %+v, want %+v", got, want)
	}
}

func letterTo(address string) Letter {
	return Letter{About: "work 1", To: address, Language: "nl", Subject: "Onderhoud: één uur", Body: "Tikken worden bewaard.\n.\nTot dan.\n", Until: start.Add(72 * time.Hour)}
}

func TestALetterIsSentOnceHoweverOftenItIsSpooled(t *testing.T) {
	b := newBox(t)
	if added := b.spool(letterTo("eva@example.com"), letterTo("EVA@example.com"), letterTo("jan@example.com")); added != 2 {
		t.Errorf("%d letters were spooled, want 2", added)
	}
	for range 2 {
		if err := b.round(); err != nil {
			t.Fatal(err)
		}
		if added := b.spool(letterTo("eva@example.com")); added != 0 {
			t.Errorf("%d letters were spooled again", added)
		}
	}
	if got := len(b.Messages()); got != 2 {
		t.Errorf("the mail server took %d messages, want 2", got)
	}
	b.states(Tally{Sent: 2})
}

func TestAMessageSaysWhatItIs(t *testing.T) {
	b := newBox(t)
	b.spool(letterTo("eva@example.com"))
	if err := b.round(); err != nil {
		t.Fatal(err)
	}
	text := b.Messages()[0]
	for name, want := range map[string]string{"Subject": "=?UTF-8?q?Onderhoud:_=C3=A9=C3=A9n_uur?=", "Auto-Submitted": "auto-generated", "Content-Language": "nl", "To": "<eva@example.com>"} {
		if got := mailtest.Header(text, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(text, "\r\n..\r\n") {
		t.Error("a line of one dot ends the message early")
	}
}

// childTenant names the tenant whose letters a process of its own sends.
const childTenant = "TIKKLOK_MAIL_TEST_TENANT"

// TestMain is also the process that is killed.
func TestMain(m *testing.M) {
	tenant, err := strconv.ParseInt(os.Getenv(childTenant), 10, 64)
	if err != nil {
		os.Exit(m.Run())
	}
	db, err := pg.Open(context.Background(), os.Getenv("TIKKLOK_MAIL_TEST_DB"), pg.RoleApp)
	if err == nil {
		p := Post{Server: Server{Address: os.Getenv("TIKKLOK_MAIL_TEST_SMTP"), TLS: NoTLS, From: "no-reply@example.com"}, Log: slog.Default(), Now: func() time.Time { return start }}
		err = p.Round(context.Background(), db, tenant)
	}
	fmt.Fprintln(os.Stderr, "it lived:", err)
	os.Exit(1)
}

func TestALetterWhoseSenderWasKilledBetweenAcceptAndNoteIsSentAgainUnderTheSameName(t *testing.T) {
	b := newBox(t)
	b.spool(letterTo("eva@example.com"))
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childTenant+"="+strconv.FormatInt(b.tenant, 10), "TIKKLOK_MAIL_TEST_DB="+b.url, "TIKKLOK_MAIL_TEST_SMTP="+b.Addr().String())
	var once sync.Once
	started := make(chan struct{})
	b.Set(mailtest.Manner{AtData: func(string) (answer string) {
		once.Do(func() { <-started; _ = child.Process.Kill(); answer = mailtest.HangUp }) // taken, and nobody hears it
		return answer
	}})
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := child.Wait(); child.ProcessState.ExitCode() != -1 {
		t.Fatal("the sender was not killed", err)
	}
	b.now = start.Add(lease - time.Second)
	if err := b.round(); err != nil || len(b.Messages()) != 1 {
		t.Fatalf("before it is known that nobody sends it there are %d messages: %v", len(b.Messages()), err)
	}
	b.now = start.Add(lease)
	if err := b.round(); err != nil {
		t.Fatal(err)
	}
	got := b.Messages()
	if len(got) != 2 || mailtest.Header(got[0], "Message-ID") == "" || mailtest.Header(got[0], "Message-ID") != mailtest.Header(got[1], "Message-ID") {
		t.Errorf("%d messages, not two of one name", len(got))
	}
	b.states(Tally{Sent: 1, Unclear: 1})
}

func TestSilenceAfterTheLastByteIsUnclear(t *testing.T) {
	b := newBox(t)
	b.spool(letterTo("eva@example.com"))
	b.Set(mailtest.Manner{AtData: func(string) string { return mailtest.HangUp }})
	if err := b.round(); err == nil {
		t.Error("nobody was told that the connection broke")
	}
	b.states(Tally{Waiting: 1, Unclear: 1})
}

func TestWhatAMailServerAnswersDecides(t *testing.T) {
	for _, c := range []struct {
		name, rcpt, data string
		want             Tally
	}{
		{"no such mailbox", "550 5.1.1 no such mailbox", "", Tally{Refused: 1, Sent: 1}},
		{"a mailbox that is full for now", "450 4.2.2 full", "", Tally{Waiting: 1, Sent: 1}},
		{"no relay for this sender", "550 relay not permitted", "", Tally{Waiting: 1, Sent: 1}},
		{"a text that is refused", "", "552 5.3.4 too big", Tally{Refused: 2}},
		{"a sender that may not, found at the end", "", "550 5.7.60 may not send as this sender", Tally{Waiting: 2}},
		{"a text that is refused for now", "", "451 4.3.0 later", Tally{Waiting: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox(t)
			b.Set(mailtest.Manner{AtData: func(string) string { return c.data }, Rcpt: func(address string) string {
				if strings.HasPrefix(address, "EVA") {
					return c.rcpt
				}
				return ""
			}})
			b.spool(letterTo("eva@example.com"), letterTo("jan@example.com"))
			if err := b.round(); err != nil {
				t.Fatal(err)
			}
			b.states(c.want)
			if n := b.answersWithAddress(); n != 0 {
				t.Error("an answer holds an address")
			}
		})
	}
}

func TestAMailServerThatTurnsTheInstallationAwayBlamesNoAddress(t *testing.T) {
	b := newBox(t)
	b.Set(mailtest.Manner{Rcpt: func(string) string { return "550 relay not permitted" }})
	l := letterTo("eva@example.com")
	l.Account = 7
	b.spool(l)
	if err := b.round(); err != nil {
		t.Fatal(err)
	}
	if got := b.refusals(); len(got) != 0 {
		t.Errorf("it is said of %+v", got)
	}
	if n, answer := b.turnedAway(); n != 1 || answer != "550" {
		t.Errorf("%d letters are told as turned away: %q", n, answer)
	}
	b.Set(mailtest.Manner{})
	b.now = b.now.Add(Backoff(1))
	if err := b.round(); err != nil {
		t.Fatal(err)
	}
	b.states(Tally{Sent: 1})
}

func (b *box) turnedAway() (n int, answer string) {
	b.t.Helper()
	err := b.db.InTenant(b.t.Context(), b.tenant, func(tx pg.Tx) (err error) { n, answer, err = TurnedAway(b.t.Context(), tx); return err })
	if err != nil {
		b.t.Fatal(err)
	}
	return n, answer
}

func TestAMailServerThatIsAwayCostsNoAttempt(t *testing.T) {
	b := newBox(t)
	b.spool(letterTo("eva@example.com"))
	away := b.post()
	away.Server.Address = "127.0.0.1:1"
	if err := away.Round(t.Context(), b.db, b.tenant); err == nil {
		t.Error("nobody was told")
	}
	if err := b.round(); err != nil {
		t.Fatal(err)
	}
	b.states(Tally{Sent: 1})
}

func TestALetterOfNoUseIsNotSent(t *testing.T) {
	b := newBox(t)
	b.spool(letterTo("eva@example.com"))
	b.now = start.Add(72 * time.Hour)
	if err := b.round(); err != nil || len(b.Messages()) != 0 {
		t.Errorf("%d messages were sent: %v", len(b.Messages()), err)
	}
	b.states(Tally{Expired: 1})
}

func TestTwoServersSendALetterOnce(t *testing.T) {
	b := newBox(t)
	var letters []Letter
	for i := range 20 {
		letters = append(letters, letterTo(strconv.Itoa(i)+"@example.com"))
	}
	b.spool(letters...)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := b.post().Round(context.WithoutCancel(t.Context()), b.db, b.tenant); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if got := len(b.Messages()); got != 20 {
		t.Errorf("the mail server took %d messages, want 20", got)
	}
	b.states(Tally{Sent: 20})
}

func TestWhatIsNoLetterIsRefusedWhole(t *testing.T) {
	b := newBox(t)
	for name, spoil := range map[string]func(*Letter){
		"no address":            func(l *Letter) { l.To = "admin" },
		"two addresses":         func(l *Letter) { l.To = "a@example.com, b@example.com" },
		"a name with it":        func(l *Letter) { l.To = "Eva <eva@example.com>" },
		"a header in a subject": func(l *Letter) { l.Subject = "Hi\r\nBcc: x@example.com" },
		"no text":               func(l *Letter) { l.Body = "" },
		"another language":      func(l *Letter) { l.Language = "pl" },
	} {
		bad := letterTo("eva@example.com")
		spoil(&bad)
		err := b.db.InTenant(t.Context(), b.tenant, func(tx pg.Tx) error {
			_, err := Spool(t.Context(), tx, []Letter{letterTo("jan@example.com"), bad}, b.now)
			return err
		})
		if err == nil {
			t.Errorf("%s: it was spooled", name)
		}
	}
	b.states(Tally{})
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	good := Server{Address: "mail.example.com:587", TLS: StartTLS, From: "Tikklok <no-reply@example.com>"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Server){
		"no port":                     func(s *Server) { s.Address = "mail.example.com" },
		"another machine in clear":    func(s *Server) { s.TLS = NoTLS },
		"another way":                 func(s *Server) { s.TLS = "ssl" },
		"a user without a password":   func(s *Server) { s.User = "x" },
		"a sender that is no address": func(s *Server) { s.From = "Tikklok" },
	} {
		s := good
		spoil(&s)
		if s.Check() == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

func (b *box) refusals() (all map[int64]Refusal) {
	b.t.Helper()
	err := b.db.InTenant(b.t.Context(), b.tenant, func(tx pg.Tx) (err error) { all, err = Refusals(b.t.Context(), tx, b.now); return err })
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

func (b *box) answersWithAddress() int64 {
	b.t.Helper()
	return pgtest.Exec(b.t, b.url, "SELECT count(*) FROM mail WHERE answer LIKE '%@%' OR length(answer) > 300")
}
