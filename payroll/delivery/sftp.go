package delivery

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
	"strconv"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"tikklok/payroll"
)

// UnknownHost says which key a server showed that is not among those pinned.
type UnknownHost struct{ Fingerprint string }

func (e *UnknownHost) Error() string {
	return "the server's key " + e.Fingerprint + " is not among those of the channel; compare it with what its operator says before you add it, somebody else may be answering"
}

// server is an SFTP session.
type server struct {
	*sftp.Client
	ssh *ssh.Client
}

// close hangs up: closing the session first would wait for the server to agree.
// Nothing of ours is left in it.
func (s server) close() { _, _ = s.ssh.Close(), s.Client.Close() }

// signIn opens a session. The server is known by its pinned key before we show
// it a password.
func (c Courier) signIn(ctx context.Context, to Settings, secrets Secrets) (server, error) {
	conn, err := c.dial(ctx, "tcp", net.JoinHostPort(to.Host, strconv.Itoa(to.Port)))
	if err != nil {
		return server{}, fmt.Errorf("the server can't be reached: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, signTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	methods, err := secrets.methods()
	if err != nil {
		return server{}, errors.Join(err, conn.Close())
	}
	link, channels, requests, err := ssh.NewClientConn(moving{conn}, to.Host, &ssh.ClientConfig{User: to.User, Auth: methods, HostKeyCallback: to.knows})
	if err != nil {
		return server{}, errors.Join(as(FaultSignIn, fmt.Errorf("signing in: %w", err)), ignoreClosed(conn.Close()))
	}
	s := ssh.NewClient(link, channels, requests)
	files, err := sftp.NewClient(s)
	if err != nil {
		return server{}, errors.Join(as(FaultSignIn, fmt.Errorf("the server offers no SFTP: %w", err)), ignoreClosed(s.Close()))
	}
	return server{files, s}, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// knows compares a server's key with those pinned.
func (s Settings) knows(_ string, _ net.Addr, key ssh.PublicKey) error {
	if seen := ssh.FingerprintSHA256(key); !slices.Contains(s.HostKeys, seen) {
		return &UnknownHost{seen}
	}
	return nil
}

// methods are how we can sign in. Servers that ask for a password by questions
// get it as their answer.
func (s Secrets) methods() ([]ssh.AuthMethod, error) {
	var all []ssh.AuthMethod
	if s.PrivateKey != "" {
		key, err := ssh.ParsePrivateKey([]byte(s.PrivateKey))
		if err != nil {
			return nil, errors.New("the channel's private key can't be read; enter another")
		}
		all = append(all, ssh.PublicKeys(key))
	}
	if s.Password != "" {
		all = append(all, ssh.Password(s.Password), ssh.KeyboardInteractive(func(_, _ string, questions []string, shown []bool) ([]string, error) {
			answers := make([]string, len(questions))
			for i := range questions {
				if !shown[i] {
					answers[i] = s.Password
				}
			}
			return answers, nil
		}))
	}
	return all, nil
}

// put brings the file whole under another name, looks at its size, and only
// then gives it its own: who watches the folder never sees half of it.
func (a *attempt) put(ctx context.Context, file payroll.File, body io.Reader) error {
	to := a.channel.Settings
	s, err := a.signIn(ctx, to, a.secrets)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, s.close)
	defer stop()
	defer s.close()
	final, temporary := path.Join(to.Folder, file.Name), path.Join(to.Folder, "."+file.Name+".part")
	if done, err := a.found(s, final, temporary, file.Size); done || err != nil {
		return err
	}
	if err := s.upload(temporary, body, file.Size); err != nil {
		return err
	}
	switch err := a.show(ctx); {
	case errors.Is(err, errWithdrawn):
		return errors.Join(err, s.Remove(temporary))
	case err != nil:
		return err
	}
	return s.rename(temporary, final, file.Size)
}

// found looks whether an attempt whose end nobody saw was the one that
// arrived. Where it can't be told a person must: the package may have taken
// the file away already.
func (a *attempt) found(s server, final, temporary string, size int64) (done bool, err error) {
	there, err := s.Stat(final)
	switch {
	case err == nil && a.shown && there.Size() == size:
		return true, nil
	case err == nil:
		return false, as(FaultThere, &unsure{why: fmt.Sprintf("a file %s of %d bytes stands there that no attempt is known to have put there; ours has %d", path.Base(final), there.Size(), size)})
	case !errors.Is(err, fs.ErrNotExist):
		return false, as(FaultFolder, fmt.Errorf("looking for the file: %w", err))
	case !a.shown:
		return false, nil
	}
	if _, err := s.Lstat(temporary); err == nil {
		return false, nil // still under its other name: nobody has seen it
	}
	return false, as(FaultGone, &unsure{why: "the connection ended while the file was given its name, and it is not there now: the package may have taken it in. Look there, then say that it arrived or have it sent again"})
}

// upload writes the file and looks at its size.
func (s server) upload(name string, body io.Reader, size int64) error {
	f, err := s.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return as(FaultFolder, fmt.Errorf("making the file: %w", err))
	}
	n, err := io.Copy(f, body)
	if _, can := s.HasExtension("fsync@openssh.com"); can && err == nil {
		err = f.Sync() // it outlives the loss of power over there
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return as(FaultHalf, fmt.Errorf("writing the file, after %d of %d bytes: %w", n, size, err))
	}
	there, err := s.Stat(name)
	if err != nil {
		return as(FaultHalf, fmt.Errorf("looking at the file: %w", err))
	}
	if there.Size() != size {
		return as(FaultHalf, fmt.Errorf("the other end has %d of %d bytes; is its disk full?", there.Size(), size))
	}
	return nil
}

// rename gives the file its name, over no other: plain SFTP refuses that, the
// extension of OpenSSH would replace it.
func (s server) rename(temporary, final string, size int64) error {
	if err := s.Rename(temporary, final); err != nil {
		if answered(err) {
			return as(FaultName, fmt.Errorf("giving the file its name: %w", err))
		}
		return as(FaultLost, &unsure{why: "the connection ended while the file was given its name; the next attempt looks whether it has it", look: true})
	}
	there, err := s.Stat(final)
	if err == nil && there.Size() != size {
		return as(FaultHalf, &unsure{why: fmt.Sprintf("the file has %d bytes at the other end, ours has %d", there.Size(), size)})
	}
	return nil // the server said that it has its name; it may have been taken in since
}

// answered says whether an error is the server's own answer.
func answered(err error) bool {
	var status *sftp.StatusError
	return errors.As(err, &status) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrExist)
}
