package continuity

import (
	"context"
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
// clusters in them; one that still runs is stopped first. What is in use stays.
func ClearScratch(ctx context.Context, in string) (failed error) {
	left, err := filepath.Glob(filepath.Join(in, scratchName+"*"))
	for _, dir := range left {
		used, err := useFolder(dir)
		if errors.Is(err, errInUse) {
			continue
		}
		if err == nil {
			err = errors.Join(stopLeft(ctx, filepath.Join(dir, "db")), os.RemoveAll(dir), used.Close())
		}
		failed = errors.Join(failed, err)
	}
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("clearing %s: %w", in, err)
	}
	return nil
}

func stopLeft(ctx context.Context, db string) error {
	if _, err := os.Stat(filepath.Join(db, "data", "postmaster.pid")); err != nil {
		return nil // it doesn't run
	}
	c, err := pg.StartCluster(ctx, db, pg.ClusterOptions{NoFsync: true})
	if err != nil {
		return err
	}
	return c.Stop()
}
