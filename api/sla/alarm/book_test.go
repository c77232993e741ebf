package alarm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/mail"
	"tikklok/ingest/mail/mailtest"
)

// desk is somebody who runs the service, with a mail server.
type desk struct {
	*mailtest.Listener
	t      *testing.T
	path   string
	wrong  []Signal
	now    time.Time
	keeper Keeper
}

func newDesk(t *testing.T) *desk {
	d := &desk{Listener: mailtest.Listen(t), t: t, path: filepath.Join(t.TempDir(), "alarms.json"), now: zero}
	d.restart()
	return d
}

// restart takes up what stands in the book.
func (d *desk) restart() {
	d.t.Helper()
	book, err := OpenBook(d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	d.keeper = keeperOf(book, d.Addr().String(), func(context.Context, time.Time) Look { return Look{Signals: d.wrong} }, func() time.Time { return d.now })
}

func keeperOf(book *Book, smtp string, look func(context.Context, time.Time) Look, now func() time.Time) Keeper {
	return Keeper{Look: look, Book: book, To: []string{"duty@example.com"}, Zone: time.UTC, Log: slog.New(slog.DiscardHandler), Now: now,
		Server: &mail.Server{Address: smtp, TLS: mail.NoTLS, From: "Tikklok <no-reply@example.com>"}}
}

func (d *desk) round() {
	d.t.Helper()
	if err := d.keeper.Round(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

var full = Signal{Key: "backup near full", NL: "Plaats near is vol.", EN: "Place near is full."}

func TestWhoRunsTheServiceIsToldOnceAcrossRestarts(t *testing.T) {
	d := newDesk(t)
	d.wrong = []Signal{full}
	for range 3 {
		d.round()
		d.restart()
	}
	if got := d.Messages(); len(got) != 1 || mailtest.Header(got[0], "Subject") != "Tikklok alarm: Place near is full." {
		t.Errorf("%d messages: %q", len(got), got)
	}
}

func TestALetterWaitsForAMailServerThatIsAway(t *testing.T) {
	d := newDesk(t)
	d.wrong = []Signal{full}
	away := *d.keeper.Server
	away.Address = "127.0.0.1:1"
	d.keeper.Server = &away
	if err := d.keeper.Round(t.Context()); err == nil {
		t.Error("nobody was told that the mail server is away")
	}
	d.restart()
	d.now = d.now.Add(time.Minute)
	d.round()
	if got := len(d.Messages()); got != 1 {
		t.Errorf("%d messages", got)
	}
}

func TestWhatOnlyRepeatsDoesNotPileUp(t *testing.T) {
	d := newDesk(t)
	d.wrong = []Signal{full}
	server := d.keeper.Server
	d.keeper.Server = nil
	for range 4 {
		d.round()
		d.now = d.now.Add(24 * time.Hour)
	}
	d.wrong = nil
	for range 2 {
		d.round()
		d.now = d.now.Add(time.Hour)
	}
	d.keeper.Server = server
	d.round()
	var subjects []string
	for _, m := range d.Messages() {
		subjects = append(subjects, mailtest.Header(m, "Subject"))
	}
	if got := strings.Join(subjects, "|"); got != "Tikklok alarm: Place near is full.|Tikklok alarm over: Place near is full." {
		t.Errorf("after days without a mail server came %s", got)
	}
}

func TestARefusedAddressIsNotTriedForEver(t *testing.T) {
	d := newDesk(t)
	d.Set(mailtest.Manner{Rcpt: func(string) string { return "550 5.1.1 nobody" }})
	d.wrong = []Signal{full}
	d.round()
	d.Set(mailtest.Manner{})
	d.now = d.now.Add(time.Hour)
	d.round()
	if got := len(d.Messages()); got != 0 {
		t.Errorf("%d messages", got)
	}
}

func TestADamagedBookIsPutAsideAndWhatIsWrongToldAgain(t *testing.T) {
	d := newDesk(t)
	d.wrong = []Signal{full}
	d.round()
	if err := os.WriteFile(d.path, []byte(`{"Alarms": [{"Key"`), 0o600); err != nil {
		t.Fatal(err)
	}
	book, err := OpenBook(d.path)
	if !errors.Is(err, ErrDamaged) || book == nil {
		t.Fatalf("%v, %v", book, err)
	}
	d.keeper.Book = book
	d.round()
	if got := len(d.Messages()); got != 2 {
		t.Errorf("%d messages", got)
	}
	if _, err := os.Stat(d.path + ".damaged"); err != nil {
		t.Error(err)
	}
}

func TestADiskThatRefusesKeepsNoLetterFromLeaving(t *testing.T) {
	d := newDesk(t)
	d.wrong = []Signal{full}
	d.keeper.Book.path = filepath.Join(t.TempDir(), "no such folder", "alarms.json")
	for range 2 {
		if err := d.keeper.Round(t.Context()); err == nil && len(d.Messages()) == 0 {
			t.Error("nobody was told that the book can't be written")
		}
	}
	if got := len(d.Messages()); got != 1 {
		t.Errorf("%d messages", got)
	}
}

// The process that is killed takes its book and its mail server from these.
const (
	childBook = "TIKKLOK_ALARM_TEST_BOOK"
	childSMTP = "TIKKLOK_ALARM_TEST_SMTP"
)

// TestMain is also the process that is killed.
func TestMain(m *testing.M) {
	if os.Getenv(childBook) == "" {
		os.Exit(m.Run())
	}
	book, err := OpenBook(os.Getenv(childBook))
	if err == nil {
		err = keeperOf(book, os.Getenv(childSMTP), func(context.Context, time.Time) Look { return Look{Signals: []Signal{full}} }, func() time.Time { return zero }).Round(context.Background())
	}
	fmt.Fprintln(os.Stderr, "it lived:", err)
	os.Exit(1)
}

func TestKilledBetweenTheNoteAndTheLetterItIsToldAndNeverUnderTwoNames(t *testing.T) {
	for name, manner := range map[string]func(kill func()) mailtest.Manner{
		"before the mail server took it": func(kill func()) mailtest.Manner {
			return mailtest.Manner{Rcpt: func(string) string { kill(); return "451 4.3.0 later" }}
		},
		"after the mail server took it": func(kill func()) mailtest.Manner {
			return mailtest.Manner{AtData: func(string) string { kill(); return mailtest.HangUp }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), childBook+"="+d.path, childSMTP+"="+d.Addr().String())
			started := make(chan struct{})
			kill := sync.OnceFunc(func() { <-started; _ = child.Process.Kill(); time.Sleep(50 * time.Millisecond) })
			d.Set(manner(kill))
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			close(started)
			if _ = child.Wait(); child.ProcessState.ExitCode() != -1 {
				t.Fatal("it was not killed")
			}
			d.Set(mailtest.Manner{})
			d.wrong = []Signal{full}
			d.restart()
			d.round()
			names := map[string]bool{}
			for _, m := range d.Messages() {
				names[mailtest.Header(m, "Message-ID")] = true
			}
			if len(names) != 1 {
				t.Errorf("it was told under %d names", len(names))
			}
		})
	}
}

func FuzzReadBook(f *testing.F) {
	f.Add(`{"Alarms": [{"Key": "a", "Since": "2026-11-22T09:00:00Z"}], "Letters": []}`)
	f.Add(`{"Letters": [{"Key": "a", "To": "b", "Subject": "c", "Body": "d", "Made": "2026-11-22T09:00:00Z"}]}`)
	f.Add(`[]`)
	path := filepath.Join(f.TempDir(), "alarms.json")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all, _, err := ReadBook(path)
		if err != nil {
			return
		}
		for _, a := range all {
			if a.Key == "" || a.Since.IsZero() {
				t.Errorf("%q was read as %+v", text, all)
			}
		}
		Step(all, Look{Blind: []string{"a"}}, zero)
	})
}
