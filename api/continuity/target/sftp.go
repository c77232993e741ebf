package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

const (
	dialTimeout = 15 * time.Second
	idleTimeout = time.Minute      // on which nothing moves, either way
	askEvery    = 20 * time.Second // whether it is still there, while we have nothing to say
)

// server is a folder of an SFTP server.
type server struct {
	files *sftp.Client
	ssh   *ssh.Client
	root  string
	name  string
	once  sync.Once
	ended chan struct{} // closed by Close
	asked sync.WaitGroup
}

// dial signs in; the server is known by its pinned key before we show it
// anything. A context that ends hangs up.
func (t Target) dial(ctx context.Context) (Store, error) {
	wrong := func(what string, err error) error {
		return fmt.Errorf("place for backups %s: %s: %w", t.Name, what, err)
	}
	methods, err := t.methods()
	if err != nil {
		return nil, wrong("signing in", err)
	}
	port := t.at.Port()
	if port == "" {
		port = "22"
	}
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(t.at.Hostname(), port))
	if err != nil {
		return nil, wrong("it can't be reached", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	link, channels, requests, err := ssh.NewClientConn(moving{conn}, t.at.Hostname(), &ssh.ClientConfig{User: t.at.User.Username(), Auth: methods, HostKeyCallback: t.knows})
	if err != nil {
		_ = conn.Close()
		return nil, wrong("signing in", err)
	}
	s := ssh.NewClient(link, channels, requests)
	files, err := sftp.NewClient(s)
	if err != nil {
		_ = s.Close()
		return nil, wrong("it offers no SFTP", err)
	}
	at := &server{files: files, ssh: s, root: t.at.Path, name: t.Name, ended: make(chan struct{})}
	at.asked.Go(at.ask)
	if _, err := files.Stat(at.root); err != nil {
		return nil, errors.Join(wrong("there is no folder "+at.root+" there; make it first", err), at.Close())
	}
	return at, nil
}

// ask keeps a connection from looking dead while the database makes ready.
func (s *server) ask() {
	for {
		select {
		case <-s.ended:
			return
		case <-time.After(askEvery):
			_, _, _ = s.ssh.SendRequest("keepalive@openssh.com", true, nil) // a dead one breaks by its deadline
		}
	}
}

func (t Target) knows(_ string, _ net.Addr, key ssh.PublicKey) error {
	if seen := ssh.FingerprintSHA256(key); !slices.Contains(t.hostKeys, seen) {
		return fmt.Errorf("the server's key %s is not the pinned one; compare it with what its operator says before you change host-key=", seen)
	}
	return nil
}

func (t Target) methods() ([]ssh.AuthMethod, error) {
	if t.keyFile != "" {
		raw, err := os.ReadFile(t.keyFile)
		if err != nil {
			return nil, err
		}
		key, err := ssh.ParsePrivateKey(raw)
		if err != nil {
			return nil, fmt.Errorf("the private key in %s can't be read (it must have no passphrase): %w", t.keyFile, err)
		}
		return []ssh.AuthMethod{ssh.PublicKeys(key)}, nil
	}
	raw, err := os.ReadFile(t.password)
	if err != nil {
		return nil, err
	}
	return []ssh.AuthMethod{ssh.Password(strings.TrimRight(string(raw), "\r\n"))}, nil
}

func (s *server) path(name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", fmt.Errorf("the name %q leads out of the folder", name)
	}
	return path.Join(s.root, name), nil
}

// working hangs up when ctx ends: nothing else interrupts a request.
func (s *server) working(ctx context.Context) func() bool {
	return context.AfterFunc(ctx, func() { _ = s.Close() })
}

func (s *server) wrong(what string, err error) error {
	return fmt.Errorf("place for backups %s: %s: %w", s.name, what, err)
}

func (s *server) Put(ctx context.Context, name string, body io.Reader) (int64, error) {
	at, err := s.path(name)
	if err != nil {
		return 0, err
	}
	defer s.working(ctx)()
	if err := s.files.MkdirAll(path.Dir(at)); err != nil {
		return 0, s.wrong("making a folder", err)
	}
	n, err := s.upload(at+part, during(ctx, body))
	if err == nil {
		err = s.rename(at+part, at)
	}
	if err != nil {
		return n, errors.Join(s.wrong(fmt.Sprintf("writing %s, after %d bytes", name, n), err), gone(s.files.Remove(at+part)))
	}
	return n, nil
}

// rename gives a file its name, over another of that name.
func (s *server) rename(from, to string) error {
	if _, can := s.files.HasExtension("posix-rename@openssh.com"); can {
		return s.files.PosixRename(from, to)
	}
	if err := gone(s.files.Remove(to)); err != nil {
		return err
	}
	return s.files.Rename(from, to)
}

// upload writes a file, has it synced where the server can, and looks at its
// size: a full disk is not always told otherwise.
func (s *server) upload(at string, body io.Reader) (int64, error) {
	f, err := s.files.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return 0, err
	}
	n, err := f.ReadFromWithConcurrency(body, 64)
	if _, can := s.files.HasExtension("fsync@openssh.com"); can && err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return n, err
	}
	there, err := s.files.Stat(at)
	if err == nil && there.Size() != n {
		err = fmt.Errorf("the other end has %d of %d bytes; is its disk full?", there.Size(), n)
	}
	return n, err
}

func (s *server) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	at, err := s.path(name)
	if err != nil {
		return nil, err
	}
	stop := s.working(ctx)
	f, err := s.files.Open(at)
	if err != nil {
		stop()
		return nil, s.wrong("reading "+name, err)
	}
	return &download{f, stop}, nil
}

// download is a file being read, until it is closed or its context ends.
type download struct {
	*sftp.File
	stop func() bool
}

func (d *download) Close() error { d.stop(); return d.File.Close() }

func (s *server) List(ctx context.Context, name string) ([]Entry, error) {
	at, err := s.path(name)
	if err != nil {
		return nil, err
	}
	defer s.working(ctx)()
	found, err := s.files.ReadDir(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, s.wrong("listing "+name, err)
	}
	var all []Entry
	for _, e := range found {
		all = append(all, Entry{Name: e.Name(), Folder: e.IsDir(), Bytes: e.Size()})
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func (s *server) Remove(ctx context.Context, name string) error {
	at, err := s.path(name)
	if err != nil {
		return err
	}
	defer s.working(ctx)()
	if err := gone(s.files.Remove(at)); err != nil {
		return s.wrong("removing "+name, err)
	}
	return nil
}

// Close hangs up: closing the session first would wait for the server to agree.
func (s *server) Close() (err error) {
	s.once.Do(func() {
		close(s.ended)
		err = s.ssh.Close()
		_ = s.files.Close()
		s.asked.Wait()
	})
	return err
}

// moving is a connection that breaks when nothing moves on it for a while.
type moving struct{ net.Conn }

func (m moving) Read(p []byte) (int, error) {
	if err := m.SetReadDeadline(time.Now().Add(idleTimeout)); err != nil {
		return 0, err
	}
	return m.Conn.Read(p)
}

func (m moving) Write(p []byte) (int, error) {
	if err := m.SetWriteDeadline(time.Now().Add(idleTimeout)); err != nil {
		return 0, err
	}
	return m.Conn.Write(p)
}
