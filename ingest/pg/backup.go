package pg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNoDump says that pg_dump was not found, so that nothing can be backed up.
var ErrNoDump = errors.New("pg_dump not found: install it (Debian: apt-get install postgresql-client)")

// BackUp writes the database to a new file in dir, complete and synced, and
// gives its path. It is pg_dump's custom format: pg_restore reads it. programs
// is a folder to look for pg_dump in before the machine's own.
func BackUp(ctx context.Context, url, dir, programs string, now time.Time) (string, error) {
	dump, err := findDump(programs)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("folder for backups: %w", err)
	}
	path := filepath.Join(dir, now.UTC().Format("20060102T150405Z")+".dump")
	if err := writeDump(ctx, dump, url, path+".part"); err != nil {
		return "", errors.Join(err, os.Remove(path+".part"))
	}
	if err := os.Rename(path+".part", path); err != nil {
		return "", fmt.Errorf("naming the backup: %w", err)
	}
	return path, nil
}

func writeDump(ctx context.Context, dump, url, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	cmd := exec.CommandContext(ctx, dump, "--format=custom", "--no-password", "--dbname="+url)
	cmd.Stdout = f
	var wrong strings.Builder
	cmd.Stderr = &wrong
	if err := errors.Join(cmd.Run(), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("backing up: %w: %s", err, strings.TrimSpace(wrong.String()))
	}
	return nil
}

// findDump gives the newest pg_dump, since it must not be older than the
// server.
func findDump(programs string) (string, error) {
	packaged, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	slices.Sort(packaged)
	slices.Reverse(packaged)
	for _, path := range append([]string{filepath.Join(programs, "pg_dump")}, packaged...) {
		if info, err := os.Stat(path); err == nil && !info.IsDir() && filepath.IsAbs(path) {
			return path, nil
		}
	}
	path, err := exec.LookPath("pg_dump")
	if err != nil {
		return "", ErrNoDump
	}
	return path, nil
}
