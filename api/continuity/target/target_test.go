package target

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

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

// places are a folder, and a real SFTP server over TCP in front of another.
func places(t *testing.T) map[string]Target {
	t.Helper()
	key, signed := newKey(t), filepath.Join(t.TempDir(), "key")
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(signed, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { serve(c, key) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	far, err := Parse("far=sftp://me@" + l.Addr().String() + t.TempDir() + "?place=NL/EU&key=" + signed + "&host-key=" + ssh.FingerprintSHA256(key.PublicKey()))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Target{"folder": Local("near", filepath.Join(t.TempDir(), "made"), tenant.Place{}), "sftp": far}
}

func newKey(t *testing.T) ssh.Signer {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func serve(c net.Conn, key ssh.Signer) {
	defer c.Close()
	cfg := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }}
	cfg.AddHostKey(key)
	conn, channels, requests, err := ssh.NewServerConn(c, cfg)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for n := range channels {
		ch, asked, err := n.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range asked {
				_ = r.Reply(r.Type == "subsystem", nil)
			}
		}()
		if s, err := sftp.NewServer(ch); err == nil {
			_ = s.Serve()
		}
	}
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
