package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/mail/mailtest"
	"tikklok/ingest/pg/pgtest"
)

func openLedger(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := OpenLedger(dir, start)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestALetterThatLeftBeforeARestoreIsNotSentAgain(t *testing.T) {
	for name, before := range map[string]string{
		"a database from before it was sent": "trying_since = NULL, attempts = 0",
		"a server killed before it noted it": "trying_since = now(), attempts = 1",
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := newBox(t), t.TempDir()
			b.spool(letterTo("eva@example.com"))
			p := b.post()
			p.Ledger = openLedger(t, dir)
			if err := p.Round(t.Context(), b.db, b.tenant); err != nil {
				t.Fatal(err)
			}
			pgtest.Exec(t, b.url, "UPDATE mail SET state = 'waiting', ended_at = NULL, due_at = made_at, "+before+" RETURNING 1")
			b.now = start.Add(time.Hour)
			p = b.post()
			p.Ledger = openLedger(t, dir) // a new server
			if err := p.Round(t.Context(), b.db, b.tenant); err != nil {
				t.Fatal(err)
			}
			if got := len(b.Messages()); got != 1 {
				t.Errorf("%d messages", got)
			}
			if last := b.tally().LastSent; !last.Equal(start) {
				t.Errorf("it is said to have left at %s, not when it did", last)
			}
			b.states(Tally{Sent: 1})
		})
	}
}

func TestALetterThatDidNotLeaveIsNotInTheLedger(t *testing.T) {
	b, dir := newBox(t), t.TempDir()
	b.Set(mailtest.Manner{AtData: func(string) string { return "451 4.3.0 later" }})
	b.spool(letterTo("eva@example.com"))
	p := b.post()
	p.Ledger = openLedger(t, dir)
	if err := p.Round(t.Context(), b.db, b.tenant); err != nil {
		t.Fatal(err)
	}
	if left := openLedger(t, dir).left; len(left) != 0 {
		t.Errorf("it says that %v left", left)
	}
}

func TestALedgerTornByAPowerCutIsReadOnAndWrittenOn(t *testing.T) {
	dir := t.TempDir()
	l := openLedger(t, dir)
	for _, key := range []string{"a", "b"} {
		if err := l.Note(key, start); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(dir, "2026-11.txt")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text[:len(text)-8], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openLedger(t, dir).Note("c", start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	l = openLedger(t, dir)
	for key, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if _, got := l.Left(key); got != want {
			t.Errorf("%s left: %t", key, got)
		}
	}
}

func TestALedgerForgetsWhatLeftLongAgo(t *testing.T) {
	dir := t.TempDir()
	if err := openLedger(t, dir).Note("a", start.AddDate(-2, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if left := openLedger(t, dir).left; len(left) != 0 {
		t.Errorf("it has %v", left)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 0 {
		t.Errorf("%v stand there", names)
	}
}

func TestARefusedAddressIsKnownUntilAnotherIsGivenOrALetterArrives(t *testing.T) {
	b := newBox(t)
	refusing := mailtest.Manner{Rcpt: func(address string) string {
		if strings.HasPrefix(address, "EVA") {
			return "550 5.1.1 no such mailbox"
		}
		return ""
	}}
	b.Set(refusing)
	eva, jan := letterTo("eva@example.com"), letterTo("jan@example.com")
	eva.Account, jan.Account = 7, 8
	b.spool(eva, jan)
	if err := b.round(); err != nil {
		t.Fatal(err)
	}
	if got := b.refusals(); len(got) != 1 || got[7].Address != "eva@example.com" || got[7].Answer != "address refused: 550 5.1.1" {
		t.Errorf("refused are %+v", got)
	}
	b.Set(mailtest.Manner{})
	eva.About = "work 2"
	b.now = start.Add(time.Hour)
	b.spool(eva)
	if err := b.round(); err != nil {
		t.Fatal(err)
	}
	if got := b.refusals(); len(got) != 0 {
		t.Errorf("after a letter arrived refused are %+v", got)
	}
}
