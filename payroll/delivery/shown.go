package delivery

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tikklok/ingest/durable"
	"tikklok/payroll"
)

// marker names what says, outside the database, that a file was about to be
// shown to the other end: after a restore the outbox has forgotten that, and
// would send it a second time (I8), also when it was taken back under another
// number. It holds nothing of a person.
func (a *attempt) marker(run payroll.Run) string {
	return filepath.Join(a.Shown, fmt.Sprint(a.tenant), fmt.Sprintf("%s-%d-%s", run.Key(), a.delivery.Channel, hex.EncodeToString(run.SHA256[:16])))
}

// mark writes the marker; it is on disk when mark returns.
func (a *attempt) mark(run payroll.Run) error {
	if a.Shown == "" || a.delivery.Kind != SFTP {
		return nil
	}
	path := a.marker(run)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("noting what is shown: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("noting what is shown: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("noting what is shown: %w", err)
	}
	for _, dir := range []string{filepath.Dir(path), a.Shown, filepath.Dir(a.Shown)} {
		if err := durable.Folder(dir); err != nil {
			return fmt.Errorf("noting what is shown: %w", err)
		}
	}
	return nil
}

// marked says whether there is a marker that no person has decided about.
func (a *attempt) marked(run payroll.Run) (bool, error) {
	if a.Shown == "" || a.delivery.Kind != SFTP || a.delivery.settled > 0 {
		return false, nil
	}
	switch _, err := os.Stat(a.marker(run)); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, fmt.Errorf("reading what was shown: %w", err)
	}
}

// Gone removes the markers of a tenant that was destroyed from a folder.
func Gone(shown string, tenant int64) error {
	if err := os.RemoveAll(filepath.Join(shown, fmt.Sprint(tenant))); err != nil {
		return fmt.Errorf("removing what was shown of a tenant: %w", err)
	}
	return nil
}
