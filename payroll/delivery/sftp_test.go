package delivery

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"tikklok/ingest/pg"
	"tikklok/payroll"
)

// host is a real SFTP server over TCP that keeps files in a folder, and fails
// as it is told to.
type host struct {
	t       *testing.T
	l       net.Listener
	folder  string
	key     ssh.Signer
	mu      sync.Mutex
	cut     int64  // bytes of a file after which the connection breaks; 0: none
	full    int64  // bytes that fit on the disk; 0: all
	before  string // the connection breaks when a file is to be renamed: "before", "after" or ""
	tried   int    // sign-ins
	open    []net.Conn
	renamed func() // called once a file has its name, before the answer; nil: nothing
	written func() // called while a file is written; nil: nothing
}

func newHost(t *testing.T) *host {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, l: l, folder: t.TempDir(), key: newSigner(t)}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { h.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		h.hangUp()
		all.Wait()
	})
	return h
}

func newSigner(t *testing.T) ssh.Signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *host) hangUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.open {
		c.Close()
	}
	h.open = nil
}

func (h *host) serve(c net.Conn) {
	h.mu.Lock()
	h.open = append(h.open, c)
	h.mu.Unlock()
	defer c.Close()
	cfg := &ssh.ServerConfig{
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			h.mu.Lock()
			h.tried++
			h.mu.Unlock()
			if string(password) != "correct horse" {
				return nil, errors.New("no")
			}
			return nil, nil
		},
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			allowed, err := os.ReadFile(filepath.Join(h.folder, "authorized_keys"))
			if err != nil || !bytes.Equal(allowed, ssh.MarshalAuthorizedKey(key)) {
				return nil, errors.New("no")
			}
			return nil, nil
		},
	}
	cfg.AddHostKey(h.key)
	conn, channels, requests, err := ssh.NewServerConn(c, cfg)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for n := range channels {
		ch, reqs, err := n.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range reqs {
				_ = r.Reply(r.Type == "subsystem", nil)
			}
		}()
		s := sftp.NewRequestServer(ch, sftp.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h})
		_ = s.Serve()
	}
}

func (h *host) path(r *sftp.Request) string {
	return filepath.Join(h.folder, filepath.FromSlash(r.Filepath))
}

func (h *host) Fileread(r *sftp.Request) (io.ReaderAt, error) { return os.Open(h.path(r)) }

func (h *host) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	f, err := os.OpenFile(h.path(r), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	return &disk{f, h}, err
}

// disk is a file that fills up, or whose connection breaks.
type disk struct {
	*os.File
	h *host
}

func (d *disk) WriteAt(p []byte, off int64) (int, error) {
	d.h.mu.Lock()
	cut, full, written := d.h.cut, d.h.full, d.h.written
	d.h.mu.Unlock()
	if written != nil {
		written()
	}
	if full > 0 && off+int64(len(p)) > full { // a server that says nothing of it
		_, err := d.File.WriteAt(p[:max(0, full-off)], off)
		return len(p), err
	}
	if cut > 0 && off+int64(len(p)) > cut {
		_, _ = d.File.WriteAt(p[:max(0, cut-off)], off)
		d.h.hangUp()
	}
	return d.File.WriteAt(p, off)
}

func (h *host) Filecmd(r *sftp.Request) error {
	switch r.Method {
	case "Rename":
		h.mu.Lock()
		before, renamed := h.before, h.renamed
		h.mu.Unlock()
		target := filepath.Join(h.folder, filepath.FromSlash(r.Target))
		if _, err := os.Stat(target); err == nil {
			return os.ErrExist
		}
		if before != "before" {
			if err := os.Rename(h.path(r), target); err != nil {
				return err
			}
		}
		if renamed != nil {
			renamed()
		}
		if before != "" {
			h.hangUp()
		}
		return nil
	case "Remove":
		return os.Remove(h.path(r))
	case "Setstat":
		return nil
	}
	return sftp.ErrSSHFxOpUnsupported
}

type listing []os.FileInfo

func (l listing) ListAt(to []os.FileInfo, off int64) (int, error) {
	n := copy(to, l[min(off, int64(len(l))):])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

func (h *host) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	info, err := os.Lstat(h.path(r))
	if err != nil {
		return nil, err
	}
	return listing{info}, nil
}

// settings lead to the host, its key pinned.
func (h *host) settings() Settings {
	return Settings{Host: "127.0.0.1", Port: h.l.Addr().(*net.TCPAddr).Port, User: "acme", HostKeys: []string{ssh.FingerprintSHA256(h.key.PublicKey())}}
}

// set changes how the host behaves.
func (h *host) set(change func(*host)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(h)
}

// files gives the names in its folder.
func (h *host) files() (names []string) {
	all, err := os.ReadDir(h.folder)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range all {
		if f.Name() != "authorized_keys" {
			names = append(names, f.Name())
		}
	}
	return names
}

var right = Secrets{Password: "correct horse"}

func sftpBench(t *testing.T) (*bench, *host) {
	b, h := csvBench(t), newHost(t)
	b.put(SFTP, h.settings(), right)
	return b, h
}

func TestARunIsPutOnAServerWholeAndMarkedDelivered(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	b.round()
	d := b.wants(Done, 1, payroll.Delivered)
	if got := h.files(); len(got) != 1 || got[0] != run.FileName {
		t.Errorf("files %v", got)
	}
	if body, err := os.ReadFile(filepath.Join(h.folder, run.FileName)); err != nil || int64(len(body)) != run.Bytes {
		t.Errorf("%d bytes, %v; want %d", len(body), err, run.Bytes)
	}
	b.later()
	if b.only().Attempts != 1 || d.Last().Outcome != Succeeded {
		t.Error("sent twice")
	}
}

func TestAKeyMadeHereSignsIn(t *testing.T) {
	b, h := csvBench(t), newHost(t)
	c, _ := b.put(SFTP, h.settings(), Secrets{})
	if err := os.WriteFile(filepath.Join(h.folder, "authorized_keys"), []byte(c.Settings.PublicKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.someRun()
	b.round()
	b.wants(Done, 1, payroll.Delivered)
}

func TestAnotherHostKeyIsToldAndShownNoPassword(t *testing.T) {
	b, h := csvBench(t), newHost(t)
	s := h.settings()
	s.HostKeys = []string{ssh.FingerprintSHA256(newSigner(t).PublicKey())}
	b.put(SFTP, s, right)
	b.someRun()
	b.round()
	d := b.wants(Waiting, 1, payroll.Created)
	if h.tried != 0 || !strings.Contains(d.Last().Detail, ssh.FingerprintSHA256(h.key.PublicKey())) {
		t.Errorf("%d sign-ins, %q", h.tried, d.Last().Detail)
	}
}

func TestHalfAFileIsNeverDelivered(t *testing.T) { // I8
	for name, hurt := range map[string]func(*host){
		"the connection breaks": func(h *host) { h.cut = 20 },
		"the disk is full":      func(h *host) { h.full = 20 },
	} {
		t.Run(name, func(t *testing.T) {
			b, h := sftpBench(t)
			run := b.someRun()
			h.set(hurt)
			b.round()
			b.wants(Waiting, 1, payroll.Created)
			if got := h.files(); len(got) > 1 || len(got) == 1 && !strings.HasSuffix(got[0], ".part") {
				t.Errorf("half a file is seen: %v", got)
			}
			h.set(func(h *host) { h.cut, h.full = 0, 0 })
			b.later()
			b.wants(Done, 2, payroll.Delivered)
			if got := h.files(); len(got) != 1 || got[0] != run.FileName {
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
			h.set(func(h *host) { h.before = c.hurt })
			b.round()
			b.wants(Waiting, 1, payroll.Created)
			if c.taken {
				if err := os.Remove(filepath.Join(h.folder, run.FileName)); err != nil {
					t.Fatal(err)
				}
			}
			h.set(func(h *host) { h.before = "" })
			b.later()
			b.wants(c.state, 2, c.run)
		})
	}
}

func TestAPersonDecidesWhetherAFileArrived(t *testing.T) { // I8
	lost := func(t *testing.T) (*bench, *host, payroll.Run, Delivery) {
		b, h := sftpBench(t)
		run := b.someRun()
		h.set(func(h *host) { h.before = "after" })
		b.round()
		h.set(func(h *host) { h.before = "" })
		if err := os.Remove(filepath.Join(h.folder, run.FileName)); err != nil {
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
		if got := h.files(); len(got) != 1 || got[0] != run.FileName {
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
	theirs := filepath.Join(h.folder, run.FileName)
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
	if err := b.courier.Try(t.Context(), b.db, b.tenant, b.destination, SFTP); err != nil || len(h.files()) != 0 {
		t.Errorf("%v, files %v", err, h.files())
	}
	s := h.settings()
	s.HostKeys = nil
	b.put(SFTP, s, Secrets{})
	var seen *UnknownHost
	if err := b.courier.Try(t.Context(), b.db, b.tenant, b.destination, SFTP); !errors.As(err, &seen) || seen.Fingerprint != ssh.FingerprintSHA256(h.key.PublicKey()) {
		t.Error(err)
	}
}
