package target

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tikklok/ingest/remote/remotetest"
	"tikklok/ingest/tenant"
)

func TestADeclarationSaysWhatIsWrongWithIt(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "NAME=",
		"near":                                 "place=",
		"Near=file:///a?place=NL/NL":           "small letters",
		"near=file:///a":                       "where it stands",
		"near=file:///a?place=NL":              "NL/EU",
		"near=file:///a?place=Mars/NL":         "NL/EU",
		"near=file://host/a?place=NL/NL":       "whole path",
		"near=file:a?place=NL/NL":              "whole path",
		"near=s3://bucket?place=NL/NL":         "s3",
		"near=file:///a?place=NL/NL&kee=1":     "kee",
		"far=sftp://me:secret@h/a?place=NL/NL": "command line",
		"far=sftp://h/a?place=NL/NL&key=k&host-key=SHA256:x":         "USER",
		"far=sftp://me@h/?place=NL/NL&key=k&host-key=SHA256:x":       "FOLDER",
		"far=sftp://me@h/a?place=NL/NL&host-key=SHA256:x":            "sign in",
		"far=sftp://me@h/a?place=NL/NL&key=k":                        "host-key",
		"far=sftp://me@h:22/a?place=NL/NL&key=k&host-key=SHA256:a+b": "",
		"near=file:///mnt/a%20b?place=other/other":                   "",
	} {
		got, err := Parse(text)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want something of %s", text, err, want)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: the password is told", text)
		case err == nil && len(got.hostKeys) > 0 && got.hostKeys[0] != "SHA256:a+b":
			t.Errorf("%s: the pinned key became %s", text, got.hostKeys[0])
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("far=sftp://me@h:22/a?place=NL/NL&key=k&host-key=SHA256:a+b")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := Parse(text); err == nil && !got.Place.Declared() {
			t.Errorf("%q is a place without a region", text)
		}
	})
}

// far is a folder of an SFTP server.
func far(t *testing.T, h *remotetest.Host) Target {
	t.Helper()
	text, key := remotetest.NewKey(t)
	h.Allow(key.PublicKey())
	file := filepath.Join(t.TempDir(), "key")
	err := os.WriteFile(file, text, 0o600)
	if err == nil {
		err = os.Mkdir(filepath.Join(h.Folder, "sets"), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	at, err := Parse("far=sftp://me@" + h.Address() + "/sets?place=NL/EU&key=" + file + "&host-key=" + h.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// places are a folder, and one of a real SFTP server.
func places(t *testing.T) map[string]Target {
	t.Helper()
	return map[string]Target{"folder": Local("near", filepath.Join(t.TempDir(), "made"), tenant.Place{}), "sftp": far(t, remotetest.New(t))}
}

func TestAFileStandsThereWholeOrNotAtAll(t *testing.T) {
	for kind, at := range places(t) {
		t.Run(kind, func(t *testing.T) {
			s, err := at.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			body := bytes.Repeat([]byte("tikklok "), 100_000)
			if n, err := s.Put(t.Context(), "1/wal/a", bytes.NewReader(body)); err != nil || n != int64(len(body)) {
				t.Fatalf("%d bytes, %v", n, err)
			}
			broken := errors.New("the source broke")
			if _, err := s.Put(t.Context(), "1/wal/b", io.MultiReader(bytes.NewReader(body), failing{broken})); !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
			found, err := s.List(t.Context(), "1/wal")
			if err != nil || len(found) != 1 || found[0].Name != "a" || found[0].Bytes != int64(len(body)) {
				t.Errorf("found %v (%v)", found, err)
			}
			if _, err := s.Put(t.Context(), "1/wal/a", strings.NewReader("again")); err != nil {
				t.Errorf("over another: %v", err)
			}
			r, err := s.Get(t.Context(), "1/wal/a")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != "again" {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
			r.Close()
			if _, err := s.Get(t.Context(), "1/wal/none"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("of a file that isn't there: %v", err)
			}
			if found, err := s.List(t.Context(), "2/wal"); err != nil || len(found) > 0 {
				t.Errorf("of a folder that isn't there: %v %v", found, err)
			}
			if err := errors.Join(s.Remove(t.Context(), "1/wal/a"), s.Remove(t.Context(), "1/wal/a"), s.Remove(t.Context(), "1/wal")); err != nil {
				t.Error(err)
			}
			for _, bad := range []string{"../a", "/etc/a", "a/../../b"} {
				if _, err := s.Put(t.Context(), bad, strings.NewReader("")); err == nil {
					t.Errorf("%s was written", bad)
				}
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestAFolderThatIsNotMountedIsNotMade(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "disk")
	at, err := Parse("near=file://" + gone + "?place=NL/NL")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := at.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "mounted") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("it was made, on whichever disk that is")
	}
}

func TestAServerWithAnotherKeyIsShownNothing(t *testing.T) {
	at := places(t)["sftp"]
	at.hostKeys = []string{"SHA256:somebody-else"}
	if _, err := at.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "pinned") {
		t.Errorf("got %v", err)
	}
}

// mkfifo makes a name on which the system keeps whoever opens it, as it does on
// a dead network share, until release.
func mkfifo(t *testing.T, path string) (release func()) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	return func() {
		f, err := os.OpenFile(path, os.O_RDWR, 0) // lets go of both ends
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
	}
}

func TestAFolderThatKeepsWhoeverAsksIsGivenUpOn(t *testing.T) {
	root := t.TempDir()
	at := Local("near", root, tenant.Place{})
	at.share.patience = 50 * time.Millisecond
	s, err := at.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release := mkfifo(t, filepath.Join(root, "1", "a"+part))
	if _, err := s.Put(t.Context(), "1/a", strings.NewReader("tikklok")); !errors.Is(err, ErrSilent) {
		t.Fatalf("got %v", err)
	}
	if _, err := at.Open(t.Context()); !errors.Is(err, ErrSilent) {
		t.Errorf("another is sent after the one that is kept: %v", err)
	}
	release()
	for at.share.held.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := at.Open(t.Context()); err != nil {
		t.Errorf("once it answers again: %v", err)
	}
}

func TestAServerThatLivesAndTakesNothingIsLeftInTime(t *testing.T) {
	h := remotetest.New(t)
	s, err := far(t, h).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h.Set(func(f *remotetest.Faults) { f.Stuck = true })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Put(ctx, "1/a", strings.NewReader("tikklok")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatIsFullOrGoneIsToldAsThat(t *testing.T) {
	for name, c := range map[string]struct {
		faults remotetest.Faults
		want   error
	}{
		"full":               {remotetest.Faults{Full: 20}, syscall.ENOSPC},
		"full, and silent":   {remotetest.Faults{Full: 20, Mute: true}, syscall.ENOSPC},
		"gone in the middle": {remotetest.Faults{Cut: 20}, ErrSilent},
	} {
		t.Run(name, func(t *testing.T) {
			h := remotetest.New(t)
			at := far(t, h)
			s, err := at.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			h.Set(func(f *remotetest.Faults) { *f = c.faults })
			if _, err := s.Put(t.Context(), "1/a", bytes.NewReader(make([]byte, 100_000))); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
			s.Close()
			h.Set(func(f *remotetest.Faults) { *f = remotetest.Faults{} })
			if s, err = at.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Get(t.Context(), "1/a"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("something stands there: %v", err)
			}
			if _, err := s.Put(t.Context(), "1/a", strings.NewReader("tikklok")); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}
