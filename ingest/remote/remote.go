// Package remote promises that a server is known by its pinned key before it is
// shown anything of ours, that nobody waits for one on which nothing moves, and
// that a file which was put there is as long as it was here. It is what
// deliveries and places for backups have in common: SFTP.
package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// UnknownHost says which key a server showed that is not among those pinned.
type UnknownHost struct{ Fingerprint string }

func (e *UnknownHost) Error() string {
	return "the server's key " + e.Fingerprint + " is not among those that are pinned; compare it with what its operator says before you add it, somebody else may be answering"
}

// Login is how to sign in.
type Login struct {
	User     string
	Methods  []ssh.AuthMethod
	HostKeys []string      // SHA256:…, of which the server must show one
	Idle     time.Duration // on which nothing moves, either way; then the connection breaks
}

// Key gives the method of a private key as OpenSSH writes it, without passphrase.
func Key(text []byte) (ssh.AuthMethod, error) {
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	return ssh.PublicKeys(key), nil
}

// Password gives the methods of a password. Servers that ask for it by questions
// get it as their answer.
func Password(secret string) []ssh.AuthMethod {
	return []ssh.AuthMethod{ssh.Password(secret), ssh.KeyboardInteractive(func(_, _ string, questions []string, shown []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range questions {
			if !shown[i] {
				answers[i] = secret
			}
		}
		return answers, nil
	})}
}

// Session is a server's folders.
type Session struct {
	*sftp.Client
	SSH *ssh.Client
}

// SignIn opens a session over a connection, which it closes when it fails. A
// context that ends meanwhile hangs up; afterwards the session is the caller's
// to close.
func SignIn(ctx context.Context, conn net.Conn, host string, l Login) (Session, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	link, channels, requests, err := ssh.NewClientConn(moving{conn, l.Idle}, host, &ssh.ClientConfig{User: l.User, Auth: l.Methods, HostKeyCallback: l.knows})
	if err != nil {
		return Session{}, errors.Join(fmt.Errorf("signing in: %w", err), ignoreClosed(conn.Close()))
	}
	s := ssh.NewClient(link, channels, requests)
	files, err := sftp.NewClient(s)
	if err != nil {
		return Session{}, errors.Join(fmt.Errorf("the server offers no SFTP: %w", err), ignoreClosed(s.Close()))
	}
	return Session{files, s}, nil
}

func (l Login) knows(_ string, _ net.Addr, key ssh.PublicKey) error {
	if seen := ssh.FingerprintSHA256(key); !slices.Contains(l.HostKeys, seen) {
		return &UnknownHost{seen}
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Close hangs up: closing the session first would wait for the server to agree.
func (s Session) Close() error {
	err := ignoreClosed(s.SSH.Close())
	_ = s.Client.Close() // nothing of ours is left in it
	return err
}

// Fill writes a file, has it synced where the server can (it outlives the loss
// of power over there), closes it and looks at its size: a full disk is not
// always told otherwise.
func (s Session) Fill(f *sftp.File, body io.Reader) (int64, error) {
	n, err := f.ReadFromWithConcurrency(body, underWay)
	if _, can := s.HasExtension("fsync@openssh.com"); can && err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return n, err
	}
	there, err := s.Stat(f.Name())
	if err != nil {
		return n, fmt.Errorf("looking at the file: %w", err)
	}
	if there.Size() != n {
		return n, fmt.Errorf("the other end has %d of %d bytes; is its disk full?", there.Size(), n)
	}
	return n, nil
}

// underWay is how many pieces of a file may be unanswered.
const underWay = 64

// moving is a connection that breaks when nothing moves on it for a while.
type moving struct {
	net.Conn
	idle time.Duration
}

func (m moving) Read(p []byte) (int, error) {
	if err := m.SetReadDeadline(time.Now().Add(m.idle)); err != nil {
		return 0, err
	}
	return m.Conn.Read(p)
}

func (m moving) Write(p []byte) (int, error) {
	if err := m.SetWriteDeadline(time.Now().Add(m.idle)); err != nil {
		return 0, err
	}
	return m.Conn.Write(p)
}
