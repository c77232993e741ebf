package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"tikklok/gateway/wire"
)

// LoadEnrolment reads the file that "tikklok-gateway enroll" or, on the
// server, "tikklok gateway add --out" wrote.
func LoadEnrolment(path string) (wire.Enrolment, error) {
	e, err := readEnrolment(path)
	if errors.Is(err, fs.ErrNotExist) {
		return e, fmt.Errorf("%w: make one with \"tikklok-gateway enroll --server HOST:PORT CODE\"; \"tikklok gateway add NAME\" on the server gives the code", err)
	}
	if err != nil {
		return e, err
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return e, fmt.Errorf("enrolment %s can be read by others, and whoever has it can submit taps: chmod 600 %s", path, path)
	}
	return e, nil
}

func readEnrolment(path string) (wire.Enrolment, error) {
	var e wire.Enrolment
	b, err := os.ReadFile(path)
	if err != nil {
		return e, fmt.Errorf("read enrolment: %w", err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("read enrolment %s: %w", path, err)
	}
	if err := checkEnrolment(e); err != nil {
		return e, fmt.Errorf("enrolment %s: %w", path, err)
	}
	return e, nil
}

func checkEnrolment(e wire.Enrolment) error {
	if e.Gateway == 0 {
		return errors.New("it names no gateway: is it the file that \"tikklok-gateway enroll\" wrote?")
	}
	if v := e.TokenKey.Version; v == 0 || v > wire.MaxKeyVersion || len(e.TokenKey.Secret) != 32 {
		return fmt.Errorf("token_key: version %d with %d bytes, want 1…%d with 32", v, len(e.TokenKey.Secret), wire.MaxKeyVersion)
	}
	if err := checkBroker(e.Broker); err != nil {
		return err
	}
	_, err := newCertificates(e)
	return err
}

func checkBroker(address string) error {
	broker, err := url.Parse(address)
	if err != nil || broker.Scheme != "mqtts" || broker.Hostname() == "" || broker.Port() == "" {
		return fmt.Errorf("broker %q: want mqtts://host:port", address)
	}
	return nil
}

// writeEnrolment replaces the file, mode 0600, as one step that survives a
// power cut.
func writeEnrolment(path string, e wire.Enrolment) error {
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("encode enrolment: %w", err)
	}
	return writeSecret(path, append(b, '\n'))
}

// writeSecret leaves the old content or the new one, whole, which nobody else
// can read. As root it is made the folder's owner's: the service runs as that
// user, and enrolling with sudo must not lock it out.
func writeSecret(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // in vain once renamed
	_, err = f.Write(content)
	if err = errors.Join(err, handOver(f, filepath.Dir(path)), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func handOver(f *os.File, folder string) error {
	info, err := os.Stat(folder)
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		return f.Chown(int(owner.Uid), int(owner.Gid))
	}
	return nil
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
