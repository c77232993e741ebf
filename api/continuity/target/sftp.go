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
	"syscall"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"tikklok/ingest/remote"
)

const (
	dialTimeout = 15 * time.Second
	idleTimeout = time.Minute      // on which nothing moves, either way
	askEvery    = 20 * time.Second // whether it is still there, while we have nothing to say
)

// server is a folder of an SFTP server.
type server struct {
	files remote.Session
	root  string
	name  string
	once  sync.Once
	ended chan struct{} // closed by Close
	asked sync.WaitGroup
}

// dial signs in. A context that ends hangs up.
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
	files, err := remote.SignIn(ctx, conn, t.at.Hostname(), remote.Login{User: t.at.User.Username(), Methods: methods, HostKeys: t.hostKeys, Idle: idleTimeout})
	if err != nil {
		return nil, wrong("its server", err)
	}
	s := &server{files: files, root: t.at.Path, name: t.Name, ended: make(chan struct{})}
	s.asked.Go(s.ask)
	if _, err := files.Stat(s.root); err != nil {
		return nil, errors.Join(wrong("there is no folder "+s.root+" there; make it first", err), s.Close())
	}
	return s, nil
}

// ask keeps a connection from looking dead while the database makes ready.
func (s *server) ask() {
	for {
		select {
		case <-s.ended:
			return
		case <-time.After(askEvery):
			_, _, _ = s.files.SSH.SendRequest("keepalive@openssh.com", true, nil) // a dead one breaks by its deadline
		}
	}
}

func (t Target) methods() ([]ssh.AuthMethod, error) {
	if t.keyFile != "" {
		raw, err := os.ReadFile(t.keyFile)
		if err != nil {
			return nil, err
		}
		key, err := remote.Key(raw)
		if err != nil {
			return nil, fmt.Errorf("the private key in %s can't be read (it must have no passphrase): %w", t.keyFile, err)
		}
		return []ssh.AuthMethod{key}, nil
	}
	raw, err := os.ReadFile(t.password)
	if err != nil {
		return nil, err
	}
	return remote.Password(strings.TrimRight(string(raw), "\r\n")), nil
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
	if errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("%w: %w", ErrSilent, err)
	}
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
		if full := s.room(); full != nil {
			err = fmt.Errorf("%w: %w", full, err)
		}
		err = s.wrong(fmt.Sprintf("writing %s, after %d bytes", name, n), err)
		return n, errors.Join(err, ctx.Err(), gone(s.files.Remove(at+part)))
	}
	return n, nil
}

// room says that the other end's disk is full, which SFTP has no word for.
func (s *server) room() error {
	if _, can := s.files.HasExtension("statvfs@openssh.com"); !can {
		return nil
	}
	disk, err := s.files.StatVFS(s.root)
	if err == nil && disk.Bavail*disk.Frsize < piece {
		return fmt.Errorf("the other end's disk is full: %w", syscall.ENOSPC)
	}
	return nil // the first error tells
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

func (s *server) upload(at string, body io.Reader) (int64, error) {
	f, err := s.files.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return 0, err
	}
	return s.files.Fill(f, body)
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

// Close hangs up.
func (s *server) Close() (err error) {
	s.once.Do(func() {
		close(s.ended)
		err = s.files.Close()
		s.asked.Wait()
	})
	return err
}
