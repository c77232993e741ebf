package delivery

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"tikklok/ingest/pg"
	"tikklok/ingest/remote/remotetest"
	"tikklok/payroll"
)

// leadingTo gives settings that lead to a host, its key pinned.
func leadingTo(h *remotetest.Host) Settings {
	return Settings{Host: "127.0.0.1", Port: h.Port(), User: "acme", HostKeys: []string{h.Fingerprint()}}
}

var right = Secrets{Password: remotetest.Password}

func sftpBench(t *testing.T) (*bench, *remotetest.Host) {
	b, h := csvBench(t), remotetest.New(t)
	b.put(SFTP, leadingTo(h), right)
	return b, h
}

func TestARunIsPutOnAServerWholeAndMarkedDelivered(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	b.round()
	d := b.wants(Done, 1, payroll.Delivered)
	if got := h.Files(); len(got) != 1 || got[0] != run.FileName {
		t.Errorf("files %v", got)
	}
	if body, err := os.ReadFile(filepath.Join(h.Folder, run.FileName)); err != nil || int64(len(body)) != run.Bytes {
		t.Errorf("%d bytes, %v; want %d", len(body), err, run.Bytes)
	}
	b.later()
	if b.only().Attempts != 1 || d.Last().Outcome != Succeeded {
		t.Error("sent twice")
	}
}

func TestAKeyMadeHereSignsIn(t *testing.T) {
	b, h := csvBench(t), remotetest.New(t)
	c, _ := b.put(SFTP, leadingTo(h), Secrets{})
	if err := os.WriteFile(filepath.Join(h.Folder, "authorized_keys"), []byte(c.Settings.PublicKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.someRun()
	b.round()
	b.wants(Done, 1, payroll.Delivered)
}

func TestAnotherHostKeyIsToldAndShownNoPassword(t *testing.T) {
	b, h := csvBench(t), remotetest.New(t)
	s := leadingTo(h)
	_, other := remotetest.NewKey(t)
	s.HostKeys = []string{ssh.FingerprintSHA256(other.PublicKey())}
	b.put(SFTP, s, right)
	b.someRun()
	b.round()
	d := b.wants(Waiting, 1, payroll.Created)
	if h.Tried() != 0 || !strings.Contains(d.Last().Detail, h.Fingerprint()) {
		t.Errorf("%d sign-ins, %q", h.Tried(), d.Last().Detail)
	}
}

func TestHalfAFileIsNeverDelivered(t *testing.T) { // I8
	for name, hurt := range map[string]func(*remotetest.Faults){
		"the connection breaks": func(f *remotetest.Faults) { f.Cut = 20 },
		"the disk is full":      func(f *remotetest.Faults) { f.Full, f.Mute = 20, true },
	} {
		t.Run(name, func(t *testing.T) {
			b, h := sftpBench(t)
			run := b.someRun()
			h.Set(hurt)
			b.round()
			b.wants(Waiting, 1, payroll.Created)
			if got := h.Files(); len(got) > 1 || len(got) == 1 && !strings.HasSuffix(got[0], ".part") {
				t.Errorf("half a file is seen: %v", got)
			}
			h.Set(func(f *remotetest.Faults) { *f = remotetest.Faults{} })
			b.later()
			b.wants(Done, 2, payroll.Delivered)
			if got := h.Files(); len(got) != 1 || got[0] != run.FileName {
				t.Errorf("files %v", got)
			}
		})
	}
}

func TestAFileThatMayHaveArrivedIsLookedForBeforeItIsSentAgain(t *testing.T) { // I8
	for name, c := range map[string]struct {
		hurt  string
		taken bool // the package takes the file away at once
		state State
		run   payroll.RunState
	}{
		"not renamed":              {"before", false, Done, payroll.Delivered},
		"renamed, the answer lost": {"after", false, Done, payroll.Delivered},
		"renamed, and taken in":    {"after", true, Uncertain, payroll.Created},
	} {
		t.Run(name, func(t *testing.T) {
			b, h := sftpBench(t)
			run := b.someRun()
			h.Set(func(f *remotetest.Faults) { f.Rename = c.hurt })
			b.round()
			b.wants(Waiting, 1, payroll.Created)
			if c.taken {
				if err := os.Remove(filepath.Join(h.Folder, run.FileName)); err != nil {
					t.Fatal(err)
				}
			}
			h.Set(func(f *remotetest.Faults) { f.Rename = "" })
			b.later()
			b.wants(c.state, 2, c.run)
		})
	}
}

func TestAPersonDecidesWhetherAFileArrived(t *testing.T) { // I8
	lost := func(t *testing.T) (*bench, *remotetest.Host, payroll.Run, Delivery) {
		b, h := sftpBench(t)
		run := b.someRun()
		h.Set(func(f *remotetest.Faults) { f.Rename = "after" })
		b.round()
		h.Set(func(f *remotetest.Faults) { f.Rename = "" })
		if err := os.Remove(filepath.Join(h.Folder, run.FileName)); err != nil {
			t.Fatal(err)
		}
		b.later() // it looks, and finds nothing
		b.later() // from there on nothing happens by itself
		return b, h, run, b.wants(Uncertain, 2, payroll.Created)
	}
	t.Run("it did", func(t *testing.T) {
		b, _, _, d := lost(t)
		b.in(func(tx pg.Tx) error { return Arrived(t.Context(), tx, b.by, d.ID, "Loket shows it", b.time) })
		b.wants(Done, 2, payroll.Delivered)
	})
	t.Run("it did not", func(t *testing.T) {
		b, h, run, d := lost(t)
		b.in(func(tx pg.Tx) error { return Again(t.Context(), tx, b.by, d.ID, "Loket does not have it", b.time) })
		b.round()
		b.wants(Done, 3, payroll.Delivered)
		if got := h.Files(); len(got) != 1 || got[0] != run.FileName {
			t.Errorf("files %v", got)
		}
	})
	t.Run("without a reason", func(t *testing.T) {
		b, _, _, d := lost(t)
		if err := b.try(func(tx pg.Tx) error { return Again(t.Context(), tx, b.by, d.ID, " ", b.time) }); !errors.Is(err, ErrInvalid) {
			t.Error(err)
		}
	})
}

func TestAFileOfTheSameNameThatIsNotOursIsLeftAlone(t *testing.T) {
	b, h := sftpBench(t)
	run := b.someRun()
	theirs := filepath.Join(h.Folder, run.FileName)
	if err := os.WriteFile(theirs, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.round()
	b.wants(Uncertain, 1, payroll.Created)
	if body, err := os.ReadFile(theirs); err != nil || string(body) != "theirs" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestAChannelIsTriedWithoutARun(t *testing.T) {
	b, h := sftpBench(t)
	if err := b.courier.Try(t.Context(), b.db, b.tenant, b.destination, SFTP); err != nil || len(h.Files()) != 0 {
		t.Errorf("%v, files %v", err, h.Files())
	}
	s := leadingTo(h)
	s.HostKeys = nil
	b.put(SFTP, s, Secrets{})
	var seen *UnknownHost
	if err := b.courier.Try(t.Context(), b.db, b.tenant, b.destination, SFTP); !errors.As(err, &seen) || seen.Fingerprint != h.Fingerprint() {
		t.Error(err)
	}
}
