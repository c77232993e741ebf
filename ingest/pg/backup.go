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
// gives its path. It is pg_dump's custom format: pg_restore reads it.
func BackUp(ctx context.Context, url, dir string, now time.Time) (string, error) {
	dump, err := findDump()
	if err != nil {
		return "", err
	}
	return backUp(exec.CommandContext(ctx, dump), url, dir, now)
}

// BackUp does so for a private cluster, with its own pg_dump where it has one.
func (c *Cluster) BackUp(ctx context.Context, dir string, now time.Time) (string, error) {
	bin := c.bin
	if bin.dir == "" { // another program started it
		bin, _ = fitting(append(installed(ctx, c.place), fetched(ctx, c.place, programCache(c.place))...), 0)
	}
	if _, err := os.Stat(filepath.Join(bin.dir, "pg_dump")); err != nil {
		return BackUp(ctx, c.URL(), dir, now)
	}
	return backUp(bin.command(ctx, c.place, "pg_dump"), c.URL(), dir, now)
}

func backUp(dump *exec.Cmd, url, dir string, now time.Time) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("folder for backups: %w", err)
	}
	path := filepath.Join(dir, now.UTC().Format("20060102T150405Z")+".dump")
	if err := writeDump(dump, url, path+".part"); err != nil {
		return "", errors.Join(err, os.Remove(path+".part"))
	}
	if err := os.Rename(path+".part", path); err != nil {
		return "", fmt.Errorf("naming the backup: %w", err)
	}
	return path, nil
}

func writeDump(dump *exec.Cmd, url, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	dump.Args = append(dump.Args, "--format=custom", "--no-password", "--dbname="+url)
	dump.Stdout = f
	var wrong strings.Builder
	dump.Stderr = &wrong
	if err := errors.Join(dump.Run(), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("backing up: %w: %s", err, strings.TrimSpace(wrong.String()))
	}
	return nil
}

// findDump gives the newest pg_dump, since it must not be older than the
// server.
func findDump() (string, error) {
	packaged, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if len(packaged) > 0 {
		return slices.Max(packaged), nil // two digits each, until the year 2107
	}
	path, err := exec.LookPath("pg_dump")
	if err != nil {
		return "", ErrNoDump
	}
	return path, nil
}
