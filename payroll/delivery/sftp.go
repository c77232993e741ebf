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
	"strconv"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"tikklok/ingest/remote"
	"tikklok/payroll"
)

// UnknownHost says which key a server showed that is not among those pinned.
type UnknownHost = remote.UnknownHost

// signIn opens a session.
func (c Courier) signIn(ctx context.Context, to Settings, secrets Secrets) (remote.Session, error) {
	conn, err := c.dial(ctx, "tcp", net.JoinHostPort(to.Host, strconv.Itoa(to.Port)))
	if err != nil {
		return remote.Session{}, fmt.Errorf("the server can't be reached: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, signTimeout)
	defer cancel()
	methods, err := secrets.methods()
	if err != nil {
		return remote.Session{}, errors.Join(err, conn.Close())
	}
	s, err := remote.SignIn(ctx, conn, to.Host, remote.Login{User: to.User, Methods: methods, HostKeys: to.HostKeys, Idle: idleTimeout})
	if err != nil {
		return s, as(FaultSignIn, err)
	}
	return s, nil
}

// methods are how we can sign in.
func (s Secrets) methods() (all []ssh.AuthMethod, err error) {
	if s.PrivateKey != "" {
		key, err := remote.Key([]byte(s.PrivateKey))
		if err != nil {
			return nil, errors.New("the channel's private key can't be read; enter another")
		}
		all = append(all, key)
	}
	if s.Password != "" {
		all = append(all, remote.Password(s.Password)...)
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
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	defer s.Close()
	final, temporary := path.Join(to.Folder, file.Name), path.Join(to.Folder, "."+file.Name+".part")
	if done, err := a.found(s, final, temporary, file.Size); done || err != nil {
		return err
	}
	if err := upload(s, temporary, body, file.Size); err != nil {
		return err
	}
	switch err := a.show(ctx); {
	case errors.Is(err, errWithdrawn):
		return errors.Join(err, s.Remove(temporary))
	case err != nil:
		return err
	}
	return rename(s, temporary, final, file.Size)
}

// found looks whether an attempt whose end nobody saw was the one that
// arrived. Where it can't be told a person must: the package may have taken
// the file away already.
func (a *attempt) found(s remote.Session, final, temporary string, size int64) (done bool, err error) {
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

// upload writes the file.
func upload(s remote.Session, name string, body io.Reader, size int64) error {
	f, err := s.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return as(FaultFolder, fmt.Errorf("making the file: %w", err))
	}
	n, err := s.Fill(f, body)
	if err == nil && n != size {
		err = errors.New("there is no more of it here")
	}
	if err != nil {
		return as(FaultHalf, fmt.Errorf("writing the file, after %d of %d bytes: %w", n, size, err))
	}
	return nil
}

// rename gives the file its name, over no other: plain SFTP refuses that, the
// extension of OpenSSH would replace it.
func rename(s remote.Session, temporary, final string, size int64) error {
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
