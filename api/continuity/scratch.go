package continuity

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"tikklok/ingest/pg"
)

// scratchName begins the names of such folders: others may stand beside them.
const scratchName = "tikklok-scratch-"

// Scratch makes a folder to restore in, which the database's user can pass, and
// gives it with what removes it. What a killed program leaves is found by
// ClearScratch.
func Scratch(in, purpose string) (dir string, remove func() error, err error) {
	if err = os.MkdirAll(in, 0o755); err == nil {
		dir, err = os.MkdirTemp(in, scratchName+purpose+"-")
	}
	if err != nil {
		return "", nil, fmt.Errorf("a folder to restore in: %w", err)
	}
	used, err := useFolder(dir)
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("a folder to restore in: %w", err), os.RemoveAll(dir))
	}
	return dir, func() error { return errors.Join(os.RemoveAll(dir), used.Close()) }, nil
}

// useFolder takes a folder until it is closed; the system lets go of it when
// this program dies. errInUse: another one has it.
func useFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errInUse, f.Close())
	}
	return f, nil
}

var errInUse = errors.New("another program restores there")

// ClearScratch removes the folders of programs that were killed, with the
// clusters in them; one that still runs is ended first. What is in use stays.
func ClearScratch(in string) (failed error) {
	left, err := filepath.Glob(filepath.Join(in, scratchName+"*"))
	for _, dir := range left {
		used, err := useFolder(dir)
		if errors.Is(err, errInUse) {
			continue
		}
		if err == nil {
			err = errors.Join(clearLeft(dir), used.Close())
		}
		failed = errors.Join(failed, err)
	}
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("clearing %s: %w", in, err)
	}
	return nil
}

// clearLeft keeps the folder while something of its cluster is left: a note in it
// says where that stands.
func clearLeft(dir string) error {
	if err := pg.EndLeft(filepath.Join(dir, "db"), pg.ClusterOptions{}); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
