// Package remotetest gives tests a real SFTP server over TCP that keeps files in
// a folder, and fails as it is told to.
package remotetest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Password is the one that a host takes.
const Password = "correct horse"

// Faults are what a host does wrong.
type Faults struct {
	Cut     int64  // bytes of a file after which the connection breaks; 0: none
	Full    int64  // bytes of a file that fit on its disk; 0: all
	Mute    bool   // it says nothing of a full disk
	Stuck   bool   // it takes nothing more, and says that it lives
	Rename  string // the connection breaks when a file is to be renamed: "before", "after" or ""
	Renamed func() // called once a file has its name, before the answer; nil: nothing
	Written func() // called while a file is written; nil: nothing
}

// Host is such a server.
type Host struct {
	Folder string     // all that it has; a key in authorized_keys may come in too
	Key    ssh.Signer // its own
	t      testing.TB
	l      net.Listener
	ended  chan struct{}
	mu     sync.Mutex
	faults Faults
	tried  int
	open   []net.Conn
}

// New starts a host that stops with the test.
func New(t testing.TB) *Host {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, key := NewKey(t)
	h := &Host{t: t, l: l, Folder: t.TempDir(), Key: key, ended: make(chan struct{})}
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
		close(h.ended)
		h.HangUp()
		all.Wait()
	})
	return h
}

// NewKey gives a private key, as a file has it and as it signs.
func NewKey(t testing.TB) ([]byte, ssh.Signer) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block), key
}

// Allow lets somebody in who has a key.
func (h *Host) Allow(key ssh.PublicKey) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.Folder, allowed), ssh.MarshalAuthorizedKey(key), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

const allowed = "authorized_keys"

// Port is where it listens, at 127.0.0.1.
func (h *Host) Port() int { return h.l.Addr().(*net.TCPAddr).Port }

// Address is host:port.
func (h *Host) Address() string { return h.l.Addr().String() }

// Fingerprint is that of its key.
func (h *Host) Fingerprint() string { return ssh.FingerprintSHA256(h.Key.PublicKey()) }

// Set changes what it does wrong.
func (h *Host) Set(change func(*Faults)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.faults)
}

// Tried is how many passwords it was shown.
func (h *Host) Tried() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tried
}

// HangUp breaks all connections.
func (h *Host) HangUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.open {
		c.Close()
	}
	h.open = nil
}

// Files gives the names in its folder.
func (h *Host) Files() (names []string) {
	h.t.Helper()
	all, err := os.ReadDir(h.Folder)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range all {
		if f.Name() != allowed {
			names = append(names, f.Name())
		}
	}
	return names
}

func (h *Host) now() Faults {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.faults
}

func (h *Host) config() *ssh.ServerConfig {
	cfg := &ssh.ServerConfig{
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			h.mu.Lock()
			h.tried++
			h.mu.Unlock()
			if string(password) != Password {
				return nil, errors.New("no")
			}
			return nil, nil
		},
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			known, err := os.ReadFile(filepath.Join(h.Folder, allowed))
			if err != nil || !bytes.Equal(bytes.TrimSpace(known), bytes.TrimSpace(ssh.MarshalAuthorizedKey(key))) {
				return nil, errors.New("no")
			}
			return nil, nil
		},
	}
	cfg.AddHostKey(h.Key)
	return cfg
}

func (h *Host) serve(c net.Conn) {
	h.mu.Lock()
	h.open = append(h.open, c)
	h.mu.Unlock()
	defer c.Close()
	conn, channels, requests, err := ssh.NewServerConn(c, h.config())
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
		_ = sftp.NewRequestServer(ch, sftp.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h}).Serve()
	}
}

func (h *Host) path(name string) string {
	return filepath.Join(h.Folder, filepath.FromSlash(name))
}

// Fileread opens a file.
func (h *Host) Fileread(r *sftp.Request) (io.ReaderAt, error) { return os.Open(h.path(r.Filepath)) }

// Filewrite makes one.
func (h *Host) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	f, err := os.OpenFile(h.path(r.Filepath), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	return &disk{f, h}, err
}

// disk is a file that fills up, or whose connection breaks.
type disk struct {
	*os.File
	h *Host
}

func (d *disk) WriteAt(p []byte, off int64) (int, error) {
	f, end := d.h.now(), off+int64(len(p))
	if f.Written != nil {
		f.Written()
	}
	switch {
	case f.Stuck:
		<-d.h.ended
	case f.Full > 0 && end > f.Full:
		_, err := d.File.WriteAt(p[:max(0, f.Full-off)], off)
		if !f.Mute {
			return 0, sftp.ErrSSHFxFailure // all that OpenSSH's server says of it
		}
		return len(p), err
	case f.Cut > 0 && end > f.Cut:
		_, _ = d.File.WriteAt(p[:max(0, f.Cut-off)], off)
		d.h.HangUp()
	}
	return d.File.WriteAt(p, off)
}

// Filecmd does what changes names.
func (h *Host) Filecmd(r *sftp.Request) error {
	switch r.Method {
	case "Rename":
		return h.rename(r)
	case "Mkdir":
		return os.Mkdir(h.path(r.Filepath), 0o700)
	case "Remove", "Rmdir":
		return os.Remove(h.path(r.Filepath))
	case "Setstat":
		return nil
	}
	return sftp.ErrSSHFxOpUnsupported
}

func (h *Host) rename(r *sftp.Request) error {
	f, to := h.now(), h.path(r.Target)
	if _, err := os.Stat(to); err == nil {
		return os.ErrExist
	}
	if f.Rename != "before" {
		if err := os.Rename(h.path(r.Filepath), to); err != nil {
			return err
		}
	}
	if f.Renamed != nil {
		f.Renamed()
	}
	if f.Rename != "" {
		h.HangUp()
	}
	return nil
}

// PosixRename gives a file its name over another, as OpenSSH's server can.
func (h *Host) PosixRename(r *sftp.Request) error {
	return os.Rename(h.path(r.Filepath), h.path(r.Target))
}

// StatVFS says how much room there is: none where the disk is full.
func (h *Host) StatVFS(*sftp.Request) (*sftp.StatVFS, error) {
	s := &sftp.StatVFS{Bsize: 4096, Frsize: 4096, Blocks: 1 << 20, Bfree: 1 << 19, Bavail: 1 << 19}
	if h.now().Full > 0 {
		s.Bfree, s.Bavail = 0, 0
	}
	return s, nil
}

type listing []os.FileInfo

func (l listing) ListAt(to []os.FileInfo, off int64) (int, error) {
	n := copy(to, l[min(off, int64(len(l))):])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

// Filelist lists a folder, or looks at a file.
func (h *Host) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	at := h.path(r.Filepath)
	if r.Method != "List" {
		info, err := os.Lstat(at)
		return listing{info}, err
	}
	found, err := os.ReadDir(at)
	if err != nil {
		return nil, err
	}
	var all listing
	for _, e := range found {
		if info, err := e.Info(); err == nil {
			all = append(all, info)
		}
	}
	return all, nil
}
